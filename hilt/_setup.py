"""`instrument` and what goes with it: arguments are checked, and put in force."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hilt._config import Config, is_disabled, resolve
from hilt._context import current_conversation, get_context
from hilt._in_force import Setup, begin, go_on_with, price_file_of, state, stop
from hilt.core.arguments import seconds_checked
from hilt.core.columns import Rows
from hilt.core.event import Actor, Content, Event
from hilt.core.event_writer import EventWriter
from hilt.core.exceptions import ConfigurationError, SessionError
from hilt.io.discard import DiscardSink
from hilt.io.session import Session

if TYPE_CHECKING:
    import os

    from hilt.privacy.policy import Policy

__all__ = ["feedback", "flush", "instrument", "uninstrument"]


_logger = logging.getLogger(__name__)


def instrument(
    backend: str | Sequence[str] | None = None,
    filepath: str | os.PathLike[str] | None = None,
    sheet_id: str | None = None,
    credentials_path: str | os.PathLike[str] | None = None,
    credentials_json: str | dict[str, Any] | None = None,
    worksheet_name: str | None = None,
    columns: Sequence[str] | None = None,
    providers: Sequence[str] | None = None,
    *,
    rows: Rows | None = None,
    fsync: bool = False,
    rotate_bytes: int | None = None,
    rotate_daily: bool = False,
    keep: int | None = None,
    compress: bool = True,
    archive: str | os.PathLike[str] | None = None,
    file_mode: int | None = None,
    folder_mode: int | None = None,
    capture_content: bool = True,
    capture_chunks: bool = True,
    processors: Sequence[Callable[[Event], Event | None]] = (),
    privacy: str | os.PathLike[str] | Policy | None = None,
    session: Session | None = None,
    tracer_provider: Any = None,
    meter_provider: Any = None,
    prices: str | os.PathLike[str] | None = None,
    unseen_calls: bool = True,
    wire: bool = False,
    wire_hosts: Sequence[str] | None = None,
    git_status: bool = True,
) -> Session:
    """Log every call that this program makes to an LLM, from now on.

    >>> instrument(filepath="logs/app.jsonl")  # doctest: +SKIP

    Works before or after an SDK is imported and its clients are made. A second call replaces the
    first. Each argument can also be given as ``HILT_`` and its name in capitals in the
    environment; an argument wins. Where ``HILT_DISABLED`` is true, nothing is opened, observed or
    logged, whatever the arguments.

    Args:
        backend: ``"local"``, ``"sheets"``, or both in a tuple; if not given, those that
            ``filepath`` and ``sheet_id`` are for, else ``"local"``.
        filepath: The log of ``local``; ``logs/hilt.jsonl`` if not given.
        sheet_id: The Google Sheet of ``sheets``, by the id in its address.
        credentials_path: A service account's JSON file.
        credentials_json: The same as text or a dict.
        worksheet_name: The tab of the sheet; ``Logs`` if not given.
        columns: Flat rows of these columns, in this order, in place of whole events.
        rows: For a sheet: ``calls``, a question with its answer, or ``events``. If not given, an
            existing tab keeps what it has, and a new one gets calls.
        fsync: For a file: wait until the disk has each step, to survive a loss of power.
        rotate_bytes: For a file: rotate before it grows beyond so many bytes. The variable may
            say ``100MB``.
        rotate_daily: For a file: rotate at midnight, UTC.
        keep: For a file: how many rotated files are kept; None keeps all.
        compress: For a file: whether rotated files are compressed with gzip.
        archive: For a file: a folder, or an address such as ``s3://bucket/hilt``, where rotated
            files are archived by a process of its own; none is deleted before. Needs ``hilt[sql]``.
        file_mode: The permissions of files that are made; 0600 if None. Octal in the variable.
        folder_mode: The permissions of folders that are made; 0700 if None.
        providers: Exactly these; every installed one if None; none if empty.
        capture_content: False keeps prompts and answers out of the log.
        capture_chunks: False leaves a stream its final completion only.
        processors: Change an event before it is written, or drop it by returning None.
        privacy: What may be written of texts and of people's ids: ``redact``, ``pseudonymous``,
            ``metadata``, ``sealed``, a `hilt.privacy.Policy` or a TOML file.
        session: A ready session, in place of a backend and all arguments about a destination.
        tracer_provider: An OpenTelemetry SDK provider to make the spans with.
        meter_provider: Where metrics go; the global one if a program has set one.
        prices: A TOML file with prices that come before those of genai-prices.
        unseen_calls: False does not count the requests to known model hosts that no adapter
            observes.
        wire: Log those requests, too, where they are sent with httpx, requests, urllib3 or
            aiohttp, and have a body of JSON.
        wire_hosts: More hosts that models are served at, ``["llm.example.com:8000"]``; naming one
            turns ``wire`` on.
        git_status: False does not ask git whether the commit, which endings name, was clean. A
            thread asks, once, and nothing waits for it.

    Returns:
        The session that events go to.

    Raises:
        ConfigurationError: If an argument is wrong, or an SDK or credentials are missing.
        SinkError: If the log cannot be written.
    """
    if is_disabled():
        return _log_nothing(session)
    destination = {
        "backend": backend,
        "filepath": filepath,
        "sheet_id": sheet_id,
        "credentials_path": credentials_path,
        "credentials_json": credentials_json,
        "worksheet_name": worksheet_name,
        "columns": columns,
        "rows": rows,
        "fsync": fsync,
        "rotate_bytes": rotate_bytes,
        "rotate_daily": rotate_daily,
        "keep": keep,
        "compress": compress,
        "archive": archive,
        "file_mode": file_mode,
        "folder_mode": folder_mode,
    }
    of_session = {**destination, "processors": processors or None, "privacy": privacy}
    if session is not None:
        _check_session(session, of_session)
    config = resolve(
        {
            **destination,
            "providers": providers,
            "capture_content": capture_content,
            "capture_chunks": capture_chunks,
            "prices": prices,
            "unseen_calls": unseen_calls,
            "wire": wire,
            "wire_hosts": wire_hosts,
            "git_status": git_status,
        }
    )
    _check_providers(tracer_provider, meter_provider)
    price_file = price_file_of(config)
    with state.lock:
        current = session if session is not None else _open_session(config, processors, privacy)
        owns = session is None
        setup = Setup(config, current, owns, tracer_provider, meter_provider, price_file)
        if not go_on_with(setup):
            stop(keep=current)
            begin(setup)
    return current


def _log_nothing(session: Session | None) -> Session:
    """Undo what is in force; what is logged by hand goes nowhere, either."""
    _logger.info("HILT_DISABLED is true: nothing is logged")
    nowhere = Session(DiscardSink(), privacy="off").open()
    with state.lock:
        stop(keep=session)
        get_context().default_session = nowhere
    return nowhere if session is None else session


def uninstrument() -> None:
    """Stop logging: the SDKs get their own functions back, and the log is flushed and closed."""
    with state.lock:
        stop()


def flush(timeout: float | None = None) -> bool:
    """Wait until everything that this process has logged is written and, for Sheets, delivered.

    Args:
        timeout: Seconds to wait at the most; None waits as long as it takes.

    Returns:
        Whether everything is.

    Raises:
        ConfigurationError: If the timeout is not a number.
    """
    if timeout is not None:
        timeout = seconds_checked("timeout", timeout)
    current = get_context().session
    return True if current is None else bool(current.flush(timeout))


def feedback(
    event_id: str,
    *,
    rating: float | str | None = None,
    comment: str | None = None,
    correction: str | None = None,
    user: str = "user",
    session_id: str | None = None,
    session: Session | None = None,
) -> Event:
    """Log what a person thinks of an answer.

    >>> feedback(completion.event_id, rating=5, comment="Just right")  # doctest: +SKIP

    Args:
        event_id: The event that it is about.
        rating: A number, or a text such as ``good``.
        comment: Their own words.
        correction: What the answer should have been.
        user: Who they are.
        session_id: The conversation; that of `hilt.conversation`, or of the event that it is
            about, if not given.
        session: Where to log it; the current session if not given.

    Returns:
        The event that was logged.

    Raises:
        ValueError: If there is no feedback, or ``event_id`` is empty.
        SessionError: If nothing is being logged.
    """
    if not isinstance(event_id, str) or not event_id:
        raise ConfigurationError(f"feedback: event_id {event_id!r} is not the id of an event")
    optional = {"rating": rating, "comment": comment, "correction": correction}
    given = {name: value for name, value in optional.items() if value is not None}
    if not given:
        raise ConfigurationError("feedback: give a rating, a comment or a correction")
    if rating is not None and (
        isinstance(rating, bool)
        or not isinstance(rating, int | float | str)
        or (isinstance(rating, float) and not math.isfinite(rating))
    ):
        raise ConfigurationError(f"feedback: rating {rating!r} is neither a number nor text")
    if correction is not None and not isinstance(correction, str):
        raise ConfigurationError(f"feedback: correction {correction!r} is not text")
    if session is not None and not isinstance(session, EventWriter):
        raise ConfigurationError(f"feedback: session {session!r} is not a hilt.Session")
    target = session or get_context().session
    if target is None:
        raise SessionError("feedback: nothing is being logged; call instrument() or give session=")
    conversation = session_id or current_conversation().id
    setup = state.setup
    hides = setup is not None and not setup.config.capture_content and setup.session is target
    if hides:
        from hilt.recording.pseudonyms import conversation_pseudonym, user_pseudonym

        comment, given = None, {"rating": rating} if rating is not None else {}
        conversation = conversation_pseudonym(conversation) if conversation else None
        user = user_pseudonym(user)
    conversation = conversation or _conversation_of(event_id, target, hides=hides)
    if conversation is None and not event_id.startswith("evt_"):
        raise ConfigurationError(
            f"feedback: there is no event {event_id!r} in the log; expected the event_id of an "
            "answer, such as 'evt_01a2...'"
        )
    event = Event(
        session_id=conversation or "conv_feedback",
        actor=Actor("human", user),
        action="feedback",
        content=Content(text=comment, extra={"feedback": given}) if given else None,
        extensions={"reply_to": event_id, **given},
    )
    target.append(event)
    return event


def _conversation_of(event_id: str, session: Session, *, hides: bool) -> str | None:
    """The conversation of an event that this process has logged, or that is in the log's file."""
    from hilt.io.read.by_id import event_by_id
    from hilt.recording.history import history_of

    session_id = history_of(session).conversation_of(event_id)
    if session_id is not None and hides:
        from hilt.recording.pseudonyms import conversation_pseudonym

        return conversation_pseudonym(session_id)
    if session_id is None and session.path is not None:
        event = event_by_id(session.path, event_id)
        session_id = event.session_id if event is not None else None
    return session_id


def _open_session(
    config: Config,
    processors: Sequence[Callable[[Event], Event | None]],
    privacy: str | os.PathLike[str] | Policy | None,
) -> Session:
    opened = Session(**config.of_session(), processors=processors, privacy=privacy)
    opened.open()
    return opened


def _check_session(session: object, others: Mapping[str, object]) -> None:
    """Refuse what is no session, and arguments that a session has of its own."""
    if not isinstance(session, EventWriter):
        raise ConfigurationError(f"session: {session!r} is not a hilt.Session")
    for name, value in others.items():
        if value is not None and value is not (name == "compress"):  # else it is the default
            raise ConfigurationError(
                f"{name}: give it to the session, Session({name}=...), or leave session= out"
            )


def _check_providers(tracer_provider: Any, meter_provider: Any) -> None:
    if tracer_provider is not None and not hasattr(tracer_provider, "add_span_processor"):
        raise ConfigurationError(
            f"tracer_provider: {tracer_provider!r} takes no span processors; expected an "
            "opentelemetry.sdk.trace.TracerProvider"
        )
    if meter_provider is not None and not hasattr(meter_provider, "get_meter"):
        raise ConfigurationError(
            f"meter_provider: {meter_provider!r} gives no meters; expected an "
            "opentelemetry.metrics.MeterProvider"
        )

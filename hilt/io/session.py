"""A session: what a program writes its events to, and reads them from."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from hilt.core import clock
from hilt.core.arguments import seconds_checked
from hilt.core.columns import Rows
from hilt.core.event import Event
from hilt.core.event_writer import EventPolicy
from hilt.core.exceptions import ConfigurationError, EventError, SessionError
from hilt.core.once_a_minute import OnceAMinute
from hilt.core.plain_json import checked_json
from hilt.io.destinations import Destination, FileOptions, SheetOptions, sinks_of
from hilt.io.processors import Processor, ProcessorChain
from hilt.io.sink import FileSink, Sink

if TYPE_CHECKING:
    from hilt.privacy.filter import PolicyFilter
    from hilt.privacy.policy import Policy

__all__ = ["Processor", "Session"]

logger = logging.getLogger(__name__)

_Session = TypeVar("_Session", bound="Session")


class Session:
    """Append events to one or more destinations, and read them back.

    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/hilt.jsonl"
    >>> with Session(path) as session:
    ...     event = session.append(Event(session_id="order-42", action="prompt",
    ...                                  actor={"type": "human", "id": "user"}))
    >>> [event.session_id for event in session.read()]
    ['order-42']

    It is opened by its first use; once closed, it stays closed until `open` is called.

    Args:
        path_or_backend: A file; ``local`` (``logs/hilt.jsonl``); ``sheets``; a ready `Sink`; or
            a tuple of these.
        mode: ``a`` appends, ``w`` empties a file first, ``r`` only reads.
        processors: Run in this order on every event before anything is written. If one fails,
            the event is written without its content.
        privacy: What may be written: a `hilt.privacy.Policy`, the name of one (``redact``,
            ``pseudonymous``, ``metadata``, ``sealed``) or a TOML file; ``HILT_PRIVACY`` if None.
            It comes after the processors, and ``off`` stands for none.
        columns: Write flat rows of these columns, in this order.
        rows: For a sheet: ``calls``, a question with its answer, or ``events``. If None, an
            existing tab keeps what it has, and a new one gets calls.
        fsync: For a file: wait until each step is on the disk, to survive a loss of power.
        rotate_bytes: For a file: rotate before it grows beyond so many bytes.
        rotate_daily: For a file: rotate at midnight, UTC.
        keep: For a file: how many rotated files are kept; None keeps all.
        compress: For a file: whether rotated files are compressed with gzip.
        archive: For a file: a folder, or an address such as ``s3://bucket/hilt``, where a separate
            process archives rotated files before any is deleted. Needs ``hilt[sql]``.
        file_mode: The permissions of files that are made; 0600 if None.
        folder_mode: The permissions of folders that are made; 0700 if None.
        filepath: The file of ``local``.
        sheet_id: The spreadsheet of ``sheets``.
        credentials_path: A service account's JSON file, for ``sheets``.
        credentials_json: The content of that file, as text or a dict.
        worksheet_name: The worksheet of ``sheets``.
        backend: Another name for the first argument, as in `hilt.instrument`.

    Raises:
        ConfigurationError: If an argument is wrong.
    """

    events_written = 0
    """How many events were handed to the sinks."""
    _lost = 0
    _state = "new"

    def __init__(
        self,
        path_or_backend: Destination | Sequence[Destination] | None = None,
        mode: str = "a",
        *,
        processors: Sequence[Processor] = (),
        privacy: str | os.PathLike[str] | Policy | None = None,
        columns: Sequence[str] | None = None,
        rows: Rows | None = None,
        fsync: bool = False,
        rotate_bytes: int | None = None,
        rotate_daily: bool = False,
        keep: int | None = None,
        compress: bool = True,
        archive: str | os.PathLike[str] | None = None,
        file_mode: int | None = None,
        folder_mode: int | None = None,
        filepath: str | os.PathLike[str] | None = None,
        sheet_id: str | None = None,
        credentials_path: str | os.PathLike[str] | None = None,
        credentials_json: str | Mapping[str, object] | None = None,
        worksheet_name: str = "Logs",
        backend: str | Sequence[str] | None = None,
    ) -> None:
        if mode not in ("a", "w", "r"):
            raise ConfigurationError(f'mode: no mode {mode!r}; expected "a", "w" or "r"')
        file = FileOptions(
            mode=mode,
            columns=columns,
            fsync=fsync,
            rotate_bytes=rotate_bytes,
            rotate_daily=rotate_daily,
            keep=keep,
            compress=compress,
            archive=archive,
            file_mode=file_mode,
            folder_mode=folder_mode,
        )
        sheet = SheetOptions(
            sheet_id=sheet_id,
            credentials_path=credentials_path,
            credentials_json=credentials_json,
            worksheet_name=worksheet_name,
            columns=columns,
            rows=rows,
        )
        destination = _destination(path_or_backend, backend)
        self.sinks = sinks_of(destination, filepath, file, sheet)
        """Where events go."""
        self.mode = mode
        self._targets = tuple((sink, _file_sink(sink)) for sink in self.sinks)
        self._chain = ProcessorChain(processors)
        self._policy = None if mode == "r" else _policy_filter(privacy)
        self.takes_lines = not self._chain.processors and self._policy is None
        """Whether `write_lines` may be used: no processor or policy needs the events."""
        self.policy: EventPolicy | None = None if self._chain.processors else self._policy
        """The policy, if no processor runs before it: see `hilt.core.event_writer.EventWriter`."""
        self._warning = OnceAMinute()

    @property
    def path(self) -> Path | None:
        """The local file, if there is one."""
        paths = (getattr(sink, "path", None) for sink in self.sinks)
        return next((Path(path) for path in paths if path is not None), None)

    @property
    def destination(self) -> tuple[str, ...]:
        """Where its events go, in a form that can be compared with another session's."""
        return tuple(sorted(sink.destination for sink in self.sinks))

    @property
    def dropped(self) -> int:
        """How many events were lost, by any of the sinks."""
        return self._lost + sum(sink.dropped for sink in self.sinks)

    @property
    def processors(self) -> tuple[Processor, ...]:
        """The processors, in the order in which they run."""
        return self._chain.processors

    @property
    def processor_failures(self) -> int:
        """How often a processor failed; each cost an event its content."""
        return self._chain.failures

    @property
    def privacy(self) -> Policy | None:
        """The policy that is applied before the sinks."""
        return self._policy.policy if self._policy is not None else None

    @property
    def privacy_failures(self) -> int:
        """How many events lost their texts, because the policy could not be applied to them."""
        return self._policy.failures if self._policy is not None else 0

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._state == "closed"

    def open(self) -> Session:
        """Open all destinations, unless they are open, and return the session.

        Raises:
            HILTError: If one cannot be used; the message says what to do.
        """
        if self._state != "open":
            for sink in self.sinks:
                sink.open()
            self._state = "open"
        return self

    def append(self, event: Event) -> Event | None:
        """Write one event, and return it as it was written; None if a processor dropped it.

        Raises:
            EventError: If it is not an event, or no longer a valid one.
            SessionError: If the session is closed, or only reads.
        """
        kept = self.append_all((event,))
        return kept[0] if kept else None

    def append_all(self, events: Iterable[Event], *, are_read: bool = False) -> list[Event]:
        """Write the events of one step together, and return those that were written.

        Args:
            events: The events.
            are_read: Whether they have just been read from JSON, and need no check.

        Raises:
            EventError: If one is not a valid event; then none is written.
            SessionError: If the session is closed, or only reads.
        """
        self._check_writable()
        if not isinstance(events, Iterable):
            raise EventError(
                f"append_all: {type(events).__name__} is not allowed; expected a list of events"
            )
        valid = events if are_read else map(_valid, events)
        kept = [event for event in map(self._chain.apply, valid) if event is not None]
        if self._policy is not None:
            kept = [self._policy(event) for event in kept]
        if kept:
            self.write_lines(b"".join([event.encode() + b"\n" for event in kept]), len(kept))
        return kept

    def write_lines(self, lines: bytes, count: int, *, more_follow: bool = False) -> None:
        r"""Write events that are encoded already, and treated by `policy`. Never raises.

        Args:
            lines: ``count`` events, each one JSON object that ends with ``\n``.
            count: How many.
            more_follow: Whether the same call will write again soon; see
                `hilt.io.sink.Appender.append_unchecked`.
        """
        if self.mode == "r":
            self._lost += count
            return
        for sink, file in self._targets:
            try:
                if file is None or (log := file.log) is None:
                    sink.write(lines, count)
                elif rest := log.append_unchecked(lines) if more_follow else log.append(lines):
                    file.write_carefully(rest)
            except Exception as error:
                self._lost += count
                if self._warning.is_due():
                    logger.warning("sink %s failed: %r; events are lost there", sink.name, error)
        self.events_written += count

    def newest_lines(self) -> bytes:
        """The end of the first file among the destinations, if there is one. Never raises."""
        for _, file in self._targets:
            if file is not None and (log := file.log) is not None:
                return log.tail()
        return b""

    def read(self) -> Iterator[Event]:
        """The events of the first destination, oldest first, even if the session is closed.

        Raises:
            HILTError: If it cannot be read.
        """
        return self.sinks[0].read()

    def to_csv(
        self, destination: str | os.PathLike[str], columns: Sequence[str] | None = None
    ) -> int:
        """Write the events of `read` as comma-separated values; see `hilt.io.read.convert.convert`.

        Args:
            destination: The file to make.
            columns: Columns, or fields by their path, as ``extensions.outcome``; all columns
                if None.

        Returns:
            The number of rows.

        Raises:
            HILTError: If a column is unknown, or a file cannot be read or made.
        """
        from hilt.io.read.convert import convert

        return convert(self.read(), destination, columns=columns)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait at most `timeout` seconds until everything is delivered; return whether it is."""
        until = None
        if timeout is not None:
            until = clock.monotonic_nanos() + int(seconds_checked("timeout", timeout) * 1e9)
        done = True
        for sink in self.sinks:
            rest = None if until is None else max(0.0, (until - clock.monotonic_nanos()) / 1e9)
            done = sink.flush(rest) and done
        return done

    def close(self) -> None:
        """Flush and close all destinations; a second call does nothing."""
        before, self._state = self._state, "closed"
        # `instrument(session=...)` writes to a session that was never opened explicitly.
        if before == "open" or (before == "new" and self.events_written):
            for sink in self.sinks:
                sink.close()

    def __enter__(self: _Session) -> _Session:  # typing.Self needs Python 3.11
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        sinks = ", ".join(str(getattr(sink, "path", sink.name)) for sink in self.sinks)
        return f"<Session {sinks} mode={self.mode!r} {self._state}>"

    def _check_writable(self) -> None:
        if self.mode == "r":
            raise SessionError('session: it is open for reading; open it with mode "a" to write')
        if self._state == "closed":
            raise SessionError("session: it is closed; open() it again to write")
        if self._state == "new":
            self.open()


def _policy_filter(privacy: object) -> PolicyFilter | None:
    """The policy of an argument, or of the environment, ready for events."""
    given = os.environ.get("HILT_PRIVACY", "").strip() or "off" if privacy is None else privacy
    if given == "off":
        return None
    # Only those who have a policy pay for importing its patterns.
    from hilt.privacy.filter import PolicyFilter
    from hilt.privacy.policy import policy_of

    try:
        policy = policy_of(given)
    except ConfigurationError as error:
        variable = " (from HILT_PRIVACY)" if privacy is None else ""
        raise ConfigurationError(f"{error}{variable}") from error
    return PolicyFilter(policy) if policy is not None else None


def _destination(
    path_or_backend: Destination | Sequence[Destination] | None,
    backend: str | Sequence[str] | None,
) -> Destination | Sequence[Destination]:
    """The one of the two arguments that is given."""
    if path_or_backend is not None and backend is None:
        return path_or_backend
    if path_or_backend is None and backend is not None:
        return backend if isinstance(backend, str) else tuple(backend)
    given = "neither a path nor a backend" if backend is None else "both a path and a backend"
    raise ConfigurationError(
        f"path_or_backend: {given} given; "
        'expected one, such as Session("logs/app.jsonl") or Session(backend="sheets", ...)'
    )


def _file_sink(sink: Sink) -> FileSink | None:
    return sink if isinstance(sink, FileSink) else None


def _valid(event: object) -> Event:
    """The event, if it is still valid: its fields can be set after it was made."""
    if not isinstance(event, Event):
        raise EventError(f"event: {type(event).__name__} is not allowed; expected an Event")
    for part in (event, event.actor, event.content, event.metrics):
        if part is not None:
            part.__post_init__()
    return _plain(event)


def _plain(event: Event) -> Event:
    """The event with nothing but plain JSON, for processors, policies and files."""
    given = event.to_dict()
    try:
        plain = checked_json(given)
    except TypeError as error:
        raise EventError(f"event: cannot be written as JSON: {error}") from error
    return event if plain is given else Event.from_dict(plain)

"""A call that is logged by hand: the same values, events and prices as the automatic path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from hilt.core import clock
from hilt.core.event_writer import EventWriter
from hilt.core.exceptions import ConfigurationError, MissingDependencyError, SessionError
from hilt.core.ids import conversation_id_of
from hilt.genai.fold import Fold
from hilt.genai.observation import Observation
from hilt.genai.outcome import failure_of, outcome_of
from hilt.genai.values import Delta, Failure, Message, Request, Response
from hilt.recording.event_builder import EventBuilder
from hilt.recording.writer import Recorder

__all__ = [
    "ManualCall",
    "client_of",
    "conversation_for",
    "plain_messages",
    "session_checked",
    "texts_checked",
]

_Writer = TypeVar("_Writer", bound=EventWriter)
_story = EventBuilder()


class ManualCall:
    """One call, told step by step: asked, chunks as they come, and one ending.

    Args:
        session: An open `hilt.Session`.
        request: What is asked.
        session_id: The conversation; a simple id becomes ``conv_`` and 16 hex.
        user: Who asks.
        provenance: Further facts about where it comes from.
        started: When it started, in nanoseconds since the epoch; now if None.
    """

    def __init__(
        self,
        session: EventWriter,
        request: Request,
        *,
        session_id: str | None = None,
        user: str | None = None,
        provenance: Mapping[str, Any] | None = None,
        started: int | None = None,
    ) -> None:
        self._recorder = Recorder(session_checked(session), _story)
        self._began: int | None = clock.monotonic_nanos()
        self._fold = Fold()
        self.observation = Observation(
            request,
            started=clock.unix_nanos() if started is None else started,
            session=session,
            conversation=conversation_for(session_id),
            user=user,
            provenance=dict(provenance) if provenance else None,
        )

    def unmeasured(self) -> None:
        """The call is over already: how long it took is not known."""
        self._began = None

    def begin(self) -> None:
        """Write what is asked."""
        self._recorder.begin(self.observation)

    def chunk(self, delta: Delta | None) -> None:
        """Take in a chunk of a stream, and write it."""
        seen = self.observation
        if seen.first_chunk_ms is None:
            seen.first_chunk_ms = self._elapsed_ms()
        if delta is None:
            return
        self._fold.add(delta)
        if delta.text:
            seen.chunks.append((clock.unix_nanos(), delta.text))
            self._recorder.chunks(seen)

    def complete(self, response: Response | None = None, latency_ms: float | None = None) -> None:
        """Write the ending: this answer, or the one that the chunks add up to."""
        seen = self.observation
        seen.response = answer = response if response is not None else self._fold.result()
        if answer.failure is not None:
            self._end(answer.failure)
            return
        seen.outcome = outcome_of(answer.finish_reasons)
        seen.status_code = 200
        seen.latency_ms = latency_ms
        self._write()

    def left(self) -> None:
        """Write the ending of a stream that the caller left."""
        seen = self.observation
        seen.response, seen.outcome = self._fold.result(partial=True), "closed"
        seen.status_code = 200
        self._write()

    def fail(self, error: BaseException, failure: Failure | None = None) -> None:
        """Write the ending of a call that raised; what had arrived is kept."""
        if self.observation.chunks:
            self.observation.response = self._fold.result(partial=True)
        self._end(failure or failure_of(error))

    def _end(self, failure: Failure) -> None:
        seen = self.observation
        seen.failure, seen.outcome = failure, failure.outcome
        seen.status_code, seen.request_id = failure.status_code, failure.request_id
        seen.attempts = failure.attempts
        self._write()

    def _write(self) -> None:
        seen = self.observation
        seen.ended = clock.unix_nanos()
        if seen.latency_ms is None:
            seen.latency_ms = self._elapsed_ms()
        self._recorder.end(seen)

    def _elapsed_ms(self) -> float | None:
        if self._began is None:
            return None
        return round((clock.monotonic_nanos() - self._began) / 1e6, 3)


def session_checked(session: _Writer) -> _Writer:
    """The session, if it is one.

    Raises:
        SessionError: If it is not.
    """
    if not isinstance(session, EventWriter):
        raise SessionError(f"session: {session!r} is not a hilt.Session; open one: Session(path)")
    return session


def conversation_for(session_id: str | None) -> str | None:
    """The conversation of an id that a user gave.

    Raises:
        ConfigurationError: If it is not text, or empty.
    """
    if session_id is None:
        return None
    if not isinstance(session_id, str) or not session_id:
        raise ConfigurationError(f"session_id: {session_id!r} is not text that is not empty")
    return conversation_id_of(session_id)


def plain_messages(user_message: str, system_prompt: str | None = None) -> list[Message]:
    """Messages in the chat API's own form.

    Raises:
        ConfigurationError: If a text is not one.
    """
    named = (("user_message", user_message), ("system_prompt", system_prompt))
    for name, value in named:
        if not isinstance(value, str) and (value is not None or name == "user_message"):
            raise ConfigurationError(f"{name}: {value!r} is not text")
    system = [{"role": "system", "content": system_prompt}] if system_prompt else []
    return [*system, {"role": "user", "content": user_message}]


def texts_checked(name: str, values: Sequence[Any] | None) -> list[Any]:
    """A list, if it is one.

    Raises:
        ConfigurationError: If it is not.
    """
    if values is None:
        return []
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):
        raise ConfigurationError(f"{name}: {values!r} is not a list")
    return list(values)


def client_of(client: Any, kind: str) -> Any:
    """The client that was given, or one of this class of ``openai``, made from the environment.

    Raises:
        MissingDependencyError: If one is to be made, and the SDK is not installed.
        ConfigurationError: If what was given is no client.
    """
    if client is None:
        try:
            import openai
        except ImportError as error:
            raise MissingDependencyError(
                'the package openai is not installed: pip install "hilt[openai]"'
            ) from error
        return getattr(openai, kind)()
    made = type(client).__name__
    if not hasattr(client, "chat") or made.startswith("Async") != kind.startswith("Async"):
        raise ConfigurationError(f"client: a {made} will not do; expected an openai.{kind}")
    return client

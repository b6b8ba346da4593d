"""A call that is logged by hand: the same values, events and prices as the automatic path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from hilt._context import current_conversation
from hilt.core import clock
from hilt.core.arguments import millis_checked, session_checked
from hilt.core.event_writer import EventWriter
from hilt.core.exceptions import ConfigurationError, HILTError
from hilt.core.guard import guard
from hilt.genai.finish_reasons import judge
from hilt.genai.fold import Fold
from hilt.genai.normalize import unread_response
from hilt.genai.observation import Observation
from hilt.genai.outcome import failure_of
from hilt.genai.values import Delta, Failure, Request, Response, Surface
from hilt.instrumentation.interrupted_calls import lacks_ending, note_interruption
from hilt.instrumentation.observer import Ending
from hilt.integrations.arguments import conversation_checked
from hilt.recording.event_builder import EventBuilder
from hilt.recording.writer import Recorder

__all__ = ["ManualCall"]

_builder = EventBuilder()


class ManualCall:
    """One call: the request, the chunks as they come, and one ending.

    The call is made in a ``with`` block. The block logs the request when it is entered, and an
    exception that leaves it as the ending; the exception goes on.

    Args:
        session: An open `hilt.Session`.
        request: The request.
        surface: How answers and chunks are read.
        session_id: The conversation; that of `hilt.conversation` if not given.
        user: Who sends the request; as for the conversation if not given.
        provenance: More of where it comes from.
        is_timed: False for a call that is over already; it has no latency but a given one.
        latency_ms: How long it took, where that is known already.
        failure_of: What an exception of the SDK means.
    """

    def __init__(
        self,
        session: EventWriter,
        request: Request,
        surface: Surface,
        *,
        session_id: str | None = None,
        user: str | None = None,
        provenance: Mapping[str, Any] | None = None,
        is_timed: bool = True,
        latency_ms: float | None = None,
        failure_of: Callable[[BaseException], Failure] = failure_of,
    ) -> None:
        if latency_ms is not None:
            millis_checked("latency_ms", latency_ms)
        if provenance is not None and not isinstance(provenance, Mapping):
            raise ConfigurationError(f"provenance: {provenance!r} is not a dict")
        current = current_conversation()
        self._recorder = Recorder(session_checked(session), _builder)
        self._surface = surface
        self._failure_of = failure_of
        self._fold = Fold()
        self._has_ended = False
        self._began = clock.monotonic_nanos() if is_timed else None
        self.observation = Observation(
            request,
            started=clock.unix_nanos(),
            session=session,
            conversation=conversation_checked(session_id) or current.id,
            user=user or current.user,
            provenance=dict(provenance) if provenance else None,
            latency_ms=latency_ms,
        )

    def __enter__(self) -> ManualCall:
        try:
            self._recorder.begin(self.observation)
        except BaseException as error:
            self._end_interrupted(error)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, GeneratorExit):
            self.end(Ending.CLOSED)
        elif error is not None:
            self.end(Ending.RAISED, error)

    def chunk(self, chunk: object) -> str | None:
        """Write a chunk of a stream; return its text."""
        observation = self.observation
        if observation.first_chunk_ms is None:
            observation.first_chunk_ms = self._elapsed_ms()
        delta = self._delta_of(chunk)
        if delta is None:
            return None
        self._fold.add(delta)
        if delta.text:
            observation.chunks.append((clock.unix_nanos(), delta.text))
            self._recorder.chunks(observation)
        return delta.text

    def end(self, how: Ending, value: object = None) -> None:
        """Write the ending; only the first one counts.

        Args:
            how: How the call ended.
            value: What comes with such an ending, see `Ending`.
        """
        if self._has_ended:
            return
        self._has_ended = True
        try:
            self._note(how, value)
            self._recorder.end(self.observation)
        except BaseException as error:
            self._end_interrupted(error)
            raise

    def _note(self, how: Ending, value: object) -> None:
        observation = self.observation
        observation.status_code = 200
        observation.response = self._response_of(how, value)
        if how is Ending.RAISED and isinstance(value, BaseException):
            self._fail(self._failure_of(value))
        elif how is Ending.CLOSED:
            observation.outcome = "closed"
        elif observation.response is not None:
            observation.outcome = judge(observation.response)
            if observation.response.failure is not None:
                self._fail(observation.response.failure)
        observation.ended = clock.unix_nanos()
        if observation.latency_ms is None:
            observation.latency_ms = self._elapsed_ms()

    def _end_interrupted(self, error: BaseException) -> None:
        """A signal's handler raised while the prompt or the ending was written: complete it."""
        self._has_ended = True
        if isinstance(error, HILTError) or not lacks_ending(self._recorder, self.observation):
            return
        note_interruption(self.observation)
        self._recorder.end(self.observation)

    def _response_of(self, how: Ending, value: object) -> Response | None:
        """The answer; of a call that was closed or raised, as far as it came."""
        if isinstance(value, Response):
            return value
        if how is Ending.RETURNED:
            try:
                return self._surface.response(value)
            except Exception:
                guard.report("reading an answer")
                return unread_response(value)
        if how is Ending.RAISED and not self.observation.chunks:
            return None
        return self._fold.result(partial=how is not Ending.EXHAUSTED)

    def _delta_of(self, chunk: object) -> Delta | None:
        try:
            return self._surface.delta(chunk)
        except Exception:
            guard.report("reading a chunk")
            return None

    def _fail(self, failure: Failure) -> None:
        observation = self.observation
        observation.failure, observation.outcome = failure, failure.outcome
        observation.status_code, observation.request_id = failure.status_code, failure.request_id
        observation.attempts = failure.attempts

    def _elapsed_ms(self) -> float | None:
        if self._began is None:
            return None
        return round((clock.monotonic_nanos() - self._began) / 1e6, 3)

"""Requests that call no model: retrievals, and tools that another process runs.

In the log each is what a framework's step of its kind is. It is no span of its own: the program's
tracer provider has the spans of the calls of models.
"""

from __future__ import annotations

from typing import Any

from hilt.genai.values import Request, Response, Surface
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.private_tracer import PrivateTracer
from hilt.recording.conversation_ids import unread_id
from hilt.recording.event_fields import EventDict, provenance_of
from hilt.recording.history import History
from hilt.recording.step_events import Step, begin_step, end_step
from hilt.recording.writer import Recorder

__all__ = ["StepCall", "StepSurface"]

_IDS = PrivateTracer()


class StepCall(Call):
    """A request that is a step: its events are written when it begins and when it ends."""

    __slots__ = ("_step",)

    surface: StepSurface

    def __init__(self, engine: Engine, request: Request, surface: Surface) -> None:
        super().__init__(engine, request, surface)
        self._step: Step | None = None

    def begin(self) -> None:
        """Write that the step begins, where that is an event."""
        call = self.observation
        call.trace_id, call.span_id, call.parent_span_id = _IDS.new_ids()
        self._step = step = self.surface.step(call.request)
        step.started = call.started
        step.capture_content = call.capture_content
        step.session_id = call.conversation or ""
        step.provenance, step.service = provenance_of(call), call.service
        log = self.engine.fallback_log
        if isinstance(log, Recorder):
            log.step(step, call.session, self._begin)

    def _begin(self, step: Step, history: History) -> list[EventDict]:
        if not self.surface.join(step, history):
            self._step = None
            return []
        step.session_id = step.session_id or unread_id(self.observation.trace_id)
        return begin_step(step, history)

    def record(self) -> None:
        """Write how the step ended."""
        call, step, log = self.observation, self._step, self.engine.fallback_log
        if step is None or not isinstance(log, Recorder):
            return
        step.ended, step.failure = call.ended, call.failure
        if call.response is not None:
            self.surface.complete(step, call.response)
        log.step(step, call.session, end_step)


class StepSurface(Surface):
    """How a request that is a step is read, and its answer."""

    call_type = StepCall

    def step(self, request: Request) -> Step:
        """The step, without its times and its conversation."""
        raise NotImplementedError

    def join(self, step: Step, history: History) -> bool:
        """Find what the step belongs to in the log; whether it is logged at all."""
        return True

    def complete(self, step: Step, response: Response) -> None:
        """Give the step what the answer has: by default, its documents."""
        step.documents = response.documents

    def response(self, body: Any) -> Response:
        """The answer."""
        raise NotImplementedError

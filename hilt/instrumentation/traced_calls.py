"""Calls with a span of their own, for a tracer provider that others read too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hilt.genai.values import Request, Surface
from hilt.instrumentation.engine import Call, Engine, Log
from hilt.instrumentation.spans import CallId, complete_span, note_ids, started_span
from hilt.recording.event_fields import add_cost
from hilt.recording.live_calls import LIVE_CALLS

if TYPE_CHECKING:
    from opentelemetry.trace import Span

__all__ = ["TracedCall"]


class TracedCall(Call):
    """A call in progress, and its span.

    HILT's span processor writes prompt and ending; where the tracer provider has none, the call
    writes them itself.
    """

    __slots__ = ("_writes_log", "span")

    def __init__(self, engine: Engine, request: Request, surface: Surface) -> None:
        super().__init__(engine, request, surface)
        self.span: Span | None = None
        self._writes_log = False

    def begin(self) -> None:
        """Start the span: the prompt is written before this returns."""
        engine, call = self.engine, self.observation
        if call.request.fetched_response is not None:
            # It fetches the answer to an earlier call, which is the one in the log.
            self.span = started_span(engine.tracer, call)
            return
        call_id = CallId(str(call.prompt_id), self)
        self.span = started_span(engine.tracer, call, call_id, content=engine.span_content)
        if self.log is None:
            self._begin_without_processor(self.span)

    def _begin_without_processor(self, span: Span) -> None:
        """Find a log for a span that no processor of HILT's was given."""
        context = span.get_span_context()
        if not span.is_recording():
            # Not sampled: no processor is given it, and the log has it all the same.
            log = self.engine.fallback_log
        else:
            # Started by the auto-agent: an exporter would have it seconds after it ended, and
            # never if the process is killed by then.
            log = LIVE_CALLS.fallback_recorder if context.trace_flags.sampled else None
        if log is not None:
            self._writes_log = True
            note_ids(self.observation, context, getattr(span, "parent", None))
            self.begin_log(log)

    def begin_log(self, log: Log) -> None:
        """Write the prompt to this log, and what follows as well."""
        self.log = log
        log.begin(self.observation)

    def record(self) -> None:
        """Complete the span and end it; what ends later, for a pending answer, is for the log."""
        call, span = self.observation, self.span
        if span is None:
            super().record()
            return
        self.span = None
        try:
            if call.outcome is not None:
                self._complete(span)
        finally:
            writes_log = self._writes_log or not span.is_recording()
            span.end(call.ended)
            if writes_log and self.log is not None and call.outcome is not None:
                self.log.end(call)

    def _complete(self, span: Span) -> None:
        call, engine = self.observation, self.engine
        if call.request.fetched_response is None:
            add_cost(call)
            if engine.meters is not None:
                engine.meters(call)
        if span.is_recording():
            complete_span(
                span,
                call,
                content=engine.span_content,
                chunks=engine.span_chunks,
                cost=engine.span_cost,
            )

"""The span processor: prompts are written when a span starts, the rest when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from hilt._context import get_context
from hilt.core.guard import guard
from hilt.recording.event_builder import EventBuilder
from hilt_otel_exporters.dialects import is_genai
from hilt_otel_exporters.pipeline import SpanPipeline, pipeline_for
from hilt_otel_exporters.recorder import Recorder
from hilt_otel_exporters.span_record import call_of, record_of_span

if TYPE_CHECKING:
    from opentelemetry.context import Context

__all__ = ["HiltSpanProcessor"]


class HiltSpanProcessor(SpanProcessor):
    """Writes GenAI spans to a HILT session: prompts when they start, the rest when they end.

    A span of HILT's own is written in the thread that makes it. Another emitter's span is
    written when it starts if the input is on it by then; else it waits, once it has ended, for
    others of the same call, as in `HiltJsonlSpanExporter`. Never raises.

    Args:
        session: A `hilt.Session`; None follows `hilt.get_context`.
        builder: Makes the events; a new one if None.
        foreign: Whether spans that others record are written, too.
    """

    def __init__(
        self, session: Any = None, builder: EventBuilder | None = None, *, foreign: bool = True
    ) -> None:
        self.recorder = Recorder(session, builder)
        self.foreign = foreign
        self.enabled = True
        self._session = session
        self._log: SpanPipeline | None = None

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Write the prompt, before the request leaves."""
        if not self.enabled:
            return
        try:
            call = call_of(span)
            if call is None:
                if self.foreign:
                    self._begin(span)
            elif call.log is None:
                context = span.context
                seen = call.observation
                seen.trace_id = f"{context.trace_id:032x}"
                seen.span_id = f"{context.span_id:016x}"
                if span.parent is not None:
                    seen.parent_span_id = f"{span.parent.span_id:016x}"
                call.begin_log(self.recorder)
        except Exception:
            guard.report("writing a prompt")

    def on_end(self, span: ReadableSpan) -> None:
        """Write the ending."""
        try:
            call = call_of(span)
            if call is None:
                if self.foreign and self.enabled:
                    self._end(span)
            elif call.log is self.recorder and call.observation.outcome:
                self.recorder.end(call.observation)
        except Exception:
            guard.report("writing an ending")

    def shutdown(self) -> None:
        """Write what waits, and no more."""
        self.force_flush()
        self.enabled = False

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Write what waits; HILT's own calls are written at once."""
        try:
            return self._log is None or self._log.flush(timeout_millis / 1000)
        except Exception:
            guard.report("flushing spans")
            return False

    # -- spans of other emitters --------------------------------------------------------------

    def _begin(self, span: Any) -> None:
        if _is_genai(span):
            log = self._spanlog()
            if log is not None:
                log.begin(record_of_span(span))

    def _end(self, span: Any) -> None:
        if _is_genai(span):
            log = self._spanlog()
            if log is not None:
                log.add(record_of_span(span))

    def _spanlog(self) -> SpanPipeline | None:
        session = self._session or get_context().session
        if session is None:
            return None
        if self._log is None or self._log.session is not session:
            # One story: a tool's span and the live call that asked for the tool find each other.
            self._log = pipeline_for(session, builder=self.recorder.builder)
        return self._log


def _is_genai(span: Any) -> bool:
    scope = span.instrumentation_scope
    return is_genai(span.attributes, scope.name if scope is not None else None)

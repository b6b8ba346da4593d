"""The span processor: prompts are written when a span starts, the rest when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from hilt._context import get_context
from hilt.core.arguments import session_checked
from hilt.core.bounded import BoundedDict
from hilt.core.guard import guard
from hilt.instrumentation.spans import note_ids
from hilt.recording.event_builder import EventBuilder
from hilt.recording.writer import Recorder
from hilt_otel_exporters.dialects import is_genai_span
from hilt_otel_exporters.pipeline import SpanLog, SpanPipeline, pipeline_for
from hilt_otel_exporters.span_record import call_of, record_of_span

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from hilt.genai.observation import Observation

__all__ = ["HiltSpanProcessor"]

_LIMIT = 10_000


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
        self,
        session: SpanLog | None = None,
        builder: EventBuilder | None = None,
        *,
        foreign: bool = True,
    ) -> None:
        self.recorder = Recorder(None if session is None else session_checked(session), builder)
        self.foreign = foreign
        self.enabled = True
        self._session = session
        self._pipeline: SpanPipeline | None = None
        # By span id: an ended span may have lost the attribute that brings its call along. Not the
        # calls themselves, which refer to streams: one that is dropped would never be collected.
        self._calls: BoundedDict[int, Observation] = BoundedDict(_LIMIT)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Write the prompt, before the request leaves."""
        if not self.enabled:
            return
        try:
            call = call_of(span)
            if call is None:
                if self.foreign and is_genai_span(span):
                    self._begin_foreign(span)
            elif call.log is None and span.context is not None:
                note_ids(call.observation, span.context, span.parent)
                self._calls.keep(span.context.span_id, call.observation)
                call.begin_log(self.recorder)
        except Exception:
            guard.report("writing a prompt")

    def on_end(self, span: ReadableSpan) -> None:
        """Write the ending."""
        try:
            call = self._calls.pop(span.context.span_id, None) if span.context else None
            if call is not None:
                if call.outcome:
                    self.recorder.end(call)
            elif self.foreign and self.enabled and is_genai_span(span) and call_of(span) is None:
                self._end_foreign(span)
        except Exception:
            guard.report("writing an ending")

    def shutdown(self) -> None:
        """Write what waits, and no more."""
        self.force_flush()
        self.enabled = False

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Write what waits; HILT's own calls are written at once."""
        try:
            return self._pipeline is None or self._pipeline.flush(timeout_millis / 1000)
        except Exception:
            guard.report("flushing spans")
            return False

    # -- spans of other emitters --------------------------------------------------------------

    def _begin_foreign(self, span: Span) -> None:
        pipeline = self._current_pipeline()
        if pipeline is not None:
            pipeline.begin(record_of_span(span))

    def _end_foreign(self, span: ReadableSpan) -> None:
        pipeline = self._current_pipeline()
        if pipeline is not None:
            pipeline.add(record_of_span(span))

    def _current_pipeline(self) -> SpanPipeline | None:
        session: SpanLog | None = self._session or get_context().session
        if session is None:
            return None
        if self._pipeline is None or self._pipeline.session is not session:
            # One history: a tool's span and the live call that asked for the tool find each other.
            self._pipeline = pipeline_for(session, builder=self.recorder.builder)
        return self._pipeline

"""The span processor: prompts are written when a span starts, the rest when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from hilt import semconv
from hilt.core.guard import guard
from hilt.genai.events import Story
from hilt_otel_exporters.recorder import Recorder

if TYPE_CHECKING:
    from opentelemetry.context import Context

__all__ = ["HiltSpanProcessor"]


class HiltSpanProcessor(SpanProcessor):
    """Writes GenAI spans to a HILT session, in the thread that makes them. Never raises.

    Args:
        session: A `hilt.Session`; None follows `hilt.get_context`.
        story: Tells the calls; a new one if None.
    """

    def __init__(self, session: Any = None, story: Story | None = None) -> None:
        self.recorder = Recorder(session, story)
        self.enabled = True

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Write the prompt, before the request leaves."""
        if not self.enabled:
            return
        try:
            call = _call_of(span)
            if call is not None and call.log is None:
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
            call = _call_of(span)
            if call is not None and call.log is self.recorder and call.observation.outcome:
                self.recorder.end(call.observation)
        except Exception:
            guard.report("writing an ending")

    def shutdown(self) -> None:
        """Write no more; what is written is written."""
        self.enabled = False

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Everything is written at once: there is nothing to wait for."""
        return True


def _call_of(span: Any) -> Any:
    attributes = span.attributes
    if not attributes:
        return None
    return getattr(attributes.get(semconv.HILT_EVENT_ID), "call", None)

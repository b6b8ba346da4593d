"""The tracer provider of `hilt.instrument`: only the log reads its spans, so they cost nothing.

A span of the OpenTelemetry SDK copies and checks its attributes for the exporters, and keeps to
limits. Here the only reader is HILT's own log, which reads the values themselves. All that is
needed of a span is its ids, and its parent's.
"""

from __future__ import annotations

from typing import Any

from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext

from hilt.core.ids_and_times import trace_bits

__all__ = ["PrivateTracer", "PrivateTracerProvider"]


class PrivateTracerProvider(trace.TracerProvider):
    """Makes ids for calls that no exporter ever sees."""

    def get_tracer(self, *args: Any, **kwargs: Any) -> trace.Tracer:
        """A tracer; there is but one kind."""
        return PrivateTracer()


class PrivateTracer(trace.Tracer):
    """Makes ids for calls, and spans that carry nothing else where a framework wants parents."""

    def new_ids(self) -> tuple[str, str, str | None]:
        """Ids for a child of the program's current span: trace, span, and parent or None."""
        span_id = f"{trace_bits(64) or 1:016x}"
        parent = trace.get_current_span().get_span_context()
        if not parent.is_valid:
            return f"{trace_bits(128) or 1:032x}", span_id, None
        return f"{parent.trace_id:032x}", span_id, f"{parent.span_id:016x}"

    def start_span(self, name: str, context: Any = None, *args: Any, **kwargs: Any) -> Span:
        """A child of the program's current span, or the root of a trace of its own."""
        parent = trace.get_current_span(context).get_span_context()
        trace_id = parent.trace_id if parent.is_valid else trace_bits(128) or 1
        return NonRecordingSpan(
            SpanContext(trace_id, trace_bits(64) or 1, False, parent.trace_flags)
        )

    def start_as_current_span(self, *args: Any, **kwargs: Any) -> Any:
        """Not offered: a span of ours is never the parent of the program's own."""
        raise NotImplementedError("HILT's private spans are never current")

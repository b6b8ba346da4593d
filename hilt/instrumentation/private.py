"""The tracer provider of `hilt.instrument`: nobody else sees its spans, so they weigh nothing.

A span of the OpenTelemetry SDK copies and checks its attributes for whoever may export it, and
keeps to limits. Here the only reader is HILT's own log, which reads the values themselves. What
a span has to be all the same is a place in the program's trace: its ids, and its parent's.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags

__all__ = ["PrivateTracerProvider"]

_NO_FLAGS = TraceFlags(TraceFlags.DEFAULT)


class PrivateSpan(NonRecordingSpan):
    """A span that is a place in a trace."""

    def __init__(self, context: SpanContext, parent: SpanContext | None) -> None:
        super().__init__(context)
        self.parent = parent


class PrivateTracerProvider(trace.TracerProvider):
    """Makes spans that have ids and a parent, and that no exporter ever sees."""

    def get_tracer(self, *args: Any, **kwargs: Any) -> trace.Tracer:
        """A tracer; there is but one kind."""
        return _PrivateTracer()


class _PrivateTracer(trace.Tracer):
    def __init__(self) -> None:
        # Ids of our own: a program that seeds `random` must get its own numbers all the same.
        generator = Random()  # noqa: S311
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=generator.seed)
        self._bits = generator.getrandbits

    def start_span(self, name: str, context: Any = None, *args: Any, **kwargs: Any) -> Span:
        """A child of the program's current span, or the root of a trace of its own."""
        parent = trace.get_current_span(context).get_span_context()
        if parent.is_valid:
            return PrivateSpan(
                SpanContext(parent.trace_id, self._bits(64) or 1, False, parent.trace_flags),
                parent,
            )
        return PrivateSpan(
            SpanContext(self._bits(128) or 1, self._bits(64) or 1, False, _NO_FLAGS), None
        )

    def start_as_current_span(self, *args: Any, **kwargs: Any) -> Any:
        """Not offered: a span of ours is never the parent of the program's own."""
        raise NotImplementedError("HILT's private spans are never current")

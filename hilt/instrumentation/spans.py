"""The span of a call: its attributes when it starts, and when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, SupportsIndex

from opentelemetry.trace import SpanKind, Status, StatusCode

from hilt import semconv
from hilt.genai.attributes import (
    cost_attributes,
    ending_attributes,
    ending_content,
    request_attributes,
    request_content,
    span_name,
)
from hilt.genai.observation import Observation

if TYPE_CHECKING:
    from opentelemetry.trace import Span, SpanContext, Tracer

    from hilt.instrumentation.engine import Call

__all__ = ["CallId", "complete_span", "note_ids", "started_span"]


class CallId(str):
    """The id that a span carries in ``hilt.event_id``, and with it the live call.

    Exporters see text. HILT's own processor and exporters, in the same process, find the values
    of the call by reference: content need not be on the span to be in the log. Why it is done
    so, and not by a table of spans, is in CONTRIBUTING.
    """

    __slots__ = ("call",)

    call: Call

    def __new__(cls, text: str, call: Call) -> CallId:
        """An id that brings its call along."""
        self = super().__new__(cls, text)
        self.call = call
        return self

    def __getitem__(self, key: SupportsIndex | slice) -> CallId:
        """A part of it, with the call: a limit on the length of attributes cuts text."""
        return CallId(super().__getitem__(key), self.call)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Plain text, where an exporter copies attributes or sends them to another process."""
        return str, (str(self),)


def started_span(
    tracer: Tracer, call: Observation, call_id: CallId | None = None, *, content: bool = False
) -> Span:
    """The span of a call that is about to be made.

    Args:
        tracer: Makes it.
        call: The call.
        call_id: Brings the call along to a log; None for one that is in no log.
        content: Whether the prompt is on it, where other exporters see it.
    """
    request = call.request
    attributes = request_attributes(request)
    if call_id is not None:
        if content:
            attributes.update(request_content(request))
        if call.conversation:
            attributes[semconv.CONVERSATION_ID] = call.conversation
        attributes[semconv.HILT_EVENT_ID] = call_id
    return tracer.start_span(
        span_name(request),
        kind=SpanKind.CLIENT,
        attributes=attributes,
        start_time=call.started,
        record_exception=False,
        set_status_on_exception=False,
    )


def complete_span(
    span: Span, call: Observation, *, content: bool, chunks: bool, cost: bool = False
) -> None:
    """Put the ending of a call on its span; who started it ends it.

    Args:
        span: The span.
        call: The call.
        content: Whether the answer is on it.
        chunks: Whether each chunk of a stream is an event of it.
        cost: Whether the cost has the proposed names of the conventions as well.
    """
    attributes = ending_attributes(call)
    if cost:
        attributes.update(cost_attributes(call))
    if content and call.response is not None:
        attributes.update(ending_content(call.response))
    span.set_attributes(attributes)
    if chunks:
        _add_chunk_events(span, call, content)
    if call.failure is not None:
        span.set_status(Status(StatusCode.ERROR, call.failure.message))


def _add_chunk_events(span: Span, call: Observation, content: bool) -> None:
    for index, (arrived, text) in enumerate(call.chunks):
        attributes: dict[str, Any] = {semconv.CHUNK_INDEX: index}
        if content:
            attributes[semconv.CHUNK_TEXT] = text
        span.add_event(semconv.COMPLETION_CHUNK_EVENT, attributes, arrived)


def note_ids(call: Observation, context: SpanContext, parent: SpanContext | None) -> None:
    """Note the ids of the call's span, and of the one above it."""
    call.trace_id = f"{context.trace_id:032x}"
    call.span_id = f"{context.span_id:016x}"
    if parent is not None:
        call.parent_span_id = f"{parent.span_id:016x}"

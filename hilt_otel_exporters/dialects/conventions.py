"""OpenTelemetry's GenAI conventions, and every emitter that follows them at all."""

from __future__ import annotations

from hilt import semconv
from hilt.genai.values import Part
from hilt_otel_exporters.dialects.dialect import Content, Dialect
from hilt_otel_exporters.dialects.messages import messages_of, parts_of, tools_of
from hilt_otel_exporters.span_record import LogRecord, SpanEvent, SpanRecord

__all__ = ["DIALECT"]

_DETAILS = semconv.INFERENCE_DETAILS_EVENT


def _content(record: SpanRecord) -> Content:
    found = Content(
        inputs=messages_of(_listed(record.json(semconv.INPUT_MESSAGES))),
        outputs=messages_of(_listed(record.json(semconv.OUTPUT_MESSAGES)), "assistant"),
        instructions=_instructions(record.json(semconv.SYSTEM_INSTRUCTIONS)),
        tools=tools_of(record.json(semconv.TOOL_DEFINITIONS)),
    )
    for details in _details(record):
        found.inputs = found.inputs or messages_of(_listed(details.json(semconv.INPUT_MESSAGES)))
        found.outputs = found.outputs or messages_of(
            _listed(details.json(semconv.OUTPUT_MESSAGES)), "assistant"
        )
        found.instructions = found.instructions or _instructions(
            details.json(semconv.SYSTEM_INSTRUCTIONS)
        )
        found.tools = found.tools or tools_of(details.json(semconv.TOOL_DEFINITIONS))
    _say_once(found)
    return found


def _listed(value: object) -> object:
    """Messages, if they are there as such: text that was cut off is no message."""
    return list(value) if isinstance(value, (list, tuple)) else None


def _details(record: SpanRecord) -> list[SpanRecord]:
    """The attributes of the event that repeats a call with its content, as a span or log event."""
    events: list[SpanEvent | LogRecord] = [*record.events, *record.logs]
    return [
        SpanRecord(event.name, "", "", attributes=event.attributes)
        for event in events
        if event.name == _DETAILS
    ]


def _instructions(value: object) -> list[Part] | None:
    parts = parts_of(list(value) if isinstance(value, tuple) else value)
    return parts or None


def _say_once(found: Content) -> None:
    """OpenLIT gives the system message twice: as a message, and apart from them."""
    if found.instructions and found.inputs:
        first = found.inputs[0]
        if first["role"] == "system" and first["parts"] == found.instructions:
            found.instructions = None


def _recognises(record: SpanRecord) -> bool:
    return any(name.startswith(semconv.GEN_AI_PREFIX) for name in record.attributes) or bool(
        _details(record)
    )


DIALECT = Dialect("conventions", _recognises, _content)

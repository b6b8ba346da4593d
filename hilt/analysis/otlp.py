"""Calls as GenAI spans in OTLP JSON, as OpenTelemetry's file exporter and collector write it.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids are hexadecimal, enums are
numbers, 64-bit integers are texts, and names are in lowerCamelCase. Each line of a file is a whole
``ExportTraceServiceRequest``.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any

from hilt import semconv
from hilt.analysis.calls import Call
from hilt.analysis.inputs import answer_message, new_messages
from hilt.core.exceptions import EventError
from hilt.core.ids_and_times import to_nanos
from hilt.core.json_types import JsonObject
from hilt.genai.json_values import encode_json

__all__ = ["requests_of", "span_of"]

_SCOPE = "hilt.instrumentation"  # tells `hilt import` that the names are HILT's own
_CLIENT = 3
_ERROR = 2
_SPANS_PER_LINE = 100
_RECENT = 10_000
_TOKENS = {
    semconv.USAGE_INPUT_TOKENS: "prompt",
    semconv.USAGE_OUTPUT_TOKENS: "completion",
    semconv.USAGE_CACHE_READ_INPUT_TOKENS: "cached",
    semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: "cache_write",
    semconv.USAGE_REASONING_OUTPUT_TOKENS: "reasoning",
}
_Service = tuple[str | None, str | None, str | None]
_RESOURCE = ("service.name", "service.version", "deployment.environment.name")
_UNKNOWN_SERVICE = "unknown_service:hilt"  # OpenTelemetry's form for a service without a name
_PROVENANCE = {semconv.RESPONSE_ID: "response_id", semconv.SERVER_ADDRESS: "server"}


def requests_of(calls: Iterable[Call]) -> Iterator[tuple[JsonObject, int]]:
    """Calls as requests of several spans each, with the number of these spans.

    Calls without an ending, or whose times cannot be read, are left out.
    """
    spans: list[tuple[_Service, JsonObject]] = []
    recent: OrderedDict[str, None] = OrderedDict()
    for call in calls:
        span = span_of(call)
        if span is not None:
            if span["spanId"] in recent:  # a span of another program that made several calls
                span["spanId"] = _digest(call)[32:48]
            recent[span["spanId"]] = None
            if len(recent) > _RECENT:
                recent.popitem(last=False)
            spans.append(((call.service, call.service_version, call.environment), span))
        if len(spans) == _SPANS_PER_LINE:
            yield _request(spans), len(spans)
            spans = []
    if spans:
        yield _request(spans), len(spans)


def span_of(call: Call) -> JsonObject | None:
    """A call as a span; None if it has no ending, or no time.

    Its ids are those that were logged, or else derived from its ending's id, the same each time.
    ``gen_ai.input.messages`` has the messages that were new in the call, as in the log.
    """
    if call.ending_line is None or (times := _times(call)) is None:
        return None
    provenance = _provenance(call)
    digest = _digest(call)
    operation = call.operation
    span: JsonObject = {
        "traceId": _hex(provenance.get("trace_id"), 32) or digest[:32],
        "spanId": _hex(provenance.get("span_id"), 16) or digest[32:48],
        "name": f"{operation} {call.request_model}" if call.request_model else operation,
        "kind": _CLIENT,
        "startTimeUnixNano": str(times[0]),
        "endTimeUnixNano": str(times[1]),
        "attributes": _attributes_of(call, provenance),
    }
    parent = _hex(provenance.get("parent_span_id"), 16)
    if parent is not None:
        span["parentSpanId"] = parent
    if call.failed:
        span["status"] = {"code": _ERROR, "message": call.answer_text or ""}
    return span


def _digest(call: Call) -> str:
    return hashlib.sha256(call.id.encode()).hexdigest()


def _request(spans: list[tuple[_Service, JsonObject]]) -> JsonObject:
    """Spans in one list for each service, in the order of its first span."""
    by_service: dict[_Service, list[JsonObject]] = {}
    for service, span in spans:
        by_service.setdefault(service, []).append(span)
    return {"resourceSpans": [_of_service(*each) for each in by_service.items()]}


def _of_service(service: _Service, spans: list[JsonObject]) -> JsonObject:
    values = dict(zip(_RESOURCE, service, strict=True))
    values["service.name"] = service[0] or _UNKNOWN_SERVICE
    attributes = [{"key": name, "value": _value(value)} for name, value in values.items() if value]
    scope = {"scope": {"name": _SCOPE}, "spans": spans, "schemaUrl": semconv.SCHEMA_URL}
    return {"resource": {"attributes": attributes}, "scopeSpans": [scope]}


def _times(call: Call) -> tuple[int, int] | None:
    """When it began and ended, in nanoseconds since the epoch."""
    try:
        started, ended = to_nanos(call.started), to_nanos(call.timestamp)
    except (EventError, ValueError, OverflowError):
        return None
    latency = call.latency_ms
    if not call.opening and latency is not None and 0 <= latency * 1e6 <= ended:
        started = ended - int(latency * 1e6)
    return min(started, ended), ended


def _provenance(call: Call) -> JsonObject:
    ending = call.ending
    return (ending.provenance if ending is not None else None) or {}


def _attributes_of(call: Call, provenance: JsonObject) -> list[JsonObject]:
    values = {**_call_attributes(call, provenance), **_content_attributes(call)}
    pairs = ((name, _value(value)) for name, value in values.items())
    return [{"key": name, "value": value} for name, value in pairs if value is not None]


def _call_attributes(call: Call, provenance: JsonObject) -> dict[str, object]:
    first = call.time_to_first_chunk_ms
    prompts = [line.event_id.decode() for line in call.opening if line.action == b"prompt"]
    return {
        semconv.OPERATION_NAME: call.operation,
        semconv.PROVIDER_NAME: call.provider,
        semconv.REQUEST_MODEL: call.request_model,
        semconv.RESPONSE_MODEL: call.record.provenance.response_model,
        semconv.CONVERSATION_ID: call.session_id,
        semconv.USER_ID: call.user,
        **{name: provenance.get(field) for name, field in _PROVENANCE.items()},
        semconv.RESPONSE_FINISH_REASONS: [call.finish_reason] if call.finish_reason else None,
        semconv.RESPONSE_TIME_TO_FIRST_CHUNK: first / 1000 if first is not None else None,
        **{name: getattr(call.tokens, field) for name, field in _TOKENS.items()},
        semconv.ERROR_TYPE: call.error_code,
        semconv.HILT_EVENT_ID: prompts[-1] if prompts else None,
        semconv.HILT_COST_USD: call.cost_usd,
        semconv.HILT_STATUS_CODE: call.status_code,
        semconv.HILT_OUTCOME: call.record.extensions.outcome,
    }


def _content_attributes(call: Call) -> dict[str, object]:
    answer = [] if call.failed else answer_message(call)
    if answer and call.finish_reason:
        answer = [{**each, "finish_reason": call.finish_reason} for each in answer]
    choices = call.ending_line.content.get("choices") if call.ending_line is not None else None
    answer += [
        each for each in (choices if isinstance(choices, list) else ()) if isinstance(each, dict)
    ]
    asked = new_messages(call)
    system = [each for each in asked if each.get("role") == "system"]
    return {
        semconv.SYSTEM_INSTRUCTIONS: _json([part for each in system for part in _parts(each)]),
        semconv.INPUT_MESSAGES: _json([each for each in asked if each not in system]),
        semconv.OUTPUT_MESSAGES: _json(answer),
    }


def _parts(message: JsonObject) -> list[Any]:
    parts = message.get("parts")
    return parts if isinstance(parts, list) else []


def _json(value: list[Any]) -> str | None:
    return encode_json(value).decode() if value else None


def _value(value: object) -> JsonObject | None:
    """A value in OTLP's form; None if it has none."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value} if math.isfinite(value) else None
    if isinstance(value, list):
        return {"arrayValue": {"values": [each for each in map(_value, value) if each]}}
    return {"stringValue": value} if isinstance(value, str) else None


def _hex(value: object, digits: int) -> str | None:
    """A value in lower case if it is an id of so many hexadecimal digits, else None."""
    text = value.lower() if isinstance(value, str) else ""
    return text if re.fullmatch(f"[0-9a-f]{{{digits}}}", text) and int(text, 16) else None

"""One call from all spans about it: what they say together."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

from hilt.genai.fold import merge_usage
from hilt.genai.json_values import encode_json
from hilt.genai.observation import Observation
from hilt.genai.values import Failure, Request, Response, Usage
from hilt_otel_exporters.dialects import SpanReading

__all__ = ["merge_calls"]

_REQUEST_FIELDS = (
    "model",
    "server_address",
    "server_port",
    "previous_response",
    "user",
    "tools",
)
_RESPONSE_FIELDS = (
    "id",
    "model",
    "raw_usage",
    "service_tier",
    "vectors",
    "dimensions",
    "documents",
)
_FAILURE_FIELDS = ("status_code", "request_id", "provider_code", "retry_after", "attempts")
_FIRST_ERROR_STATUS = 400
_MEASURED = ("first_chunk_ms", "status_code", "request_id", "attempts")


def merge_calls(group: list[SpanReading]) -> SpanReading:
    """The span of a group that says the most, with what the others add."""
    if len(group) == 1:
        return group[0]
    group.sort(key=lambda each: (each.record.started, -each.record.ended))
    in_log = next((each for each in group if each.begun or each.record.call is not None), None)
    main = in_log or max(group, key=lambda each: _size(each.call))
    main.merged = [each.record for each in group if each is not main]
    for each in group:
        main.conversation = main.conversation or each.conversation
        main.user = main.user or each.user
    if main.record.call is None and main.call is not None:
        _merge(main.call, group)
        by_distance: list[SpanReading] = sorted(group, key=_distance)
        main.response_id = _first(by_distance, "response_id")
        main.call.request.user = main.user
    _add_provenance(main)
    return main


def _size(call: Observation | None) -> int:
    """How much content a span has."""
    if call is None:
        return 0
    answers = call.response.messages if call.response is not None else []
    return len(encode_json([list(call.request.messages), call.request.instructions, answers]))


def _add_provenance(main: SpanReading) -> None:
    """Say in the event which other spans were about the call."""
    call = main.call
    if call is None:
        return
    call.origin = None
    call.provenance = dict(call.provenance or {})
    call.provenance["also_recorded_by"] = [
        {"instrumentation": record.scope, "span_id": record.span_id} for record in main.merged
    ]


def _merge(main: Observation, group: Sequence[SpanReading]) -> None:
    calls = [each.call for each in group if each.call is not None]
    outermost = calls[0]
    main.trace_id, main.span_id = outermost.trace_id, outermost.span_id
    main.parent_span_id = outermost.parent_span_id
    main.started = min(call.started for call in calls)
    main.ended = min(
        (call.ended for call in calls if _is_answered(call)),
        default=max(call.ended for call in calls),
    )
    main.latency_ms = round((main.ended - main.started) / 1e6, 3)
    nearest = [each.call for each in sorted(group, key=_distance) if each.call is not None]
    for name in _MEASURED:
        setattr(main, name, _first(nearest, name))
    main.chunks = max((call.chunks for call in calls), key=len)
    _merge_requests(main.request, [call.request for call in nearest])
    responses = [call.response for call in nearest if call.response is not None]
    main.response = _merged_response(main.response, responses)
    main.failure = _merged_failure([call.failure for call in nearest], main.response)
    main.outcome = _first([call for call in nearest if call.failure is None], "outcome")
    if main.failure is not None:
        main.outcome = main.failure.outcome
        main.status_code = main.failure.status_code or _failed_status(nearest)


def _failed_status(nearest: Sequence[Observation]) -> int | None:
    """The status that a span of a failed call has; 200 is only what an outer span thought."""
    codes = (call.status_code for call in nearest if call.status_code)
    return next((code for code in codes if code >= _FIRST_ERROR_STATUS), None)


def _is_answered(call: Observation) -> bool:
    """Whether a span saw the end of its call: one that began a stream did not."""
    response = call.response
    answered = response is not None and (response.messages or response.usage is not None)
    return call.failure is not None or bool(answered)


def _distance(reading: SpanReading) -> tuple[bool, int]:
    """How far a span is from the wire: the SDK's own first, then the innermost."""
    return not reading.is_sdk, -reading.record.started


def _merge_requests(main: Request, nearest: Sequence[Request]) -> None:
    for name in _REQUEST_FIELDS:
        if getattr(main, name) is None:
            setattr(main, name, _first(nearest, name))
    longest = max(nearest, key=lambda each: len(each.messages))
    if len(longest.messages) > len(main.messages):
        main.messages, main.instructions = longest.messages, longest.instructions
    main.stream = any(each.stream for each in nearest)
    main.provider = next(
        (each.provider for each in nearest if each.provider != "unknown"), main.provider
    )
    attributes: dict[str, Any] = {}
    for each in nearest:
        attributes = {**each.attributes, **attributes}
    main.attributes = {**attributes, **main.attributes}


def _merged_response(main: Response | None, nearest: Sequence[Response]) -> Response | None:
    if not nearest:
        return main
    merged = copy.copy(main) if main is not None else Response()
    if not merged.messages:
        merged.messages = max((each.messages for each in nearest), key=_encoded_size)
    for name in _RESPONSE_FIELDS:
        setattr(merged, name, _first(nearest, name))
    merged.finish_reasons = next(
        (each.finish_reasons for each in nearest if each.finish_reasons), []
    )
    usage: Usage | None = None
    for each in reversed(nearest):  # what is nearest to the wire counts last, and so decides
        if each.usage is not None:
            usage = merge_usage(usage, _copied(each.usage))
    merged.usage = usage
    return merged


def _encoded_size(value: object) -> int:
    return len(encode_json(value))


def _copied(usage: Usage) -> Usage:
    copied = copy.copy(usage)
    copied.units = dict(usage.units)
    return copied


def _merged_failure(nearest: Sequence[Failure | None], response: Response | None) -> Failure | None:
    """What went wrong: an outer span may fail where the call itself was answered."""
    failures = [failure for failure in nearest if failure is not None]
    answered = response is not None and response.messages
    if not failures or (answered and len(failures) < len(nearest)):
        return None
    merged = copy.copy(max(failures, key=lambda each: ("." in each.error_type, len(each.message))))
    for name in _FAILURE_FIELDS:
        if getattr(merged, name) is None:
            setattr(merged, name, _first(failures, name))
    if merged.error_code == "unknown":
        codes = [each.error_code for each in failures if each.error_code != "unknown"]
        merged.error_code = codes[0] if codes else "unknown"
    return merged


def _first(values: Iterable[object], name: str) -> Any:
    """The first value that a field has among some values."""
    found = (getattr(value, name) for value in values)
    return next((value for value in found if value is not None), None)

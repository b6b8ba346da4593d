"""From a span to what it says: with every dialect that it is written in, its own first."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hilt import semconv
from hilt.core.service import service_fields
from hilt.genai.finish_reasons import failure_of_finish_reason
from hilt.genai.observation import Observation
from hilt.genai.values import Failure, Request, Response
from hilt_otel_exporters.dialects.all_dialects import DIALECTS, MARKS
from hilt_otel_exporters.dialects.call_fields import call_fields, request_of, response_of
from hilt_otel_exporters.dialects.conventions import MODEL_OPERATIONS, operation_of
from hilt_otel_exporters.dialects.dialect import PLUMBING, Dialect, SpanReading
from hilt_otel_exporters.dialects.failures import failure_of
from hilt_otel_exporters.dialects.parameters import add_parameters
from hilt_otel_exporters.dialects.provider_names import provider_guessed
from hilt_otel_exporters.dialects.step_spans import step_of
from hilt_otel_exporters.span_record import SpanRecord

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from hilt.instrumentation.engine import Call

__all__ = ["awaits_more", "call_start_of", "is_genai", "is_genai_span", "read_span", "was_answered"]

_OWN_SCOPES = "hilt.instrumentation."
_ALL = len(DIALECTS) - 1
_BY_ATTRIBUTE = {
    attribute: position
    for position, dialect in enumerate(DIALECTS[:_ALL])
    for attribute in (*dialect.marks, *dialect.hints)
}
_SIGNS = frozenset(_BY_ATTRIBUTE)
_MAY_FAIL = frozenset({semconv.ERROR_TYPE, semconv.HTTP_RESPONSE_STATUS_CODE})
_BY_EVENT = {
    name: position
    for position, dialect in enumerate(DIALECTS[:_ALL])
    for name in dialect.event_names
}


def is_genai(attributes: Mapping[str, Any] | None, scope: str | None) -> bool:
    """Whether a span is about GenAI at all, at the cost of one look-up.

    HILT's own spans of tools are not: the calls around them have what was asked and answered.
    """
    if scope is not None and scope.startswith(_OWN_SCOPES):
        return attributes is not None and attributes.get(semconv.OPERATION_NAME) != "execute_tool"
    if attributes is not None and not MARKS.isdisjoint(attributes):
        return True
    return scope is not None and _is_genai_scope(scope)


def is_genai_span(span: ReadableSpan) -> bool:
    """The same, of a span of the OpenTelemetry SDK."""
    scope = span.instrumentation_scope
    return is_genai(span.attributes, scope.name if scope is not None else None)


def awaits_more(record: SpanRecord) -> bool:
    """Whether the end of a span's call is still to come, in a span of another trace."""
    for position in _emitters_of(record):
        awaits = DIALECTS[position].awaits_more
        if awaits is not None and awaits(record):
            return True
    return False


def call_start_of(record: SpanRecord) -> int | None:
    """When a call started of which the span has only the end; None for a whole call."""
    for position in _emitters_of(record):
        call_start = DIALECTS[position].call_start
        if call_start is not None:
            return call_start(record)
    return None


def read_span(record: SpanRecord) -> SpanReading:
    """What a span about GenAI says; a span of HILT's own in this process brings its values."""
    if record.call is not None:
        return _of_live_call(record, record.call)
    dialects = _dialects_of(record)
    for dialect in dialects:
        if dialect.prepare is not None:
            dialect.prepare(record)
    kind = _kind_of(record, dialects)
    fields = call_fields(record, dialects)
    reading = SpanReading(
        record,
        kind,
        dialects[0].name,
        record.trace_id,
        conversation=fields.get(semconv.CONVERSATION_ID),
        user=fields.get(semconv.USER_ID),
        reported_cost_usd=fields.get(semconv.HILT_COST_USD),
        call_start=call_start_of(record),
        is_sdk=dialects[0].is_sdk,
    )
    if kind in MODEL_OPERATIONS:
        reading.call = _call_of(reading, fields, dialects)
    elif kind != PLUMBING:
        reading.step = step_of(record, kind, operation_of(record, kind), fields, dialects)
        reading.step.failure = _failure_of(record, fields, dialects) or _failure_of_answers(record)
        reading.step.provenance = {**_span_ids(record), **_recorded_by(reading)}
        reading.step.service = service_fields(record.resource)
    for dialect in dialects:
        if dialect.amend is not None:
            dialect.amend(reading)
    if reading.call is not None:
        if record.events:
            _add_exception(record, reading.call)
        _conclude(reading.call)
        reading.response_id = _response_id(reading.call)
    return reading


@lru_cache(maxsize=1024)
def _of_scope(scope: str) -> tuple[int, ...]:
    """The dialects of an instrumentation scope, by their positions."""
    return tuple(
        position for position, dialect in enumerate(DIALECTS) if scope.startswith(dialect.scopes)
    )


def _emitters_of(record: SpanRecord) -> Sequence[int]:
    """The same of a record; files that leave out scopes tell them by attributes."""
    if record.scope:
        return _of_scope(record.scope)
    return sorted({_BY_ATTRIBUTE[sign] for sign in _SIGNS.intersection(record.attributes)})


@lru_cache(maxsize=1024)
def _is_genai_scope(scope: str) -> bool:
    return any(DIALECTS[position].only_genai for position in _of_scope(scope))


def _dialects_of(record: SpanRecord) -> list[Dialect]:
    """The dialects that a span is written in, in their order; the conventions are always one."""
    positions = {*_of_scope(record.scope)}
    positions.update([_BY_ATTRIBUTE[sign] for sign in _SIGNS.intersection(record.attributes)])
    if record.events or record.logs:
        names = {event.name for event in record.events_and_logs()}
        positions.update([_BY_EVENT[name] for name in names if name in _BY_EVENT])
    return [*[DIALECTS[position] for position in sorted(positions)], DIALECTS[_ALL]]


def _kind_of(record: SpanRecord, dialects: Sequence[Dialect]) -> str:
    for dialect in dialects:
        kind = dialect.kind(record)
        if kind is not None:
            return kind
    return PLUMBING


def _of_live_call(record: SpanRecord, live: Call) -> SpanReading:
    call = copy.copy(live.observation)
    # What the log that watched it live filled in is not ours to use.
    call.origin = call.reply_to = call.context_of = call.ending_id = call.session = None
    call.session_id, call.continuation, call.chunks_written = "", None, 0
    call.prompt_id = None
    call.request, call.chunks = copy.copy(call.request), list(call.chunks)
    call.trace_id, call.span_id = record.trace_id, record.span_id
    call.parent_span_id = record.parent_span_id
    call.service = service_fields(record.resource)
    kind = {"embeddings": "embedding", "rerank": "rerank"}.get(call.request.operation, "model")
    return SpanReading(
        record,
        kind,
        "hilt",
        record.trace_id,
        call=call,
        conversation=call.conversation or call.request.conversation,
        response_id=_response_id(call),
    )


# -- calls of a model -------------------------------------------------------------------------


def _call_of(
    reading: SpanReading, fields: dict[str, Any], dialects: Sequence[Dialect]
) -> Observation:
    record = reading.record
    fields[semconv.OPERATION_NAME] = operation_of(record, reading.kind)
    provenance = _recorded_by(reading)
    if semconv.PROVIDER_NAME not in fields:
        model = fields.get(semconv.REQUEST_MODEL) or fields.get(semconv.RESPONSE_MODEL)
        provider, source = provider_guessed(model, fields.get(semconv.SERVER_ADDRESS))
        fields[semconv.PROVIDER_NAME] = provider
        if source:
            provenance["provider_told_by"] = source
    if len(dialects) > 1:  # the conventions have them under their own names
        add_parameters(record, dialects, fields)
    request, response = request_of(fields), response_of(record, fields)
    if request.operation == "fetch_response":
        request.fetched_response = response.id
    _add_content(record, dialects, request, response)
    seconds = fields.get(semconv.RESPONSE_TIME_TO_FIRST_CHUNK)
    return Observation(
        request,
        started=record.started,
        ended=max(record.ended, record.started),
        latency_ms=round((record.ended - record.started) / 1e6, 3),
        response=response,
        failure=_failure_of(record, fields, dialects),
        trace_id=record.trace_id,
        span_id=record.span_id,
        parent_span_id=record.parent_span_id,
        first_chunk_ms=None if seconds is None else round(seconds * 1000, 3),
        status_code=fields.get(semconv.HTTP_RESPONSE_STATUS_CODE),
        request_id=fields.get(semconv.OTHER_RESPONSE_REQUEST_ID),
        provenance=provenance,
        service=service_fields(record.resource),
    )


def _add_content(
    record: SpanRecord, dialects: Sequence[Dialect], request: Request, response: Response
) -> None:
    for dialect in dialects:
        content = dialect.content(record)
        if content.inputs and not request.messages:
            request.messages = content.inputs
            request.instructions = request.instructions or content.instructions
        if content.instructions and not request.instructions and not _has_system(request):
            request.instructions = content.instructions
        if content.outputs and not response.messages:
            response.messages = content.outputs
        if content.tools and not request.tools:
            request.tools = content.tools
    if not response.finish_reasons:
        reasons = [message.get("finish_reason") for message in response.messages]
        response.finish_reasons = [str(reason) for reason in reasons if reason]
    for message, reason in zip(response.messages, response.finish_reasons, strict=False):
        message.setdefault("finish_reason", reason)


def _has_system(request: Request) -> bool:
    return any(message.get("role") in ("system", "developer") for message in request.messages)


def _failure_of(
    record: SpanRecord, fields: Mapping[str, Any], dialects: Sequence[Dialect]
) -> Failure | None:
    text = None
    for dialect in dialects:
        if dialect.error is not None and text is None:
            text = dialect.error(record)
    if record.status != "ERROR" and text is None and _MAY_FAIL.isdisjoint(fields):
        return None
    return failure_of(record, fields, text)


def _failure_of_answers(record: SpanRecord) -> Failure | None:
    """The failure that an agent's finish reason means: some leave the span's status alone."""
    answers = record.json(semconv.OUTPUT_MESSAGES)
    last = answers[-1] if isinstance(answers, list) and answers else None
    reason = last.get("finish_reason") if isinstance(last, Mapping) else None
    return failure_of_finish_reason(reason) if isinstance(reason, str) else None


def _response_id(call: Observation) -> str | None:
    if call.response is None or call.request.fetched_response:
        return None
    return call.response.id


def _add_exception(record: SpanRecord, call: Observation) -> None:
    """Let a call that nothing answered have failed, where an exception is on its span.

    One on the span of a call that was answered is what the program did with the answer.
    """
    raised = "exception" in [event.name for event in record.events]
    if raised and call.failure is None and not was_answered(call):
        call.failure = failure_of(record, {}, "")


def was_answered(call: Observation) -> bool:
    """Whether anything of an answer is known."""
    response = call.response
    return response is not None and bool(
        response.messages
        or response.usage
        or response.id
        or response.finish_reasons
        or response.model
        or response.vectors
        or response.documents
    )


def _conclude(call: Observation) -> None:
    """What follows from everything that was read."""
    failure, response = call.failure, call.response
    if failure is not None:
        call.outcome = failure.outcome
        call.status_code = failure.status_code or call.status_code
        call.request_id = failure.request_id or call.request_id
        if response is not None and not (response.messages or response.usage or response.id):
            call.response = None
    elif call.status_code is None:
        call.status_code = 200  # as for a call that HILT observed itself: it was answered


# -- where it comes from ----------------------------------------------------------------------


def _recorded_by(reading: SpanReading) -> dict[str, Any]:
    record = reading.record
    version = f" {record.scope_version}" if record.scope_version else ""
    return {
        # A span's name may have what somebody said; its first word is the operation.
        "instrumentation": f"{record.scope}{version}".strip() or record.name.partition(" ")[0],
        "dialect": reading.dialect,
    }


def _span_ids(record: SpanRecord) -> dict[str, Any]:
    ids = {"trace_id": record.trace_id, "span_id": record.span_id}
    return {**ids, "parent_span_id": record.parent_span_id} if record.parent_span_id else ids

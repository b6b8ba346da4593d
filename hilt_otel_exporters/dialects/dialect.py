"""What a dialect is, and how a span is read with all that know it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hilt import semconv
from hilt.genai.attributes import request_of, response_of
from hilt.genai.coerce import count_or_none, number_or_none
from hilt.genai.observation import Observation
from hilt.genai.outcome import outcome_of
from hilt.genai.values import Message, Part, Request, Response
from hilt.recording.step_events import Step
from hilt_otel_exporters.dialects.call_fields import Source, canonical, fact, find
from hilt_otel_exporters.dialects.failures import failure_of_record
from hilt_otel_exporters.dialects.provider_names import provider_of
from hilt_otel_exporters.dialects.span_kinds import MODEL_OPERATIONS, kind_of
from hilt_otel_exporters.dialects.step_spans import step_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["Content", "Dialect", "SpanReading", "read_with"]


@dataclass(slots=True)
class Content:
    """What was said, as far as a dialect finds it; None is not known."""

    inputs: list[Message] | None = None
    outputs: list[Message] | None = None
    instructions: list[Part] | None = None
    tools: list[Any] | None = None


@dataclass(slots=True)
class SpanReading:
    """A span, read."""

    record: SpanRecord
    kind: str
    dialect: str
    call: Observation | None = None  #: of a model, an embedding or a rerank
    step: Step | None = None  #: of anything else that is worth an event
    conversation: str | None = None
    user: str | None = None
    begun: bool = False  #: its prompt is in the log already
    part_of: list[SpanRecord] = field(default_factory=list)  #: further spans of the same call


def _nothing(record: SpanRecord) -> Content:  # noqa: ARG001
    return Content()


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one emitter writes: only what the table of facts cannot say.

    Args:
        name: What it is called in ``provenance.dialect``.
        recognises: Whether a span is of this dialect.
        content: What was said.
        prefer: Better sources for single facts.
        prepare: Makes a record readable, before anything else looks at it.
        amend: Puts right what the emitter gets wrong, once everything is read.
    """

    name: str
    recognises: Callable[[SpanRecord], bool]
    content: Callable[[SpanRecord], Content] = _nothing
    prefer: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    prepare: Callable[[SpanRecord], None] | None = None
    amend: Callable[[SpanReading], None] | None = None


def read_with(dialects: tuple[Dialect, ...], record: SpanRecord) -> SpanReading:
    """A span about GenAI, read: the first dialect that knows it decides, later ones fill gaps."""
    known = [dialect for dialect in dialects if dialect.recognises(record)]
    for dialect in known:
        if dialect.prepare is not None:
            dialect.prepare(record)
    kind, operation = kind_of(record)
    seen = SpanReading(record, kind, known[0].name if known else "conventions")
    seen.conversation, seen.user = (
        _text(fact(record, semconv.CONVERSATION_ID)),
        _text(fact(record, semconv.USER_ID)),
    )
    if kind in MODEL_OPERATIONS:
        seen.call = _call(record, known, operation, seen)
    elif kind != "step":
        seen.step = step_of(record, kind, operation)
        seen.step.provenance.update(_origin(record, seen.dialect))
    for dialect in known:
        if dialect.amend is not None:
            dialect.amend(seen)
    if seen.call is not None:
        _conclude(seen.call)
    return seen


def _call(
    record: SpanRecord, known: list[Dialect], operation: str, seen: SpanReading
) -> Observation:
    prefer: dict[str, tuple[Source, ...]] = {}
    for dialect in reversed(known):
        prefer.update(dialect.prefer)
    attributes = canonical(record, prefer)
    attributes[semconv.OPERATION_NAME] = operation
    host = attributes.get(semconv.SERVER_ADDRESS)
    model = attributes.get(semconv.REQUEST_MODEL) or attributes.get(semconv.RESPONSE_MODEL)
    provider, told_by = provider_of(record, model, host)
    attributes[semconv.PROVIDER_NAME] = provider
    request, response = request_of(attributes), response_of(attributes)
    request.user = seen.user
    request.conversation = None  # a call may take that of the agent around it: see `once`
    if operation == "fetch_response":
        request.fetched_response = response.id
    _add_content(record, known, request, response)
    call = Observation(
        request,
        started=record.started,
        ended=max(record.ended, record.started),
        latency_ms=round((record.ended - record.started) / 1e6, 3),
        response=response,
        failure=failure_of_record(record),
        trace_id=record.trace_id,
        span_id=record.span_id,
        parent_span_id=record.parent_span_id,
        first_chunk_ms=_first_chunk_ms(attributes, record),
        status_code=count_or_none(
            find(record, semconv.HILT_STATUS_CODE, semconv.HTTP_RESPONSE_STATUS_CODE)
        ),
        attempts=count_or_none(record.attributes.get(semconv.HILT_ATTEMPTS)),
        request_id=_text(find(record, "anthropic.request.id", semconv.OTHER_RESPONSE_REQUEST_ID)),
        outcome=_text(record.attributes.get(semconv.HILT_OUTCOME)),
        provenance=_origin(record, seen.dialect),
    )
    if told_by and call.provenance is not None:
        call.provenance["provider_told_by"] = told_by
    return call


def _add_content(
    record: SpanRecord, known: list[Dialect], request: Request, response: Response
) -> None:
    for dialect in known:
        found = dialect.content(record)
        if found.inputs and not request.messages:
            request.messages = found.inputs
            request.instructions = request.instructions or found.instructions
        if found.instructions and not request.instructions and not _has_system(request):
            request.instructions = found.instructions
        if found.outputs and not response.messages:
            response.messages = found.outputs
        if found.tools and not request.tools:
            request.tools = found.tools
    if not response.finish_reasons:
        reasons = [message.get("finish_reason") for message in response.messages]
        response.finish_reasons = [str(reason) for reason in reasons if reason]
    for message, reason in zip(response.messages, response.finish_reasons, strict=False):
        message.setdefault("finish_reason", reason)


def _has_system(request: Request) -> bool:
    return any(message.get("role") in ("system", "developer") for message in request.messages)


def _first_chunk_ms(attributes: Mapping[str, Any], record: SpanRecord) -> float | None:
    seconds = number_or_none(attributes.get(semconv.RESPONSE_TIME_TO_FIRST_CHUNK))
    if seconds is not None:
        return round(seconds * 1000, 3)
    millis = number_or_none(record.attributes.get("ai.response.msToFirstChunk"))
    return round(millis, 3) if millis is not None else None


def _origin(record: SpanRecord, dialect: str) -> dict[str, Any]:
    """Who recorded the span."""
    version = f" {record.scope_version}" if record.scope_version else ""
    return {
        "instrumentation": f"{record.scope}{version}".strip() or record.name,
        "dialect": dialect,
    }


def _conclude(call: Observation) -> None:
    """What follows from everything that was read."""
    failure, response = call.failure, call.response
    if failure is not None:
        call.outcome = failure.outcome
        call.status_code = failure.status_code or call.status_code
        call.request_id = failure.request_id or call.request_id
        if response is not None and not (response.messages or response.usage or response.id):
            call.response = None
    elif call.outcome is None:
        call.outcome = outcome_of(response.finish_reasons) if response is not None else "completed"
    if failure is None and call.status_code is None:
        call.status_code = 200  # as for a call that HILT saw itself: it was answered


def _text(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None

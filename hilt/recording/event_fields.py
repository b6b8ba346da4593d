"""The fields of a call's events: those that all have, and those of its ending."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from hilt import semconv
from hilt._context import service_of_program
from hilt.core import git_commit
from hilt.core.event import HILT_VERSION
from hilt.core.guard import guard
from hilt.core.ids_and_times import format_nanos, new_event_id
from hilt.genai.coerce import as_list
from hilt.genai.finish_reasons import judge
from hilt.genai.media import BASE64_MARK, text_without_binary, without_binary
from hilt.genai.observation import Observation
from hilt.genai.values import Part, Response, text_of
from hilt.pricing.cost import cost_usd_of
from hilt.pricing.table import price_version
from hilt.recording.conversation_ids import continued_id, stored_id

__all__ = [
    "EndingExtensions",
    "EventDict",
    "TokenCounts",
    "add_agent",
    "add_cost",
    "content_beside_text",
    "ending_content",
    "ending_extensions",
    "ending_metrics",
    "ending_outcome",
    "ending_provenance",
    "new_event",
    "provenance_of",
]

EventDict = dict[str, Any]
"""An event as a plain dict, with its fields in the order of the format."""

_LONGEST_MS = 1e11  # three years


# -- every event -------------------------------------------------------------------------------


def new_event(
    session_id: str,
    unix_nanos: int,
    actor_type: str,
    actor_id: str,
    action: str,
    event_id: str | None = None,
) -> EventDict:
    """An event with the fields that every event has.

    Args:
        session_id: The conversation.
        unix_nanos: Its time, in nanoseconds since the epoch.
        actor_type: ``human``, ``agent``, ``tool`` or ``system``.
        actor_id: The actor's id.
        action: What the event is.
        event_id: Its id, if that is chosen already.
    """
    return {
        "hilt_version": HILT_VERSION,
        "event_id": event_id or new_event_id(),
        "timestamp": format_nanos(unix_nanos),
        "session_id": session_id,
        "actor": {"type": actor_type, "id": actor_id},
        "action": action,
    }


def add_agent(event: EventDict, call: Observation) -> None:
    """Add the name of the agent that answers, if a framework has given one."""
    if call.framework is not None and call.framework.agent:
        event["actor"]["name"] = call.framework.agent


def provenance_of(call: Observation) -> dict[str, object]:
    """``provenance`` of the events before the ending. Shared by them: do not change it."""
    if call.origin is not None:
        return call.origin
    request = call.request
    server = (request.server_address, request.server_port)
    origin = _shared(request.provider, request.operation, request.model, server, call.sdk).copy()
    service = service_of_program() if call.service is None else call.service
    if service:
        origin.update(service)
    if call.trace_id:
        origin["trace_id"], origin["span_id"] = call.trace_id, call.span_id
        if call.parent_span_id:
            origin["parent_span_id"] = call.parent_span_id
    if call.framework is not None:
        origin.update(call.framework.provenance)
    if call.provenance:
        origin.update(call.provenance)
    call.origin = origin
    return origin


@lru_cache(maxsize=256)
def _shared(
    provider: str,
    operation: str,
    model: str | None,
    server: tuple[str | None, int | None],
    sdk: str | None,
) -> dict[str, object]:
    """What many calls have in common. Shared by them: copy it."""
    address, port = server
    if address and port not in (None, 443):
        address = f"{address}:{port}"
    origin: dict[str, object] = {"provider": provider, "operation": operation}
    optional = {"request_model": model, "server": address, "sdk": sdk}
    origin.update((name, value) for name, value in optional.items() if value)
    return origin


# -- the ending --------------------------------------------------------------------------------


class TokenCounts(msgspec.Struct, omit_defaults=True, gc=False):
    """``metrics.tokens``: what the provider counted, and nothing guessed."""

    prompt: int | None = None
    completion: int | None = None
    total: int | None = None
    cached: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    audio: int | None = None


class EndingExtensions(msgspec.Struct, omit_defaults=True):
    """``extensions`` of an ending; values that are None are not logged."""

    reply_to: str | None = None
    model: str | None = None
    latency_ms: float | None = None
    status_code: int | None = None
    outcome: str | None = None
    finish_reason: str | None = None
    finish_reasons: list[str] | None = None
    error_code: str | None = None
    error_type: str | None = None
    error_provider_code: str | None = None
    retry_after_s: float | None = None
    attempts: int | None = None
    time_to_first_chunk_ms: float | None = None
    cost_unknown: str | None = None
    vectors: int | None = None
    dimensions: int | None = None
    partial: bool | None = None
    continues_as: str | None = None


_NO_COUNTS = TokenCounts()


def add_cost(call: Observation) -> None:
    """Set what the call cost, or why that is not known, unless either is set. Never raises."""
    response = call.response
    if response is None or call.cost_usd is not None or call.cost_unknown:
        return
    usage, request = response.usage, call.request
    reason = response.cost_unknown or request.cost_unknown
    if usage is None or reason:
        call.cost_unknown = reason or "the provider sent no usage"
        return
    if usage.total_tokens != (usage.input_tokens or 0) + (usage.output_tokens or 0):
        call.cost_unknown = usage.reconcile()
        if call.cost_unknown:
            return
    key = (
        request.provider,
        response.model,
        request.model,
        response.service_tier or request.attributes.get(semconv.OPENAI_REQUEST_SERVICE_TIER),
        request.batch,
        request.provider_hint,
        response.region,
        request.server_address,
    )
    try:
        call.cost_usd, call.cost_unknown, call.price_file = cost_usd_of(key, usage, call.started)
    except Exception as error:
        guard.report("pricing a call")
        call.cost_unknown = f"the price cannot be calculated: {error!r}"


def ending_outcome(call: Observation) -> str:
    """``extensions.outcome``, from the failure or the answer."""
    if call.failure is not None:
        return call.failure.outcome
    if call.response is None:
        return "completed"
    outcome = judge(call.response)
    call.failure = call.response.failure
    return outcome


def ending_metrics(call: Observation) -> dict[str, object]:
    """``metrics``: tokens and cost."""
    metrics: dict[str, object] = {}
    response = call.response
    if response is not None and (usage := response.usage) is not None:
        inputs, outputs, total = usage.input_tokens, usage.output_tokens, usage.total_tokens
        if total is None and inputs is not None and outputs is not None:
            total = inputs + outputs
        audio, output_audio = usage.input_audio_tokens, usage.output_audio_tokens
        if audio is not None or output_audio is not None:
            audio = (audio or 0) + (output_audio or 0)
        cached, written = usage.cache_read_tokens, usage.cache_write_tokens
        counts = TokenCounts(inputs, outputs, total, cached, written, usage.reasoning_tokens, audio)
        if counts != _NO_COUNTS:
            metrics["tokens"] = counts
    if call.cost_usd is not None:
        metrics["cost_usd"] = call.cost_usd
    return metrics


def ending_extensions(call: Observation) -> EndingExtensions | dict[str, object]:
    """``extensions``; a dict if the user has added keys."""
    response, failure = call.response, call.failure
    latency, first = call.latency_ms, call.first_chunk_ms
    fields = EndingExtensions(
        call.reply_to,
        call.request.model,
        # If a test stops or releases all clocks within a call, its duration is meaningless.
        latency if latency is None or 0 <= latency < _LONGEST_MS else None,
        call.status_code,
        call.outcome,
        attempts=call.attempts,
        time_to_first_chunk_ms=first if first is None or 0 <= first < _LONGEST_MS else None,
    )
    if response is not None:
        reasons = response.finish_reasons
        if reasons:
            fields.finish_reason = reasons[0]
            if len(reasons) > 1:
                fields.finish_reasons = reasons
        fields.cost_unknown = call.cost_unknown
        fields.vectors, fields.dimensions = response.vectors, response.dimensions
        fields.partial = response.partial or None
        if failure is None and call.continuation is not None:
            fields.continues_as = _continues_as(call, response)
    if failure is not None:
        fields.error_code = failure.error_code
        fields.error_type = failure.error_type
        fields.error_provider_code = failure.provider_code
        fields.retry_after_s = failure.retry_after
    if not call.extensions:
        return fields
    merged = {**msgspec.structs.asdict(fields), **call.extensions}
    return {name: value for name, value in merged.items() if value is not None}


def _continues_as(call: Observation, response: Response) -> str | None:
    """The id that the conversation gets if another process goes on with it, if that differs.

    It is the provider's own id, which the answer gives; or it follows from the answer's id, or from
    the opening of the conversation and its first answer.
    """
    named = response.conversation
    if named and isinstance(named, str):
        return named if named not in (call.request.conversation, call.session_id) else None
    request, continuation = call.request, call.continuation
    if request.continued_by_id and response.id:
        has_name = call.conversation or request.conversation
        return None if has_name else stored_id(response.id, call.user or request.user)
    if not continuation.begins or not response.messages:
        return None
    return continued_id(continuation.derived, response.messages[0])


def ending_content(call: Observation) -> dict[str, object]:
    """``content``: the answer, or the message of the error."""
    response, failure = call.response, call.failure
    content: dict[str, object] = {}
    if response is not None:
        messages = response.messages
        if messages:
            first = messages[0]["parts"]
            is_text = len(first) == 1 and first[0]["type"] == "text"
            text = first[0].get("content") if is_text else None
            if type(text) is not str:
                text = text_of(first)
            content["text"] = text_without_binary(text) if BASE64_MARK in text else text
            if not is_text or len(first[0]) > 2:  # noqa: PLR2004 # citations
                content.update(content_beside_text(without_binary(first)))
            if len(messages) > 1:
                content["choices"] = without_binary(messages[1:])
        if response.documents is not None:
            content["documents"] = without_binary(response.documents)
    if failure is not None:
        partial = content.pop("text", None)
        if partial:
            content["partial_text"] = partial
        content = {"text": failure.message, **content}
    return content


def content_beside_text(parts: list[Part]) -> dict[str, object]:
    """What an answer has besides text: reasoning, citations, media, and parts of other types."""
    content: dict[str, object] = {}
    reasoning = [str(part.get("content") or "") for part in parts if part["type"] == "reasoning"]
    if any(reasoning):
        content["reasoning"] = "".join(reasoning)
    listed = (part.get(name) for part in parts for name in _CITATIONS)
    citations = [each for citations in listed if citations for each in as_list(citations)]
    if citations:
        content["citations"] = citations
    others = [part for part in parts if part["type"] not in _FIELDS_OF_THEIR_OWN]
    if others:
        content["parts"] = others
    media = [part for part in parts if part["type"] == "blob"]
    if media:
        only_images = all(part.get("modality") == "image" for part in media)
        content["images" if only_images else "media"] = media
    return content


_CITATIONS = ("citations", "annotations")
_FIELDS_OF_THEIR_OWN = frozenset({"text", "reasoning", "tool_call", "blob"})
"""Types of parts that have a field of the event, or an event, to themselves."""


def ending_provenance(call: Observation) -> dict[str, object]:
    """``provenance`` of the ending, with what only the answer tells."""
    origin, response = dict(call.origin or provenance_of(call)), call.response
    if response is not None:
        if response.model:
            origin["response_model"] = response.model
        if response.id:
            origin["response_id"] = response.id
        if response.service_tier:
            origin["service_tier"] = response.service_tier
        if response.raw_usage is not None:
            origin["usage"] = response.raw_usage
    if call.cost_usd is not None:
        origin["price_version"] = call.price_file or price_version()
        if call.request.price_assumed and call.price_file is None:
            origin["price_assumed"] = True
    if call.request_id:
        origin["request_id"] = call.request_id
    if git_commit.current is not None and not git_commit.is_hidden:
        origin["commit"] = git_commit.current
        tree = git_commit.tree
        if tree is not None and tree.is_clean is not None:
            origin["commit_clean"] = tree.is_clean
    return origin

"""How a call ended, as the parts of its last event: what was said, counted, paid and measured."""

from __future__ import annotations

from typing import Any

import msgspec

from hilt.core.guard import guard
from hilt.genai.json_values import text_of
from hilt.genai.observation import Observation
from hilt.genai.outcome import outcome_of
from hilt.genai.values import Part
from hilt.pricing.cost import cost_usd_of

__all__ = ["Measured", "Tokens", "measured", "metrics_of", "outcome", "price", "said"]


class Tokens(msgspec.Struct, omit_defaults=True, gc=False):
    """``metrics.tokens``: what the provider counted, and nothing guessed."""

    prompt: int | None = None
    completion: int | None = None
    total: int | None = None
    cached: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    audio: int | None = None


class Measured(msgspec.Struct, omit_defaults=True):
    """``extensions`` of an ending; what is None stays out of the log."""

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


_NO_TOKENS = Tokens()


def price(call: Observation) -> None:
    """Work out what the call cost, unless that is known or nothing came back. Never raises."""
    response = call.response
    if response is None or call.cost_usd is not None or call.cost_unknown:
        return
    usage = response.usage
    if usage is None:
        call.cost_unknown = "the provider sent no usage"
        return
    request = call.request
    key = (
        request.provider,
        response.model,
        request.model,
        response.service_tier,
        request.batch,
        request.provider_hint,
    )
    try:
        call.cost_usd, call.cost_unknown = cost_usd_of(key, usage, call.started)
    except Exception as error:
        guard.report("pricing a call")
        call.cost_unknown = f"the price cannot be calculated: {error!r}"


def metrics_of(call: Observation) -> dict[str, Any]:
    """``metrics`` of an ending: tokens and cost."""
    metrics: dict[str, Any] = {}
    response = call.response
    if response is not None and (usage := response.usage) is not None:
        entered, left, total = usage.input_tokens, usage.output_tokens, usage.total_tokens
        if total is None and entered is not None and left is not None:
            total = entered + left
        audio, spoken = usage.input_audio_tokens, usage.output_audio_tokens
        if audio is not None or spoken is not None:
            audio = (audio or 0) + (spoken or 0)
        cached, written = usage.cache_read_tokens, usage.cache_write_tokens
        tokens = Tokens(entered, left, total, cached, written, usage.reasoning_tokens, audio)
        if tokens != _NO_TOKENS:
            metrics["tokens"] = tokens
    if call.cost_usd is not None:
        metrics["cost_usd"] = call.cost_usd
    return metrics


def measured(call: Observation) -> Measured | dict[str, Any]:
    """``extensions`` of an ending; a dict where it has keys of the user's own."""
    response, failure = call.response, call.failure
    facts = Measured(
        call.reply_to,
        call.request.model,
        call.latency_ms,
        call.status_code,
        call.outcome,
        attempts=call.attempts,
        time_to_first_chunk_ms=call.first_chunk_ms,
    )
    if response is not None:
        reasons = response.finish_reasons
        if reasons:
            facts.finish_reason = reasons[0]
            if len(reasons) > 1:
                facts.finish_reasons = reasons
        facts.cost_unknown = call.cost_unknown
        facts.vectors, facts.dimensions = response.vectors, response.dimensions
        facts.partial = response.partial or None
    if failure is not None:
        facts.error_code = failure.error_code
        facts.error_type = failure.error_type
        facts.error_provider_code = failure.provider_code
        facts.retry_after_s = failure.retry_after
    if not call.extensions:
        return facts
    known = msgspec.structs.asdict(facts)
    return {k: value for k, value in {**known, **call.extensions}.items() if value is not None}


def said(call: Observation) -> dict[str, Any]:
    """``content`` of an ending: the answer, or the message of the error."""
    response, failure = call.response, call.failure
    content: dict[str, Any] = {}
    if response is not None:
        messages = response.messages
        if messages:
            first = messages[0]["parts"]
            content["text"] = text_of(first)
            if len(first) != 1 or first[0]["type"] != "text" or "citations" in first[0]:
                _add_parts(content, first)
            if len(messages) > 1:
                content["choices"] = messages[1:]
        if response.documents is not None:
            content["documents"] = response.documents
    if failure is not None:
        if content.get("text"):
            content["partial_text"] = content.pop("text")
        content = {"text": failure.message, **content}
    return content


def _add_parts(content: dict[str, Any], first: list[Part]) -> None:
    """What an answer has besides text."""
    if first:
        reasoning = "".join(
            str(part.get("content") or "") for part in first if part["type"] == "reasoning"
        )
        if reasoning:
            content["reasoning"] = reasoning
        citations = [each for part in first for each in part.get("citations") or ()]
        if citations:
            content["citations"] = citations
        others = [
            part for part in first if part["type"] not in ("text", "reasoning", "tool_call", "blob")
        ]
        if others:
            content["parts"] = others
        media = [part for part in first if part["type"] == "blob"]
        if media:
            images = [part for part in media if part.get("modality") == "image"]
            content.update({"images": images} if len(images) == len(media) else {"media": media})


def outcome(call: Observation) -> str:
    """How a call ended, from its failure or its answer."""
    if call.failure is not None:
        return call.failure.outcome
    if call.response is None:
        return "completed"
    return call.response.outcome or outcome_of(call.response.finish_reasons)

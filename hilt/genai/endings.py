"""How a call ended, as the parts of its last event: what was said, counted, paid and measured."""

from __future__ import annotations

from typing import Any

from hilt.genai.observation import Observation
from hilt.genai.outcome import outcome_of
from hilt.genai.pricing import cost_of
from hilt.genai.reading import text_of
from hilt.genai.values import Part, Response, Usage

__all__ = ["measured", "metrics_of", "outcome", "price", "said", "tokens_of"]


def price(call: Observation) -> None:
    """Work out what the call cost, unless it is known already or nothing came back."""
    response = call.response
    if response is None or call.cost_usd is not None or call.cost_unknown:
        return
    usage = response.usage
    if usage is None:
        call.cost_unknown = "the provider sent no usage"
        return
    request = call.request
    cost = cost_of(
        request.provider,
        response.model,
        usage,
        service_tier=response.service_tier,
        batch=request.batch,
        when=call.started,
        provider_hint=request.provider_hint,
        request_model=request.model,
    )
    call.cost_usd = None if cost.usd is None else float(cost.usd)
    call.cost_unknown = cost.unknown


def tokens_of(usage: Usage) -> dict[str, int]:
    """``metrics.tokens`` for a usage: what was sent, and nothing guessed."""
    total = usage.total_tokens
    if total is None and usage.input_tokens is not None and usage.output_tokens is not None:
        total = usage.input_tokens + usage.output_tokens
    tokens: dict[str, int] = {}
    if usage.input_tokens is not None:
        tokens["prompt"] = usage.input_tokens
    if usage.output_tokens is not None:
        tokens["completion"] = usage.output_tokens
    if total is not None:
        tokens["total"] = total
    if usage.cache_read_tokens is not None:
        tokens["cached"] = usage.cache_read_tokens
    if usage.cache_write_tokens is not None:
        tokens["cache_write"] = usage.cache_write_tokens
    if usage.reasoning_tokens is not None:
        tokens["reasoning"] = usage.reasoning_tokens
    if usage.input_audio_tokens is not None or usage.output_audio_tokens is not None:
        tokens["audio"] = (usage.input_audio_tokens or 0) + (usage.output_audio_tokens or 0)
    return tokens


def metrics_of(call: Observation) -> dict[str, Any]:
    """``metrics`` of an ending: tokens and cost."""
    metrics: dict[str, Any] = {}
    usage = call.response.usage if call.response is not None else None
    if usage is not None:
        tokens = tokens_of(usage)
        if tokens:
            metrics["tokens"] = tokens
    if call.cost_usd is not None:
        metrics["cost_usd"] = call.cost_usd
    return metrics


def measured(call: Observation) -> dict[str, Any]:
    """``extensions`` of an ending."""
    request, response, failure = call.request, call.response, call.failure
    facts: dict[str, Any] = {
        "reply_to": call.reply_to,
        "model": request.model,
        "latency_ms": call.latency_ms,
        "status_code": call.status_code,
        "outcome": call.outcome,
    }
    if response is not None and response.finish_reasons:
        facts["finish_reason"] = response.finish_reasons[0]
        if len(response.finish_reasons) > 1:
            facts["finish_reasons"] = response.finish_reasons
    if failure is not None:
        facts["error_code"] = failure.error_code
        facts["error_type"] = failure.error_type
        facts["error_provider_code"] = failure.provider_code
        facts["retry_after_s"] = failure.retry_after
    if call.attempts is not None:
        facts["attempts"] = call.attempts
    if call.first_chunk_ms is not None:
        facts["time_to_first_chunk_ms"] = call.first_chunk_ms
    if response is not None:
        facts["cost_unknown"] = call.cost_unknown
        facts["vectors"], facts["dimensions"] = response.vectors, response.dimensions
        if response.partial:
            facts["partial"] = True
    if call.extensions:
        facts.update(call.extensions)
    return {name: value for name, value in facts.items() if value is not None}


def said(call: Observation) -> dict[str, Any]:
    """``content`` of an ending: the answer, or the message of the error."""
    response, failure = call.response, call.failure
    content: dict[str, Any] = {}
    if response is not None:
        _add_answer(content, response)
    if failure is not None:
        if content.get("text"):
            content["partial_text"] = content.pop("text")
        content = {"text": failure.message, **content}
    return content


def _add_answer(content: dict[str, Any], response: Response) -> None:
    if response.messages:
        first = response.messages[0]["parts"]
        content["text"] = text_of(first)
        if len(response.messages) > 1:
            content["choices"] = response.messages[1:]
        if len(first) != 1 or first[0]["type"] != "text" or "citations" in first[0]:
            _add_parts(content, first)
    if response.documents is not None:
        content["documents"] = response.documents


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

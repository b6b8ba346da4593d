"""Genkit: its actions, with whole inputs and outputs of models, tools and flows as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import count_or_none, list_or_empty
from hilt.genai.json_values import get_path
from hilt.genai.values import Message, Part
from hilt_otel_exporters.dialects.dialect import (
    PLUMBING,
    STEP_NAME,
    Content,
    Dialect,
    SpanReading,
)
from hilt_otel_exporters.dialects.messages import parts_of, tools_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_TYPE = "genkit:type"
_SUBTYPE = "genkit:metadata:subtype"
_NAME = "genkit:name"
_INPUT = "genkit:input"
_OUTPUT = "genkit:output"
_CONFIG = "genkit:config"  # what `_prepare` takes out of the input
_KINDS = {
    "model": "model",
    "embedder": "embedding",
    "reranker": "rerank",
    "retriever": "retrieval",
    "tool": "tool",
    "flow": "workflow",
    "agent": "agent",
}
_PROVIDERS = {"googleai": "gcp.gemini", "vertexai": "gcp.vertex_ai"}


def _kind(record: SpanRecord) -> str | None:
    """By the kind of action; a tool's may have a version, ``tool.v2``."""
    if _TYPE not in record.attributes:
        return None
    return _KINDS.get(str(record.attributes.get(_SUBTYPE)).partition(".")[0], PLUMBING)


def _prepare(record: SpanRecord) -> None:
    config = get_path(record.json(_INPUT), "config")
    if isinstance(config, Mapping):
        record.replace({_CONFIG: config})


def _content(record: SpanRecord) -> Content:
    request, answer = record.json(_INPUT), get_path(record.json(_OUTPUT), "message")
    listed = get_path(request, "messages") or get_path(request, "input")  # of an embedder
    messages = [each for each in list_or_empty(listed) if isinstance(each, Mapping)]
    return Content(
        inputs=[_message(each) for each in messages],
        outputs=[_message(answer)] if isinstance(answer, Mapping) else None,
        tools=tools_of(get_path(request, "tools")),
    )


def _message(raw: Mapping[str, Any]) -> Message:
    role = {"model": "assistant"}.get(str(raw.get("role")), str(raw.get("role") or "user"))
    content = raw.get("content")
    parts = [part for each in content for part in _parts(each)] if isinstance(content, list) else []
    return {"role": role, "parts": parts}


def _parts(raw: Any) -> list[Part]:
    request, response = get_path(raw, "toolRequest"), get_path(raw, "toolResponse")
    url, reasoning = get_path(raw, "media", "url"), get_path(raw, "reasoning")
    if isinstance(request, Mapping):
        call = {"id": request.get("ref"), "name": request.get("name")}
        return [{"type": "tool_call", **call, "arguments": request.get("input")}]
    if isinstance(response, Mapping):
        result = {"id": response.get("ref"), "name": response.get("name")}
        return [{"type": "tool_call_response", **result, "response": response.get("output")}]
    if url is not None:
        return parts_of([{"type": "image_url", "image_url": {"url": url}}])
    if isinstance(reasoning, str):
        return [{"type": "reasoning", "content": reasoning}]
    return parts_of([raw])


def _amend(reading: SpanReading) -> None:
    """Name the provider that the model's name begins with; count thoughts as output."""
    call, record = reading.call, reading.record
    if call is None:
        return
    prefix, slash, model = str(record.attributes.get(_NAME) or "").partition("/")
    if slash:
        call.request.model = model
        call.request.provider = _PROVIDERS.get(prefix, prefix)
    usage = call.response.usage if call.response is not None else None
    counts = get_path(record.json(_OUTPUT), "usage")
    thoughts = count_or_none(get_path(counts, "thoughtsTokens"))
    if usage is None or usage.output_tokens is None or not thoughts:
        return
    usage.reasoning_tokens = thoughts
    total = count_or_none(get_path(counts, "totalTokens"))
    if total == (usage.input_tokens or 0) + usage.output_tokens + thoughts:
        usage.output_tokens += thoughts


DIALECT = Dialect(
    "genkit",
    scopes=("genkit-tracer",),
    marks=frozenset({_TYPE}),
    kind=_kind,
    fields={
        semconv.RESPONSE_FINISH_REASONS: ((_OUTPUT, "finishReason"),),
        semconv.CONVERSATION_ID: ("genkit:sessionId",),
        semconv.USAGE_INPUT_TOKENS: ((_OUTPUT, "usage", "inputTokens"),),
        semconv.USAGE_OUTPUT_TOKENS: ((_OUTPUT, "usage", "outputTokens"),),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: ((_OUTPUT, "usage", "cachedContentTokens"),),
        semconv.OTHER_USAGE_RAW: ((_OUTPUT, "usage"),),
    },
    prefer={
        semconv.REQUEST_MODEL: (_NAME,),
        semconv.TOOL_NAME: (_NAME,),
        semconv.AGENT_NAME: (_NAME,),
    },
    step_fields={
        STEP_NAME: (_NAME,),
        semconv.INPUT_MESSAGES: (_INPUT,),
        semconv.OUTPUT_MESSAGES: (_OUTPUT,),
    },
    parameter_bodies=(_CONFIG,),
    content=_content,
    prepare=_prepare,
    amend=_amend,
)

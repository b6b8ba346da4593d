"""The Vercel AI SDK, 4 to 6: the model call is ``doGenerate`` or ``doStream``."""

from __future__ import annotations

from collections.abc import Mapping

from hilt import semconv
from hilt.genai.json_values import json_or_text
from hilt.genai.values import Message, Part
from hilt_otel_exporters.dialects.dialect import STEP_NAME, Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import messages_of, parts_of, tools_of
from hilt_otel_exporters.dialects.text_values import number_in_text
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_OPERATION = "ai.operationId"
_RENAMED = {
    "maxOutputTokens": "max_tokens",
    "topP": "top_p",
    "topK": "top_k",
    "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
    "stopSequences": "stop",
    "temperature": "temperature",
    "seed": "seed",
}


def _kind(record: SpanRecord) -> str | None:
    operation = record.attributes.get(_OPERATION)
    if not isinstance(operation, str):
        return None
    name, _, inner = operation.removeprefix("ai.").partition(".")
    if name == "toolCall":
        return "tool"
    if inner:
        return "embedding" if name.startswith("embed") else "model"
    return "chain"


def _content(record: SpanRecord) -> Content:
    tools = record.json("ai.prompt.tools")
    parts = _answer(record)
    return Content(
        inputs=messages_of(record.json("ai.prompt.messages")) or _values(record),
        outputs=[{"role": "assistant", "parts": parts}] if parts else None,
        tools=tools_of(list(tools) if isinstance(tools, (list, tuple)) else None),
    )


def _values(record: SpanRecord) -> list[Message]:
    """What is to be embedded."""
    values = record.attributes.get("ai.values") or record.attributes.get("ai.value")
    listed = values if isinstance(values, (list, tuple)) else [values] if values else []
    return [message for each in listed for message in messages_of(json_or_text(each))]


def _answer(record: SpanRecord) -> list[Part]:
    parts: list[Part] = []
    reasoning = record.attributes.get("ai.response.reasoning")
    if reasoning:
        parts.append({"type": "reasoning", "content": str(reasoning)})
    text = record.attributes.get("ai.response.text") or record.attributes.get("ai.response.object")
    if text:
        parts.append({"type": "text", "content": str(text)})
    calls = record.json("ai.response.toolCalls")
    for call in calls if isinstance(calls, list) else ():
        if isinstance(call, Mapping):
            parts += parts_of({"type": "tool-call", **call})
    return parts


def _amend(reading: SpanReading) -> None:
    call, attributes = reading.call, reading.record.attributes
    if call is None:
        return
    if "stream" in str(attributes.get(_OPERATION)).lower():
        call.request.stream = True
    millis = number_in_text(attributes.get("ai.response.msToFirstChunk"))
    if call.first_chunk_ms is None and millis is not None:
        call.first_chunk_ms = round(millis, 3)


DIALECT = Dialect(
    "vercel",
    marks=frozenset({_OPERATION}),
    kind=_kind,
    fields={
        semconv.PROVIDER_NAME: ("ai.model.provider",),
        semconv.REQUEST_MODEL: ("ai.model.id",),
        semconv.RESPONSE_MODEL: ("ai.response.model",),
        semconv.RESPONSE_ID: ("ai.response.id",),
        semconv.CONVERSATION_ID: ("ai.telemetry.metadata.sessionId",),
        semconv.USER_ID: ("ai.telemetry.metadata.userId",),
        semconv.RESPONSE_FINISH_REASONS: ("ai.response.finishReason",),
        semconv.USAGE_INPUT_TOKENS: (
            "ai.usage.inputTokens",
            "ai.usage.promptTokens",
            "ai.usage.tokens",
        ),
        semconv.USAGE_OUTPUT_TOKENS: ("ai.usage.outputTokens", "ai.usage.completionTokens"),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: (
            "ai.usage.cachedInputTokens",
            "ai.usage.inputTokenDetails.cacheReadTokens",
        ),
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: ("ai.usage.inputTokenDetails.cacheWriteTokens",),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: ("ai.usage.reasoningTokens",),
        semconv.TOOL_NAME: ("ai.toolCall.name",),
        semconv.TOOL_CALL_ID: ("ai.toolCall.id",),
    },
    step_fields={
        STEP_NAME: ("ai.telemetry.functionId",),
        semconv.INPUT_MESSAGES: ("ai.prompt",),
        semconv.OUTPUT_MESSAGES: ("ai.response.text",),
        semconv.TOOL_CALL_ARGUMENTS: ("ai.toolCall.args",),
        semconv.TOOL_CALL_RESULT: ("ai.toolCall.result",),
    },
    parameters={f"ai.settings.{name}": plain for name, plain in _RENAMED.items()},
    content=_content,
    amend=_amend,
)

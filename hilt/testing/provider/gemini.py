"""Gemini: content, streamed content and embeddings, on the developer API and on Vertex AI."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hilt.testing.provider import parts
from hilt.testing.provider.answers import (
    Answer,
    Json,
    Message,
    ParsedRequest,
    ToolCall,
    count_tokens,
)
from hilt.testing.provider.endpoint import Endpoint, Exchange, object_schema, sse
from hilt.testing.provider.openai_embeddings import vectors_for

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BATCH_EMBED", "CONTENT", "EMBED", "STREAM_CONTENT"]

_REASONS = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "tool_call": "STOP",
    "content_filter": "SAFETY",
}
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def _error(status: int, message: str, _request_id: str) -> Json:
    named = _STATUSES.get(status, "UNKNOWN")
    return {"error": {"code": status, "message": message, "status": named}}


def _read_part(part: Json) -> Json:
    if "text" in part:
        return parts.text(part["text"], "reasoning" if part.get("thought") else "text")
    if made := part.get("functionCall"):
        return parts.call(made.get("name"), made.get("args") or {}, made.get("id"))
    if answered := part.get("functionResponse"):
        return parts.result(answered.get("response"), answered.get("id"))
    if inline := part.get("inlineData"):
        return parts.blob(inline.get("data"), inline.get("mimeType") or inline.get("mime_type"))
    if stored := part.get("fileData"):
        # Google's SDK sends some nested names in snake case, and Google accepts both.
        return parts.link(stored.get("fileUri") or stored.get("file_uri"))
    return dict(part)


def _read_content(content: Json, role: str | None = None) -> Message:
    role = role or content.get("role") or "user"
    role = "assistant" if role == "model" else role
    return parts.message(role, [_read_part(part) for part in content.get("parts") or ()])


def _functions(body: Json) -> Iterator[Json]:
    for tool in body.get("tools") or ():
        yield from tool.get("functionDeclarations") or ()


def _must_call(body: Json) -> str | None:
    config = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    names = config.get("allowedFunctionNames") or ["*"]
    return str(names[0]) if config.get("mode") == "ANY" else None


def _read(body: Json, match: re.Match[str]) -> ParsedRequest:
    messages = [_read_content(content) for content in body.get("contents") or ()]
    if system := body.get("systemInstruction"):
        messages.insert(0, _read_content(system, "system"))
    config = body.get("generationConfig") or {}
    functions = list(_functions(body))
    return ParsedRequest(
        api="gemini.content",
        operation="chat",
        model=match["model"],
        body=body,
        messages=messages,
        stream=match["method"] == "streamGenerateContent",
        tools={
            str(each.get("name")): object_schema(
                each.get("parameters") or each.get("parametersJsonSchema"),
            )
            for each in functions
        },
        must_call=_must_call(body),
        schema=config.get("responseJsonSchema") or config.get("responseSchema"),
    )


def _usage(exchange: Exchange) -> Json:
    if exchange.answer.usage is not None:
        return exchange.answer.usage
    tokens = exchange.request.counted(exchange.answer)
    prompt, completion = tokens.prompt or 0, tokens.completion or 0
    usage: Json = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": completion - tokens.reasoning,
        "totalTokenCount": prompt + completion,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
    }
    if tokens.cached:
        usage["cachedContentTokenCount"] = tokens.cached
    if tokens.reasoning:
        usage["thoughtsTokenCount"] = tokens.reasoning
    return usage


def _call(made: ToolCall) -> Json:
    named = {"id": made.id} if made.id else {}
    return {"functionCall": {**named, "name": made.name, "args": made.value}}


def _answer_parts(answer: Answer) -> list[Json]:
    thought = [{"text": answer.reasoning, "thought": True}] if answer.reasoning else []
    text = [{"text": answer.text}] if answer.text is not None else []
    return [*thought, *text, *map(_call, answer.tool_calls)]


def _candidate(index: int, answer_parts: list[Json], reason: str | None) -> Json:
    content = {"parts": answer_parts, "role": "model"}
    ending = {"finishReason": reason} if reason else {}
    return {"content": content, **ending, "index": index}


def _reason(answer: Answer) -> str:
    return _REASONS.get(answer.reason, answer.reason)


def _footer(exchange: Exchange) -> Json:
    usage = {"usageMetadata": written} if (written := _usage(exchange)) else {}
    model = exchange.answer.model or exchange.request.model
    return {**usage, "modelVersion": model, "responseId": exchange.id("", 22)}


def _write(exchange: Exchange) -> Json:
    candidates = [
        _candidate(index, _answer_parts(answer), _reason(answer))
        for index, answer in enumerate(exchange.answer.all_choices)
    ]
    return {"candidates": candidates, **_footer(exchange)}


def _stream(exchange: Exchange) -> Iterator[bytes]:
    footer = _footer(exchange)
    for index, answer in enumerate(exchange.answer.all_choices):
        groups = _streamed_groups(answer)
        for group in groups[:-1]:
            yield sse({"candidates": [_candidate(index, group, None)], **footer})
        yield sse({"candidates": [_candidate(index, groups[-1], _reason(answer))], **footer})


def _streamed_groups(answer: Answer) -> list[list[Json]]:
    thought = [[{"text": answer.reasoning, "thought": True}]] if answer.reasoning else []
    texts = [[{"text": piece}] for piece in answer.pieces]
    calls = [list(map(_call, answer.tool_calls))] if answer.tool_calls else []
    return [*thought, *texts, *calls] or [[{"text": ""}]]


def _content_text(content: Json) -> str:
    return "".join(part.get("text") or "" for part in content.get("parts") or ())


def _embeds(body: Json) -> list[Json]:
    requests: list[Json] = body.get("requests", [body])
    return requests


def _read_embed(body: Json, match: re.Match[str]) -> ParsedRequest:
    return ParsedRequest(
        api="gemini.embeddings",
        operation="embeddings",
        model=match["model"],
        body=body,
        inputs=[_content_text(each.get("content") or {}) for each in _embeds(body)],
    )


def _values(exchange: Exchange) -> list[Json]:
    first: Any = next(iter(_embeds(exchange.request.body)), {})
    size = first.get("outputDimensionality")
    return [{"values": list(vector)} for vector in vectors_for(exchange, size)]


def _write_embed(exchange: Exchange) -> Json:
    return {"embedding": _values(exchange)[0]}


def _write_batch(exchange: Exchange) -> Json:
    count = sum(map(count_tokens, exchange.request.inputs))
    usage = exchange.answer.usage
    if usage is None:
        usage = {"promptTokenCount": count, "totalTokenCount": count}
    return {"embeddings": _values(exchange), **({"usageMetadata": usage} if usage else {})}


def _path(method: str) -> re.Pattern[str]:
    return re.compile(rf".*/models/(?P<model>[^/:]+):(?P<method>{method})")


CONTENT = Endpoint(path=_path("generateContent"), read=_read, whole=_write, error=_error)
"""``models/X:generateContent``."""

STREAM_CONTENT = Endpoint(
    path=_path("streamGenerateContent"),
    read=_read,
    whole=_write,
    stream=_stream,
    error=_error,
)
"""``models/X:streamGenerateContent``."""

EMBED = Endpoint(path=_path("embedContent"), read=_read_embed, whole=_write_embed, error=_error)
"""``models/X:embedContent``."""

BATCH_EMBED = Endpoint(
    path=_path("batchEmbedContents"),
    read=_read_embed,
    whole=_write_batch,
    error=_error,
)
"""``models/X:batchEmbedContents``."""

"""Anthropic messages."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from hilt.testing.provider import parts
from hilt.testing.provider.answers import Json, Message, ParsedRequest, ToolCall
from hilt.testing.provider.endpoint import Endpoint, Exchange, object_schema, sse
from hilt.testing.provider.openai_chat import in_two

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MESSAGES"]

_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_call": "tool_use",
    "content_filter": "refusal",
}
_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def _error(status: int, message: str, request_id: str) -> Json:
    kind = _ERRORS.get(status, "api_error")
    error = {"type": kind, "message": message}
    return {"type": "error", "error": error, "request_id": request_id}


def _source(block: Json) -> Json:
    source = block.get("source") or {}
    if source.get("type") == "base64":
        return parts.blob(source.get("data"), source.get("media_type"))
    if source.get("type") == "url":
        return parts.link(source.get("url"))
    return dict(block)


def _read_block(block: Json) -> Json:
    kind = block.get("type")
    if kind == "text":
        return parts.text(block.get("text"))
    if kind == "thinking":
        return parts.text(block.get("thinking"), "reasoning")
    if kind == "tool_use":
        return parts.call(block.get("name"), block.get("input"), block.get("id"))
    if kind == "tool_result":
        return parts.result(_flat(block.get("content")), block.get("tool_use_id"))
    return _source(block) if kind in ("image", "document") else dict(block)


def _flat(content: Any) -> Any:
    if isinstance(content, list) and all(part.get("type") == "text" for part in content):
        return "".join(part.get("text") or "" for part in content)
    return content


def _read_content(content: Any) -> list[Json]:
    if isinstance(content, str):
        return [parts.text(content)]
    return [_read_block(block) for block in content or () if isinstance(block, dict)]


def _read_messages(body: Json) -> list[Message]:
    messages = [
        parts.message(item.get("role", "user"), _read_content(item.get("content")))
        for item in body.get("messages") or ()
    ]
    if system := body.get("system"):
        messages.insert(0, parts.message("system", _read_content(system)))
    return messages


def _must_call(choice: Json | None) -> str | None:
    kind = (choice or {}).get("type")
    return {"any": "*", "tool": (choice or {}).get("name")}.get(str(kind))


def _read(body: Json, _match: re.Match[str]) -> ParsedRequest:
    tools = body.get("tools") or ()
    output = body.get("output_config") or {}
    schema = (output.get("format") or body.get("output_format") or {}).get("schema")
    return ParsedRequest(
        api="anthropic.messages",
        operation="chat",
        model=body.get("model") or "",
        body=body,
        messages=_read_messages(body),
        stream=bool(body.get("stream")),
        tools={str(tool.get("name")): object_schema(tool.get("input_schema")) for tool in tools},
        must_call=_must_call(body.get("tool_choice")),
        schema=schema,
    )


def _usage(exchange: Exchange) -> Json:
    if exchange.answer.usage is not None:
        return exchange.answer.usage
    tokens = exchange.request.counted(exchange.answer)
    fresh = (tokens.prompt or 0) - tokens.cached - tokens.cache_write
    return {
        "input_tokens": max(fresh, 0),
        "cache_creation_input_tokens": tokens.cache_write,
        "cache_read_input_tokens": tokens.cached,
        "output_tokens": tokens.completion or 0,
        "service_tier": "standard",
    }


def _call(exchange: Exchange, made: ToolCall) -> Json:
    call_id = made.id or exchange.ids.new("toolu_01", 22)
    return {"type": "tool_use", "id": call_id, "name": made.name, "input": made.value}


def _blocks(exchange: Exchange) -> list[Json]:
    answer = exchange.answer
    blocks: list[Json] = []
    if answer.reasoning is not None:
        signature = exchange.ids.new("", 32)
        thinking = {"type": "thinking", "thinking": answer.reasoning, "signature": signature}
        blocks.append(thinking)
    if answer.text is not None:
        blocks.append({"type": "text", "text": answer.text})
    return [*blocks, *(_call(exchange, made) for made in answer.tool_calls)]


def _reason(exchange: Exchange) -> str:
    return _REASONS.get(exchange.answer.reason, exchange.answer.reason)


def _write(exchange: Exchange) -> Json:
    return {
        "id": exchange.id("msg_01", 22),
        "type": "message",
        "role": "assistant",
        "model": exchange.answer.model or exchange.request.model,
        "content": _blocks(exchange),
        "stop_reason": _reason(exchange),
        "stop_sequence": None,
        "usage": _usage(exchange),
    }


def _stream(exchange: Exchange) -> Iterator[bytes]:
    for event in _events(exchange):
        yield sse(event, event["type"])


def _events(exchange: Exchange) -> Iterator[Json]:
    whole = _write(exchange)
    usage = whole["usage"]
    begun = {**whole, "content": [], "stop_reason": None}
    begun["usage"] = {**usage, "output_tokens": 1} if "output_tokens" in usage else usage
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(whole["content"]):
        start, deltas = _PIECES[block["type"]](exchange, block)
        yield {"type": "content_block_start", "index": index, "content_block": start}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ending = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": ending, "usage": usage}
    yield {"type": "message_stop"}


def _text_pieces(exchange: Exchange, block: Json) -> tuple[Json, list[Json]]:
    deltas = [{"type": "text_delta", "text": piece} for piece in exchange.answer.pieces]
    return {**block, "text": ""}, deltas


def _thinking_pieces(_exchange: Exchange, block: Json) -> tuple[Json, list[Json]]:
    deltas = [
        {"type": "thinking_delta", "thinking": block["thinking"]},
        {"type": "signature_delta", "signature": block["signature"]},
    ]
    return {**block, "thinking": "", "signature": ""}, deltas


def _call_pieces(_exchange: Exchange, block: Json) -> tuple[Json, list[Json]]:
    arguments = json.dumps(block["input"])
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in in_two(arguments)]
    return {**block, "input": {}}, deltas


_PIECES: dict[str, Any] = {
    "text": _text_pieces,
    "thinking": _thinking_pieces,
    "tool_use": _call_pieces,
}

MESSAGES = Endpoint(
    path=re.compile(r".*/v1/messages"),
    read=_read,
    whole=_write,
    stream=_stream,
    error=_error,
    request_id_header="request-id",
)
"""``/v1/messages``."""

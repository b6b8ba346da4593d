"""OpenAI responses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hilt.testing.provider import parts
from hilt.testing.provider.answers import Json, Message, ParsedRequest, ToolCall
from hilt.testing.provider.endpoint import Endpoint, Exchange, object_schema, sse
from hilt.testing.provider.openai_chat import (
    dated_model,
    in_two,
    must_call,
    openai_error,
    read_content,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RESPONSES"]

_INCOMPLETE = {
    "length": "max_output_tokens",
    "max_output_tokens": "max_output_tokens",
    "content_filter": "content_filter",
}


def _read_item(item: Any) -> Message:
    if isinstance(item, str):
        return parts.message("user", [parts.text(item)])
    kind = item.get("type", "message")
    if kind == "function_call":
        made = parts.call(item.get("name"), item.get("arguments"), item.get("call_id"))
        return parts.message("assistant", [made])
    if kind == "function_call_output":
        return parts.message("tool", [parts.result(item.get("output"), item.get("call_id"))])
    if kind == "reasoning":
        summary = "".join(part.get("text") or "" for part in item.get("summary") or ())
        return parts.message("assistant", [parts.text(summary, "reasoning")])
    if kind == "message":
        return parts.message(item.get("role", "user"), read_content(item.get("content")))
    return parts.message("assistant", [dict(item)])


def _read(body: Json, _match: re.Match[str]) -> ParsedRequest:
    given = body.get("input") or []
    items = [given] if isinstance(given, str) else given
    messages = [_read_item(item) for item in items]
    if instructions := body.get("instructions"):
        messages.insert(0, parts.message("system", [parts.text(instructions)]))
    functions = [tool for tool in body.get("tools") or () if tool.get("type") == "function"]
    return ParsedRequest(
        api="openai.responses",
        operation="chat",
        model=body.get("model") or "",
        body=body,
        messages=messages,
        stream=bool(body.get("stream")),
        tools={str(tool.get("name")): object_schema(tool.get("parameters")) for tool in functions},
        must_call=must_call(body.get("tool_choice")),
        schema=((body.get("text") or {}).get("format") or {}).get("schema"),
    )


def _usage(exchange: Exchange) -> Json | None:
    if exchange.answer.usage is not None:
        return exchange.answer.usage or None
    tokens = exchange.request.counted(exchange.answer)
    prompt, completion = tokens.prompt or 0, tokens.completion or 0
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": tokens.cached},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": prompt + completion,
    }


def _text_part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _items(exchange: Exchange) -> list[Json]:
    answer, items = exchange.answer, []
    if answer.reasoning is not None:
        summary = [{"type": "summary_text", "text": answer.reasoning}] if answer.reasoning else []
        items.append({"id": exchange.ids.new("rs_"), "type": "reasoning", "summary": summary})
    if answer.text is not None:
        items.append(
            {
                "id": exchange.ids.new("msg_"),
                "type": "message",
                "status": "completed",
                "role": "assistant",
                "content": [_text_part(answer.text)],
            },
        )
    return [*items, *(_call(exchange, made) for made in answer.tool_calls)]


def _call(exchange: Exchange, made: ToolCall) -> Json:
    return {
        "id": exchange.ids.new("fc_"),
        "type": "function_call",
        "status": "completed",
        "call_id": made.id or exchange.ids.new("call_"),
        "name": made.name,
        "arguments": made.json,
    }


def _response(exchange: Exchange, items: list[Json]) -> Json:
    body = exchange.request.body
    incomplete = _INCOMPLETE.get(exchange.answer.reason)
    return {
        "id": exchange.id("resp_", 32),
        "object": "response",
        "created_at": float(exchange.now),
        "status": "incomplete" if incomplete else "completed",
        "background": bool(body.get("background")),
        "error": None,
        "incomplete_details": {"reason": incomplete} if incomplete else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": exchange.answer.model or dated_model(exchange.request.model),
        "output": items,
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
        "service_tier": "default",
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation", "disabled"),
        "usage": _usage(exchange),
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
    }


def _write(exchange: Exchange) -> Json:
    return _response(exchange, _items(exchange))


def _stream(exchange: Exchange) -> Iterator[bytes]:
    for number, event in enumerate(_events(exchange)):
        yield sse({**event, "sequence_number": number}, event["type"])


def _events(exchange: Exchange) -> Iterator[Json]:
    items = _items(exchange)
    whole = _response(exchange, items)
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    begun["incomplete_details"] = None
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(items):
        yield from _item_events(exchange, index, item)
    yield {"type": f"response.{whole['status']}", "response": whole}


def _item_events(exchange: Exchange, index: int, item: Json) -> Iterator[Json]:
    at = {"item_id": item["id"], "output_index": index}
    inside, empty = _INSIDE[item["type"]]
    started = {**item, **empty}
    if "status" in item:
        started["status"] = "in_progress"
    yield {"type": "response.output_item.added", "output_index": index, "item": started}
    for event in inside(exchange, item):
        yield {**at, **event}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _message_events(exchange: Exchange, item: Json) -> Iterator[Json]:
    at = {"content_index": 0}
    [part] = item["content"]
    yield {"type": "response.content_part.added", **at, "part": _text_part("")}
    for piece in exchange.answer.pieces:
        yield {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}
    done = {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []}
    yield done
    yield {"type": "response.content_part.done", **at, "part": part}


def _call_events(_exchange: Exchange, item: Json) -> Iterator[Json]:
    for piece in in_two(item["arguments"]):
        yield {"type": "response.function_call_arguments.delta", "delta": piece}
    done = {"name": item["name"], "arguments": item["arguments"]}
    yield {"type": "response.function_call_arguments.done", **done}


def _reasoning_events(_exchange: Exchange, item: Json) -> Iterator[Json]:
    for number, part in enumerate(item["summary"]):
        at = {"summary_index": number}
        started = {**part, "text": ""}
        yield {"type": "response.reasoning_summary_part.added", **at, "part": started}
        yield {"type": "response.reasoning_summary_text.delta", **at, "delta": part["text"]}
        yield {"type": "response.reasoning_summary_text.done", **at, "text": part["text"]}
        yield {"type": "response.reasoning_summary_part.done", **at, "part": part}


_INSIDE: dict[str, Any] = {
    "message": (_message_events, {"content": []}),
    "function_call": (_call_events, {"arguments": ""}),
    "reasoning": (_reasoning_events, {"summary": []}),
}

RESPONSES = Endpoint(
    path=re.compile(r".*/responses"),
    read=_read,
    whole=_write,
    stream=_stream,
    error=openai_error,
)
"""``/responses``."""

"""OpenAI responses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hilt.testing.provider import parts
from hilt.testing.provider.answers import Asked, Json, Message, ToolCall
from hilt.testing.provider.endpoint import Surface, Writing, object_schema, sse
from hilt.testing.provider.openai_chat import (
    halves,
    must_call,
    openai_error,
    read_content,
    snapshot_of,
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


def _read(body: Json, _match: re.Match[str]) -> Asked:
    given = body.get("input") or []
    items = [given] if isinstance(given, str) else given
    messages = [_read_item(item) for item in items]
    if instructions := body.get("instructions"):
        messages.insert(0, parts.message("system", [parts.text(instructions)]))
    functions = [tool for tool in body.get("tools") or () if tool.get("type") == "function"]
    return Asked(
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


def _usage(writing: Writing) -> Json | None:
    if writing.answer.usage is not None:
        return writing.answer.usage or None
    tokens = writing.asked.counted(writing.answer)
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


def _items(writing: Writing) -> list[Json]:
    answer, items = writing.answer, []
    if answer.reasoning is not None:
        summary = [{"type": "summary_text", "text": answer.reasoning}] if answer.reasoning else []
        items.append({"id": writing.ids.new("rs_"), "type": "reasoning", "summary": summary})
    if answer.text is not None:
        items.append(
            {
                "id": writing.ids.new("msg_"),
                "type": "message",
                "status": "completed",
                "role": "assistant",
                "content": [_text_part(answer.text)],
            },
        )
    return [*items, *(_call(writing, made) for made in answer.tool_calls)]


def _call(writing: Writing, made: ToolCall) -> Json:
    return {
        "id": writing.ids.new("fc_"),
        "type": "function_call",
        "status": "completed",
        "call_id": made.id or writing.ids.new("call_"),
        "name": made.name,
        "arguments": made.json,
    }


def _response(writing: Writing, items: list[Json]) -> Json:
    body = writing.asked.body
    incomplete = _INCOMPLETE.get(writing.answer.reason)
    return {
        "id": writing.id("resp_", 32),
        "object": "response",
        "created_at": float(writing.now),
        "status": "incomplete" if incomplete else "completed",
        "background": bool(body.get("background")),
        "error": None,
        "incomplete_details": {"reason": incomplete} if incomplete else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": writing.answer.model or snapshot_of(writing.asked.model),
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
        "usage": _usage(writing),
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
    }


def _write(writing: Writing) -> Json:
    return _response(writing, _items(writing))


def _stream(writing: Writing) -> Iterator[bytes]:
    for number, event in enumerate(_events(writing)):
        yield sse({**event, "sequence_number": number}, event["type"])


def _events(writing: Writing) -> Iterator[Json]:
    items = _items(writing)
    whole = _response(writing, items)
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    begun["incomplete_details"] = None
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(items):
        yield from _item_events(writing, index, item)
    yield {"type": f"response.{whole['status']}", "response": whole}


def _item_events(writing: Writing, index: int, item: Json) -> Iterator[Json]:
    at = {"item_id": item["id"], "output_index": index}
    inside, empty = _INSIDE[item["type"]]
    started = {**item, **empty}
    if "status" in item:
        started["status"] = "in_progress"
    yield {"type": "response.output_item.added", "output_index": index, "item": started}
    for event in inside(writing, item):
        yield {**at, **event}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _message_events(writing: Writing, item: Json) -> Iterator[Json]:
    at = {"content_index": 0}
    [part] = item["content"]
    yield {"type": "response.content_part.added", **at, "part": _text_part("")}
    for piece in writing.answer.pieces:
        yield {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}
    done = {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []}
    yield done
    yield {"type": "response.content_part.done", **at, "part": part}


def _call_events(_writing: Writing, item: Json) -> Iterator[Json]:
    for piece in halves(item["arguments"]):
        yield {"type": "response.function_call_arguments.delta", "delta": piece}
    done = {"name": item["name"], "arguments": item["arguments"]}
    yield {"type": "response.function_call_arguments.done", **done}


def _reasoning_events(_writing: Writing, item: Json) -> Iterator[Json]:
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

RESPONSES = Surface(
    path=re.compile(r".*/responses"),
    read=_read,
    whole=_write,
    stream=_stream,
    error=openai_error,
)
"""``/responses``."""

"""Cohere's chat, version 2: messages and tools much like OpenAI's, events of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt.genai.coerce import FIELDLESS, as_list, count_or_none, to_text, unknown_part
from hilt.genai.json_values import get_path, json_or_text, to_plain_json
from hilt.genai.values import Delta, Message, Part, Request, Response, Surface, ToolCallDelta
from hilt.providers import _chat_completions
from hilt.providers.cohere.fields import failure_in, parameters, usage_of

__all__ = ["ChatV2", "chat_request", "message_of"]


def chat_request(body: Mapping[str, Any]) -> Request:
    """What ``chat`` and ``chat_stream`` ask for."""
    documents = body.get("documents")
    return Request(
        "chat",
        "cohere",
        model=body.get("model"),
        messages=as_list(body.get("messages")),
        read=message_of,
        attributes=parameters(body),
        tools=body.get("tools") or None,
        documents=documents if isinstance(documents, list) and documents else None,
    )


def message_of(raw: Any) -> Message:
    """A message in our shape."""
    if isinstance(raw, FIELDLESS):  # no message at all
        return {"role": "user", "parts": [_chat_completions.part_of(raw)]}
    role = str(get_path(raw, "role") or "assistant")
    content, plan = get_path(raw, "content"), get_path(raw, "tool_plan")
    parts: list[Part] = []
    if plan:
        parts.append({"type": "reasoning", "content": to_text(plan)})
    if role == "tool":
        parts.append(_result(get_path(raw, "tool_call_id"), content))
    elif isinstance(content, str):
        parts.append({"type": "text", "content": content})
    else:
        parts += [_chat_completions.part_of(each) for each in as_list(content)]
    _cite(parts, get_path(raw, "citations"))
    parts += [_call(each) for each in as_list(get_path(raw, "tool_calls"))]
    return {"role": role, "parts": parts}


def _result(call_id: Any, content: Any) -> Part:
    found: Any = content
    if isinstance(content, list) and all(get_path(each, "type") == "text" for each in content):
        found = "".join(to_text(get_path(each, "text")) for each in content)
    part: Part = {"type": "tool_call_response", "response": to_plain_json(found) or ""}
    return {"id": call_id, **part} if call_id else part


def _call(call: Any) -> Part:
    if isinstance(call, FIELDLESS):
        return unknown_part(call)
    part: Part = {"type": "tool_call"}
    if get_path(call, "id"):
        part["id"] = get_path(call, "id")
    part["name"] = get_path(call, "function", "name") or ""
    arguments = get_path(call, "function", "arguments")
    part["arguments"] = json_or_text(arguments) if arguments else {}
    return part


def _cite(parts: list[Part], citations: Any) -> None:
    """Put the citations where the text is that they are about."""
    if not citations:
        return
    for part in parts:
        if part["type"] == "text":
            part["citations"] = to_plain_json(as_list(citations))
            return


class ChatV2(Surface):
    """Answers of ``chat`` in version 2."""

    name = "chat"

    def response(self, body: Any) -> Response:
        """The whole answer."""
        message = message_of(get_path(body, "message") or {})
        message["role"] = "assistant"
        found = Response(id=get_path(body, "id") or None, messages=[message])
        reason = get_path(body, "finish_reason")
        if reason:
            message["finish_reason"] = str(reason)
            found.finish_reasons.append(str(reason))
        found.usage, found.raw_usage = usage_of(get_path(body, "usage"))
        found.failure = failure_in(reason, None)
        return found

    def text(self, chunk: Any) -> str | None:
        """The text of a chunk that brings nothing else."""
        try:
            if chunk["type"] != "content-delta":
                return None
            content = chunk["delta"]["message"]["content"]
            text = content["text"] if len(content) == 1 else None
        except (KeyError, TypeError):
            return None
        return text if type(text) is str else None

    def delta(self, chunk: Any) -> Delta | None:
        """What an event adds."""
        kind = get_path(chunk, "type")
        read = _EVENTS.get(kind) if type(kind) is str else None
        return read(chunk) if read is not None else None


def _started(chunk: Any) -> Delta:
    return Delta(response=Response(id=get_path(chunk, "id") or None))


def _said(chunk: Any) -> Delta:
    content = get_path(chunk, "delta", "message", "content")
    return Delta(
        text=to_text(get_path(content, "text")) or None,
        reasoning=to_text(get_path(content, "thinking")) or None,
    )


def _planned(chunk: Any) -> Delta:
    return Delta(reasoning=to_text(get_path(chunk, "delta", "message", "tool_plan")) or None)


def _called(chunk: Any) -> Delta:
    call = get_path(chunk, "delta", "message", "tool_calls")
    call = call[0] if isinstance(call, list) and call else call
    piece = ToolCallDelta(
        count_or_none(get_path(chunk, "index")) or 0,
        id=get_path(call, "id"),
        name=get_path(call, "function", "name"),
        arguments=get_path(call, "function", "arguments"),
    )
    return Delta(tool_calls=[piece])


def _cited(chunk: Any) -> Delta:
    found = get_path(chunk, "delta", "message", "citations")
    found = found if isinstance(found, list) else [found]
    return Delta(details={"citations": to_plain_json(found)})


def _ended(chunk: Any) -> Delta:
    usage, raw = usage_of(get_path(chunk, "delta", "usage"))
    reason = get_path(chunk, "delta", "finish_reason")
    failure = failure_in(reason, get_path(chunk, "delta", "error"))
    return Delta(
        finish_reasons={0: str(reason)} if reason else None,
        response=Response(usage=usage, raw_usage=raw, failure=failure),
    )


_EVENTS = {
    "message-start": _started,
    "content-start": _said,
    "content-delta": _said,
    "tool-plan-delta": _planned,
    "tool-call-start": _called,
    "tool-call-delta": _called,
    "citation-start": _cited,
    "message-end": _ended,
}

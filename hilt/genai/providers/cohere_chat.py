"""Cohere's chat, version 2: messages and tools much like OpenAI's, events of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt.genai.providers import chat_completions
from hilt.genai.providers.cohere_facts import failure_in, parameters, usage_of
from hilt.genai.reading import integer, json_or_text, pick, plain
from hilt.genai.shapes import BARE, several, unknown, wording
from hilt.genai.values import Delta, Message, Part, Request, Response, ToolCallDelta

__all__ = ["ChatV2", "chat_request", "message_of"]


def chat_request(body: Mapping[str, Any]) -> Request:
    """What ``chat`` and ``chat_stream`` ask for."""
    documents = body.get("documents")
    return Request(
        "chat",
        "cohere",
        model=body.get("model"),
        messages=several(body.get("messages")),
        read=message_of,
        attributes=parameters(body),
        tools=body.get("tools") or None,
        documents=documents if isinstance(documents, list) and documents else None,
    )


def message_of(raw: Any) -> Message:
    """A message in our shape."""
    if isinstance(raw, BARE):  # no message at all
        return {"role": "user", "parts": [chat_completions.part_of(raw)]}
    role = str(pick(raw, "role") or "assistant")
    content, plan = pick(raw, "content"), pick(raw, "tool_plan")
    parts: list[Part] = []
    if plan:
        parts.append({"type": "reasoning", "content": wording(plan)})
    if role == "tool":
        parts.append(_result(pick(raw, "tool_call_id"), content))
    elif isinstance(content, str):
        parts.append({"type": "text", "content": content})
    else:
        parts += [chat_completions.part_of(each) for each in several(content)]
    _cite(parts, pick(raw, "citations"))
    parts += [_call(each) for each in several(pick(raw, "tool_calls"))]
    return {"role": role, "parts": parts}


def _result(call_id: Any, content: Any) -> Part:
    found: Any = content
    if isinstance(content, list) and all(pick(each, "type") == "text" for each in content):
        found = "".join(wording(pick(each, "text")) for each in content)
    part: Part = {"type": "tool_call_response", "response": plain(found) or ""}
    return {"id": call_id, **part} if call_id else part


def _call(call: Any) -> Part:
    if isinstance(call, BARE):
        return unknown(call)
    part: Part = {"type": "tool_call"}
    if pick(call, "id"):
        part["id"] = pick(call, "id")
    part["name"] = pick(call, "function", "name") or ""
    arguments = pick(call, "function", "arguments")
    part["arguments"] = json_or_text(arguments) if arguments else {}
    return part


def _cite(parts: list[Part], citations: Any) -> None:
    """Put the citations where the text is that they are about."""
    if not citations:
        return
    for part in parts:
        if part["type"] == "text":
            part["citations"] = plain(several(citations))
            return


class ChatV2:
    """Answers of ``chat`` in version 2."""

    name = "chat"

    def response(self, body: Any) -> Response:
        """The whole answer."""
        message = message_of(pick(body, "message") or {})
        message["role"] = "assistant"
        found = Response(id=pick(body, "id") or None, messages=[message])
        reason = pick(body, "finish_reason")
        if reason:
            message["finish_reason"] = str(reason)
            found.finish_reasons.append(str(reason))
        found.usage, found.raw_usage = usage_of(pick(body, "usage"))
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
        kind = pick(chunk, "type")
        read = _EVENTS.get(kind) if type(kind) is str else None
        return read(chunk) if read is not None else None


def _started(chunk: Any) -> Delta:
    return Delta(response=Response(id=pick(chunk, "id") or None))


def _said(chunk: Any) -> Delta:
    content = pick(chunk, "delta", "message", "content")
    return Delta(
        text=wording(pick(content, "text")) or None,
        reasoning=wording(pick(content, "thinking")) or None,
    )


def _planned(chunk: Any) -> Delta:
    return Delta(reasoning=wording(pick(chunk, "delta", "message", "tool_plan")) or None)


def _called(chunk: Any) -> Delta:
    call = pick(chunk, "delta", "message", "tool_calls")
    call = call[0] if isinstance(call, list) and call else call
    piece = ToolCallDelta(
        integer(pick(chunk, "index")) or 0,
        id=pick(call, "id"),
        name=pick(call, "function", "name"),
        arguments=pick(call, "function", "arguments"),
    )
    return Delta(tool_calls=[piece])


def _cited(chunk: Any) -> Delta:
    found = pick(chunk, "delta", "message", "citations")
    found = found if isinstance(found, list) else [found]
    return Delta(details={"citations": plain(found)})


def _ended(chunk: Any) -> Delta:
    usage, raw = usage_of(pick(chunk, "delta", "usage"))
    reason = pick(chunk, "delta", "finish_reason")
    failure = failure_in(reason, pick(chunk, "delta", "error"))
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

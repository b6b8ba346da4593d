"""Cohere's chat, version 2: messages and tools much like OpenAI's, events of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hilt.core.plain_json import to_sent_json
from hilt.genai.coerce import FIELDLESS, as_list, role_of, text_or_none, to_text, unknown_part
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Delta, Message, Part, Request, Response, Surface, ToolCallDelta
from hilt.providers import _chat_messages
from hilt.providers._message_parts import index_of, tool_call, tool_response
from hilt.providers.cohere.fields import (
    failure_of_body,
    failure_of_reason,
    request_parameters,
    usage_of,
)

__all__ = ["ChatV2", "chat_request", "message_of"]


# -- requests ---------------------------------------------------------------------------------


def chat_request(body: Mapping[str, object]) -> Request:
    """A request of ``chat`` and ``chat_stream``."""
    documents = body.get("documents")
    return Request(
        "chat",
        "cohere",
        model=text_or_none(body.get("model")),
        messages=as_list(body.get("messages")),
        read=message_of,
        attributes=request_parameters(body),
        tools=as_list(body.get("tools")) or None,
        documents=documents if isinstance(documents, list) and documents else None,
    )


def message_of(raw: object) -> Message:
    """A message of a request or an answer."""
    if isinstance(raw, FIELDLESS):  # no message at all
        return {"role": "user", "parts": [_chat_messages.part_of(raw)]}
    role = role_of(raw, "assistant")
    content, plan = get_path(raw, "content"), get_path(raw, "tool_plan")
    parts: list[Part] = []
    if plan:
        parts.append({"type": "reasoning", "content": to_text(plan)})
    if role == "tool":
        parts.append(_tool_response_part(get_path(raw, "tool_call_id"), content))
    elif isinstance(content, str):
        parts.append({"type": "text", "content": content})
    else:
        parts += [_chat_messages.part_of(each) for each in as_list(content)]
    _add_citations(parts, get_path(raw, "citations"))
    parts += [_tool_call_part(each) for each in as_list(get_path(raw, "tool_calls"))]
    return {"role": role, "parts": parts}


def _tool_response_part(call_id: object, content: object) -> Part:
    if isinstance(content, list) and all(get_path(each, "type") == "text" for each in content):
        content = "".join(to_text(get_path(each, "text")) for each in content)
    return tool_response(call_id, to_plain_json(content) or "")


def _tool_call_part(call: object) -> Part:
    if isinstance(call, FIELDLESS):
        return unknown_part(call)
    function = get_path(call, "function")
    return tool_call(
        get_path(call, "id"), get_path(function, "name"), get_path(function, "arguments")
    )


def _add_citations(parts: list[Part], citations: object) -> None:
    """Add the citations to the text that they are about."""
    text = next((part for part in parts if part["type"] == "text"), None)
    if text is not None and citations:
        text["citations"] = to_sent_json(as_list(citations))


# -- answers ----------------------------------------------------------------------------------


class ChatV2(Surface):
    """Answers of ``chat`` in version 2."""

    name = "chat"

    def response(self, body: object) -> Response:
        """The whole answer."""
        reason, message = get_path(body, "finish_reason"), get_path(body, "message")
        response = Response(id=get_path(body, "id") or None)
        text = message if isinstance(message, str) else None
        response.failure = failure_of_reason(reason, text)
        if text is not None and reason is None:
            response.failure = failure_of_body(body)
        if response.failure is None or text is None:
            answer = message_of(message or {})
            response.add_choice({**answer, "role": "assistant"}, reason)
        response.usage, response.raw_usage = usage_of(get_path(body, "usage"))
        return response

    def text(self, chunk: Any) -> str | None:
        """The text of a chunk that holds nothing else."""
        try:
            if chunk["type"] != "content-delta":
                return None
            content = chunk["delta"]["message"]["content"]
            text = content["text"] if len(content) == 1 else None
        except (KeyError, TypeError):
            return None
        return text if type(text) is str else None

    def delta(self, chunk: object) -> Delta | None:
        """What an event adds."""
        kind = get_path(chunk, "type")
        read = _EVENTS.get(kind) if type(kind) is str else None
        return read(chunk) if read is not None else None


# -- events of a stream -----------------------------------------------------------------------


def _begin_delta(chunk: object) -> Delta:
    return Delta(response=Response(id=get_path(chunk, "id") or None))


def _content_delta(chunk: object) -> Delta:
    content = get_path(chunk, "delta", "message", "content")
    return Delta(
        text=to_text(get_path(content, "text")) or None,
        reasoning=to_text(get_path(content, "thinking")) or None,
    )


def _plan_delta(chunk: object) -> Delta:
    return Delta(reasoning=to_text(get_path(chunk, "delta", "message", "tool_plan")) or None)


def _tool_call_delta(chunk: object) -> Delta:
    calls = get_path(chunk, "delta", "message", "tool_calls")
    added = calls[0] if isinstance(calls, list) and calls else calls
    call = ToolCallDelta(
        index_of(chunk),
        id=get_path(added, "id"),
        name=get_path(added, "function", "name"),
        arguments=get_path(added, "function", "arguments"),
    )
    return Delta(tool_calls=[call])


def _citations_delta(chunk: object) -> Delta:
    citations = get_path(chunk, "delta", "message", "citations")
    citations = citations if isinstance(citations, list) else [citations]
    return Delta(details={"citations": to_sent_json(citations)})


def _end_delta(chunk: object) -> Delta:
    usage, raw_usage = usage_of(get_path(chunk, "delta", "usage"))
    reason = get_path(chunk, "delta", "finish_reason")
    failure = failure_of_reason(reason, get_path(chunk, "delta", "error"))
    delta = Delta(response=Response(usage=usage, raw_usage=raw_usage, failure=failure))
    delta.add_finish_reason(reason)
    return delta


_EVENTS: dict[str, Callable[[object], Delta]] = {
    "message-start": _begin_delta,
    "content-start": _content_delta,
    "content-delta": _content_delta,
    "tool-plan-delta": _plan_delta,
    "tool-call-start": _tool_call_delta,
    "tool-call-delta": _tool_call_delta,
    "citation-start": _citations_delta,
    "message-end": _end_delta,
}

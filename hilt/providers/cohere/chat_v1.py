"""Cohere's chat and generate, version 1: one message, the history before it, lines of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt.genai.coerce import (
    FIELDLESS,
    as_list,
    count_or_none,
    list_or_empty,
    text_or_none,
    to_text,
    unknown_part,
)
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Delta, Message, Part, Request, Response, Surface, ToolCallDelta
from hilt.providers.cohere.fields import failure_in, parameters, usage_of

__all__ = ["ChatV1", "GenerateV1", "chat_request", "generate_request", "message_of"]

_ROLES = {"USER": "user", "CHATBOT": "assistant", "SYSTEM": "system", "TOOL": "tool"}


def chat_request(body: Mapping[str, Any]) -> Request:
    """What ``chat`` and ``chat_stream`` ask for."""
    messages: list[Any] = [*as_list(body.get("chat_history"))]
    results = body.get("tool_results")
    if body.get("message") or not results:
        messages.append({"role": "USER", "message": body.get("message")})
    if results:
        messages.append({"role": "TOOL", "tool_results": results})
    preamble, conversation = body.get("preamble"), body.get("conversation_id")
    documents = body.get("documents")
    return Request(
        "chat",
        "cohere",
        model=body.get("model"),
        messages=messages,
        read=message_of,
        instructions=[{"type": "text", "content": to_text(preamble)}] if preamble else None,
        attributes=parameters(body),
        tools=body.get("tools") or None,
        conversation=conversation or None,
        stored_history=bool(conversation),
        documents=documents if isinstance(documents, list) and documents else None,
    )


def generate_request(body: Mapping[str, Any]) -> Request:
    """What ``generate`` and ``generate_stream`` ask for."""
    text = to_text(body.get("prompt"))
    return Request(
        "text_completion",
        "cohere",
        model=body.get("model"),
        messages=[{"role": "user", "parts": [{"type": "text", "content": text}]}],
        attributes=parameters(body),
    )


def message_of(raw: Any) -> Message:
    """A message in our shape."""
    role = str(get_path(raw, "role") or "USER")
    parts: list[Part] = []
    if get_path(raw, "message"):
        parts.append({"type": "text", "content": to_text(get_path(raw, "message"))})
    elif isinstance(raw, FIELDLESS):
        parts.append(unknown_part(raw))
    parts += [_call(each) for each in as_list(get_path(raw, "tool_calls"))]
    parts += [_result(each) for each in as_list(get_path(raw, "tool_results"))]
    return {"role": _ROLES.get(role.upper(), role.lower()), "parts": parts}


def _call(call: Any) -> Part:
    if isinstance(call, FIELDLESS):
        return unknown_part(call)
    return {
        "type": "tool_call",
        "name": get_path(call, "name") or "",
        "arguments": to_plain_json(get_path(call, "parameters")) or {},
    }


def _result(result: Any) -> Part:
    if isinstance(result, FIELDLESS):
        return unknown_part(result)
    return {
        "type": "tool_call_response",
        "name": get_path(result, "call", "name") or "",
        "response": to_plain_json(get_path(result, "outputs")),
    }


class ChatV1(Surface):
    """Answers of ``chat`` in version 1."""

    name = "chat"

    def response(self, body: Any) -> Response:
        """The whole answer."""
        message = message_of(
            {
                "role": "CHATBOT",
                "message": get_path(body, "text"),
                "tool_calls": get_path(body, "tool_calls"),
            }
        )
        for name in ("citations", "documents", "search_queries"):
            given = get_path(body, name)
            if given and message["parts"] and message["parts"][0]["type"] == "text":
                message["parts"][0][name] = to_plain_json(as_list(given))
        found = Response(
            id=text_or_none(get_path(body, "response_id") or get_path(body, "generation_id")),
            messages=[message],
            conversation=get_path(body, "conversation_id") or None,
        )
        reason = get_path(body, "finish_reason")
        if reason:
            message["finish_reason"] = str(reason)
            found.finish_reasons.append(str(reason))
        found.usage, found.raw_usage = usage_of(get_path(body, "meta"))
        found.failure = failure_in(reason, None)
        return found

    def text(self, chunk: Any) -> str | None:
        """The text of a chunk that brings nothing else."""
        try:
            if chunk.get("event_type") != "text-generation" or chunk.get("index"):
                return None
            text = chunk["text"]
        except (AttributeError, KeyError):
            return None
        return text if type(text) is str else None

    def delta(self, chunk: Any) -> Delta | None:
        """What an event adds."""
        kind = get_path(chunk, "event_type")
        if kind == "stream-start":
            return Delta(response=Response(id=get_path(chunk, "generation_id") or None))
        if kind == "text-generation":
            return _said(chunk)
        if kind == "tool-calls-chunk":
            return _piece(get_path(chunk, "tool_call_delta"))
        if kind == "citation-generation":
            return Delta(
                details={"citations": to_plain_json(as_list(get_path(chunk, "citations")))}
            )
        return self._end(chunk) if kind == "stream-end" else None

    def _end(self, chunk: Any) -> Delta:
        """The last event, which has the whole answer in it."""
        reason = get_path(chunk, "finish_reason")
        reasons = {0: str(reason)} if reason else None
        whole = get_path(chunk, "response")
        if not whole:
            failure = failure_in(reason, get_path(chunk, "error") or get_path(chunk, "err"))
            return Delta(finish_reasons=reasons, response=Response(failure=failure))
        found = self.response(whole)
        if reason and not found.finish_reasons:
            found.finish_reasons.append(str(reason))
        return Delta(finish_reasons=reasons, response=found, whole=True)


def _said(chunk: Any) -> Delta:
    text, choice = to_text(get_path(chunk, "text")), count_or_none(get_path(chunk, "index")) or 0
    return Delta(texts=[(choice, text)]) if choice and text else Delta(text=text)


def _piece(call: Any) -> Delta:
    plan = get_path(call, "text")
    if plan:
        return Delta(reasoning=to_text(plan))
    piece = ToolCallDelta(
        count_or_none(get_path(call, "index")) or 0,
        name=get_path(call, "name"),
        arguments=get_path(call, "parameters"),
    )
    return Delta(tool_calls=[piece])


class GenerateV1(ChatV1):
    """Answers of ``generate``."""

    name = "generate"

    def response(self, body: Any) -> Response:
        """The whole answer: one message for each generation."""
        found = Response(id=get_path(body, "id") or None)
        for generation in list_or_empty(get_path(body, "generations")):
            message = message_of({"role": "CHATBOT", "message": get_path(generation, "text")})
            reason = get_path(generation, "finish_reason")
            if reason:
                message["finish_reason"] = str(reason)
                found.finish_reasons.append(str(reason))
            found.messages.append(message)
        found.usage, found.raw_usage = usage_of(get_path(body, "meta"))
        if not found.finish_reasons:
            found.status = "completed"  # older models say no reason
        return found

"""Cohere's chat and generate, version 1: one message, the history before it, lines of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt.genai.providers.cohere_facts import failure_in, parameters, usage_of
from hilt.genai.reading import integer, pick, plain, text_or_none
from hilt.genai.shapes import BARE, listed, several, unknown, wording
from hilt.genai.values import Delta, Message, Part, Request, Response, ToolCallDelta

__all__ = ["ChatV1", "GenerateV1", "chat_request", "generate_request", "message_of"]

_ROLES = {"USER": "user", "CHATBOT": "assistant", "SYSTEM": "system", "TOOL": "tool"}


def chat_request(body: Mapping[str, Any]) -> Request:
    """What ``chat`` and ``chat_stream`` ask for."""
    messages: list[Any] = [*several(body.get("chat_history"))]
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
        instructions=[{"type": "text", "content": wording(preamble)}] if preamble else None,
        attributes=parameters(body),
        tools=body.get("tools") or None,
        conversation=conversation or None,
        stored_history=bool(conversation),
        documents=documents if isinstance(documents, list) and documents else None,
    )


def generate_request(body: Mapping[str, Any]) -> Request:
    """What ``generate`` and ``generate_stream`` ask for."""
    text = wording(body.get("prompt"))
    return Request(
        "text_completion",
        "cohere",
        model=body.get("model"),
        messages=[{"role": "user", "parts": [{"type": "text", "content": text}]}],
        attributes=parameters(body),
    )


def message_of(raw: Any) -> Message:
    """A message in our shape."""
    role = str(pick(raw, "role") or "USER")
    parts: list[Part] = []
    if pick(raw, "message"):
        parts.append({"type": "text", "content": wording(pick(raw, "message"))})
    elif isinstance(raw, BARE):
        parts.append(unknown(raw))
    parts += [_call(each) for each in several(pick(raw, "tool_calls"))]
    parts += [_result(each) for each in several(pick(raw, "tool_results"))]
    return {"role": _ROLES.get(role.upper(), role.lower()), "parts": parts}


def _call(call: Any) -> Part:
    if isinstance(call, BARE):
        return unknown(call)
    return {
        "type": "tool_call",
        "name": pick(call, "name") or "",
        "arguments": plain(pick(call, "parameters")) or {},
    }


def _result(result: Any) -> Part:
    if isinstance(result, BARE):
        return unknown(result)
    return {
        "type": "tool_call_response",
        "name": pick(result, "call", "name") or "",
        "response": plain(pick(result, "outputs")),
    }


class ChatV1:
    """Answers of ``chat`` in version 1."""

    name = "chat"

    def response(self, body: Any) -> Response:
        """The whole answer."""
        message = message_of(
            {
                "role": "CHATBOT",
                "message": pick(body, "text"),
                "tool_calls": pick(body, "tool_calls"),
            }
        )
        for name in ("citations", "documents", "search_queries"):
            given = pick(body, name)
            if given and message["parts"] and message["parts"][0]["type"] == "text":
                message["parts"][0][name] = plain(several(given))
        found = Response(
            id=text_or_none(pick(body, "response_id") or pick(body, "generation_id")),
            messages=[message],
            conversation=pick(body, "conversation_id") or None,
        )
        reason = pick(body, "finish_reason")
        if reason:
            message["finish_reason"] = str(reason)
            found.finish_reasons.append(str(reason))
        found.usage, found.raw_usage = usage_of(pick(body, "meta"))
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
        kind = pick(chunk, "event_type")
        if kind == "stream-start":
            return Delta(response=Response(id=pick(chunk, "generation_id") or None))
        if kind == "text-generation":
            return _said(chunk)
        if kind == "tool-calls-chunk":
            return _piece(pick(chunk, "tool_call_delta"))
        if kind == "citation-generation":
            return Delta(details={"citations": plain(several(pick(chunk, "citations")))})
        return self._end(chunk) if kind == "stream-end" else None

    def _end(self, chunk: Any) -> Delta:
        """The last event, which has the whole answer in it."""
        reason = pick(chunk, "finish_reason")
        reasons = {0: str(reason)} if reason else None
        whole = pick(chunk, "response")
        if not whole:
            failure = failure_in(reason, pick(chunk, "error") or pick(chunk, "err"))
            return Delta(finish_reasons=reasons, response=Response(failure=failure))
        found = self.response(whole)
        if reason and not found.finish_reasons:
            found.finish_reasons.append(str(reason))
        return Delta(finish_reasons=reasons, response=found, whole=True)


def _said(chunk: Any) -> Delta:
    text, choice = wording(pick(chunk, "text")), integer(pick(chunk, "index")) or 0
    return Delta(texts=[(choice, text)]) if choice and text else Delta(text=text)


def _piece(call: Any) -> Delta:
    plan = pick(call, "text")
    if plan:
        return Delta(reasoning=wording(plan))
    piece = ToolCallDelta(
        integer(pick(call, "index")) or 0,
        name=pick(call, "name"),
        arguments=pick(call, "parameters"),
    )
    return Delta(tool_calls=[piece])


class GenerateV1(ChatV1):
    """Answers of ``generate``."""

    name = "generate"

    def response(self, body: Any) -> Response:
        """The whole answer: one message for each generation."""
        found = Response(id=pick(body, "id") or None)
        for generation in listed(pick(body, "generations")):
            message = message_of({"role": "CHATBOT", "message": pick(generation, "text")})
            reason = pick(generation, "finish_reason")
            if reason:
                message["finish_reason"] = str(reason)
                found.finish_reasons.append(str(reason))
            found.messages.append(message)
        found.usage, found.raw_usage = usage_of(pick(body, "meta"))
        if not found.finish_reasons:
            found.status = "completed"  # older models say no reason
        return found

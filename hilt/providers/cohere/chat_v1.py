"""Cohere's chat and generate, version 1: one message, the history before it, lines of JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hilt.core.plain_json import to_sent_json
from hilt.genai.coerce import (
    FIELDLESS,
    as_list,
    list_or_empty,
    role_of,
    text_or_none,
    to_text,
    unknown_part,
)
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.outcome import failure_in_body
from hilt.genai.values import Delta, Message, Part, Request, Response, Surface, ToolCallDelta
from hilt.providers._message_parts import (
    index_of,
    text_message,
    text_part,
    tool_call,
    tool_response,
)
from hilt.providers.cohere.fields import (
    failure_of_body,
    failure_of_reason,
    request_parameters,
    usage_of,
)

__all__ = ["ChatV1", "GenerateV1", "chat_request", "generate_request", "message_of"]

_ROLES = {"USER": "user", "CHATBOT": "assistant", "SYSTEM": "system", "TOOL": "tool"}


# -- requests ---------------------------------------------------------------------------------


def chat_request(body: Mapping[str, object]) -> Request:
    """A request of ``chat`` and ``chat_stream``."""
    messages: list[object] = [*as_list(body.get("chat_history"))]
    results = body.get("tool_results")
    if body.get("message") or not results:
        messages.append({"role": "USER", "message": body.get("message")})
    if results:
        messages.append({"role": "TOOL", "tool_results": results})
    preamble, conversation = body.get("preamble"), text_or_none(body.get("conversation_id"))
    documents = body.get("documents")
    return Request(
        "chat",
        "cohere",
        model=text_or_none(body.get("model")),
        messages=messages,
        read=message_of,
        instructions=[text_part(preamble)] if preamble else None,
        attributes=request_parameters(body),
        tools=as_list(body.get("tools")) or None,
        conversation=conversation,
        stored_history=conversation is not None,
        documents=documents if isinstance(documents, list) and documents else None,
    )


def generate_request(body: Mapping[str, object]) -> Request:
    """A request of ``generate`` and ``generate_stream``."""
    return Request(
        "text_completion",
        "cohere",
        model=text_or_none(body.get("model")),
        messages=[text_message("user", body.get("prompt"))],
        attributes=request_parameters(body),
    )


def message_of(raw: object) -> Message:
    """A message of a request or an answer."""
    role = role_of(raw, "USER")
    parts: list[Part] = []
    if get_path(raw, "message"):
        parts.append(text_part(get_path(raw, "message")))
    elif isinstance(raw, FIELDLESS):
        parts.append(unknown_part(raw))
    parts += [_tool_call_part(each) for each in as_list(get_path(raw, "tool_calls"))]
    parts += [_tool_response_part(each) for each in as_list(get_path(raw, "tool_results"))]
    return {"role": _ROLES.get(role.upper(), role.lower()), "parts": parts}


def _tool_call_part(call: object) -> Part:
    if isinstance(call, FIELDLESS):
        return unknown_part(call)
    return tool_call(None, get_path(call, "name"), get_path(call, "parameters"))


def _tool_response_part(result: object) -> Part:
    if isinstance(result, FIELDLESS):
        return unknown_part(result)
    part = tool_response(None, to_plain_json(get_path(result, "outputs")))
    return {**part, "name": get_path(result, "call", "name") or ""}


# -- answers ----------------------------------------------------------------------------------


class ChatV1(Surface):
    """Answers of ``chat`` in version 1."""

    name = "chat"

    def response(self, body: object) -> Response:
        """The whole answer."""
        message = _answer_message(get_path(body, "text"), get_path(body, "tool_calls"))
        for name in ("citations", "documents", "search_queries"):
            value = get_path(body, name)
            if value and message["parts"] and message["parts"][0]["type"] == "text":
                message["parts"][0][name] = to_sent_json(as_list(value))
        reason = get_path(body, "finish_reason")
        response = Response(
            id=text_or_none(get_path(body, "response_id") or get_path(body, "generation_id")),
            conversation=get_path(body, "conversation_id") or None,
            failure=failure_of_reason(reason, None),
        )
        if message["parts"] or reason is not None:
            response.add_choice(message, reason)
        else:
            response.failure = failure_of_body(body)
        response.usage, response.raw_usage = usage_of(get_path(body, "meta"))
        return response

    def text(self, chunk: Any) -> str | None:
        """The text of a chunk that holds nothing else."""
        try:
            if chunk.get("event_type") != "text-generation" or chunk.get("index"):
                return None
            text = chunk["text"]
        except (AttributeError, KeyError):
            return None
        return text if type(text) is str else None

    def delta(self, chunk: object) -> Delta | None:
        """What an event adds."""
        kind = get_path(chunk, "event_type")
        if kind == "stream-end":
            return self._end_delta(chunk)
        read = _EVENTS.get(kind) if type(kind) is str else _error_delta
        return read(chunk) if read is not None else None

    def _end_delta(self, chunk: object) -> Delta:
        """What the last event adds, which has the whole answer in it."""
        reason, body = get_path(chunk, "finish_reason"), get_path(chunk, "response")
        if body:
            response = self.response(body)
            if reason and not response.finish_reasons:
                response.finish_reasons.append(str(reason))
        else:
            error = get_path(chunk, "error") or get_path(chunk, "err")
            response = Response(failure=failure_of_reason(reason, error))
        delta = Delta(response=response, whole=bool(body))
        delta.add_finish_reason(reason)
        return delta


class GenerateV1(ChatV1):
    """Answers of ``generate``."""

    name = "generate"

    def response(self, body: object) -> Response:
        """The whole answer: one message for each generation."""
        response = Response(id=get_path(body, "id") or None)
        for generation in list_or_empty(get_path(body, "generations")):
            message = _answer_message(get_path(generation, "text"), None)
            response.add_choice(message, get_path(generation, "finish_reason"))
        response.usage, response.raw_usage = usage_of(get_path(body, "meta"))
        if not response.messages:
            response.failure = failure_of_body(body)
        if not response.finish_reasons:
            response.status = "completed"  # older models give no reason
        return response


def _answer_message(text: object, tool_calls: object) -> Message:
    return message_of({"role": "CHATBOT", "message": text, "tool_calls": tool_calls})


# -- events of a stream -----------------------------------------------------------------------


def _error_delta(chunk: object) -> Delta | None:
    """What came in place of a stream, an error of Cohere's or of a gateway's."""
    failure = failure_in_body(get_path(chunk, "error")) or failure_of_body(chunk)
    return Delta(response=Response(failure=failure)) if failure is not None else None


def _begin_delta(chunk: object) -> Delta:
    return Delta(response=Response(id=get_path(chunk, "generation_id") or None))


def _text_delta(chunk: object) -> Delta:
    text, choice = to_text(get_path(chunk, "text")), index_of(chunk)
    return Delta(texts=[(choice, text)]) if choice and text else Delta(text=text)


def _tool_call_delta(chunk: object) -> Delta:
    """A piece of a tool call, or of the plan to make one."""
    added = get_path(chunk, "tool_call_delta")
    plan = get_path(added, "text")
    if plan:
        return Delta(reasoning=to_text(plan))
    call = ToolCallDelta(
        index_of(added), name=get_path(added, "name"), arguments=get_path(added, "parameters")
    )
    return Delta(tool_calls=[call])


def _citations_delta(chunk: object) -> Delta:
    return Delta(details={"citations": to_sent_json(as_list(get_path(chunk, "citations")))})


_EVENTS: dict[str, Callable[[object], Delta]] = {
    "stream-start": _begin_delta,
    "text-generation": _text_delta,
    "tool-calls-chunk": _tool_call_delta,
    "citation-generation": _citations_delta,
}

"""Mistral's conversations: agents that keep their own history."""

from __future__ import annotations

import re

from hilt import semconv
from hilt.core.plain_json import to_sent_json
from hilt.genai.coerce import (
    FIELDLESS,
    as_list,
    count_or_none,
    role_of,
    text_or_none,
    to_text,
    unknown_part,
)
from hilt.genai.json_values import get_path, json_or_text, to_plain_json
from hilt.genai.media import without_binary
from hilt.genai.outcome import error_code_of_status
from hilt.genai.values import (
    Delta,
    Failure,
    Message,
    Part,
    Request,
    Response,
    Surface,
    ToolCallDelta,
)
from hilt.providers._chat_completions import request_parameters, usage_of
from hilt.providers._chat_messages import part_of
from hilt.providers._http import HttpRequest
from hilt.providers._message_parts import (
    server_tool_call,
    server_tool_response,
    text_part,
    tool_call,
    tool_response,
)

__all__ = ["Conversations", "conversation_request", "message_of"]

_CONVERSATION_PATH = re.compile(r".*/conversations/([^/]+)(?:/restart)?")
_TOOL_EVENTS = tuple(f"tool.execution.{each}" for each in ("started", "delta", "done"))
_STATUSES = range(100, 600)  # a code beyond is Mistral's own, such as 3505


# -- requests ---------------------------------------------------------------------------------


def conversation_request(sent: HttpRequest) -> Request:
    """A request of ``conversations.start``, ``append`` and ``restart``."""
    body = sent.body
    arguments, instructions = body.get("completion_args"), body.get("instructions")
    attributes = request_parameters(arguments) if isinstance(arguments, dict) else {}
    agent = body.get("agent_id")
    if agent:
        attributes[semconv.AGENT_ID] = str(agent)
    path = _CONVERSATION_PATH.fullmatch(sent.path)
    return Request(
        "invoke_agent" if agent else "chat",
        "",
        model=text_or_none(body.get("model")),
        messages=as_list(body.get("inputs")),
        read=message_of,
        instructions=[text_part(instructions)] if instructions else None,
        attributes=attributes,
        tools=as_list(body.get("tools")) or None,
        conversation=path[1] if path else None,
        stored_history=path is not None and not sent.path.endswith("/restart"),
    )


def message_of(entry: object) -> Message:
    """An entry of a conversation as a message."""
    if isinstance(entry, str):
        return {"role": "user", "parts": [{"type": "text", "content": entry}]}
    role, kind = role_of(entry, ""), get_path(entry, "type")
    if kind == "function.result":
        result = to_plain_json(get_path(entry, "result"))
        return {"role": "tool", "parts": [tool_response(get_path(entry, "tool_call_id"), result)]}
    return {"role": role or ("assistant" if kind else "user"), "parts": _parts_of(entry)}


def _parts_of(entry: object) -> list[Part]:
    if isinstance(entry, FIELDLESS):
        return [unknown_part(entry)]
    kind = str(get_path(entry, "type") or "message.input")
    if kind.startswith("message"):
        content = get_path(entry, "content")
        if isinstance(content, str):
            return [{"type": "text", "content": content}]
        return [part_of(part) for part in as_list(content)]
    if kind == "function.call":
        call_id = get_path(entry, "tool_call_id") or get_path(entry, "id")
        return [tool_call(call_id, get_path(entry, "name"), get_path(entry, "arguments"))]
    if kind == "tool.execution":
        return list(_server_tool_parts(entry).values())
    plain = to_sent_json(entry)
    return [plain if isinstance(plain.get("type"), str) else unknown_part(plain)]


def _server_tool_parts(entry: object) -> dict[str, Part]:
    """A call of a tool that Mistral runs, and what it gave, such as the output of code, by keys.

    A stream has the arguments first, and what came of them in an event of its own.
    """
    name, call_id = str(get_path(entry, "name") or ""), get_path(entry, "id")
    kind, parts = name or "tool.execution", dict[str, Part]()
    arguments, info = get_path(entry, "arguments"), get_path(entry, "info")
    if arguments is not None or not info:
        details = {"type": kind, "arguments": json_or_text(arguments)}
        parts[f"call {call_id}"] = server_tool_call(call_id, name, details)
    if info:
        details = {"type": kind, "info": without_binary(to_sent_json(info))}
        parts[f"response {call_id}"] = server_tool_response(call_id, details)
    return parts


# -- answers ----------------------------------------------------------------------------------


class Conversations(Surface):
    """Answers of ``beta.conversations``; they have no finish reason of their own.

    One object reads one call: a stream may send the arguments of Mistral's tools in pieces.
    """

    name = "beta.conversations"

    def __init__(self) -> None:
        self._arguments: dict[str, str] = {}  # of tools that Mistral runs, by the ids of the calls

    def response(self, body: object) -> Response:
        """The whole answer: every output is a part of one message."""
        response = _response_fields(body)
        outputs = as_list(get_path(body, "outputs"))
        parts = [part for entry in outputs for part in _parts_of(entry)]
        if parts:
            response.messages.append({"role": "assistant", "parts": parts})
        for entry in outputs:
            response.model = get_path(entry, "model") or response.model
        response.status = "completed"
        return response

    def text(self, chunk: object) -> str | None:
        """The text of an event that holds nothing else."""
        if type(chunk) is dict and chunk.get("type") == "message.output.delta":
            content = chunk.get("content")
            return content if type(content) is str and content else None
        return None

    def delta(self, chunk: object) -> Delta | None:
        """What an event of a stream adds."""
        kind = str(get_path(chunk, "type") or "")
        delta = Delta(response=Response(model=get_path(chunk, "model") or None))
        if kind == "message.output.delta":
            _add_content(delta, get_path(chunk, "content"))
        elif kind == "function.call.delta":
            delta.tool_calls = [_tool_call_delta(chunk)]
        elif kind in _TOOL_EVENTS and get_path(chunk, "id"):
            if not kind.endswith(".done"):
                delta.keyed_parts = self._server_call(chunk)
            elif get_path(chunk, "info"):
                delta.keyed_parts = _server_tool_parts(chunk)
        elif kind.startswith("conversation.response"):
            delta.response = _response_fields(chunk)
            if kind.endswith(".done"):
                delta.response.status = "completed"
            elif kind.endswith(".error"):
                delta.response.failure = _failure_of(chunk)
        return delta

    def _server_call(self, chunk: object) -> dict[str, Part]:
        """The call of a tool that Mistral runs, with all of its arguments that came so far."""
        call_id, piece = str(get_path(chunk, "id")), to_text(get_path(chunk, "arguments"))
        arguments = self._arguments[call_id] = self._arguments.get(call_id, "") + piece
        name = get_path(chunk, "name")
        return _server_tool_parts({"id": call_id, "name": name, "arguments": arguments})


def _response_fields(body: object) -> Response:
    usage = get_path(body, "usage")
    return Response(
        id=get_path(body, "id") or None,
        conversation=get_path(body, "conversation_id") or None,
        usage=usage_of(usage),
        raw_usage=to_plain_json(usage) if usage else None,
    )


def _tool_call_delta(chunk: object) -> ToolCallDelta:
    call_id = text_or_none(get_path(chunk, "tool_call_id") or get_path(chunk, "id"))
    name, arguments = get_path(chunk, "name"), get_path(chunk, "arguments")
    return ToolCallDelta(call_id or "call", call_id, name, arguments)


def _failure_of(chunk: object) -> Failure:
    status = count_or_none(get_path(chunk, "code"))
    message = str(get_path(chunk, "message") or "the conversation failed")
    if status in _STATUSES:
        code = error_code_of_status(status)
        return Failure(code, "conversation.response.error", message, status)
    provider_code = None if status is None else str(status)
    kind = "conversation.response.error"
    return Failure("server_error", kind, message, provider_code=provider_code)


def _add_content(delta: Delta, content: object) -> None:
    if isinstance(content, str):
        delta.text = content or None
        return
    part = part_of(content)
    if part["type"] == "text":
        delta.text = part["content"] or None
    elif part["type"] == "reasoning":
        delta.reasoning = part["content"] or None
    else:
        delta.parts = [part]

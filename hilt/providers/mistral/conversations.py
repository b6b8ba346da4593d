"""Mistral's conversations: agents that keep their own history."""

from __future__ import annotations

import re
from typing import Any

from hilt import semconv
from hilt.genai.coerce import FIELDLESS, as_list, count_or_none, text_or_none, to_text, unknown_part
from hilt.genai.json_values import get_path, json_or_text, to_plain_json
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
from hilt.providers._chat_completions import part_of, request_parameters
from hilt.providers._chat_usage import usage_of
from hilt.providers._stainless import Options

__all__ = ["Conversations", "conversation_request"]

_ID = re.compile(r".*/conversations/([^/]+)(?:/restart)?")


def conversation_request(sent: Options) -> Request:
    """What ``conversations.start``, ``append`` and ``restart`` ask for."""
    body = sent.body
    arguments = body.get("completion_args")
    attributes = request_parameters(arguments) if isinstance(arguments, dict) else {}
    agent = body.get("agent_id")
    if agent:
        attributes[semconv.AGENT_ID] = str(agent)
    instructions = body.get("instructions")
    found = _ID.fullmatch(sent.path)
    return Request(
        "invoke_agent" if agent else "chat",
        "",
        model=body.get("model"),
        messages=as_list(body.get("inputs")),
        read=_entry,
        instructions=[{"type": "text", "content": to_text(instructions)}] if instructions else None,
        attributes=attributes,
        tools=body.get("tools") or None,
        stream=sent.stream,
        conversation=found[1] if found else None,
    )


def _entry(entry: Any) -> Message:
    """An entry of a conversation in our shape."""
    if isinstance(entry, str):
        return {"role": "user", "parts": [{"type": "text", "content": entry}]}
    role = str(get_path(entry, "role") or "")
    if get_path(entry, "type") == "function.result":
        part: Part = {
            "type": "tool_call_response",
            "response": to_plain_json(get_path(entry, "result")),
        }
        if get_path(entry, "tool_call_id"):
            part["id"] = get_path(entry, "tool_call_id")
        return {"role": "tool", "parts": [part]}
    parts = _output(entry)
    return {"role": role or ("assistant" if get_path(entry, "type") else "user"), "parts": parts}


def _output(entry: Any) -> list[Part]:
    """The parts that an entry brings."""
    if isinstance(entry, FIELDLESS):
        return [unknown_part(entry)]
    kind = str(get_path(entry, "type") or "message.input")
    if kind.startswith("message"):
        content = get_path(entry, "content")
        if isinstance(content, str):
            return [{"type": "text", "content": content}]
        return [part_of(part) for part in as_list(content)]
    if kind == "function.call":
        return [_call(entry)]
    if kind == "tool.execution":
        part: Part = {"type": "server_tool_call", "name": str(get_path(entry, "name") or "")}
        if get_path(entry, "id"):
            part["id"] = get_path(entry, "id")
        part["server_tool_call"] = {
            "type": str(get_path(entry, "name") or kind),
            "arguments": json_or_text(get_path(entry, "arguments")),
        }
        return [part]
    found = to_plain_json(entry)
    return [found if isinstance(found.get("type"), str) else unknown_part(found)]


def _call(entry: Any) -> Part:
    part: Part = {"type": "tool_call"}
    call_id = get_path(entry, "tool_call_id") or get_path(entry, "id")
    if call_id:
        part["id"] = call_id
    part["name"] = get_path(entry, "name") or ""
    arguments = get_path(entry, "arguments")
    part["arguments"] = json_or_text(arguments) if arguments not in (None, "") else {}
    return part


class Conversations(Surface):
    """Answers of ``beta.conversations``; they say no finish reason of their own."""

    name = "beta.conversations"

    def response(self, body: Any) -> Response:
        """The whole answer: every output is a part of one message."""
        found = _facts(body)
        outputs = as_list(get_path(body, "outputs"))
        parts = [part for entry in outputs for part in _output(entry)]
        if parts:
            found.messages.append({"role": "assistant", "parts": parts})
        for entry in outputs:
            found.model = get_path(entry, "model") or found.model
        found.status = "completed"
        return found

    def text(self, chunk: Any) -> str | None:
        """The text of an event that brings nothing else."""
        if type(chunk) is dict and chunk.get("type") == "message.output.delta":
            content = chunk.get("content")
            return content if type(content) is str and content else None
        return None

    def delta(self, chunk: Any) -> Delta | None:
        """What an event of a stream adds."""
        kind = str(get_path(chunk, "type") or "")
        found = Delta(response=Response(model=get_path(chunk, "model") or None))
        if kind == "message.output.delta":
            _add_content(found, get_path(chunk, "content"))
        elif kind == "function.call.delta":
            call_id = text_or_none(get_path(chunk, "tool_call_id") or get_path(chunk, "id"))
            name, arguments = get_path(chunk, "name"), get_path(chunk, "arguments")
            found.tool_calls = [ToolCallDelta(call_id or "call", call_id, name, arguments)]
        elif kind.startswith("conversation.response"):
            found.response = _facts(chunk)
            if kind.endswith(".done"):
                found.response.status = "completed"
            elif kind.endswith(".error"):
                found.response.failure = _failure(chunk)
        return found


def _facts(body: Any) -> Response:
    usage, conversation = get_path(body, "usage"), get_path(body, "conversation_id")
    return Response(
        id=get_path(body, "id") or None,
        conversation=conversation or None,
        usage=usage_of(usage),
        raw_usage=to_plain_json(usage) if usage else None,
    )


def _failure(chunk: Any) -> Failure:
    status = count_or_none(get_path(chunk, "code"))
    message = str(get_path(chunk, "message") or "the conversation failed")
    code = error_code_of_status(status) if status and status >= 100 else "server_error"  # noqa: PLR2004
    return Failure(code, "conversation.response.error", message, status)


def _add_content(found: Delta, content: Any) -> None:
    if isinstance(content, str):
        found.text = content or None
        return
    part = part_of(content)
    if part["type"] == "text":
        found.text = part["content"] or None
    elif part["type"] == "reasoning":
        found.reasoning = part["content"] or None
    else:
        found.parts = [part]

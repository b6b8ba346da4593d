"""The ``tool_call`` and ``tool_result`` events of a call of a model."""

from __future__ import annotations

from hilt.genai.json_values import encode_json, text_or_json
from hilt.genai.media import without_binary
from hilt.genai.observation import Observation
from hilt.genai.values import Message, Part
from hilt.recording.event_base import EventDict, new_event, provenance_of
from hilt.recording.history import History

__all__ = ["new_tool_results", "only_tool_results", "tool_call_event", "tool_result_event"]


def new_tool_results(messages: list[Message]) -> list[Part]:
    """The tool results after the last answer: what this call adds, whatever came before it."""
    for index in range(len(messages) - 1, -1, -1):
        if messages[index]["role"] == "assistant":
            messages = messages[index + 1 :]
            break
    return [
        part
        for message in messages
        for part in message["parts"]
        if part["type"] == "tool_call_response"
    ]


def only_tool_results(messages: list[Message]) -> bool:
    """Whether messages are tool results and nothing else."""
    return all(
        part["type"] == "tool_call_response" for message in messages for part in message["parts"]
    )


def tool_result_event(call: Observation, part: Part, history: History) -> EventDict:
    """The result of a tool that a request sends; it replies to the tool call, if that is logged."""
    call_id = part.get("id")
    logged = history.tool_call(call_id)
    name = text_or_json((logged[0] if logged else None) or part.get("name") or call_id or "tool")
    event = new_event(call.session_id, call.started, "tool", name, "tool_result")
    if call.capture_content:
        result = part.get("response")
        tool = {"name": name, "call_id": call_id, "result": result}
        event["content"] = {
            "text": result if isinstance(result, str) else encode_json(result).decode(),
            "tool": {key: value for key, value in tool.items() if value is not None},
        }
    event["provenance"] = provenance_of(call)
    event["extensions"] = {"reply_to": logged[1]} if logged else {}
    if call_id:
        history.remember_sent_result(call_id, event["event_id"])
    return event


def tool_call_event(call: Observation, part: Part, ending_id: str, history: History) -> EventDict:
    """A tool call that an answer asks for; it replies to the answer's event."""
    event = new_event(call.session_id, call.ended, "agent", call.request.provider, "tool_call")
    call_id, name = part.get("id"), part.get("name") or ""
    tool = {"name": name}
    if call_id:
        tool["call_id"] = call_id
        history.remember_tool_call(call_id, name, event["event_id"])
    if call.capture_content:
        tool["arguments"] = without_binary(part.get("arguments"))
        event["content"] = {"tool": tool}
    event["extensions"] = {"reply_to": ending_id}
    return event

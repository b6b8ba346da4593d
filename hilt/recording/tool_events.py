"""The ``tool_call`` and ``tool_result`` events of a call of a model."""

from __future__ import annotations

from hilt.genai.json_values import encode_json, text_or_json
from hilt.genai.media import without_binary
from hilt.genai.message_forms import CACHE_MARKS
from hilt.genai.observation import Observation
from hilt.genai.values import Message, Part
from hilt.recording.event_fields import (
    EventDict,
    add_agent,
    content_beside_text,
    new_event,
    provenance_of,
)
from hilt.recording.history import History, ToolCallEvent

__all__ = [
    "answered_tool_calls",
    "new_tool_results",
    "only_tool_results",
    "tool_call_event",
    "tool_result_event",
]


def new_tool_results(messages: list[Message]) -> list[Part]:
    """The tool results after the last answer, which are those that this call adds."""
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
    """Whether messages have only tool results, and marks for a cache."""
    return all(
        part["type"] == "tool_call_response" or part["type"] in CACHE_MARKS
        for message in messages
        for part in message["parts"]
    )


def answered_tool_calls(
    call: Observation, results: list[Part], history: History
) -> list[ToolCallEvent | None]:
    """The tool call in the log that each result answers.

    It is found by its id; or, since some APIs have no ids and frameworks invent some, it is the
    first one of that name in the answer before; or, if no result has either, the one at the same
    position.
    """
    answer = call.continuation.answer
    open_calls = list(answer.tool_calls) if answer is not None else []
    answered: list[ToolCallEvent | None] = []
    for part in results:
        call_id = part.get("id")
        one = next((each for each in open_calls if call_id and each.call_id == call_id), None)
        answered.append(one or history.tool_call(call_id, call.session_id))
        if one is not None:
            open_calls.remove(one)
    for index, part in enumerate(results):
        if answered[index] is None:
            one = next((each for each in open_calls if each.name == part.get("name")), None)
            if one is not None:
                answered[index] = one
                open_calls.remove(one)
    unnamed = [index for index, part in enumerate(results) if answered[index] is None]
    if len(unnamed) == len(open_calls) and not any(results[each].get("name") for each in unnamed):
        for index, one in zip(unnamed, open_calls, strict=True):
            answered[index] = one
    return answered


def tool_result_event(
    call: Observation, part: Part, answered: ToolCallEvent | None, history: History
) -> EventDict:
    """The event of a tool's result that a request sends; replies to the tool call, if logged."""
    call_id = part.get("id")
    named = (answered.name if answered else None) or part.get("name")
    name = text_or_json(named or _name_sent(call, call_id) or call_id or "tool")
    event = new_event(call.session_id, call.started, "tool", name, "tool_result")
    if call.capture_content:
        result = part.get("response")
        tool = {"name": name, "call_id": call_id, "result": result}
        event["content"] = {
            "text": result if isinstance(result, str) else encode_json(result).decode(),
            "tool": {key: value for key, value in tool.items() if value is not None},
        }
        if media := part.get("parts"):  # what Gemini's tools return besides their result
            event["content"].update(content_beside_text(media))
    event["provenance"] = provenance_of(call)
    event["extensions"] = {"reply_to": answered.event_id} if answered else {}
    key = answered.event_id if answered else call_id
    if key:
        history.remember_sent_result(key, event["event_id"])
    return event


def _name_sent(call: Observation, call_id: object) -> object:
    """The name of a tool call that is not in the log, from the answers that the call sends."""
    request = call.request
    for raw in reversed(request.messages) if call_id else ():
        for part in request.read(raw).get("parts", ()):
            if part.get("type") == "tool_call" and part.get("id") == call_id:
                return part.get("name")
    return None


def tool_call_event(call: Observation, part: Part, ending_id: str, history: History) -> EventDict:
    """The event of a tool call that an answer asks for; replies to the answer's event."""
    event = new_event(call.session_id, call.ended, "agent", call.request.provider, "tool_call")
    call_id, name = part.get("id"), part.get("name") or ""
    tool = {"name": name}
    if call_id:
        tool["call_id"] = call_id
        history.remember_tool_call(call_id, name, event["event_id"], call.session_id)
    if call.capture_content:
        tool["arguments"] = without_binary(part.get("arguments"))
        event["content"] = {"tool": tool}
    if call.framework is not None:
        add_agent(event, call)
        event["provenance"] = call.framework.provenance
    event["extensions"] = {"reply_to": ending_id}
    return event

"""The exact messages that a call sent, put together along its links.

The log has each message once. A call's events have only what is new in it, and ``context_of`` of
the first names the answer that it continues; that answer's call sent what came before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hilt.analysis.calls import Call
from hilt.core.exceptions import ReadError
from hilt.core.json_types import JsonObject

if TYPE_CHECKING:
    from hilt.analysis.log import Log

__all__ = ["answer_message", "context_of", "input_of", "new_messages"]

_LEADING = ("system", "developer")


def input_of(
    call: Call, log: Log | None, known: Mapping[str, Call] | None = None
) -> list[JsonObject]:
    """The messages that a call sent, the oldest first.

    Args:
        call: The call.
        log: Where the calls that it continues are looked up.
        known: The calls of its conversation by their ids, if they were read before.

    Raises:
        ReadError: If an event that it continues is not in the log.
    """
    chain = [call]
    calls: dict[str, Call] = dict(known or {})
    while (continued := context_of(chain[-1])) is not None:
        if continued not in calls and known is None:
            calls.update(_calls_of_conversation(chain[-1], log))
        earlier = calls.get(continued)
        if earlier is None or earlier in chain:
            raise ReadError(
                f"{chain[-1].id} continues {continued}, which is not in the log: "
                "open the log that has it too, as in open_log(old, new)"
            )
        chain.append(earlier)
    messages: list[JsonObject] = []
    for each in reversed(chain):
        new = new_messages(each)
        if _has_new_instructions(each):
            messages = messages[_count_leading(messages) :]
            count = _count_leading(new)
            messages = [*new[:count], *messages]
            new = new[count:]
        messages += new
        if each is not call:
            messages += answer_message(each)
    return messages


def context_of(call: Call) -> str | None:
    """The id of the event that a call continues, if it continues one."""
    links = (line.record.extensions.context_of for line in call.opening)
    return next(filter(None, links), None)


def new_messages(call: Call) -> list[JsonObject]:
    """The messages that are new in a call."""
    messages: list[JsonObject] = []
    results = []
    for line in call.opening:
        content = line.content
        if line.action == b"tool_result":
            results.append(_result_part(content))
        elif isinstance(content.get("messages"), list):
            # These include the results of tools.
            return [each for each in content["messages"] if isinstance(each, dict)]
        elif content.get("text") is not None:
            messages.append({"role": "user", "parts": [_text_part(content["text"])]})
    if results:
        messages.insert(0, {"role": "tool", "parts": results})
    return messages


def answer_message(call: Call) -> list[JsonObject]:
    """The message that answered a call, if one did."""
    content = call.ending_line.content if call.ending_line is not None else {}
    parts: list[JsonObject] = []
    if content.get("reasoning"):
        parts.append({"type": "reasoning", "content": content["reasoning"]})
    if content.get("text"):
        parts.append(_text_part(content["text"]))
    others = content.get("parts")
    parts += others if isinstance(others, list) else []
    for line in call.tool_call_lines:
        tool = line.content.get("tool")
        if isinstance(tool, dict):
            part = {"type": "tool_call", "id": tool.get("call_id"), "name": tool.get("name"),
                    "arguments": tool.get("arguments")}  # fmt: skip
            parts.append({name: value for name, value in part.items() if value is not None})
    return [{"role": "assistant", "parts": parts}] if parts else []


def _calls_of_conversation(call: Call, log: Log | None) -> dict[str, Call]:
    if log is None:
        return {}
    return {each.id: each for each in log.calls_with(call.session_id)}


def _has_new_instructions(call: Call) -> bool:
    return any(line.record.extensions.new_instructions is True for line in call.opening)


def _count_leading(messages: list[JsonObject]) -> int:
    for index, message in enumerate(messages):
        if message.get("role") not in _LEADING:
            return index
    return len(messages)


def _text_part(text: object) -> JsonObject:
    return {"type": "text", "content": text}


def _result_part(content: JsonObject) -> JsonObject:
    tool = content.get("tool")
    tool = tool if isinstance(tool, dict) else {}
    response = tool.get("result", content.get("text"))
    part = {"type": "tool_call_response", "id": tool.get("call_id"), "response": response}
    return {name: value for name, value in part.items() if value is not None}

"""Calls as examples to train a model with, in the format of OpenAI's fine-tuning API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hilt.analysis.calls import Call
from hilt.analysis.inputs import answer_message
from hilt.core.exceptions import ReadError
from hilt.core.json_types import JsonObject

__all__ = ["example_of", "is_approved"]

_GOOD = frozenset({"correct", "good", "like", "positive", "thumbs_up", "up", "yes", "👍"})
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})


def example_of(call: Call) -> JsonObject | None:
    """The example ``{"messages": [...]}`` that a call makes; None if it makes none.

    A call makes one if people approved of its answer or corrected it, and all that was sent is text
    or the use of tools. A correction takes the answer's place.
    """
    correction = _correction(call)
    if call.operation != "chat" or (correction is None and not is_approved(call)):
        return None
    answer = [{"role": "assistant", "parts": [{"type": "text", "content": correction}]}]
    try:
        sent = call.input()
        messages = [
            *(each for message in sent for each in _messages(message)),
            *(
                each
                for message in (answer if correction is not None else answer_message(call))
                for each in _messages(message)
            ),
        ]
    except (ReadError, ValueError):
        return None
    ends_well = messages and messages[-1]["role"] == "assistant"
    return {"messages": messages} if sent and ends_well else None


def is_approved(call: Call) -> bool:
    """Whether the call was answered, and its newest rating is above 0 or a word such as good."""
    rating = call.rating
    if call.outcome != "completed" or rating is None:
        return False
    return rating.strip().lower() in _GOOD if isinstance(rating, str) else rating > 0


def _correction(call: Call) -> str | None:
    for event in reversed(call.feedback):
        correction = (event.extensions or {}).get("correction")
        if isinstance(correction, str) and correction:
            return correction
    return None


def _messages(message: JsonObject) -> Iterator[JsonObject]:
    """A message of the conventions in OpenAI's form.

    Raises:
        ValueError: If it has what an example cannot have.
    """
    role = message.get("role")
    parts = message.get("parts")
    if role not in _ROLES or not isinstance(parts, list):
        raise ValueError(f"role {role!r}")
    texts: list[str] = []
    calls: list[JsonObject] = []
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text":
            texts.append(str(part.get("content")))
        elif kind == "tool_call":
            calls.append(_tool_call(part))
        elif kind == "tool_call_response":
            yield {
                "role": "tool",
                "tool_call_id": str(part.get("id")),
                "content": _as_text(part.get("response")),
            }
        elif kind != "reasoning":
            raise ValueError(f"part {kind!r}")
    if texts or calls:
        tools = {"tool_calls": calls} if calls else {}
        content = {"content": "\n".join(texts)} if texts else {}
        yield {"role": role, **content, **tools}


def _tool_call(part: dict[str, Any]) -> JsonObject:
    function = {"name": str(part.get("name")), "arguments": _as_text(part.get("arguments") or {})}
    return {"id": str(part.get("id")), "type": "function", "function": function}


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode()

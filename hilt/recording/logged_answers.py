"""Answers in the log that later calls may continue, and which one of several a call does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from hilt.genai.values import Request

__all__ = ["LoggedAnswer", "ToolCallEvent", "chosen_answer"]


class ToolCallEvent(NamedTuple):
    """A tool call in the log that a result may answer."""

    call_id: str | None
    name: str
    event_id: str
    session_id: str


class LoggedAnswer(msgspec.Struct, gc=False):
    """An answer in the log that later calls may continue."""

    event_id: str
    session_id: str
    tools: int = 0  #: the hash of the tools of its call
    instructions: int = 0  #: the hash of the instructions of its call
    user: str | None = None  #: who was answered, if they are named
    tool_calls: Sequence[ToolCallEvent] = ()  #: what it asks for
    continued: int = 0  #: how many calls continue it
    chain: int = 0  #: the hash of everything up to it; 0 before it is kept


def chosen_answer(
    alike: list[LoggedAnswer], request: Request, new_from: int, instructions: int
) -> LoggedAnswer | None:
    """Which of several answers to the same history a call continues; None if nobody can tell.

    Ids of tool calls tell, and instructions; then the only one that no call continues yet. If
    every one is continued, it is a branch of a conversation, where they are all of one.
    """
    call_ids = _tool_call_ids(request, new_from)
    pool = [each for each in alike if [call.call_id for call in each.tool_calls] == call_ids]
    pool = (pool if call_ids else None) or alike
    pool = [each for each in pool if each.instructions == instructions] or pool
    pool = [each for each in pool if each.continued <= 0] or pool
    return pool[-1] if len({each.session_id for each in pool}) == 1 else None


def _tool_call_ids(request: Request, new_from: int) -> list[str | None]:
    """The ids of the tool calls in the answer that a request sends back."""
    if not 0 < new_from <= len(request.messages):
        return []
    parts = request.read(request.messages[new_from - 1]).get("parts") or ()
    return [part.get("id") for part in parts if part.get("type") == "tool_call"]

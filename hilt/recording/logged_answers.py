"""Answers in the log that later calls may continue, and choosing the one that a call continues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from hilt.core.bounded import BoundedDict
from hilt.genai.values import Message, Request

__all__ = ["LoggedAnswer", "ToolCallEvent", "UnfinishedAnswer", "chosen_answer", "given_answer"]


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
    tool_calls: Sequence[ToolCallEvent] = ()  #: the tool calls that it asks for
    continued: int = 0  #: how many calls continue it
    chain: int = 0  #: the hash of everything up to it; 0 until it is kept
    normal: int = 0  #: the same for messages in their normal form


class UnfinishedAnswer(NamedTuple):
    """An answer that the model resumes if the same messages are sent with a token."""

    logged: LoggedAnswer
    message: Message  #: the answer so far
    scope: int  #: the hash of an id that is given, and of who speaks


def chosen_answer(
    alike: list[LoggedAnswer],
    request: Request,
    new_from: int,
    instructions: int,
    session_id: str | None = None,
) -> LoggedAnswer | None:
    """Which of several answers to the same history a call continues; None if that is unclear.

    It is decided by the conversation of an answer that the call refers to, by ids of tool calls and
    by instructions; then answers that no call continues yet come first. If all are continued, the
    call is a branch. Answers of several conversations that are left make it unclear.
    """
    call_ids = _tool_call_ids(request, new_from)
    alike = [each for each in alike if each.session_id == session_id] or alike
    pool = [each for each in alike if [call.call_id for call in each.tool_calls] == call_ids]
    pool = (pool if call_ids else None) or alike
    pool = [each for each in pool if each.instructions == instructions] or pool
    pool = [each for each in pool if each.continued <= 0] or pool
    return pool[-1] if len({each.session_id for each in pool}) == 1 else None


def given_answer(
    logged: BoundedDict[Any, list[LoggedAnswer]], given: str, user: str | None
) -> tuple[int, list[LoggedAnswer] | None]:
    """The answer with an id that a request gives, and the hash of everything up to it.

    An answer to another user is not continued.
    """
    found = logged.get(given)
    if found is None or (user and found[-1].user and user != found[-1].user):
        return 0, None
    return found[-1].chain, found[-1:]


def _tool_call_ids(request: Request, new_from: int) -> list[str | None]:
    """The ids of the tool calls in the answer that a request sends back."""
    if not 0 < new_from <= len(request.messages):
        return []
    parts = request.read(request.messages[new_from - 1]).get("parts") or ()
    return [part.get("id") for part in parts if part.get("type") == "tool_call"]

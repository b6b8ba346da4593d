"""Histories in which the tool calls of one answer are separated, each before its own result.

A model asks for several tools in one answer. A program that runs them one by one may send the
calls back one by one, too: call, result, call, result. Only the log knows which of them were one
answer, so calls are put together again if that gives an answer that is logged.
"""

from __future__ import annotations

from collections.abc import Container

from hilt.genai.message_forms import extended_chain
from hilt.genai.values import Message

__all__ = ["has_divided_calls", "undivided_calls"]


def has_divided_calls(messages: list[Message]) -> bool:
    """Whether a tool call comes right after a tool's result."""
    calls = [index for index, message in enumerate(messages) if _has(message, "tool_call")]
    return any(_is_result(messages[index - 1]) for index in calls[1:])


def undivided_calls(
    messages: list[Message], chain: int, logged: Container[int | str]
) -> list[Message] | None:
    """The same messages, with the calls of each logged answer together; None if there are none.

    Args:
        messages: A history, from its beginning.
        chain: The hash of what comes before them.
        logged: Contains the hash of everything up to each logged answer.
    """
    ordered: list[Message] = []
    waiting: list[Message] = []  # results, until all calls of their answer are there
    best: list[Message] | None = None
    is_whole = True
    for index, message in enumerate(messages):
        if _is_result(message) and not is_whole:
            waiting.append(message)
            continue
        chain = extended_chain(chain, message)
        ordered.append(message)
        if not _has(message, "tool_call"):
            continue
        is_whole = chain in logged
        if is_whole:
            for result in waiting:
                chain = extended_chain(chain, result)
            if waiting:
                best = [*ordered, *waiting, *messages[index + 1 :]]
            ordered += waiting
            waiting = []
    return best


def _has(message: Message, kind: str) -> bool:
    return any(part.get("type") == kind for part in message["parts"])


def _is_result(message: Message) -> bool:
    return _has(message, "tool_call_response") and message.get("role") != "assistant"

"""The arguments of `Provider.answer`, checked where a test gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from hilt.core.arguments import count_checked, text_checked, texts_checked
from hilt.core.exceptions import ConfigurationError
from hilt.testing.provider.answers import Answer, Tokens, ToolCall

__all__ = ["answer_of", "times_checked"]

_TEXTS = ("text", "reasoning", "finish_reason", "model", "id")
_OBJECTS = ("usage", "error", "headers")
_LISTS = ("choices", "vectors", "scores")
_STATUSES = range(100, 600)


def answer_of(text: object, **given: Any) -> Answer:
    """The answer that a user gave, whole or by its fields.

    Args:
        text: Its text, or all of it.
        given: Its fields; None and an empty tuple stand for none.

    Raises:
        ConfigurationError: If it is none, or a field is wrong.
    """
    named = {name: value for name, value in given.items() if value is not None and value != ()}
    if isinstance(text, Answer):
        if names := ", ".join(named):
            raise ConfigurationError(f"answer: an Answer is given, so put {names} into it")
        return _checked(text)
    if text is not None and not isinstance(text, str):
        raise ConfigurationError(f"answer: {text!r} is neither text nor a hilt.testing.Answer")
    if "chunks" in named:
        named["chunks"] = texts_checked("chunks", named["chunks"])
    if text is None and named.get("chunks"):
        text = "".join(named["chunks"])
    if "tool_calls" in named:
        named["tool_calls"] = _tool_calls(named["tool_calls"])
    return _checked(Answer(text, **named))


def times_checked(times: object) -> None:
    """Check for how many requests something is.

    Raises:
        ConfigurationError: If it is no number of requests.
    """
    if times is not None and (type(times) is not int or times < 1):
        raise ConfigurationError(f"times: {times!r} is neither a whole number from 1 nor None")


def _checked(answer: Answer) -> Answer:
    for name in _TEXTS:
        text_checked(name, getattr(answer, name))
    for name in _OBJECTS:
        value = getattr(answer, name)
        if value is not None and not isinstance(value, Mapping):
            raise ConfigurationError(f"{name}: {value!r} is not a dict")
    for name in _LISTS:
        value = getattr(answer, name)
        if value is not None and (isinstance(value, str) or not isinstance(value, Iterable)):
            raise ConfigurationError(f"{name}: {value!r} is not a list")
    if answer.chunks is not None:
        texts_checked("chunks", answer.chunks)
    if type(answer.status) is not int or answer.status not in _STATUSES:
        raise ConfigurationError(f"status: {answer.status!r} is not an HTTP status, 100 to 599")
    _tool_calls(answer.tool_calls)
    _check_tokens(answer.tokens)
    return answer


def _check_tokens(tokens: object) -> None:
    if tokens is None:
        return
    if not isinstance(tokens, Tokens):
        raise ConfigurationError(
            f"tokens: {tokens!r} is no Tokens; expected such as Tokens(prompt=10, completion=5)"
        )
    for each in fields(Tokens):
        count = getattr(tokens, each.name)
        if count is not None:
            count_checked(f"tokens: {each.name}", count, 0)


def _tool_calls(calls: object) -> list[ToolCall]:
    if isinstance(calls, str | Mapping) or not isinstance(calls, Iterable):
        raise ConfigurationError(
            f"tool_calls: {calls!r} is not a list, such as [('find_order', {{'id': 42}})]"
        )
    return [_tool_call(call) for call in calls]


def _tool_call(call: object) -> ToolCall:
    pair = isinstance(call, tuple) and len(call) == 2  # noqa: PLR2004 # a name and arguments
    found = ToolCall(*call) if isinstance(call, tuple) and pair else call
    if (
        not isinstance(found, ToolCall)
        or not isinstance(found.name, str)
        or not isinstance(found.arguments, str | Mapping)
    ):
        raise ConfigurationError(
            f"tool_calls: {call!r} is neither a ToolCall nor a name with its arguments"
        )
    return found

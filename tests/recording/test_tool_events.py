"""Tool calls of answers and tool results of requests, as events."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Message, Part
from hilt.recording.history import History
from hilt.recording.tool_events import (
    new_tool_results,
    only_tool_results,
    tool_call_event,
    tool_result_event,
)
from tests.recording.calls import call, message

FIRST: Part = {"type": "tool_call_response", "id": "c1", "response": "14 C"}
SECOND: Part = {"type": "tool_call_response", "id": "c2", "response": {"c": 14}}
CALL: Part = {"type": "tool_call", "id": "c1", "name": "weather"}


@pytest.mark.parametrize(
    ("messages", "results"),
    [
        ([], []),
        ([message("user", "Hi")], []),
        ([message("tool", FIRST), message("user", SECOND)], [FIRST, SECOND]),
        ([message("tool", FIRST), message("assistant", "Ho")], []),
        ([message("tool", FIRST), message("assistant", CALL), message("tool", SECOND)], [SECOND]),
        ([message("assistant", CALL), message("user", FIRST, "And?")], [FIRST]),
    ],
)
def test_new_results_stand_after_the_last_answer(
    messages: list[Message], results: list[Part]
) -> None:
    """Those before it were sent by an earlier call."""
    assert new_tool_results(messages) == results


@pytest.mark.parametrize(
    ("messages", "only"),
    [
        ([message("tool", FIRST), message("tool", SECOND)], True),
        ([message("user", FIRST, "And?")], False),
        ([message("tool", FIRST), message("user", "And?")], False),
    ],
)
def test_messages_that_are_results_only(messages: list[Message], only: bool) -> None:
    """One other part, and they are not."""
    assert only_tool_results(messages) is only


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (FIRST, "weather"),
        ({**FIRST, "name": "other"}, "weather"),
        ({**SECOND, "name": "other"}, "other"),
        (SECOND, "c2"),
        ({"type": "tool_call_response", "response": "x"}, "tool"),
        ({"type": "tool_call_response", "name": {"a": 1}, "response": "x"}, '{"a":1}'),
    ],
)
def test_name_of_a_result(part: Part, name: str) -> None:
    """That of the logged call, else its own, else its id."""
    history = History()
    history.remember_tool_call("c1", "weather", "evt_call")

    event = tool_result_event(call(), part, history)

    assert event["actor"] == {"type": "tool", "id": name}
    assert event["content"]["tool"]["name"] == name


@pytest.mark.parametrize(
    ("response", "content"),
    [
        ("14 C", {"text": "14 C", "tool": {"name": "c2", "call_id": "c2", "result": "14 C"}}),
        ([1], {"text": "[1]", "tool": {"name": "c2", "call_id": "c2", "result": [1]}}),
        (None, {"text": "null", "tool": {"name": "c2", "call_id": "c2"}}),
    ],
)
def test_content_of_a_result(response: Any, content: dict[str, Any]) -> None:
    """The result as it came, and as a text."""
    event = tool_result_event(call(), {**SECOND, "response": response}, History())

    assert event["content"] == content


def test_result_is_remembered() -> None:
    """A span of the tool that comes later does not log it again."""
    history = History()

    tool_result_event(call(), FIRST, history)
    tool_result_event(call(), {"type": "tool_call_response", "response": "x"}, history)

    assert history.has_result("c1")
    assert history.tool_result("c1") is None


def test_call_is_remembered() -> None:
    """Its result gets the tool's name and a link."""
    history = History()

    event = tool_call_event(call(), CALL, "evt_ending", history)

    assert history.tool_call("c1") == ("weather", event["event_id"])
    assert event["extensions"] == {"reply_to": "evt_ending"}


def test_results_and_calls_without_content() -> None:
    """Where content is not captured, there is none."""
    silent = call(capture_content=False)

    assert "content" not in tool_result_event(silent, FIRST, History())
    assert "content" not in tool_call_event(silent, CALL, "evt_ending", History())

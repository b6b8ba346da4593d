"""Tool calls of answers and tool results of requests, as events."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Message, Part
from hilt.recording.history import Continuation, History, LoggedAnswer, ToolCallEvent
from hilt.recording.tool_events import (
    answered_tool_calls,
    new_tool_results,
    only_tool_results,
    tool_call_event,
    tool_result_event,
)
from tests.recording.calls import call, message, request

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
        ([message("user", FIRST, {"type": "cachePoint", "content": {}})], True),
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
        ({**SECOND, "name": "other"}, "other"),
        (SECOND, "c2"),
        ({"type": "tool_call_response", "response": "x"}, "tool"),
        ({"type": "tool_call_response", "name": {"a": 1}, "response": "x"}, '{"a":1}'),
    ],
)
def test_name_of_a_result(part: Part, name: str) -> None:
    """That of the logged call, else its own, else its id."""
    asked = ToolCallEvent("c1", "weather", "evt_call", "conv_1")

    event = tool_result_event(call(), part, asked if part is FIRST else None, History())

    assert event["actor"] == {"type": "tool", "id": name}
    assert event["content"]["tool"]["name"] == name


@pytest.mark.parametrize(
    ("call_id", "name"), [("c1", "weather"), ("c2", "news"), ("c3", "time"), ("c4", "c4")]
)
def test_name_of_a_result_whose_call_is_not_logged(call_id: str, name: str) -> None:
    """That of the call with its id among those that the request sends back; the newest one."""
    sent = request(
        message("user", "Hi"),
        message("assistant", {**CALL, "id": "c3", "name": "old"}),
        message("assistant", {**FIRST, "id": "c2", "name": "no"}, CALL,
                {**CALL, "id": "c2", "name": "news"}, {**CALL, "id": "c3", "name": "time"}),
        message("tool", {**FIRST, "id": call_id}),
    )  # fmt: skip

    event = tool_result_event(call(sent), {**FIRST, "id": call_id}, None, History())

    assert event["actor"] == {"type": "tool", "id": name}


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
    event = tool_result_event(call(), {**SECOND, "response": response}, None, History())

    assert event["content"] == content


@pytest.mark.parametrize(
    ("parts", "content"),
    [
        ([{"type": "blob", "modality": "image", "size": 7}],
         {"images": [{"type": "blob", "modality": "image", "size": 7}]}),
        ([{"type": "blob", "modality": "document", "size": 7}, {"type": "uri", "uri": "gs://b/a"}],
         {"media": [{"type": "blob", "modality": "document", "size": 7}],
          "parts": [{"type": "uri", "uri": "gs://b/a"}]}),
        ([], {}),
    ],
)  # fmt: skip
def test_what_stands_beside_a_result(parts: list[Part], content: dict[str, Any]) -> None:
    """Images, files and addresses that a tool returned are in the fields that answers have."""
    event = tool_result_event(call(), {**FIRST, "parts": parts}, None, History())

    assert event["content"] == {
        "text": "14 C", "tool": {"name": "c1", "call_id": "c1", "result": "14 C"}, **content,
    }  # fmt: skip


def test_result_is_remembered() -> None:
    """A span of the tool that comes later does not log it again."""
    history = History()

    asked = ToolCallEvent("c2", "weather", "evt_call", "conv_1")
    tool_result_event(call(), FIRST, None, history)
    tool_result_event(call(), SECOND, asked, history)
    tool_result_event(call(), {"type": "tool_call_response", "response": "x"}, None, history)

    assert history.has_result("c1")
    assert history.has_result("evt_call")
    assert not history.has_result("c2")
    assert history.tool_result("c1") is None


def test_call_is_remembered() -> None:
    """Its result gets the tool's name and a link."""
    history = History()

    event = tool_call_event(call(session_id="conv_1"), CALL, "evt_ending", history)

    assert history.tool_call("c1") == ("c1", "weather", event["event_id"], "conv_1")
    assert event["extensions"] == {"reply_to": "evt_ending"}


ASKED = [ToolCallEvent(None, name, f"evt_{n}", "conv_1") for n, name in enumerate("ffg")]
WITH_IDS = [ToolCallEvent(f"c{n}", name, f"evt_{n}", "conv_1") for n, name in enumerate("ffg")]


def result(**fields: str) -> Part:
    """The result of a tool."""
    return {"type": "tool_call_response", "response": "x", **fields}


@pytest.mark.parametrize(
    ("asked", "results", "answered"),
    [
        (WITH_IDS, [result(id="c2"), result(id="c0")], [2, 0]),
        (WITH_IDS, [result(id="made-up", name="g"), result(id="c0")], [2, 0]),
        (WITH_IDS[:2], [result(id="c0"), result(name="f")], [0, 1]),
        (ASKED, [result(name="g"), result(name="f"), result(name="f")], [2, 0, 1]),
        (ASKED, [result(name="f")], [0]),
        (ASKED, [result(id="x"), result(id="y"), result(id="z")], [0, 1, 2]),
        (ASKED[2:], [result()], [2]),
        (ASKED, [result()], [None]),
        (ASKED, [result(name="h")], [None]),
        (ASKED[:2], [result(name="h"), result()], [None, None]),
        (ASKED[:2], [result(), result(), result()], [None, None, None]),
        ([], [result(id="old"), result(id="other")], ["old", None]),
    ],
)
def test_tool_calls_that_results_answer(
    asked: list[ToolCallEvent], results: list[Part], answered: list[Any]
) -> None:
    """By id, by name in their order, or by position; a guess is none."""
    history, observation = History(), call(session_id="conv_1")
    history.remember_tool_call("old", "f", "evt_old", "conv_1")
    before = LoggedAnswer("evt_answer", "conv_1", tool_calls=asked)
    observation.continuation = Continuation(before, 0, 0)

    found = answered_tool_calls(observation, results, history)

    assert [each and each.event_id for each in found] == [
        None if each is None else f"evt_{each}" for each in answered
    ]


def test_results_and_calls_without_content() -> None:
    """Where content is not captured, there is none."""
    silent = call(capture_content=False)

    assert "content" not in tool_result_event(silent, FIRST, None, History())
    assert "content" not in tool_call_event(silent, CALL, "evt_ending", History())


def test_result_without_an_id_replies_to_the_call_that_it_answers() -> None:
    """Some APIs have names alone."""
    part = {"type": "tool_call_response", "name": "weather", "response": "14 C"}
    answered = ToolCallEvent(None, "weather", "evt_asked", "s")

    event = tool_result_event(call(), part, answered, History())

    assert event["extensions"] == {"reply_to": "evt_asked"}

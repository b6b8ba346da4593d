"""``hilt show``."""

from __future__ import annotations

import json

import pytest

from tests.analysis.conftest import LogWriter


@pytest.fixture
def weather(tmp_path):
    """A conversation with a tool."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call("Hello", session_id="other")
    answer = log.call("Weather?", "I will look.", "order-42", "alice", finish_reason="tool_calls")
    call = log.tool_call(answer, session_id="order-42", city="Paris")
    result = log.tool_result(call, answer, session_id="order-42")
    last = log.answer(result, "It rains.\x1b[31m", "order-42")
    log.write("order-42", action="feedback", extensions={"reply_to": last, "rating": 5})
    return log


def test_a_conversation_as_a_transcript(hilt, weather):
    """Who said what, with tools, costs, times and ratings; nothing controls the terminal."""
    code, out, err = hilt("show", "order-42", weather.path, "--utc")

    assert (code, err) == (0, "Times are UTC.\n")
    assert out.splitlines() == [
        "Conversation order-42: 2 calls, $1.00",
        "",
        "alice  2026-11-28 10:00:03",
        "Weather?",
        "",
        "gpt-5-2026  2026-11-28 10:00:04 2.0 s 10 in, 4 out $0.50",
        "I will look.",
        "",
        "get_weather",
        "call: {'city': 'Paris'}",
        "",
        "get_weather  2026-11-28 10:00:06",
        "rain",
        "",
        "gpt-5-2026  2026-11-28 10:00:07 2.0 s 10 in, 4 out $0.50",
        "It rains.\ufffd[31m",
        "",
        "user  2026-11-28 10:00:08",
        "rating: 5",
    ]


def test_the_newest_conversation(hilt, weather):
    """Without an id."""
    assert hilt("show", "--last", weather.path)[1].startswith("Conversation order-42: 2 calls")


def test_markdown(hilt, weather):
    """To share as it stands."""
    lines = hilt("show", "order-42", weather.path, "--markdown", "--utc")[1].splitlines()

    assert lines[:5] == [
        "# Conversation order-42",
        "",
        "## alice (2026-11-28 10:00:03)",
        "",
        "Weather?",
    ]


def test_for_a_model(hilt, weather):
    """Short plain text."""
    assert hilt("show", "order-42", weather.path, "--for-model")[1].splitlines()[:2] == [
        "user alice: Weather?",
        "assistant gpt-5-2026: I will look.",
    ]


def test_json_with_the_exact_input(hilt, weather):
    """Each call with its events, and what it sent."""
    _, out, _ = hilt("show", "order-42", weather.path, "--json", "--full")

    calls = json.loads(out)["calls"]
    assert [event["action"] for event in calls[1]["events"]] == [
        "tool_result", "completion", "feedback",
    ]  # fmt: skip
    assert [message["role"] for message in calls[1]["input"]] == ["user", "assistant", "tool"]


def test_a_failed_call(hilt, tmp_path):
    """Its error is what was answered."""
    log = LogWriter(tmp_path / "app.jsonl")
    ending = log.failure(log.prompt())

    _, out, _ = hilt("show", ending, log.path)

    assert out.splitlines()[0] == f"Call {ending} of s: 1 call, $0.00"
    assert out.splitlines()[-2].endswith("100 ms failed rate_limit")
    assert out.splitlines()[-1] == "Too many requests"


def test_wrong_ids_are_wrong_usage(hilt, weather):
    """In one line."""
    assert hilt("show", "nothing-like-it", weather.path) == (
        2, "", "hilt: no id begins with 'nothing-like-it'\n",
    )  # fmt: skip
    assert hilt("show")[0] == 2

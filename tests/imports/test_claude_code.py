"""Sessions of Claude Code."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilt.imports import claude_code
from tests.imports.histories import (
    entry,
    events_of,
    import_file,
    piece,
    text,
    told,
    write_lines,
)


def tool_use(name: str) -> dict[str, object]:
    """A block that calls a tool."""
    return {"type": "tool_use", "id": name, "name": "Read", "input": {"path": name}}


def result(name: str) -> list[dict[str, str]]:
    """A block with what a tool gave."""
    return [{"type": "tool_result", "tool_use_id": name, "content": f"{name}!"}]


SESSION = (
    {"type": "summary", "summary": "Two files", "leafUuid": "a4"},
    entry("user", "u1", None, 1, "Read both"),
    piece("a1", "u1", 3, text("Sure"), usage={"input_tokens": 10, "output_tokens": 1}),
    piece("a2", "a1", 4, tool_use("t1")),
    piece("a3", "a2", 4, tool_use("t2"), stop_reason="tool_use"),
    entry("user", "r1", "a2", 5, result("t1")),
    entry("user", "r2", "a3", 6, result("t2")),
    {"type": "attachment", "uuid": "x", "parentUuid": "r2"},
    piece("a4", "x", 8, text("Done"), id="msg_2", stop_reason="end_turn"),
)


def test_session_becomes_the_events_of_its_calls(tmp_path: Path) -> None:
    """Pieces of an answer are one answer, and both results go into the call after it."""
    events = events_of(write_lines(tmp_path / "session.jsonl", *SESSION))

    assert [told(each, events) for each in events] == [
        ("prompt", "Read both", {}),
        ("completion", "Sure", {"reply_to": 0}),
        ("tool_call", "Read", {"reply_to": 1}),
        ("tool_call", "Read", {"reply_to": 1}),
        ("tool_result", "t1!", {"reply_to": 2, "context_of": 1}),
        ("tool_result", "t2!", {"reply_to": 3}),
        ("completion", "Done", {"reply_to": 5}),
    ]
    assert {each.session_id for each in events} == {"session-1"}


def test_answer_has_usage_cost_and_times(tmp_path: Path) -> None:
    """The counts are those of the last piece, and the cost is that of the day."""
    answer = events_of(write_lines(tmp_path / "session.jsonl", *SESSION))[1]

    assert answer.timestamp == "2026-11-01T10:00:04.000000Z"
    assert answer.metrics is not None
    assert answer.metrics.tokens == {
        "prompt": 110,
        "completion": 5,
        "total": 115,
        "cached": 0,
        "cache_write": 100,
    }
    # $3 a million of input, a quarter more for what is written to the cache, $15 of output
    assert answer.metrics.cost_usd == pytest.approx((10 * 3 + 100 * 3.75 + 5 * 15) / 1e6)
    provenance = answer.provenance or {}
    assert provenance["response_model"] == "claude-sonnet-4-5-20250929"
    assert provenance["response_id"] == "msg_1"
    assert provenance["request_id"] == "req_1"
    assert provenance["imported_from"] == "claude-code"


def test_agent_of_its_own_is_marked(tmp_path: Path) -> None:
    """The run of an agent belongs to the session, and continues no answer of it."""
    agent = {"isSidechain": True, "agentId": "abc"}
    path = write_lines(
        tmp_path / "agent.jsonl",
        entry("user", "u1", None, 1, "Look"),
        piece("a1", "u1", 2, text("I will")),
        {**entry("user", "u2", None, 3, "Find it"), **agent},
        {**piece("a2", "u2", 4, text("Found"), id="msg_2"), **agent},
    )

    events = events_of(path)

    assert [told(each, events) for each in events[2:]] == [
        ("prompt", "Find it", {}),
        ("completion", "Found", {"reply_to": 2}),
    ]
    assert [(each.extensions or {}).get("sidechain") for each in events] == [None, None, True, True]
    assert (events[3].extensions or {})["agent_id"] == "abc"


def test_error_is_a_call_that_failed(tmp_path: Path) -> None:
    """What was asked is asked again by the call after it."""
    path = write_lines(
        tmp_path / "failed.jsonl",
        entry("user", "u1", None, 1, "Hello"),
        {
            **piece("a1", "u1", 2, text("API Error: Overloaded"), id="x", model="<synthetic>"),
            "isApiErrorMessage": True,
        },
        entry("user", "u2", "a1", 3, "Again"),
        piece("a2", "u2", 4, text("Hi"), id="msg_2"),
    )

    events = events_of(path)

    assert [told(each, events) for each in events] == [
        ("prompt", "Hello", {}),
        ("system", "API Error: Overloaded", {"reply_to": 0}),
        ("prompt", "Again", {}),
        ("completion", "Hi", {"reply_to": 2}),
    ]
    assert (events[1].extensions or {})["outcome"] == "failed"


def test_resumed_session_has_no_call_twice(tmp_path: Path) -> None:
    """A session that is resumed is copied to a file of its own, under another id."""
    first = write_lines(tmp_path / "first.jsonl", *SESSION)
    copied = [{**each, "sessionId": "session-2"} for each in SESSION]
    more = entry("user", "u3", "a4", 9, "Thanks"), piece("a5", "u3", 10, text("Bye"), id="msg_3")
    second = write_lines(tmp_path / "second.jsonl", *copied, *more)
    import_file(first)

    assert import_file(second).events == 2


def test_odd_entries_are_named(tmp_path: Path) -> None:
    """By their lines; the others are read."""
    path = write_lines(
        tmp_path / "odd.jsonl",
        entry("user", "u1", None, 1, "Hello"),
        5,
        {**entry("user", "u2", None, 1, "When?"), "timestamp": "soon"},
        piece("a1", "u1", 2, text("Hi")),
    )

    imported = import_file(path)

    assert (imported.events, imported.unreadable) == (2, 2)
    assert [str(each) for each in imported.errors] == [
        f"{path}:2: not an entry of a Claude Code session",
        f"{path}:3: an entry without an id, a time or a message: 'u2'",
    ]


@pytest.mark.parametrize(
    "value",
    [
        {"type": "user", "message": {}},
        {"type": "summary"},
        {"resourceSpans": []},
        [],
        None,
    ],
)
def test_other_values_are_not_recognized(value: object) -> None:
    """Only what has the marks of an entry is one."""
    assert not claude_code.recognizes(value)

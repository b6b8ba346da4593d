"""Asking a log."""

from __future__ import annotations

import gzip
import io
import sys
from types import SimpleNamespace

import pytest

import hilt
from hilt.analysis.filters import Filters
from hilt.core.exceptions import ConfigurationError, ReadError


def test_a_call_joins_its_events(log):
    """Prompt, ending, tool calls and feedback are one call, whatever is between them."""
    first = log.prompt("What is the weather?", "a", "alice")
    other = log.prompt("Hi", "b", "bob")
    answer = log.answer(first, "", "a", finish_reason="tool_calls")
    log.tool_call(answer, session_id="a", city="Paris")
    log.answer(other, "Hello", "b")
    log.write("a", action="feedback", extensions={"reply_to": answer, "rating": 5})

    call, _ = log.open().calls()

    assert call.to_dict() == {
        "id": answer,
        "session_id": "a",
        "timestamp": "2026-11-28T10:00:03.000000Z",
        "started": "2026-11-28T10:00:01.000000Z",
        "user": "alice",
        "provider": "openai",
        "model": "gpt-5-2026",
        "request_model": "gpt-5",
        "operation": "chat",
        "outcome": "completed",
        "status_code": 200,
        "finish_reason": "tool_calls",
        "prompt": "What is the weather?",
        "answer": "",
        "tools": ["get_weather"],
        "tokens_in": 10,
        "tokens_out": 4,
        "tokens_cached": 5,
        "cost_usd": 0.5,
        "latency_ms": 2000.0,
        "rating": 5,
    }
    assert [event.action for event in call.events()] == [
        "prompt", "completion", "tool_call", "feedback",
    ]  # fmt: skip


def test_a_query_can_be_read_again(log):
    """Each iteration reads the log as it is then."""
    calls = log.open().calls()
    assert list(calls) == []

    log.call()

    assert len(list(calls)) == 1
    assert calls.first().answer_text == "Hello"


def test_lines_that_are_no_events_are_counted(log):
    """They cost themselves only."""
    log.call()
    with log.path.open("ab") as file:
        file.write(
            b'{"torn\n{"event_id":"x"}\n' + b"[" * 100_000 + b"]\n" + b'{"a":' * 9999 + b"}\n"
        )
    log.call()
    calls = log.open().calls()

    assert len(list(calls)) == 2
    assert (calls.skipped, sorted(error.number for error in calls.errors)) == (4, [3, 4, 5, 6])


def test_an_event_that_the_format_does_not_allow_is_counted(log):
    """Events are not given without it being said; its call is known all the same."""
    log.call()
    with log.path.open("ab") as file:
        line = log.path.read_bytes().splitlines()[0]
        file.write(line.replace(b"2026-11-28T10", b"some day") + b"\n")
    events = log.open().events()

    assert len(list(events)) == 2
    assert (events.skipped, [error.number for error in events.errors]) == (1, [3])


def test_rotated_and_compressed_parts_belong_to_the_log(log):
    """A call may begin in one part and end in the next."""
    prompt = log.prompt()
    part = log.path.with_name("app.20261128T100000000000Z.jsonl.gz")
    part.write_bytes(gzip.compress(log.path.read_bytes()))
    log.path.write_bytes(b"")
    log.answer(prompt)

    (call,) = log.open().calls()

    assert call.prompt_text == "Hi"


def test_several_logs(log, tmp_path):
    """They are one log, in the order in which they are given."""
    log.call("one")
    other = tmp_path / "other.jsonl"
    other.write_bytes(log.path.read_bytes().replace(b"one", b"two"))

    calls = hilt.open_log(other, log.path).calls()

    assert [call.prompt_text for call in calls] == ["two", "one"]


def test_standard_input(log, monkeypatch):
    """A dash is what another program prints."""
    log.call()
    file = io.BufferedReader(io.BytesIO(log.path.read_bytes()))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=file))

    assert len(list(hilt.open_log("-").calls())) == 1


def test_a_log_keeps_what_is_asked_twice(log, monkeypatch):
    """``keep()`` comes before the first question; the second one gets the same answer."""
    log.call()
    data = log.path.read_bytes()
    for kept in (False, True):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
        opened = hilt.open_log("-")
        if kept:
            opened.keep()
        assert opened.stats().total.calls == 1
        if kept:
            assert opened.stats().total.calls == 1
        else:
            with pytest.raises(ReadError, match="name a file"):
                opened.stats()


def test_a_log_that_is_not_there(tmp_path):
    """It is named."""
    with pytest.raises(ReadError, match=r"none.jsonl: there is no such log"):
        hilt.open_log(tmp_path / "none.jsonl")


@pytest.mark.parametrize(
    ("filters", "actions"),
    [
        ({}, ["prompt", "completion", "prompt", "system"]),
        ({"chunks": True}, ["prompt", "completion_chunk", "completion", "prompt", "system"]),
        ({"action": "completion_chunk"}, ["completion_chunk"]),
        ({"errors": True}, ["system"]),
        ({"user": "bob"}, ["prompt", "system"]),
        ({"model": "gpt-5-2026"}, ["completion"]),
        ({"text": "HELLO"}, ["completion"]),
        ({"session": "b"}, ["prompt", "system"]),
    ],
)
def test_events_are_filtered(log, filters, actions):
    """By themselves where that is enough, by their calls where not."""
    prompt = log.prompt("Hi", "a")
    log.write("a", ("agent", "openai"), "completion_chunk", extensions={"reply_to": prompt})
    log.answer(prompt, "Hello", "a")
    log.failure(log.prompt("Hi", "b", "bob"), "b")

    assert [event.action for event in log.open().events(**filters)] == actions


def test_conversations_are_joined_by_their_links(log):
    """Two chains that share a derived id are two; what another process went on with is one."""
    derived, other = "conv_0123456789abcdef", "conv_fedcba9876543210"
    first = log.call("one", session_id=derived, continues_as=other)
    second = log.call("one", session_id=derived)
    log.call("two", session_id=derived, context=second)
    log.call("three", session_id=other)

    conversations = log.open().conversations().to_dicts()

    assert [(each["id"], each["calls"], each["title"]) for each in conversations] == [
        (derived, 2, "one"),
        (derived, 2, "one"),
    ]
    assert log.open().conversations().first().calls[0].id == first


def test_an_ambiguous_continuation_is_not_joined(log):
    """Where two conversations could be meant, each stays as it is."""
    derived, other = "conv_0123456789abcdef", "conv_fedcba9876543210"
    log.call("one", session_id=derived, continues_as=other)
    log.call("one", session_id=derived, continues_as=other)
    log.call("three", session_id=other)

    assert [len(each.calls) for each in log.open().conversations()] == [1, 1, 1]


def test_statistics_come_with_what_was_skipped(log):
    """Figures say how many lines they are without."""
    log.call()
    with log.path.open("ab") as file:
        file.write(b"{torn\n")

    statistics = log.open().stats("model")

    assert statistics.groups[("gpt-5-2026",)].calls == 1
    assert (statistics.skipped, statistics.errors[0].number) == (1, 3)


def test_filters_are_given_as_such_or_by_their_names(log):
    """A name alone says not what it restricts, and two ways at once are not joined."""
    log.call()
    opened = log.open()

    for ask in (opened.calls, opened.events, opened.conversations):
        with pytest.raises(ConfigurationError, match="filters: 'gpt-5' is not Filters; name what"):
            ask("gpt-5")
        with pytest.raises(ConfigurationError, match="not both"):
            ask(Filters(), model="gpt-5")
    with pytest.raises(ConfigurationError, match="not both"):
        opened.stats(filters=Filters(), model="gpt-5")


def test_a_log_and_its_figures_are_named_in_a_notebook(log):
    """By their paths and keys."""
    log.call()
    opened = log.open()

    assert repr(opened) == f"<Log {log.path}>"
    assert repr(opened.stats("model")) == "<Statistics by model: calls 1, groups 1>"


def test_a_rotated_file_that_is_named_beside_its_log_is_read_once(log):
    """As a pattern of the shell does; alone, it is a log, too."""
    names = [log.path.with_name(f"app.2026110{day}T000000000000Z.jsonl") for day in (1, 2)]
    names.append(names[1].with_name(f"{names[1].name}.gz"))  # while it is being compressed
    for name in names[:2]:
        log.call()
        log.path.rename(name)
    names[2].write_bytes(gzip.compress(names[1].read_bytes()))
    log.call()

    for given in ([*names, log.path], [log.path, *names], [log.path]):
        assert hilt.open_log(*given).stats().total.calls == 3
    assert hilt.open_log(*names[:2]).stats().total.calls == 2


def test_streams_are_the_calls_with_chunks(log):
    """They are read where a filter asks for them."""
    prompt = log.prompt("stream")
    log.write(action="completion_chunk", extensions={"reply_to": prompt, "chunk_index": 0})
    log.answer(prompt)
    log.call("whole")
    opened, filters = log.open(), Filters(action="completion_chunk")

    assert [call.prompt_text for call in opened.calls(filters)] == ["stream"]
    assert [call.prompt_text for call in opened.last_calls(5, filters)[0]] == ["stream"]
    assert opened.stats("model", filters=filters).total.calls == 1

"""Events whose fields hold what HILT never writes: each costs itself only, in every command."""

from __future__ import annotations

import copy
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hilt.analysis.event_lines import event_line as as_line
from hilt.analysis.filters import Filters
from hilt.analysis.log import open_log
from hilt.cli.call_lines import call_line
from hilt.cli.main import run
from hilt.cli.output import event_line, event_table, printable
from hilt.core.event import Event
from hilt.io.read.convert import convert
from hilt.io.read.events import read_events
from hilt.io.read.following import follow_events
from hilt.io.read.newest import last_events
from hilt.io.read.validating import check_log
from hilt.testing.provider import Provider, Recording

_ODD = (
    None, True, 0, -1, 2_000_000_000, 10**30, 1e308, "", "\x1b[2J\x00\u202e", "9" * 400, [], [None],
    [[]], {}, {"a": None}, [{"type": "text"}], [{"parts": 5}],
)  # fmt: skip


def events(number: int) -> list[dict[str, Any]]:
    """A chat with tools that failed never, and a rerank, as HILT writes them."""
    base = {"timestamp": "2026-01-01T00:00:00Z", "session_id": "s"}
    human, agent = {"type": "human", "id": "u"}, {"type": "agent", "id": "openai"}
    message = {"role": "user", "parts": [{"type": "text", "content": f"Hi {number}"}]}
    call = {"type": "tool_call", "name": "f", "id": "c", "arguments": {"a": 1}}
    answer = {"role": "assistant", "parts": [call], "finish_reason": "stop"}
    provenance = {
        "provider": "openai", "operation": "chat", "request_model": "m", "response_model": "m-1",
        "response_id": "r", "span_id": "1", "usage": {"prompt_tokens": 1},
    }  # fmt: skip
    tokens = {"prompt": 1, "completion": 2, "total": 3}
    ends = {"reply_to": f"p{number}", "outcome": "completed"}
    return [
        {**base, "event_id": f"p{number}", "actor": human, "action": "prompt",
         "content": {"text": f"Hi {number}", "messages": [message]}, "provenance": provenance,
         "extensions": {"context_of": "x"}},
        {**base, "event_id": f"k{number}", "actor": agent, "action": "completion_chunk",
         "content": {"text": "Hello"},
         "extensions": {"reply_to": f"p{number}", "chunk_index": 0}},
        {**base, "event_id": f"c{number}", "actor": agent, "action": "completion",
         "content": {"text": "Hello", "choices": [answer], "reasoning": "Hm"},
         "metrics": {"tokens": tokens, "cost_usd": 0.1}, "provenance": provenance,
         "extensions": {**ends, "finish_reason": "stop", "finish_reasons": ["stop", "stop"],
                        "model": "m", "latency_ms": 1, "status_code": 200}},
        {**base, "event_id": f"t{number}", "actor": agent, "action": "tool_call",
         "content": {"tool": {"name": "f", "call_id": "c", "arguments": {"a": 1}}},
         "extensions": {"reply_to": f"c{number}"}},
        {**base, "event_id": f"u{number}", "actor": {"type": "tool", "id": "f"},
         "action": "tool_result", "content": {"tool": {"call_id": "c", "result": "4"}},
         "provenance": provenance, "extensions": {"context_of": f"c{number}"}},
        {**base, "event_id": f"f{number}", "actor": {"type": "system", "id": "openai"},
         "action": "system", "content": {"text": "Error code: 429 - {'error': {}}"},
         "provenance": provenance,
         "extensions": {**ends, "reply_to": f"u{number}", "outcome": "failed", "status_code": 429,
                        "error_code": "rate_limit", "retry_after_s": 1, "model": "m"}},
        {**base, "event_id": f"q{number}", "actor": human, "action": "prompt",
         "content": {"text": "q", "documents": ["a", "b"]}},
        {**base, "event_id": f"r{number}", "actor": agent, "action": "rerank",
         "content": {"documents": [{"index": 1, "score": 0.5}]},
         "provenance": {**provenance, "operation": "rerank"},
         "extensions": {**ends, "reply_to": f"q{number}", "model": "m", "dimensions": 3}},
    ]  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all fields in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*path, key)
        if isinstance(item, (dict, list)):
            yield from paths(item, (*path, key))


def with_field(value: Any, path: tuple[Any, ...], field: object) -> Any:
    """A copy of a JSON value with another field."""
    value = copy.deepcopy(value)
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = field
    return value


def odd_calls() -> Iterator[list[dict[str, Any]]]:
    """Calls with one odd field each, in every place of every event."""
    number = 0
    for index, event in enumerate(events(0)):
        for path in paths(event):
            for odd in _ODD:
                number += 1
                call = events(number)
                if path == ("event_id",) and odd:
                    continue  # an id that another event has is no oddity of its own
                call[index] = with_field(call[index], path, odd)
                yield call


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of thousands of odd events, with a sound call at either end."""
    path = tmp_path_factory.mktemp("odd") / "log.jsonl"
    calls = [events(900_001), *odd_calls(), events(900_002)]
    path.write_text("".join(json.dumps(event) + "\n" for call in calls for event in call))
    return path


def sound_ids(ids: Iterator[str]) -> set[str]:
    """Those of the sound calls."""
    return {each for each in ids if each.endswith(("900001", "900002"))}


def test_reading_gives_the_sound_ones(log: Path) -> None:
    """And counts the others."""
    reader = read_events(log)

    assert len(sound_ids(event.event_id for event in reader)) == 16
    assert reader.skipped > 100


def test_validating_finds_what_is_wrong(log: Path) -> None:
    """Whatever it is."""
    report = check_log(log)

    assert report.bad > 100
    assert report.events > 1000


def test_converting_leaves_no_formula_and_no_control_character_that_acts(log: Path) -> None:
    """Every field can be a cell."""
    table = io.StringIO()
    fields = ("message", "extensions.status_code", "content.messages", "actor.name", "model")

    assert convert(log, table, columns=fields) > 1000


def is_shown(event: Event) -> bool:
    """A filter that asks all that the filters of ``hilt tail`` ask."""
    line = as_line(event.encode())
    tests = Filters(errors=True, model="m", provider="p", text="x", since="2h").event_tests()
    return all(test(line) in (True, False) for test in tests)


@pytest.mark.slow
def test_tail_shows_every_event(log: Path) -> None:
    """With no control character of any field."""
    shown = [event_line(event).plain for event in last_events(log, 100_000, is_shown)]

    assert len(shown) > 1000
    assert [line for line in shown if printable(line) != " ".join(line.split())] == []
    event_table(list(read_events(log))[:100])


@pytest.mark.slow
def test_every_question_can_be_asked(log: Path) -> None:
    """A value of another type costs itself only."""
    asked = open_log(log)

    assert len(asked.calls().to_dicts()) > 500
    assert asked.stats("model", "user", "tool", "day", "outcome").total.calls > 500
    assert len(asked.conversations().to_dicts()) > 1
    for call in asked.calls(chunks=True):
        call_line(call, "10:00:00", 80)
        call.events()
        call.texts()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["reprice", "--json"], 0),
        (["diff", "--json"], 0),
        (["watch", "--once", "--since", "2000-01-01", "--limit", "user=1call/day"], 1),
    ],
)
@pytest.mark.slow_after(1)
def test_calls_can_be_priced_compared_and_summed(log: Path, command: list[str], code: int) -> None:
    """Past each of them."""
    logs = [str(log)] * (2 if command[0] == "diff" else 1)

    assert run([command[0], *logs, *command[1:]]) == code


def test_following_goes_on(log: Path) -> None:
    """Past each of them."""
    stop = threading.Event()
    stop.set()

    assert len(sound_ids(event.event_id for event in follow_events(log, stop=stop))) == 16


def test_replaying_serves_the_sound_ones(log: Path) -> None:
    """And says how many others it cannot serve."""
    recording = Recording.of(read_events(log))

    assert len(sound_ids(call.ending for call in recording.calls)) == 6
    assert recording.skipped["logged with fields of another type"] > 10


@pytest.mark.slow
def test_replaying_an_odd_answer_fails_no_server(log: Path) -> None:
    """Each request is answered, by an answer or an error."""
    httpx = pytest.importorskip("httpx")
    recording = Recording.of(read_events(log))
    texts = [call.text for call in recording.calls if call.operation == "chat"][::80]
    with Provider(fallback=recording.answer) as provider, httpx.Client() as client:
        statuses = {
            client.post(
                f"{provider.url}/v1/chat/completions",
                json={"model": "m", "messages": [{"role": "user", "content": text}]},
            ).status_code
            for text in texts
        }

    assert statuses <= {200, 404, 429}


def test_events_can_be_written_again(log: Path) -> None:
    """What was read as an event is one still."""
    for event in read_events(log):
        Event.from_json(event.encode())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["log.jsonl", "log.html", "log.sqlite", "log.md"])
def test_every_format_can_be_written(log: Path, tmp_path: Path, name: str) -> None:
    """Whatever the fields hold, with no control character where people read."""
    assert run(["convert", str(log), "-o", str(tmp_path / name), "--action", "completion"]) == 0

    text = (tmp_path / name).read_bytes()
    assert len(text) > 1000
    assert name.endswith("sqlite") or b"\x1b" not in text

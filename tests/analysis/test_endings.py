"""Sums of calls by their endings alone, and by all of their events."""

from __future__ import annotations

import json
import random

import pytest

from hilt.analysis.endings import read_endings
from hilt.analysis.filters import Filters
from hilt.analysis.statistics import KEYS, KEYS_OF_OTHER_EVENTS, summarize
from hilt.io.read import lines

FILTERS = (
    {},
    {"errors": True},
    {"model": "gpt-6"},
    {"outcome": "unanswered"},
    {"slower_than": 1},
    {"since": "2026-11-28T10:00:30Z"},
)


def write_anything(log, seed: int) -> None:
    """Append events of calls in any order, some of them odd."""
    numbers = random.Random(seed)
    prompts, answers = [], ["evt_nobody"]
    for _ in range(120):
        session, model = numbers.choice("ab"), numbers.choice(("gpt-5", "gpt-6"))
        reply_to = prompts.pop(numbers.randrange(len(prompts))) if prompts else "evt_none"
        kind = numbers.randrange(9)
        if kind <= 2:
            prompts += [reply_to, log.prompt("Hi", session, "alice")]
        elif kind <= 4:
            answers.append(log.answer(reply_to, "Hello", session, model=model, cost=None))
        elif kind == 5:
            log.failure(reply_to, session, model=model)
        elif kind == 6:
            log.tool_call(answers[-1], session_id=session, action="completion", x="prompt")
        elif kind == 7:
            prompts += [reply_to, log.tool_result(answers[-1], session_id=session)]
        else:
            prompts.append(reply_to)
            log.write(
                session, ("agent", "a"), "system", extensions={"step": "plan", "phase": "end"}
            )


def dressed_otherwise(path) -> None:
    """The same events as another program might write them, and lines that are none."""
    dressed = []
    for number, line in enumerate(path.read_bytes().splitlines()):
        event = json.loads(line)
        if number % 5 == 0:
            event = dict(reversed(event.items()))
        dressed.append(line if number % 3 else json.dumps(event).encode())
        if number % 17 == 0:
            dressed += [line[:-9], line[:-9] + b"}", b'{"action":"completion","x":1}', b"{}", line]
    path.write_bytes(b"\n".join(dressed))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.slow_after(2)
def test_sums_are_the_same(log, seed):
    """Whatever stands in the log, in whichever order and dress."""
    write_anything(log, seed)
    for dress in (lambda path: None, dressed_otherwise):
        dress(log.path)
        opened = log.open()
        for given in FILTERS:
            filters = Filters(**given, utc=True)
            scan = opened.scan(filters)
            for key in sorted({*KEYS} - KEYS_OF_OTHER_EVENTS):
                scan = opened.scan(filters)
                expected = summarize(opened.read_calls(filters, scan), (key,), utc=True)
                statistics = opened.stats(key, filters=filters)

                assert statistics.to_dicts() == expected.to_dicts(), (given, key)
                assert statistics.skipped >= scan.skipped  # more lines are decoded


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"session_id":"a"', b'"session_id":"a\\"'),  # its quote is escaped
        (b'"session_id":"a"', b'"session_id":"a\\\\"'),
        (b'"action":"prompt"', b'"action":"pr\\u006fmpt"'),
        (b'"action":"prompt"', b'"action":"prompts"'),
        (b'"type":"human"', b'"type":"Human"'),
        (b'"event_id":"evt', b'"event_id":"\\u0065vt'),
        (b'"timestamp":', b'"timest{"hilt_version":"1.0.0","timestamp":'),
    ],
)
def test_an_odd_beginning_is_decoded(log, old, new):
    """It is a call where it is JSON, whether it has an ending or not, and counted where it is not."""
    log.answer(log.prompt("Hi", "a", "alice"))
    log.prompt("Hello?", "a", "alice")
    log.path.write_bytes(log.path.read_bytes().replace(old, new))
    opened = log.open()
    scan = opened.scan(Filters())
    expected = summarize(opened.read_calls(Filters(), scan), ("outcome",))

    statistics = opened.stats("outcome")

    assert statistics.to_dicts() == expected.to_dicts()
    assert statistics.skipped == scan.skipped


@pytest.mark.parametrize("between", [b":", b": "])
def test_chunks_are_passed_over(log, between):
    """Those of other programs too, and what is wrong in one is not looked for."""
    prompt = log.prompt()
    for _ in range(3):
        log.write("s", ("agent", "a"), "completion_chunk", extensions={"reply_to": prompt})
    log.answer(prompt)
    odd = b'"action"' + between + b'"completion_chunk"'
    data = log.path.read_bytes().replace(b'"action":"completion_chunk"', odd)
    log.path.write_bytes(data.replace(b'"extensions":{"reply_to"', b'"extensions":{reply_to"', 1))
    filters = Filters()
    scan = log.open().scan(filters)
    expected = summarize(log.open().read_calls(filters, scan))

    statistics = log.open().stats()

    assert statistics.to_dicts() == expected.to_dicts()
    assert (statistics.total.calls, statistics.skipped) == (1, scan.skipped)


@pytest.mark.parametrize("key", sorted(KEYS_OF_OTHER_EVENTS))
def test_who_asked_and_what_was_called_stand_in_other_events(log, key):
    """They are read for it."""
    answer = log.call(user="alice")
    log.tool_call(answer, name="get_weather")

    assert [row[key] for row in log.open().stats(key).to_dicts()] == [
        {"user": "alice", "tool": "get_weather"}[key]
    ]


def test_prompts_without_endings_do_not_fill_the_memory(log, monkeypatch):
    """The oldest are given up, and their endings are calls without a prompt."""
    prompts = [log.prompt("x" * 1000) for _ in range(10)]
    log.answer(prompts[0])
    monkeypatch.setattr(lines, "_CHUNK", 1500)

    outcomes = [c.outcome for c in read_endings(log.open().scan(Filters()), open_bytes=3000)]

    assert (outcomes.count("unanswered"), outcomes.count("completed")) == (10, 1)

"""Events from lines, quickly and carefully."""

from __future__ import annotations

import json

import pytest

from hilt.core import decoding
from hilt.core.decoding import decode_event
from hilt.core.event import Actor, Content, Event, Metrics
from hilt.core.exceptions import EventError

WHOLE = {
    "hilt_version": "1.0.0",
    "event_id": "evt_1",
    "timestamp": "2026-11-28T10:00:00.000001Z",
    "session_id": "order-42",
    "actor": {"type": "agent", "id": "openai", "name": "GPT", "metadata": {"a": 1}},
    "action": "completion",
    "content": {"text": "Hi", "messages": [{"role": "user"}], "documents": [], "tool": {"a": 1}},
    "metrics": {"tokens": {"prompt": 3}, "cost_usd": 1, "latency_ms": 2.5},
    "provenance": {"provider": "openai", "usage": {"n": None}},
    "privacy": {"pii_detected": []},
    "integrity": {"hash": "x"},
    "extensions": {"reply_to": "evt_0", "mine": [1]},
}


def changed(**fields) -> bytes:
    """The whole event with other fields, as a line."""
    return json.dumps({**WHOLE, **fields}).encode()


def without(name: str) -> bytes:
    """The whole event without a field, as a line."""
    return json.dumps({key: value for key, value in WHOLE.items() if key != name}).encode()


@pytest.mark.parametrize(
    "line",
    [
        changed(),
        without("hilt_version"),
        without("content"),
        without("metrics"),
        changed(timestamp="2026-11-28 10:00:00+02:00"),
        changed(timestamp="2026-11-28T10:00:59.5Z"),
        changed(provenance=None),
        changed(hilt_version=None),
        changed(unknown={"kept": True}),
        changed(extra={"kept": True}),
        changed(content={"text": "Hi", "tools": [1], "extra": 2}),
        changed(actor={"type": "human", "id": "user", "extra": {"a": 1}}),
        changed(metrics={"tokens": {}, "mine": 1}),
        changed(timestamp="2026-11-28T10:00:00Z"),
        changed(timestamp="2026-11-28T10:00:00.123456789Z"),
        changed(timestamp="2026-11-28t10:00:00z"),
        changed(session_id='a "extra" b'),
        changed(content={"text": None, "messages": None}),
        changed(metrics={"tokens": None, "cost_usd": None}),
        changed(hilt_version="1.7.0"),
    ],
)
def test_the_event_is_that_of_the_careful_way(line):
    """Quickly decoded events are the same objects, of the same classes, that write the same."""
    event, expected = decode_event(line), Event.from_json(line)

    assert event == expected
    assert type(event) is Event
    assert type(event.actor) is Actor
    assert event.content is None or type(event.content) is Content
    assert event.metrics is None or type(event.metrics) is Metrics
    assert event.encode() == expected.encode()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b'{"torn',
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        without("event_id"),
        without("timestamp"),
        without("actor"),
        changed(event_id=""),
        changed(session_id=1),
        changed(action="dance"),
        changed(actor={"type": "robot", "id": "r2"}),
        changed(timestamp="2026-13-01T00:00:00Z"),
        changed(timestamp="2026-11-28T10:00:61Z"),
        changed(timestamp="2026-11-28T10:00:00"),
        changed(timestamp="2026-11-28T10:00:00.1234567890Z"),
        changed(timestamp="2026-11-28T10:00:00.Z"),
        changed(timestamp="2026-11-28T10:00:\u0661\u0661Z"),
        changed(timestamp="2026-11-28T10:00:00Z "),
        changed(timestamp="2026-11-28 24:00:00Z"),
        changed(timestamp=""),
        changed(hilt_version=""),
        changed(metrics={"tokens": {"prompt": -1}}),
        changed(metrics={"tokens": {"prompt": True}}),
        changed(metrics={"cost_usd": "1"}),
        changed(content={"messages": {}}),
        changed(extensions=[]),
    ],
)
def test_what_is_no_event_is_refused_with_the_same_words(line):
    """The careful way decides, and says what is wrong."""
    decode_event(changed())  # the minute of the wrong timestamps is that of the event before

    with pytest.raises(EventError) as careful:
        Event.from_json(line)
    with pytest.raises(EventError) as quick:
        decode_event(line)

    assert str(quick.value) == str(careful.value)


def test_a_minute_is_looked_at_once_and_only_one_that_was_read(monkeypatch):
    """A wrong one is refused each time, also if the second is right; a right one is remembered."""
    monkeypatch.setattr(decoding, "_minute", "")
    for _ in range(2):
        with pytest.raises(EventError):
            decoding.check_timestamp("2026-13-28T10:00:00Z")
    decoding.check_timestamp("2026-11-28 10:00:00Z")
    with pytest.raises(EventError):
        decoding.check_timestamp("2026-11-28 10:00:00")
    decoding.check_timestamp("2026-11-28T10:00:00Z")

    def fail(text):
        raise AssertionError(text)

    monkeypatch.setattr(decoding, "parse_timestamp", fail)
    decoding.check_timestamp("2026-11-28T10:00:59.9Z")
    with pytest.raises(AssertionError):
        decoding.check_timestamp("2026-11-28T10:01:00Z")


def test_an_interpreter_that_lays_classes_out_differently_reads_all_the_same(monkeypatch):
    """Where structures cannot be given their classes, each line is read carefully."""
    monkeypatch.setattr(decoding, "_is_quick", False)

    assert decode_event(changed()) == Event.from_json(changed())
    monkeypatch.undo()
    assert decoding._is_quick is decoding._classes_can_be_given() is True
    monkeypatch.setattr(decoding, "Actor", dict)
    assert decoding._classes_can_be_given() is False

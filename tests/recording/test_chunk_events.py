"""Chunks as events and as encoded lines are the same."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.core.event import Event
from hilt.genai.observation import Observation
from hilt.privacy.policy import Policy
from hilt.recording.chunk_events import chunk_events, chunk_lines, sized_chunk_lines
from hilt.testing import fixed
from tests.recording.calls import STARTED, call

SECOND = 1_000_000_000


def streamed(*texts: str, step: int = 1_500_000, **fields: Any) -> Observation:
    """A call whose chunks come at this distance, in nanoseconds."""
    chunks = [(STARTED + number * step, text) for number, text in enumerate(texts)]
    return call(chunks=chunks, session_id="conv_1", **fields)


def written(observation: Observation) -> list[dict[str, Any]]:
    """The events of the lines."""
    lines, count = chunk_lines(observation)
    events = [Event.from_json(line).to_dict() for line in lines.splitlines()]
    assert len(events) == count
    return events


def test_chunk() -> None:
    """What is in an event of one chunk."""
    with fixed():
        events = chunk_events(streamed("Hel", "lo", reply_to="evt_1"))

    assert events == [
        {
            "hilt_version": "1.0.0",
            "event_id": f"evt_019b76daa8007{number:03x}800000000000000{number + 1}",
            "timestamp": f"2026-01-01T00:00:00.{number * 1500:06d}Z",
            "session_id": "conv_1",
            "actor": {"type": "agent", "id": "acme"},
            "action": "completion_chunk",
            "content": {"text": text},
            "extensions": {"reply_to": "evt_1", "chunk_index": number},
        }
        for number, text in enumerate(["Hel", "lo"])
    ]


@pytest.mark.parametrize(
    "observation",
    [
        {"reply_to": "evt_1"},
        {"reply_to": None},
        {"capture_content": False},
        {"step": 0},
        {"step": SECOND},
        {"step": -SECOND // 3},
        {"step": 999_999_999},
    ],
)
def test_lines_are_the_same_as_events(observation: dict[str, Any]) -> None:
    """Whatever the times, the links and the settings."""
    texts = ["a", "ü", '"quoted"\n', "100 %b %d", "\ud83d", "", "😀"]
    first, second = streamed(*texts, **observation), streamed(*texts, **observation)

    events = [Event.from_dict(event).to_dict() for event in chunk_events(first)]
    lines = written(second)

    for each in (*events, *lines):
        del each["event_id"]
        if each.get("content", {}).get("text") == "\ud83d":
            each["content"]["text"] = "\ufffd"  # encoded, half a character has no form
    assert lines == events


def test_names_with_percent_signs() -> None:
    """A conversation's id may have any characters."""
    observation = streamed("a", reply_to="evt_%d")
    observation.session_id, observation.request.provider = "100%", "%s"

    (event,) = written(observation)

    assert (event["session_id"], event["actor"]["id"]) == ("100%", "%s")
    assert event["extensions"] == {"reply_to": "evt_%d", "chunk_index": 0}


def test_ids_of_lines_sort_and_differ() -> None:
    """They share a moment, and count up."""
    ids = [event["event_id"] for event in written(streamed(*"abcdefghijklmnopqrst"))]

    assert ids == sorted(set(ids))
    assert len(ids) == 20


@pytest.mark.parametrize("make", [chunk_events, written])
def test_each_chunk_is_given_once(make: Any) -> None:
    """The second time, only what came since."""
    observation = streamed("a", "b")

    first = make(observation)
    observation.chunks.append((STARTED, "c"))
    second, third = make(observation), make(observation)

    indexes = [
        [each["extensions"]["chunk_index"] for each in events] for events in (first, second, third)
    ]
    assert indexes == [[0, 1], [2], []]


@pytest.mark.parametrize("make", [chunk_events, written])
def test_chunks_that_are_not_captured(make: Any) -> None:
    """There are none."""
    assert make(streamed("a", capture_chunks=False)) == []


def test_half_a_character_in_an_id() -> None:
    """An id that a provider sends may be no text, and its chunks are written all the same."""
    observation = streamed("Hi", reply_to="evt_1")
    observation.session_id = "conv_\ud800"

    (event,) = written(observation)

    assert event["content"] == {"text": "Hi"}


def test_call_whose_request_could_not_be_read() -> None:
    """Its chunks have the conversation that its ending will have."""
    observation = streamed("Hi", reply_to=None)
    observation.session_id, observation.trace_id = "", "ab" * 16

    (event,) = written(observation)

    assert event["session_id"] == observation.session_id == "conv_abababababababab"


def test_chunks_that_need_the_other_way_are_not_taken_for_written() -> None:
    """A key of the client in an id is taken out of each event: the chunks are still to come."""
    observation = streamed("Hel", "lo", keys=(b"sk-secret-key",))
    observation.session_id = "conv_sk-secret-key"

    assert sized_chunk_lines(observation, Policy("redact")) is None
    assert observation.chunks_written == 0
    assert [event["content"] for event in chunk_events(observation)] == [
        {"text": "Hel"},
        {"text": "lo"},
    ]

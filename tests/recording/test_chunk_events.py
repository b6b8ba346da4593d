"""Chunks as events and as encoded lines are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from hilt.core.event import Event
from hilt.genai.json_values import encode_json
from hilt.genai.observation import Observation
from hilt.privacy.filter import PolicyFilter
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


class Sized(PolicyFilter):
    """A policy that drops texts, and changes one more thing.

    Args:
        change: Makes an event of the one that the policy lets be written.
    """

    def __init__(self, change: Callable[[Event], Event] = lambda event: event) -> None:
        super().__init__(Policy.named("metadata"))
        self._change = change

    def __call__(self, event: Event) -> Event:
        """The event as it may be written."""
        return self._change(super().__call__(event))


@pytest.mark.parametrize("capture_content", [True, False])
@pytest.mark.parametrize("reply_to", ["evt_1", None])
@pytest.mark.parametrize("step", [0, SECOND // 3, -SECOND // 3])
def test_sized_lines_are_those_that_a_policy_makes_of_each_event(
    capture_content: bool, reply_to: str | None, step: int
) -> None:
    """Ids apart, which count up: whether chunks are written together or one by one."""
    fields: dict[str, Any] = {"capture_content": capture_content, "reply_to": reply_to}
    texts, policy = ["a", "\u00fcber", "100 %b %d", "", "\U0001f600", "\ud83d"], Sized()
    together, apart = (streamed(*texts, step=step, **fields) for _ in range(2))
    for each in (together, apart):
        each.keys = (b"sk-other-key",)

    sized = sized_chunk_lines(together, policy)
    assert sized is not None
    events = [msgspec.json.decode(line) for line in sized[0].splitlines()]
    expected = [
        msgspec.json.decode(policy(Event.from_json(encode_json(event))).encode())
        for event in chunk_events(apart)
    ]

    ids = [each.pop("event_id") for each in events]
    for each in expected:
        del each["event_id"]
    assert events == expected
    assert (sized[1], together.chunks_written) == (6, 6)
    assert ids == sorted(set(ids))
    assert len(ids) == 6


def test_sized_lines_are_given_once() -> None:
    """The second time, only what came since; and none at all where chunks are not captured."""
    observation = streamed("a", "b")

    first = sized_chunk_lines(observation, Sized())
    observation.chunks.append((STARTED, "ccc"))
    second, third = (sized_chunk_lines(observation, Sized()) for _ in range(2))

    assert first is not None
    assert second is not None
    assert [each["extensions"] for each in map(msgspec.json.decode, second[0].splitlines())] == [
        {"chunk_index": 2, "chunk_size": 3}
    ]
    assert (first[1], second[1], third) == (2, 1, (b"", 0))
    silent = streamed("a", capture_chunks=False)
    assert sized_chunk_lines(silent, Sized()) == (b"", 0)
    assert silent.chunks_written == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda event: replace(event, event_id="evt_" + "0" * 32),
        lambda event: replace(event, timestamp="2026-01-01T00:00:00.000000Z"),
        lambda event: replace(event, extensions={**event.extensions, "mine": 1}),
    ],
)
def test_policy_that_changes_what_differs_between_chunks(change: Callable[[Event], Event]) -> None:
    """It has to see each of them: what it made of one is not copied to the others."""
    assert sized_chunk_lines(streamed("a", "b"), Sized(change)) is None


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

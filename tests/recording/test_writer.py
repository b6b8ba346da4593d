"""Events of calls reach the session in steps, encoded or as objects."""

from __future__ import annotations

import pytest

from hilt import get_context
from hilt.io.session import Session
from hilt.recording.live_calls import LiveCalls
from hilt.recording.writer import Recorder, write_events
from hilt.testing import MemorySink, fixed
from tests.recording.calls import ENDED, STARTED, ListWriter, answer, call, text

FUNCTION = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {}}


@pytest.fixture(params=[True, False], ids=["lines", "events"])
def writer(request: pytest.FixtureRequest) -> ListWriter:
    """A writer that takes lines, and one that does not."""
    return ListWriter(takes_lines=request.param)


def test_call_is_two_steps(writer: ListWriter) -> None:
    """The prompt is written when the call begins; ending and tool calls are one step."""
    recorder = Recorder(writer)
    observation = call(response=answer("Let me see.", FUNCTION))

    recorder.begin(observation)
    begun = list(writer.actions)
    recorder.end(observation)

    assert begun == ["prompt"]
    assert writer.actions == ["prompt", "completion", "tool_call"]
    assert [count for count, _ in writer.steps] == [1, 2]


def test_more_follow_after_a_prompt() -> None:
    """Only what is written first need not be looked at: the ending will."""
    writer = ListWriter()
    recorder = Recorder(writer)
    observation = call(response=answer("Ho"))

    recorder.begin(observation)
    recorder.end(observation)

    assert writer.steps == [(1, True), (1, False)]


def test_chunks_are_written_once(writer: ListWriter) -> None:
    """Each step has the chunks since the last one; the last of them come with the ending."""
    recorder = Recorder(writer)
    observation = call(response=answer("Hello"))

    recorder.begin(observation)
    recorder.chunks(observation)
    observation.chunks += [(STARTED + 1000, "He"), (STARTED + 2000, "l")]
    recorder.chunks(observation)
    observation.chunks.append((STARTED + 3000, "lo"))
    recorder.end(observation)

    chunks = [event for event in writer.events if event.action == "completion_chunk"]
    assert [event.content.text for event in chunks if event.content] == ["He", "l", "lo"]
    assert writer.actions == ["prompt", *["completion_chunk"] * 3, "completion"]
    assert [count for count, _ in writer.steps] == [1, 2, 2]


def test_both_ways_write_the_same() -> None:
    """What a writer is given as lines, another is given as the same events."""
    written = []
    for takes_lines in (True, False):
        writer = ListWriter(takes_lines=takes_lines)
        observation = call(response=answer("Let me see.", FUNCTION))
        observation.chunks = [(STARTED + 1000, "Let me "), (ENDED, "see.")]
        with fixed():
            recorder = Recorder(writer)
            recorder.begin(observation)
            recorder.end(observation)
        written.append([event.to_dict() for event in writer.events])

    for event in [*written[0], *written[1]]:
        del event["event_id"]  # the ids of encoded chunks count up from one random number
        event.get("extensions", {}).pop("reply_to", None)
    assert written[0] == written[1]


def test_session_of_the_context() -> None:
    """A recorder without a session of its own follows the context, and stays with the call."""
    first, second = Session(MemorySink()), Session(MemorySink())
    recorder, observation = Recorder(), call(response=answer("Ho"))

    with get_context().use_session(first):
        recorder.begin(observation)
    with get_context().use_session(second):
        recorder.end(observation)

    assert [event.action for event in first.read()] == ["prompt", "completion"]
    assert list(second.read()) == []


def test_session_of_the_call_comes_first() -> None:
    """A call that has its session is written there."""
    own, other = ListWriter(), ListWriter()
    observation = call(response=answer("Ho"), session=own)

    recorder = Recorder(other)
    recorder.begin(observation)
    recorder.end(observation)

    assert (own.actions, other.actions) == (["prompt", "completion"], [])


def test_without_a_session_nothing_is_written() -> None:
    """Where nothing is being logged, a call passes, and its ids are known to spans."""
    recorder, observation = Recorder(), call(response=answer("Ho"))
    observation.chunks.append((STARTED, "Ho"))

    recorder.begin(observation)
    recorder.chunks(observation)
    recorder.end(observation)

    assert observation.prompt_id is not None
    assert observation.ending_id is None


def test_content_that_json_has_no_form_for() -> None:
    """Half a character and a set in a tool's arguments are written as far as they can be."""
    writer = ListWriter(takes_lines=False)
    odd = {**FUNCTION, "arguments": {"a": "\ud800", "b": {1}}}

    Recorder(writer).end(call(response=answer(text("x\udc00"), odd), session_id="conv_1"))

    completion, tool_call = writer.events
    assert completion.content is not None
    assert completion.content.text == "x\ufffd"
    assert tool_call.content is not None
    assert tool_call.content.tool is not None
    assert tool_call.content.tool["arguments"] == {"a": "\ufffd", "b": [1]}


def test_no_events_are_no_step(writer: ListWriter) -> None:
    """Nothing to write is not handed over."""
    write_events(writer, [])

    assert writer.steps == []


def test_calls_are_noted_where_somebody_reads_them() -> None:
    """A recorder tells the table of live calls only once it has a reader."""
    live_calls, writer = LiveCalls(), ListWriter()
    recorder = Recorder(writer, live_calls=live_calls)
    span = {"trace_id": "1" * 32, "span_id": "2" * 16, "parent_span_id": "3" * 16}

    for _ in range(2):
        observation = call(response=answer("Ho", id="r1"), **span)
        recorder.begin(observation)
        recorder.end(observation)
        noted = live_calls.sessions([("1" * 32, "3" * 16)], "r1")
        assert noted == ([writer, writer] if live_calls.has_readers else [])
        live_calls.has_readers = True

"""Events of calls reach the session in steps, encoded or as objects."""

from __future__ import annotations

from typing import Any

import pytest

from hilt import get_context
from hilt.genai.json_values import decode_json
from hilt.io.session import Session
from hilt.recording.event_fields import new_event
from hilt.recording.live_calls import LiveCalls
from hilt.recording.step_events import Step, begin_step
from hilt.recording.writer import Recorder, encode_events, without_keys, write_events
from hilt.testing import MemorySink, fixed
from tests.recording.calls import (
    ENDED,
    STARTED,
    ListWriter,
    answer,
    call,
    message,
    request,
    text,
)

FUNCTION = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {}}


def agent() -> Step:
    """A step of an agent."""
    return Step("agent", "invoke_agent", "planner", STARTED, ENDED, "conv_1")


class ReadableWriter(ListWriter):
    """A writer that can say what it has written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[bytes] = []

    def write_lines(self, lines: bytes, count: int, *, more_follow: bool = False) -> None:
        """Keep them as they came, too."""
        super().write_lines(lines, count, more_follow=more_follow)
        self.lines += lines.splitlines()

    def newest_lines(self) -> bytes:
        """All of them."""
        return b"".join([line + b"\n" for line in self.lines])


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


@pytest.mark.parametrize("has_streamed", [False, True])
def test_session_of_the_call_is_the_one_that_is_read_after_an_interrupt(
    has_streamed: bool,
) -> None:
    """What a file has of a call is looked for where the call was written, and nowhere else."""
    own, other = ReadableWriter(), ReadableWriter()
    recorder, observation = Recorder(other), call(response=answer("Ho"), session=own)

    recorder.begin(observation)
    if has_streamed:
        observation.chunks.append((STARTED, "Ho"))
        recorder.chunks(observation)
    recorder.end(observation)

    assert (other.actions, observation.session) == ([], own)
    assert recorder.logged(observation) == set(own.actions)


@pytest.mark.parametrize(
    "line",
    [
        b'"evt_prompt", "action": "completion"}',
        b'{"event_id": "evt_1", "action": "completion", "extensions": {"context_of": "evt_prompt"}}',
        b'{"event_id": "evt_1", "action": "completion", "extensions": {"reply_to": "evt_2"}}',
        b'{"event_id": "evt_1", "action": "completion", "content": {"text": "evt_prompt"}}',
        b"",
    ],
)
def test_lines_that_are_not_of_the_call(line: bytes) -> None:
    """The rest of a line, a call that continues this one, and one that speaks of it."""
    session = ReadableWriter()
    session.lines.append(b'{"event_id": "evt_prompt", "action": "prompt"}')
    observation = call(prompt_id="evt_prompt", session=session)
    session.lines.append(line)

    assert Recorder().logged(observation) == {"prompt"}


def test_call_that_answers_the_result_of_a_tool_after_an_interrupt() -> None:
    """It has no prompt: what it replies to is the result."""
    session = ReadableWriter()
    session.lines += [
        b'{"event_id": "evt_result", "action": "tool_result", "extensions": {"reply_to": "evt_0"}}',
        b'{"event_id": "evt_1", "action": "completion", "extensions": {"reply_to": "evt_result"}}',
    ]

    observation = call(prompt_id=None, reply_to="evt_result", session=session)
    assert Recorder().logged(observation) == {"tool_result", "completion"}


@pytest.mark.parametrize("session", [None, ListWriter()])
def test_session_that_cannot_be_read_after_an_interrupt(session: ListWriter | None) -> None:
    """What it has of a call is not known, and nothing is raised."""
    recorder, observation = Recorder(session), call(response=answer("Ho"))
    recorder.begin(observation)

    assert recorder.logged(observation) == set()


@pytest.mark.parametrize(
    ("given", "own", "written"), [(True, True, 0), (False, True, 1), (False, False, 2)]
)
def test_session_of_a_step(given: bool, own: bool, written: int) -> None:
    """The one that is given for it, else the recorder's own, else that of the context."""
    writers = [ListWriter(), ListWriter(), ListWriter()]
    recorder = Recorder(writers[1] if own else None)

    with get_context().use_session(writers[2]):  # type: ignore[arg-type]
        recorder.step(agent(), writers[0] if given else None, begin_step)

    assert [each.actions for each in writers] == [
        ["system"] if number == written else [] for number in range(3)
    ]


def test_step_without_a_session() -> None:
    """Where nothing is being logged, its events are not even made."""
    recorder, step = Recorder(), agent()

    recorder.step(step, None, begin_step)

    assert step.start_id is None


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


KEY = "sk-secret-key-of-a-client"


@pytest.mark.parametrize("policy", [None, "redact", "metadata"])
@pytest.mark.parametrize("asked", ["Mail ann@example.com", f"My key is {KEY}", "Hi"])
@pytest.mark.parametrize("streamed", [[], ["He", "l"]])
def test_what_a_policy_lets_be_written(policy: str | None, asked: str, streamed: list[str]) -> None:
    """However events are encoded, it is what the policy makes of each, without the client's key."""
    written = []
    for processors in ((), (lambda event: event,)):
        sink = MemorySink()
        session = Session(sink, privacy=policy, processors=processors)
        observation = call(
            request(message("user", asked)), answer("Hello", FUNCTION), keys=(KEY.encode(),)
        )
        recorder = Recorder(session)
        with fixed():
            recorder.begin(observation)
            observation.chunks += [(STARTED + 1000, text_) for text_ in streamed]
            recorder.chunks(observation)
            observation.chunks += [(ENDED, "lo")] if streamed else []
            recorder.end(observation)
        assert KEY not in b"".join(sink.lines).decode()
        assert sum(sink.steps) == len(sink.lines) == 3 + len(streamed) + bool(streamed)
        written.append([event.to_dict() for event in sink.events])

    for event in [*written[0], *written[1]]:
        del event["event_id"]  # as above
        event.get("extensions", {}).pop("reply_to", None)
    assert written[0] == written[1]


def test_key_of_a_client_in_a_text() -> None:
    """It is replaced wherever it stands; and what JSON escapes before it is left alone."""
    events: list[dict[str, Any]] = [{"a": f"\n{KEY}\n", "b": [{KEY: 1}], "c": KEY * 2}, {"a": "b"}]
    keys = (b"other-key", KEY.encode())

    lines = encode_events(events, keys)

    assert [decode_json(line) for line in lines.splitlines()] == [
        {"a": "\n[redacted]\n", "b": [{"[redacted]": 1}], "c": "[redacted][redacted]"},
        {"a": "b"},
    ]
    assert without_keys(lines, keys) is lines
    assert without_keys(encode_events(events), keys) == lines


def test_chunks_come_before_the_events_that_are_written_with_them(writer: ListWriter) -> None:
    """Whether they can be written with these, or are a step of their own; also if they are all."""
    event = new_event("conv_1", STARTED, "agent", "acme", "completion")
    line = encode_events([{**event, "action": "completion_chunk"}])

    write_events(writer, [event], after=(line, 1))
    write_events(writer, [], after=(line, 1))

    assert writer.actions == ["completion_chunk", "completion", "completion_chunk"]
    assert sum(count for count, _ in writer.steps) == 3


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

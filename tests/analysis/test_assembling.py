"""Lines joined to calls."""

from __future__ import annotations

from hilt.analysis.assembling import CallAssembler
from hilt.analysis.event_lines import event_line


def calls_of(log, **options):
    """The calls that an assembler gives for a log."""
    assembler = CallAssembler(**options)
    for line in log.path.read_bytes().splitlines():
        assembler.feed(event_line(line))
    assembler.finish()
    return assembler.ready


def actions(call) -> list[str]:
    """The actions of a call's events."""
    return [line.action.decode() for line in call.lines()]


def test_tool_results_begin_a_call(log):
    """Where only results are sent, they are what the call begins with."""
    answer = log.call(finish_reason="tool_calls")
    calls = [log.tool_call(answer, call_id=each) for each in ("c1", "c2")]
    together = {"timestamp": "2026-11-28T11:00:00.000000Z"}
    log.tool_result(calls[0], answer, **together)
    last = log.tool_result(calls[1], call_id="c2", **together)
    log.answer(last)

    first, second = calls_of(log)

    assert actions(first) == ["prompt", "completion", "tool_call", "tool_call"]
    assert actions(second) == ["tool_result", "tool_result", "completion"]
    assert second.user is None


def test_results_of_another_call_are_not_mixed(log):
    """Results of different spans are of different calls."""
    first = log.tool_result("evt_a", provenance={"span_id": "1"})
    second = log.tool_result("evt_b", provenance={"span_id": "2"})
    log.answer(second)
    log.answer(first)

    assert [actions(call) for call in calls_of(log)] == [
        ["tool_result", "completion"],
        ["tool_result", "completion"],
    ]


def test_results_with_a_prompt_are_of_its_call(log):
    """A call may send results and a new question."""
    together = {"provenance": {"span_id": "1"}}
    log.tool_result("evt_a", **together)
    prompt = log.write(content={"text": "And now?"}, **together)
    log.answer(prompt)

    (call,) = calls_of(log)

    assert actions(call) == ["tool_result", "prompt", "completion"]


def test_chunks_are_kept_if_they_are_wanted(log):
    """They cost memory, and few questions are about them."""
    prompt = log.prompt()
    log.write(actor=("agent", "openai"), action="completion_chunk", extensions={"reply_to": prompt})
    log.write(actor=("agent", "openai"), action="completion_chunk")  # of no call
    log.answer(prompt)

    assert actions(calls_of(log)[0]) == ["prompt", "completion"]
    assert actions(calls_of(log, chunks=True)[0]) == ["prompt", "completion_chunk", "completion"]


def test_a_prompt_without_an_ending_is_unanswered(log):
    """Its process died, or it is running."""
    log.prompt()

    (call,) = calls_of(log)

    assert (call.outcome, call.failed, call.user) == ("unanswered", False, "user")


def test_prompts_without_endings_do_not_fill_the_memory(log):
    """The oldest are given up, and their endings are calls without a prompt."""
    prompts = [log.prompt("x" * 1000) for _ in range(10)]
    log.answer(prompts[0])

    outcomes = [call.outcome for call in calls_of(log, open_bytes=3000)]

    assert (outcomes.count("unanswered"), outcomes.count("completed")) == (10, 1)


def test_one_prompt_beyond_the_bounds_waits_for_its_ending(log):
    """However long it is: only others make it old."""
    log.call("x" * 5000)

    (call,) = calls_of(log, open_bytes=3000)

    assert (call.outcome, call.user) == ("completed", "user")


def test_results_of_tools_do_not_fill_the_memory(log):
    """Neither those whose call has ended, nor those that nobody sends."""
    for number in range(10):
        result = log.tool_result("evt_a", session_id=f"s{number}")
        if number % 2:
            log.answer(result, session_id=f"s{number}")
    assembler = CallAssembler(open_bytes=1000)
    for line in log.path.read_bytes().splitlines():
        assembler.feed(event_line(line))

    assert len(assembler._results) <= 3
    assembler.finish()
    assert assembler._results == {}


def test_steps_and_notices_are_no_calls(log):
    """Only a ``system`` event that ends a call is an ending."""
    log.write(actor=("system", "hilt"), action="system", content={"text": "3 events were lost"})
    start = log.write(
        actor=("agent", "a"), action="system", extensions={"phase": "start", "step": "agent"}
    )
    log.write(
        actor=("agent", "a"), action="system",
        extensions={"phase": "end", "step": "agent", "reply_to": start, "outcome": "completed"},
    )  # fmt: skip

    assert calls_of(log) == []


def test_an_ending_by_hand_needs_no_outcome(log):
    """A completion is a completed call."""
    log.write(actor=("agent", "openai"), action="completion", content={"text": "Hi"})

    (call,) = calls_of(log)

    assert (call.outcome, call.answer_text, call.prompt_text) == ("completed", "Hi", None)


def test_chunks_of_a_call_that_is_given_up_make_room(log):
    """Only what is still kept counts: the calls after it are joined."""
    first = log.prompt("A")
    log.write(
        actor=("agent", "openai"), action="completion_chunk", content={"text": "x" * 3000},
        extensions={"reply_to": first},
    )  # fmt: skip
    second, _ = log.prompt("B", "s2"), log.prompt("C", "s3")
    log.answer(second, session_id="s2")

    calls = calls_of(log, chunks=True, open_bytes=3000)

    assert sorted(str(call.outcome) for call in calls) == ["completed", "unanswered", "unanswered"]


def test_an_ending_before_its_prompt_is_one_call(log):
    """As in parts that are read in another order; a prompt that follows soon is joined to it."""
    endings = [log.answer(f"evt_prompt-{number}") for number in range(20)]
    for number in (0, 19):
        log.write(event_id=f"evt_prompt-{number}", actor=("human", "alice"))
    alone = log.prompt("killed", user="bob")

    calls = {call.id: call.user for call in calls_of(log)}

    assert calls == {**dict.fromkeys(endings), endings[19]: "alice", alone: "bob"}
    assert log.open().stats().total.outcomes == {"completed": 20, "unanswered": 1}


def test_a_step_does_not_end_the_prompt_that_follows(log):
    """Only what ends a call does."""
    log.write(action="system", extensions={"reply_to": "evt_prompt", "step": "agent"})
    log.write(event_id="evt_prompt")

    assert [call.outcome for call in calls_of(log)] == ["unanswered"]
    assert log.open().stats().total.outcomes == {"unanswered": 1}

"""Tests for the way from spans to a session."""

from __future__ import annotations

import gc
import os
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest

from hilt.core.guard import guard
from hilt.genai.observation import Observation
from hilt.genai.values import Request, Response
from hilt.io.session import Session
from hilt.recording.live_calls import LiveCalls
from hilt.testing.memory import MemorySink
from hilt_otel_exporters import pipeline as pipeline_module
from hilt_otel_exporters.dialects import SpanReading, read_span
from hilt_otel_exporters.pipeline import SpanPipeline, WrittenCalls, pipeline_for
from hilt_otel_exporters.span_ids import SpanIds
from hilt_otel_exporters.span_record import LogRecord, SpanRecord
from tests.hilt_otel_exporters.conftest import actions, chat, record
from tests.hilt_otel_exporters.expected import call_events, plain

ASKED = {name: value for name, value in chat().items() if name != "gen_ai.output.messages"}


class Logged:
    """A pipeline to a log in memory."""

    def __init__(self, **options: Any) -> None:
        self.sink = MemorySink()
        self.session = Session(self.sink)
        self.pipeline = SpanPipeline(self.session, **{"live": False, **options})

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was written."""
        return [event.to_dict() for event in self.sink.events]


def test_spans_wait_until_they_are_due() -> None:
    """By the clock that is passed in."""
    logged = Logged(linger_s=1, patience_s=30)
    logged.pipeline.add(record(chat()), now=10)

    logged.pipeline.write_due(10.5)
    assert logged.events == []
    logged.pipeline.write_due(11)
    assert plain(logged.events) == call_events("conventions")


def test_flush_writes_what_waits_and_flushes_the_session() -> None:
    """Whatever has not come by then."""
    logged = Logged()
    logged.pipeline.add(record(chat(), span=2, parent=1))

    assert logged.pipeline.flush()
    assert len(logged.events) == 2


def test_log_record_comes_before_or_after_its_span() -> None:
    """Messages in log records are those of the span."""
    silent = {name: value for name, value in chat().items() if "messages" not in name}
    ids = (f"{1:032x}", f"{1:016x}")
    asked = LogRecord("gen_ai.user.message", *ids, {}, {"content": "Hi"})
    answered = LogRecord("gen_ai.choice", *ids, {}, {"message": {"content": "Hello"}})
    logged = Logged()

    logged.pipeline.add_log(asked)
    logged.pipeline.add(record(silent))
    logged.pipeline.add_log(answered)
    logged.pipeline.flush()

    assert plain(logged.events) == call_events("message-events")


def test_prompt_of_a_span_that_starts_with_it_is_written_at_once() -> None:
    """The ending then replies to it, and it is not written again."""
    logged = Logged()
    logged.pipeline.begin(record(ASKED))
    assert actions(logged.events) == ["prompt"]

    logged.pipeline.add(record(chat()))
    logged.pipeline.flush()

    prompt, ending = logged.events
    assert ending["action"] == "completion"
    assert ending["extensions"]["reply_to"] == prompt["event_id"]


def test_prompt_of_a_call_within_one_that_has_begun_is_the_same() -> None:
    """A framework's span and the SDK's below it both start with the input: one prompt."""
    logged = Logged()
    logged.pipeline.begin(record(ASKED, span=1, scope="framework"))
    logged.pipeline.begin(record(ASKED, span=2, parent=1, scope="sdk"))
    assert actions(logged.events) == ["prompt"]

    logged.pipeline.add(record(chat(), span=2, parent=1, at=(10, 90), scope="sdk"))
    logged.pipeline.add(record(chat(), span=1, scope="framework"))
    logged.pipeline.flush()

    assert actions(logged.events) == ["prompt", "completion"]
    assert logged.events[1]["extensions"]["reply_to"] == logged.events[0]["event_id"]


def test_call_that_has_begun_is_continued_by_the_next_in_its_log() -> None:
    """What the log had before belongs to the call that starts with its prompt, too."""
    logged = Logged()
    history = logged.pipeline.builder.history(logged.session)
    logged.pipeline.begin(record(ASKED))

    (call,) = logged.pipeline._begun.values()

    assert call.session is logged.session
    assert history is logged.pipeline.builder.history(call.session)


def test_prompts_of_calls_beside_each_other_are_two() -> None:
    """Neither is above the other."""
    logged = Logged()
    logged.pipeline.begin(record(ASKED, span=1))
    logged.pipeline.begin(record(ASKED, span=2))

    assert actions(logged.events) == ["prompt", "prompt"]


@pytest.mark.parametrize(
    "attributes",
    [
        {name: value for name, value in chat().items() if "messages" not in name},
        {"gen_ai.operation.name": "invoke_agent"},
    ],
)
def test_span_that_starts_without_a_prompt_waits_for_its_end(attributes: dict[str, Any]) -> None:
    """As most do, and as steps do."""
    logged, errors = Logged(), guard.errors
    logged.pipeline.begin(record(attributes))
    assert logged.events == []

    logged.pipeline.add(record(chat()))
    logged.pipeline.flush()

    assert plain(logged.events) == call_events("conventions")
    assert guard.errors == errors


def test_content_and_chunks_may_be_left_out_of_prompts_too() -> None:
    """A prompt that is written at once has no more than the rest."""
    logged = Logged(capture_content=False)
    logged.pipeline.begin(record(ASKED))

    assert "content" not in logged.events[0]


def test_span_that_was_written_is_not_taken_in_again() -> None:
    """An exporter may be given it twice, long after another."""
    logged = Logged()
    for _ in range(2):
        logged.pipeline.add(record(chat()))
        logged.pipeline.flush()

    assert actions(logged.events) == ["prompt", "completion"]
    assert logged.pipeline.wait_s() is None


@pytest.mark.parametrize("known", [1, 2])
def test_call_of_which_the_log_has_one_span_is_not_written_again(known: int) -> None:
    """Whichever of its spans that is: a later file may have more of them."""
    in_log = SpanIds([(f"{1:032x}".encode(), f"{known:016x}".encode())])
    both = [record(chat()), record(chat(), span=2, parent=1, scope="other")]
    logged, again = Logged(), Logged(in_log=in_log)
    for each in both:
        logged.pipeline.add(each)
        again.pipeline.add(each)
    logged.pipeline.flush()
    again.pipeline.flush()

    assert actions(logged.events) == ["prompt", "completion"]
    assert again.events == []


def test_one_unreadable_span_does_not_cost_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left out of its batch, and the error is counted."""
    real, errors, logged = pipeline_module.read_span, guard.errors, Logged()

    def read(each: SpanRecord) -> Any:
        return 1 / 0 if each.span_id == f"{1:016x}" else real(each)

    monkeypatch.setattr(pipeline_module, "read_span", read)
    logged.pipeline.begin(record(chat(), span=1))
    logged.pipeline.add(record(chat(), span=1))
    logged.pipeline.add(record(chat(), span=2))
    logged.pipeline.flush()

    assert actions(logged.events) == ["prompt", "completion"]
    assert guard.errors == errors + 2


@pytest.mark.parametrize("broken", ["deduplicated", "build_events", "write_events"])
def test_error_inside_is_counted_and_not_raised(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs a batch its events, and the program nothing."""
    errors, logged = guard.errors, Logged()
    logged.pipeline.add(record(chat(), span=1, trace=1))
    logged.pipeline.add(record(chat(), span=1, trace=2))

    def fail(*_: Any, **__: Any) -> Any:
        raise KeyError(broken)

    monkeypatch.setattr(pipeline_module, broken, fail)

    assert logged.pipeline.flush()
    assert guard.errors == errors + 1


@pytest.mark.parametrize("broken", ["has_span", "add", "add_log"])
def test_span_that_cannot_be_taken_in_harms_no_program(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is counted as an error inside, whatever went wrong."""
    errors, logged = guard.errors, Logged()
    kind = type(logged.pipeline._written if broken == "has_span" else logged.pipeline._buffer)

    def fail(*_: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(kind, broken, fail)
    if broken == "add_log":
        logged.pipeline.add_log(LogRecord("gen_ai.choice", f"{1:032x}", f"{1:016x}", {}))
    else:
        logged.pipeline.add(record(chat()))

    assert guard.errors == errors + 1


def test_full_buffer_is_written_from() -> None:
    """Without waiting for what is due."""
    logged = Logged(limit=4, linger_s=60)
    for number in range(5):
        attributes = chat(**{"gen_ai.response.id": str(number)})
        logged.pipeline.add(record(attributes, trace=number + 1, at=(number * 900, number * 900)))

    assert len(logged.events) == 2 * 2


def test_thread_may_stop_when_nothing_waits() -> None:
    """Neither earlier, when a span would stay unwritten, nor later."""
    logged = Logged()
    assert logged.pipeline.may_stop()
    assert logged.pipeline.wait_s() is None

    logged.pipeline.add(record(chat()))
    assert not logged.pipeline.may_stop()
    assert logged.pipeline.wait_s() == pytest.approx(1, abs=0.9)

    logged.pipeline.flush()
    assert logged.pipeline.may_stop()


def test_thread_writes_what_is_due_and_ends_when_nothing_waits() -> None:
    """The next span starts another."""
    logged = Logged(live=True, linger_s=0.0)

    for number in range(2):
        attributes = chat(**{"gen_ai.response.id": str(number)})
        logged.pipeline.add(record(attributes, trace=number + 1, at=(number * 900, number * 900)))
        for thread in threading.enumerate():
            if thread.name == "hilt-spans":
                thread.join(10)
        assert len(logged.events) == 2 * (number + 1)

    assert "hilt-spans" not in [thread.name for thread in threading.enumerate()]


def test_pipeline_that_nobody_holds_goes(tmp_path: Path) -> None:
    """Neither the list of pipelines keeps it, nor that of what a fork renews."""
    session = Session(tmp_path / "log.jsonl")
    held = weakref.ref(pipeline_for(session, live=False))
    gc.collect()

    assert held() is None


def test_sessions_to_one_place_share_a_pipeline(tmp_path: Path) -> None:
    """Until its session is closed."""
    first, second = Session(tmp_path / "log.jsonl"), Session(tmp_path / "log.jsonl")
    pipeline = pipeline_for(first, live=False)

    assert pipeline_for(second, live=False) is pipeline
    assert pipeline_for(Session(tmp_path / "other.jsonl"), live=False) is not pipeline
    first.open().close()
    assert pipeline_for(second, live=False) is not pipeline


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_last_exporter_closes_the_session_of_the_pipeline(
    order: tuple[int, int], tmp_path: Path
) -> None:
    """Whichever of them had opened it; a session that is not used goes at once."""
    sessions = [Session(tmp_path / "log.jsonl").open() for _ in range(2)]
    pipeline = pipeline_for(sessions[0], live=False)
    for session in sessions:
        pipeline.join(session, owns=True)

    pipeline.leave(sessions[order[0]], owns=True)
    assert not sessions[0].closed
    pipeline.leave(sessions[order[1]], owns=True)
    assert [session.closed for session in sessions] == [True, True]


def test_session_of_the_user_is_left_open(tmp_path: Path) -> None:
    """Whoever opens closes."""
    session = Session(tmp_path / "log.jsonl").open()
    pipeline = pipeline_for(session, live=False)
    pipeline.join(session, owns=False)

    pipeline.leave(session, owns=False)

    assert not session.closed
    session.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_child_of_a_fork_starts_afresh() -> None:
    """Its locks are free, whoever held them; what waits is its parent's to write."""
    logged = Logged()
    logged.pipeline.add(record(chat()))
    with logged.pipeline._lock, logged.pipeline._writing:
        child = os.fork()
        if child == 0:
            logged.pipeline.add(record(chat(**{"gen_ai.response.id": "child"}), trace=2))
            logged.pipeline.flush()
            os._exit(len(logged.events))

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    logged.pipeline.flush()
    assert len(logged.events) == 2


# -- what is in the log already ---------------------------------------------------------------


def reading(*, response: str = "", **more: Any) -> SpanReading:
    """A span of a call."""
    return read_span(record(chat(**{"gen_ai.response.id": response}), **more))


def written(*readings: SpanReading, limit: int = 100) -> WrittenCalls:
    """What is remembered after some spans were written."""
    calls = WrittenCalls(Session(MemorySink()), LiveCalls(), limit)
    calls.add(readings)
    return calls


def test_span_that_was_written_is_known() -> None:
    """By its trace and its id."""
    calls = written(reading(span=1, trace=1))

    assert calls.has_span(record(chat(), span=1, trace=1))
    assert not calls.has_span(record(chat(), span=2, trace=1))
    assert not calls.has_span(record(chat(), span=1, trace=2))


def test_span_above_a_written_call_is_about_it() -> None:
    """A call that stands right above is the same call; a step is no call at all."""
    calls = written(reading(span=2, parent=1))
    step = read_span(record({"gen_ai.operation.name": "invoke_agent"}, span=1))

    assert calls.has_call(reading(span=1))
    assert not calls.has_call(reading(span=3))
    assert not calls.has_call(step)


def test_every_span_of_a_batch_is_remembered() -> None:
    """Steps among the calls, too, and calls after them."""
    step = read_span(record({"gen_ai.operation.name": "invoke_agent"}, span=1))
    calls = written(step, reading(span=3, parent=2), step, reading(response="r", span=4))

    assert [calls.has_span(record(chat(), span=span)) for span in (1, 2, 3, 4)] == [
        True,
        False,
        True,
        True,
    ]
    assert calls.has_call(reading(span=2))
    assert calls.has_call(reading(response="r", span=5, scope="other"))
    assert not calls.has_call(reading(span=5))


def test_span_merged_into_another_counts_as_well() -> None:
    """A late call is known by any of its spans."""
    calls, late = written(reading(span=2, parent=1)), reading(span=5)
    late.merged = [record(chat(), span=1)]

    assert calls.has_call(late)


def test_span_with_the_response_id_of_a_written_call_is_about_it() -> None:
    """Unless the same instrumentation recorded both, one after the other: a cache answered."""
    calls = written(reading(response="r", span=1, scope="sdk", at=(0, 10)))

    assert calls.has_call(reading(response="r", span=2, scope="other", at=(500, 600)))
    assert calls.has_call(reading(response="r", span=3, scope="sdk", at=(5, 15)))
    assert not calls.has_call(reading(response="r", span=4, scope="sdk", at=(500, 600)))
    assert not calls.has_call(reading(response="other", span=5, scope="other"))


def test_only_the_newest_are_remembered() -> None:
    """A program that runs for long does not grow."""
    spans = [reading(response=str(number), span=number, parent=9) for number in range(3)]
    calls = written(*spans, limit=2)

    assert [calls.has_span(each.record) for each in spans] == [False, True, True]
    late = [reading(response=str(number), span=20, scope="other") for number in range(3)]
    assert [calls.has_call(each) for each in late] == [False, True, True]


def live(session: Session, live_calls: LiveCalls) -> None:
    """HILT writes a call as it happens, below span 1, with the response id ``r``."""
    call = Observation(Request("chat", "openai"), 0, trace_id=f"{1:032x}", session_id="c")
    call.parent_span_id, call.response = f"{1:016x}", Response("r")
    live_calls.begin(call, session)
    live_calls.end(call, session)


def test_call_that_was_written_as_it_happened_is_known_at_the_same_place(tmp_path: Path) -> None:
    """By the span above it, or by its response id; in another file it is to be written."""
    live_calls = LiveCalls()
    first, same, other = (Session(tmp_path / name) for name in ("a", "a", "b"))
    live(first, live_calls)

    for session, known in ((first, True), (same, True), (other, False)):
        calls = WrittenCalls(session, live_calls)
        assert calls.has_call(reading(span=1)) is known
        assert calls.has_call(reading(response="r", span=7)) is known
        assert not calls.has_call(reading(span=7))


def test_reader_of_live_calls_makes_recorders_take_notes() -> None:
    """Also those that come later."""
    live_calls = LiveCalls()

    WrittenCalls(Session(MemorySink()), live_calls)

    assert live_calls.has_readers

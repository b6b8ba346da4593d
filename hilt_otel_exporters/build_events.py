"""From the calls and steps of spans that belong together to events, in the order of their times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter, itemgetter
from typing import Any

from hilt.core.event_writer import EventWriter
from hilt.genai.observation import Observation
from hilt.recording.chunk_events import chunk_events
from hilt.recording.event_builder import EventBuilder
from hilt.recording.event_fields import EventDict, add_cost
from hilt.recording.history import History
from hilt.recording.live_calls import LIVE_CALLS, LiveCalls
from hilt.recording.step_events import step_events
from hilt_otel_exporters.asked_tools import AskedTools
from hilt_otel_exporters.dialects import SpanReading, was_answered
from hilt_otel_exporters.span_record import SpanRecord
from hilt_otel_exporters.span_tree import ancestors
from hilt_otel_exporters.tool_runs import move_behind_answers

__all__ = ["build_events"]

_CLOCKS = 50_000_000  # clocks of one program differ by less than so many nanoseconds
# What comes first of events with the same time:
_STEP_START, _PROMPT, _CHUNK, _ENDING, _TOOL_OR_RETRIEVAL, _STEP_END = range(6)
# ... and of what happens at the same time:
_STARTS, _BEGINS, _ENDS, _TOOL_RUNS = range(4)
_TimedEvent = tuple[int, int, EventDict]
_STARTED = attrgetter("record.started")
_CONVERSATION, _USER, _STEP = map(attrgetter, ("conversation", "user", "step"))
_Action = tuple[int, int, int, Callable[[SpanReading], None], SpanReading]


def build_events(
    logged: Sequence[SpanReading],
    readings: Sequence[SpanReading],
    builder: EventBuilder,
    *,
    session: EventWriter | None = None,
    asked: AskedTools | None = None,
    live_calls: LiveCalls = LIVE_CALLS,
    capture_content: bool = True,
    capture_chunks: bool = True,
) -> list[EventDict]:
    """The events of some calls and steps, in the order of their times.

    Args:
        logged: The calls, each merged from its spans, and the steps.
        readings: All spans that were read with them.
        builder: Makes the events; it remembers what the log has already.
        session: Where they will be written.
        asked: The tool calls that earlier answers ask for, and those of these from now on.
        live_calls: The conversations of calls that were logged as they happened.
        capture_content: Whether any content goes into the events.
        capture_chunks: Whether the chunks of streams do.
    """
    if len(readings) > 1:
        _extend_steps(readings)
        move_behind_answers(logged)
    for each in readings:
        if each.call is not None:
            each.call.session = session
    history = builder.history(session)
    conversations = _Conversations(logged, readings, history, live_calls)
    asked = AskedTools() if asked is None else asked
    timeline = _Timeline(builder, history, conversations, asked, capture_content, capture_chunks)
    for _, _, _, act, reading in sorted(timeline.actions(logged), key=itemgetter(0, 1, 2)):
        act(reading)
    return [event for _, _, event in sorted(timeline.events, key=itemgetter(0, 1))]


def _extend_steps(readings: Sequence[SpanReading]) -> None:
    """Let no step end before what happened in it: clocks of one program differ by microseconds."""
    for each in readings:
        for outer in ancestors(each):
            step = outer.step
            if step is not None and 0 < each.record.ended - step.ended < _CLOCKS:
                step.ended = each.record.ended


class _Timeline:
    """The events of calls and steps with their times, made one after the other as they happened.

    What a call begins with depends on what the log had by then.
    """

    def __init__(
        self,
        builder: EventBuilder,
        history: History,
        conversations: _Conversations,
        asked: AskedTools,
        capture_content: bool,
        capture_chunks: bool,
    ) -> None:
        self.events: list[_TimedEvent] = []
        self._builder, self._history, self._conversations = builder, history, conversations
        self._capture_content, self._capture_chunks = capture_content, capture_chunks
        self.asked = asked

    def actions(self, logged: Sequence[SpanReading]) -> Iterator[_Action]:
        """What happens when: calls and steps that begin at one time keep their order."""
        for index, each in enumerate(logged):
            if each.call is not None:
                if not each.begun:
                    yield each.call.started, _BEGINS, index, self._begin_call, each
                yield each.call.ended, _ENDS, index, self._end_call, each
            elif each.step is not None:
                when = each.step.ended if each.step.kind == "retrieval" else each.step.started
                what = _TOOL_RUNS if each.step.kind == "tool" else _STARTS
                yield when, what, index, self._add_step, each

    def _begin_call(self, reading: SpanReading) -> None:
        call = reading.call
        if call is None:
            return
        call.capture_content = call.capture_content and self._capture_content
        call.capture_chunks = call.capture_chunks and self._capture_chunks
        call.conversation = call.conversation or self._conversations.named(reading)
        call.user = call.user or reading.user
        if reading.parent is not None:
            call.user = call.user or self._conversations.user_above(reading)
            if not call.conversation:
                call.session_id = call.session_id or self._conversations.of_run(reading)
        losses = _losses((reading.record, *reading.merged))
        if losses:
            call.extensions = {**(call.extensions or {}), **losses}
        self.events += [(call.started, _PROMPT, event) for event in self._builder.begin(call)]

    def _end_call(self, reading: SpanReading) -> None:
        call = reading.call
        if call is None:
            return
        if reading.reported_cost_usd:
            _add_reported_cost(call, reading.reported_cost_usd)
        if call.chunks:
            arrived = [moment for moment, _ in call.chunks[call.chunks_written :]]
            for moment, event in zip(arrived, chunk_events(call), strict=False):
                self.events.append((min(moment, call.ended), _CHUNK, event))
        _note_unanswered(reading)
        ending = self._builder.end(call)
        if len(ending) > 1:
            self.asked.add(reading.run, ending)
        self.events += [(call.ended, _ENDING, event) for event in ending]

    def _add_step(self, reading: SpanReading) -> None:
        step = reading.step
        if step is None:
            return
        step.session_id = self._conversations.of_step(reading)
        step.capture_content = self._capture_content
        step.extensions.update(_losses((reading.record,)))
        if step.kind == "tool":
            self.asked.link(reading.run, step)
        for moment, event in step_events(step, self._history):
            order = _STEP_START if moment == step.started else _STEP_END
            if step.kind in ("tool", "retrieval"):
                order = _TOOL_OR_RETRIEVAL
            self.events.append((moment, order, event))


def _use_one_name_a_run(readings: Sequence[SpanReading]) -> None:
    """Let a run that two emitters name differently be one conversation.

    Where each of them has one name for all of a trace, that of the emitter whose span is the first
    counts, since it knows the application best: it stands outermost.
    """
    runs: dict[str, dict[str, set[str]]] = {}
    for each in sorted(readings, key=_STARTED):
        if each.conversation:
            scopes = runs.setdefault(each.run, {})
            scopes.setdefault(each.record.scope, set()).add(each.conversation)
    for each in readings:
        scopes = runs.get(each.run, {})
        if each.conversation and len(scopes) > 1 and all(len(ids) == 1 for ids in scopes.values()):
            each.conversation = next(iter(next(iter(scopes.values()))))


def _of_resource(record: SpanRecord) -> str | None:
    named = record.resource.get("session.id") if record.resource else None
    return named if isinstance(named, str) and named else None


class _Conversations:
    """Which conversation each span belongs to."""

    def __init__(
        self,
        logged: Sequence[SpanReading],
        readings: Sequence[SpanReading],
        history: History,
        live_calls: LiveCalls,
    ) -> None:
        self._history, self._live_calls = history, live_calls
        self._named: dict[str, str] = {}  #: by run, what any span of it names
        self._first: dict[str, Observation] = {}  #: by run, its first call with messages
        self._derived: dict[str, str] = {}
        if len(readings) > 1:
            _use_one_name_a_run(readings)
        for each in readings:
            if each.conversation:
                self._named.setdefault(each.run, each.conversation)
        for each in (*logged, *readings):
            if each.call is not None and each.call.request.messages:
                self._first.setdefault(each.run, each.call)

    def named(self, reading: SpanReading) -> str | None:
        """What the span names itself, or the nearest one above it, or any in its trace.

        Where none of them does, the program's resource may: then it is all one conversation.
        """
        run = reading.run
        if reading.conversation:
            return reading.conversation
        if run not in self._named:
            return _of_resource(reading.record)
        return next(filter(None, map(_CONVERSATION, ancestors(reading))), self._named[run])

    def user_above(self, reading: SpanReading) -> str | None:
        """Who asked: whom the nearest span names that one stands below."""
        return next(filter(None, map(_USER, ancestors(reading))), None)

    def of_run(self, reading: SpanReading) -> str:
        """The session id of the run that a call is a part of; empty if no step is around it.

        The calls of one run are one conversation, also where the later ones do not go on with the
        texts of the earlier ones: a call that does belongs to the call that it continues.
        """
        inside = any(step is not None for step in map(_STEP, ancestors(reading)))
        first = self._first.get(reading.run)
        return self.of_step(reading) if inside and first is not reading.call else ""

    def of_step(self, reading: SpanReading) -> str:
        """The session id of a step: what is named, or what the calls of its trace have."""
        run = reading.run
        named = self.named(reading)
        if named:
            return named
        if run not in self._derived:
            self._derived[run] = self._derive(run)
        return self._derived[run]

    def _derive(self, run: str) -> str:
        live = self._live_calls.conversation(run)
        if live is not None:
            return live
        call = self._first.get(run)
        if call is None:
            return f"conv_{run[:16]}"
        return call.session_id or self._history.reserve(call)


# -- what else the event says -----------------------------------------------------------------


def _losses(records: Sequence[SpanRecord]) -> dict[str, Any]:
    """What limits of the emitter's pipeline cut off."""
    losses: dict[str, Any] = {}
    for record in records:
        for name, count in record.dropped.items():
            losses[f"dropped_{name}"] = losses.get(f"dropped_{name}", 0) + count
        if record.cut:
            losses["truncated"] = [*losses.get("truncated", ()), *dict.fromkeys(record.cut)]
    return losses


def _note_unanswered(reading: SpanReading) -> None:
    """Let a call of which nothing says that it failed or was answered not be a completed one.

    An emitter that sets the status says by it that there was an answer.
    """
    call, records = reading.call, (reading.record, *reading.merged)
    if call is None or call.outcome or call.failure or was_answered(call):
        return
    if reading.record.call is None and all(each.status == "UNSET" for each in records):
        call.outcome, call.status_code = "abandoned", None


def _add_reported_cost(call: Observation, reported: float) -> None:
    """Keep what the emitter thinks that it cost; it is what the call cost if no table says it."""
    call.provenance = {**(call.provenance or {}), "reported_cost_usd": float(reported)}
    call.origin = None
    add_cost(call)
    if call.cost_usd is None:
        call.cost_usd, call.cost_unknown, call.price_file = float(reported), None, "reported"

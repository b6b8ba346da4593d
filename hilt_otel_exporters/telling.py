"""From spans that belong together to events, in the order in which things happened."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hilt.genai.events import EventDict, Story, price
from hilt.genai.history import conversation_of
from hilt.genai.observation import Observation
from hilt.genai.reading import number
from hilt.genai.steps import step_events
from hilt_otel_exporters.dialects import Seen
from hilt_otel_exporters.dialects.facts import find
from hilt_otel_exporters.record import SpanRecord

__all__ = ["tell"]

_ENDING = 5
_REPORTED_COST = (
    "gen_ai.usage.cost",
    "operation.cost",
    "llm.cost.total",
    ("langfuse.observation.cost_details", "total"),
    ("mlflow.llm.cost", "total_cost"),
    "gen_ai.cost.total_cost",
)
Timed = tuple[int, int, EventDict]


def tell(
    seen: list[Seen],
    everything: list[Seen],
    story: Story,
    *,
    capture_content: bool = True,
    capture_chunks: bool = True,
) -> list[EventDict]:
    """The events of some spans, in the order of their times.

    Args:
        seen: The spans, those of one call put together.
        everything: All spans that were read: they say which stands below which.
        story: Tells the calls; it remembers what the log has already.
        capture_content: Whether anything that was said goes into the events.
        capture_chunks: Whether the chunks of streams do.
    """
    told: list[Timed] = []
    sessions = _Sessions(seen, everything, story)
    for moment in _moments(seen):
        moment(told, story, sessions, capture_content, capture_chunks)
    return [event for _, _, event in sorted(told, key=lambda each: each[:2])]


Moment = Callable[[list[Timed], Story, "_Sessions", bool, bool], None]


def _moments(seen: list[Seen]) -> list[Moment]:
    """What happens, in order: a call begins and ends, a step is taken."""
    moments: list[tuple[int, int, int, Moment]] = []
    for index, each in enumerate(seen):
        if each.call is not None:
            if not each.begun:
                moments.append((each.call.started, 1, index, _beginning(each)))
            moments.append((each.call.ended, 2, index, _end(each)))
        elif each.step is not None:
            when = each.step.ended if each.step.kind == "retrieval" else each.step.started
            moments.append((when, 3 if each.step.kind == "tool" else 0, index, _taken(each)))
    return [moment for *_, moment in sorted(moments, key=lambda each: each[:3])]


def _beginning(seen: Seen) -> Moment:
    def begin(
        told: list[Timed], story: Story, sessions: _Sessions, content: bool, chunks: bool
    ) -> None:
        call = _call(seen)
        call.capture_content, call.capture_chunks = content, chunks
        call.conversation = call.conversation or sessions.explicit(seen)
        _add_measurements(seen, call)
        told += [(call.started, 1, event) for event in story.begin(call)]

    return begin


def _end(seen: Seen) -> Moment:
    def end(
        told: list[Timed], story: Story, sessions: _Sessions, content: bool, chunks: bool
    ) -> None:
        call = _call(seen)
        _add_reported_cost(seen, call)
        arrived = [moment for moment, _ in call.chunks[call.chunks_written :]]
        chunk_events = story.chunks(call)
        for moment, event in zip(arrived, chunk_events, strict=False):
            told.append((min(moment, call.ended), 2, event))
        told += [(call.ended, _ENDING, event) for event in story.end(call)]

    return end


def _taken(seen: Seen) -> Moment:
    def take(
        told: list[Timed], story: Story, sessions: _Sessions, content: bool, chunks: bool
    ) -> None:
        step = seen.step
        if step is None:
            return
        step.session_id = sessions.of(seen)
        step.capture_content = content
        losses = _losses([seen.record])
        step.extensions.update(losses)
        for moment, event in step_events(step, story.history):
            boundary = step.kind not in ("tool", "retrieval")
            order = (0 if moment == step.started else 9) if boundary else 6
            told.append((moment, order, event))

    return take


def _call(seen: Seen) -> Observation:
    if seen.call is None:
        raise TypeError("not a call")
    return seen.call


class _Sessions:
    """Which conversation each span belongs to."""

    def __init__(self, seen: list[Seen], everything: list[Seen], story: Story) -> None:
        self._story = story
        self._by_span = {(each.record.trace_id, each.record.span_id): each for each in everything}
        self._said: dict[str, str] = {}
        for each in everything:
            if each.conversation:
                self._said.setdefault(each.record.trace_id, each.conversation)
        self._first: dict[str, Seen] = {}
        for each in seen:
            if each.call is not None:
                self._first.setdefault(each.record.trace_id, each)
        self._derived: dict[str, str] = {}

    def explicit(self, seen: Seen) -> str | None:
        """What the span says itself, or the nearest one above it, or any in its trace."""
        trace, at = seen.record.trace_id, seen
        for _ in range(32):
            if at.conversation:
                return at.conversation
            above = self._by_span.get((trace, at.record.parent_span_id or ""))
            if above is None:
                break
            at = above
        return self._said.get(trace)

    def of(self, seen: Seen) -> str:
        """The session id of a step: what is said, or what the calls of its trace have."""
        said = self.explicit(seen)
        if said:
            return said
        trace = seen.record.trace_id
        if trace not in self._derived:
            self._derived[trace] = self._derive(trace)
        return self._derived[trace]

    def _derive(self, trace: str) -> str:
        first = self._first.get(trace)
        if first is None or first.call is None:
            return f"conv_{trace[:16]}"
        if first.call.session_id:
            return first.call.session_id
        request = first.call.request
        if first.call.conversation or request.conversation:
            return str(first.call.conversation or request.conversation)
        known = self._story.history.continuation(request)
        if known.entry is not None:
            return known.entry.session_id
        return conversation_of(request, map(request.read, request.messages))


# -- what else the event says -----------------------------------------------------------------


def _add_measurements(seen: Seen, call: Observation) -> None:
    losses = _losses([seen.record, *seen.part_of])
    if losses:
        call.extensions = {**(call.extensions or {}), **losses}


def _losses(records: list[SpanRecord]) -> dict[str, Any]:
    """What was lost on the way here: limits of the emitter's pipeline cut it."""
    lost: dict[str, Any] = {}
    for record in records:
        for name, count in record.dropped.items():
            lost[f"dropped_{name}"] = lost.get(f"dropped_{name}", 0) + count
        if record.cut:
            lost["truncated"] = [*lost.get("truncated", ()), *dict.fromkeys(record.cut)]
    return lost


def _add_reported_cost(seen: Seen, call: Observation) -> None:
    """Keep what the emitter thinks that it cost, beside what the price table says."""
    price(call)
    reported = number(find(seen.record, *_REPORTED_COST))
    if reported:
        call.provenance = copy.copy(call.provenance) or {}
        call.provenance["reported_cost_usd"] = float(reported)
        call.origin = None

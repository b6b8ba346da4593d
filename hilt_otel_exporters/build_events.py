"""From spans that belong together to events, in the order in which things happened."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hilt.genai.observation import Observation
from hilt.recording.ending_fields import price
from hilt.recording.event_builder import EventBuilder, EventDict
from hilt.recording.history import conversation_of
from hilt.recording.live_calls import LIVE_CALLS
from hilt.recording.step_events import step_events
from hilt_otel_exporters.dialects import SpanReading
from hilt_otel_exporters.span_record import SpanRecord
from hilt_otel_exporters.span_tree import above, tree_of

__all__ = ["build_events"]

_CLOCKS = 50_000_000
Timed = tuple[int, int, EventDict]
Moment = tuple[int, int, int, Callable[[SpanReading], None], SpanReading]


def build_events(
    seen: list[SpanReading],
    everything: list[SpanReading],
    builder: EventBuilder,
    *,
    capture_content: bool = True,
    capture_chunks: bool = True,
) -> list[EventDict]:
    """The events of some spans, in the order of their times.

    Args:
        seen: The spans, those of one call put together.
        everything: All spans that were read: they say which stands below which.
        builder: Makes the events; it remembers what the log has already.
        capture_content: Whether anything that was said goes into the events.
        capture_chunks: Whether the chunks of streams do.
    """
    _stretch(everything)
    telling = _Telling(
        builder, _Sessions(seen, everything, builder), capture_content, capture_chunks
    )
    for _, _, _, happen, each in sorted(telling.moments(seen), key=lambda moment: moment[:3]):
        happen(each)
    return [event for _, _, event in sorted(telling.told, key=lambda each: each[:2])]


def _stretch(everything: list[SpanReading]) -> None:
    """Let no step end before what happened in it: clocks of one program differ by microseconds."""
    tree = tree_of(everything)
    for each in everything:
        for outer in above(each, tree):
            step = outer.step
            if step is not None and 0 < each.record.ended - step.ended < _CLOCKS:
                step.ended = each.record.ended


class _Telling:
    """What happens, in order: a call begins and ends, a step is taken."""

    def __init__(
        self, builder: EventBuilder, sessions: _Sessions, content: bool, chunks: bool
    ) -> None:
        self.told: list[Timed] = []
        self._builder, self._sessions = builder, sessions
        self._content, self._chunks = content, chunks

    def moments(self, seen: list[SpanReading]) -> Iterator[Moment]:
        """When what happens: calls and steps that begin at one time keep their order."""
        for index, each in enumerate(seen):
            if each.call is not None:
                if not each.begun:
                    yield each.call.started, 1, index, self._begin, each
                yield each.call.ended, 2, index, self._end, each
            elif each.step is not None:
                tool = each.step.kind == "tool"
                late = each.step.kind == "retrieval"
                when = each.step.ended if late else each.step.started
                yield when, 3 if tool else 0, index, self._take, each

    def _begin(self, seen: SpanReading) -> None:
        call = seen.call
        if call is None:
            return
        call.capture_content = call.capture_content and self._content
        call.capture_chunks = call.capture_chunks and self._chunks
        call.conversation = call.conversation or self._sessions.explicit(seen)
        losses = _losses([seen.record, *seen.merged])
        if losses:
            call.extensions = {**(call.extensions or {}), **losses}
        self.told += [(call.started, 1, event) for event in self._builder.begin(call)]

    def _end(self, seen: SpanReading) -> None:
        call = seen.call
        if call is None:
            return
        _add_reported_cost(seen, call)
        arrived = [moment for moment, _ in call.chunks[call.chunks_written :]]
        for moment, event in zip(arrived, self._builder.chunks(call), strict=False):
            self.told.append((min(moment, call.ended), 2, event))
        self.told += [(call.ended, 5, event) for event in self._builder.end(call)]

    def _take(self, seen: SpanReading) -> None:
        step = seen.step
        if step is None:
            return
        step.session_id = self._sessions.of(seen)
        step.capture_content = self._content
        step.extensions.update(_losses([seen.record]))
        boundary = step.kind not in ("tool", "retrieval")
        for moment, event in step_events(step, self._builder.history):
            order = (0 if moment == step.started else 9) if boundary else 6
            self.told.append((moment, order, event))


class _Sessions:
    """Which conversation each span belongs to."""

    def __init__(
        self, seen: list[SpanReading], everything: list[SpanReading], builder: EventBuilder
    ) -> None:
        self._builder = builder
        self._tree = tree_of(everything)
        self._said: dict[str, str] = {}
        for each in everything:
            if each.conversation:
                self._said.setdefault(each.record.trace_id, each.conversation)
        self._first: dict[str, SpanReading] = {}
        for each in (*seen, *everything):
            if each.call is not None and each.call.request.messages:
                self._first.setdefault(each.record.trace_id, each)
        self._derived: dict[str, str] = {}

    def explicit(self, seen: SpanReading) -> str | None:
        """What the span says itself, or the nearest one above it, or any in its trace."""
        for each in (seen, *above(seen, self._tree)):
            if each.conversation:
                return each.conversation
        return self._said.get(seen.record.trace_id)

    def of(self, seen: SpanReading) -> str:
        """The session id of a step: what is said, or what the calls of its trace have."""
        said = self.explicit(seen)
        if said:
            return said
        trace = seen.record.trace_id
        if trace not in self._derived:
            self._derived[trace] = self._derive(trace)
        return self._derived[trace]

    def _derive(self, trace: str) -> str:
        live = LIVE_CALLS.conversation(trace)
        if live is not None:
            return live
        first = self._first.get(trace)
        if first is None or first.call is None:
            return f"conv_{trace[:16]}"
        if first.call.session_id:
            return first.call.session_id
        request = first.call.request
        if first.call.conversation or request.conversation:
            return str(first.call.conversation or request.conversation)
        known = self._builder.history.continuation(request)
        if known.entry is not None:
            return known.entry.session_id
        return conversation_of(request, map(request.read, request.messages))


# -- what else the event says -----------------------------------------------------------------


def _losses(records: list[SpanRecord]) -> dict[str, Any]:
    """What was lost on the way here: limits of the emitter's pipeline cut it."""
    lost: dict[str, Any] = {}
    for record in records:
        for name, count in record.dropped.items():
            lost[f"dropped_{name}"] = lost.get(f"dropped_{name}", 0) + count
        if record.cut:
            lost["truncated"] = [*lost.get("truncated", ()), *dict.fromkeys(record.cut)]
    return lost


def _add_reported_cost(seen: SpanReading, call: Observation) -> None:
    """Keep what the emitter thinks that it cost, beside what the price table says."""
    price(call)
    reported = seen.reported_cost_usd
    if reported:
        call.provenance = copy.copy(call.provenance) or {}
        call.provenance["reported_cost_usd"] = float(reported)
        call.origin = None

"""Each call once: which spans are about the same call of a model.

Spans of one call share a response id; or one stands below the other; or, where a call failed and
has no response id, one lies within the other in time and another instrumentation recorded it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from hilt_otel_exporters.dialects import SpanReading
from hilt_otel_exporters.dialects.dialect import PLUMBING
from hilt_otel_exporters.merge_calls import merge_calls
from hilt_otel_exporters.span_tree import add_missing_prompts, ancestors, steps_to_log

__all__ = ["deduplicated", "is_one_call"]

_SLACK = 5_000_000  # clocks of two instrumentations in one process differ by so many nanoseconds
_THROUGH = (PLUMBING, "chain")  #: a call below one of these is still the same call


def deduplicated(readings: Sequence[SpanReading]) -> list[SpanReading]:
    """The calls, each merged from all its spans, and the steps, in the order of their beginning."""
    _leave_out_pieces(readings)
    spans = [each for each in readings if each.call is not None]
    groups = _Groups(spans)
    _join_by_response(groups, spans)
    summaries = _join_by_parentage(groups, spans)
    _join_starts_and_ends(groups, spans)
    _join_by_time(groups, [each for each in spans if id(each) not in summaries])
    _join_traces(readings, groups)
    calls = [
        merge_calls(group)
        for group in groups.all()
        if any(id(each) not in summaries for each in group)
    ]
    calls = _without_wrappers(calls)
    add_missing_prompts(calls)
    return sorted([*calls, *steps_to_log(readings)], key=_start)


def _join_traces(readings: Sequence[SpanReading], groups: _Groups) -> None:
    """Let traces that have a call in common be one run: two emitters saw the same program."""
    first: dict[str, str] = {}
    for group in groups.all():
        traces = dict.fromkeys(first.get(each.run, each.run) for each in group)
        if len(traces) > 1:
            run = next(iter(traces))
            first.update((trace, run) for trace in traces)
            first.update((trace, run) for trace, other in first.items() if other in traces)
    if first:
        for each in readings:
            each.run = first.get(each.run, each.run)


def _leave_out_pieces(readings: Sequence[SpanReading]) -> None:
    """Let spans that know not even a model be no calls, where the call itself is in the trace."""
    calls = [each for each in readings if each.call is not None]
    real = {each.record.trace_id for each in calls if not _is_empty(each)}
    for each in calls:
        piece = _is_empty(each) and each.call is not None and not each.call.request.model
        if piece and each.record.trace_id in real:
            each.call = None
    _leave_out_repetitions(readings)


def _leave_out_repetitions(readings: Sequence[SpanReading]) -> None:
    """Let spans that only repeat the counts of a call be no calls: they asked for nothing."""
    counted: set[object] = set()
    repeating = []
    for each in readings:
        call = each.call
        if call is not None and call.response is not None and call.response.usage is not None:
            usage = call.response.usage
            key = (
                each.record.trace_id,
                call.response.model,
                usage.input_tokens,
                usage.output_tokens,
            )
            if call.request.model or call.request.messages or call.response.messages:
                counted.add(key)
            else:
                repeating.append((key, each))
    for key, each in repeating:
        if key in counted:
            each.call = None


def _without_wrappers(calls: list[SpanReading]) -> list[SpanReading]:
    """The calls without those that only stand around one: no messages, no tokens, no failure.

    Frameworks record as calls of a model how they prepare one, or each piece of its answer. Where
    no call of a trace has anything, nothing was recorded of any of them, and all of them stay.
    """
    real = {each.record.trace_id for each in calls if not _is_empty(each)}
    return [each for each in calls if not _is_empty(each) or each.record.trace_id not in real]


def _is_empty(reading: SpanReading) -> bool:
    call = reading.call
    if call is None or reading.begun or reading.record.call is not None:
        return False
    if call.request.messages or call.request.instructions or call.failure is not None:
        return False
    response = call.response
    return response is None or (response.usage is None and response.vectors is None)


def _start(reading: SpanReading) -> tuple[int, int]:
    """When it began; of what began together, the longer one first: the other is within it."""
    started = reading.call.started if reading.call is not None else reading.record.started
    return started, -reading.record.ended


class _Groups:
    """Disjoint sets of spans."""

    def __init__(self, readings: Iterable[SpanReading]) -> None:
        self._groups = {id(each): [each] for each in readings}

    def of(self, reading: SpanReading) -> list[SpanReading]:
        return self._groups[id(reading)]

    def join(self, first: SpanReading, second: SpanReading) -> None:
        into, other = self.of(first), self.of(second)
        if into is other:
            return
        into += other
        for each in other:
            self._groups[id(each)] = into

    def all(self) -> list[list[SpanReading]]:
        return list({id(group): group for group in self._groups.values()}.values())


# -- by response id ---------------------------------------------------------------------------


def _join_by_response(groups: _Groups, spans: Sequence[SpanReading]) -> None:
    by_id: dict[str, list[SpanReading]] = {}
    for each in spans:
        response_id = each.response_id
        if response_id:
            others = by_id.setdefault(response_id, [])
            same = next((one for one in others if is_one_call(one.record, each.record)), None)
            if same is not None:
                groups.join(same, each)
            others.append(each)


class _Interval(Protocol):
    @property
    def scope(self) -> str: ...
    @property
    def started(self) -> int: ...
    @property
    def ended(self) -> int: ...


def is_one_call(first: _Interval, second: _Interval) -> bool:
    """Whether two spans with one response id are one call: a cache gives an answer twice."""
    return first.scope != second.scope or (
        first.started <= second.ended + _SLACK and second.started <= first.ended + _SLACK
    )


# -- by parentage -----------------------------------------------------------------------------


def _join_by_parentage(groups: _Groups, spans: Sequence[SpanReading]) -> set[int]:
    """Join a call to the one above it. One above several is their summary, and no call: its id."""
    inner: dict[int, list[SpanReading]] = {}
    outer_of: dict[int, SpanReading] = {}
    for each in spans:
        outer = _call_above(each)
        if outer is not None:
            outer_of[id(outer)] = outer
            inner.setdefault(id(outer), []).append(each)
    summaries: set[int] = set()
    for key, below in inner.items():
        outer = outer_of[key]
        apart = {id(groups.of(each)) for each in below if groups.of(each) is not groups.of(outer)}
        if _has_own_response(outer, below):
            continue
        if len(apart) == 1:
            groups.join(outer, next(each for each in below if id(groups.of(each)) in apart))
        elif apart:
            summaries.add(key)
    return summaries


def _has_own_response(outer: SpanReading, below: Sequence[SpanReading]) -> bool:
    """Whether the call above has a response of its own, that none of those below it has."""
    ids = {each.response_id for each in below}
    return outer.response_id is not None and None not in ids and outer.response_id not in ids


def _call_above(reading: SpanReading) -> SpanReading | None:
    for outer in ancestors(reading):
        if outer.call is not None:
            return outer if outer.kind == reading.kind else None
        if outer.kind not in _THROUGH:
            return None
    return None


# -- calls whose start and end are two spans --------------------------------------------------


def _join_starts_and_ends(groups: _Groups, spans: Sequence[SpanReading]) -> None:
    waiting = [each for each in spans if each.call_start is None]
    for end in spans:
        if end.call_start is not None:
            start = _start_of(end, end.call_start, waiting)
            if start is not None:
                waiting.remove(start)
                groups.join(start, end)


def _start_of(end: SpanReading, began: int, waiting: Sequence[SpanReading]) -> SpanReading | None:
    """The span of the request whose answer ended here: the nearest of the same kind before it."""
    fitting = [
        each
        for each in waiting
        if each.record.scope == end.record.scope
        and each.record.started <= end.record.started
        and _same_model(each, end)
        and each.call is not None
        and each.call.failure is None
        and not (each.call.response and each.call.response.usage)
    ]
    return min(fitting, key=lambda each: abs(each.record.ended - began), default=None)


# -- by time ----------------------------------------------------------------------------------


def _join_by_time(groups: _Groups, spans: Sequence[SpanReading]) -> None:
    """Join spans of two instrumentations where one lies within the other, and nothing differs.

    Most spans have a response id, and two that have one need no look: so a thousand calls at a
    time are compared with the few that failed.
    """
    # By scope, and whether they have a response id:
    open_spans: dict[tuple[str, bool], list[SpanReading]] = {}
    for each in sorted(spans, key=lambda one: (one.record.started, -one.record.ended)):
        scope, has_id = each.record.scope, each.response_id is not None
        for (other, others_have_id), beside in open_spans.items():
            if other == scope or (has_id and others_have_id):
                continue
            beside[:] = [one for one in beside if one.record.ended + _SLACK >= each.record.started]
            fitting = [one for one in beside if _may_be_one(groups.of(one), groups.of(each))]
            if fitting:
                groups.join(fitting[-1], each)
        open_spans.setdefault((scope, has_id), []).append(each)


def _may_be_one(one: list[SpanReading], other: list[SpanReading]) -> bool:
    if one is other or {each.record.scope for each in one} & {each.record.scope for each in other}:
        return False
    ids = {each.response_id for each in (*one, *other)} - {None}
    if len(ids) > 1:
        return False
    outer, inner = one[0], other[0]
    return (
        outer.kind == inner.kind
        and _related(outer, inner)
        and _within(outer, inner)
        and _same_model(outer, inner)
        and not _providers(one).isdisjoint(_providers(other))
    )


def _related(one: SpanReading, other: SpanReading) -> bool:
    """In one trace, or side by side as roots: some do not make their span current."""
    first, second = one.record, other.record
    return first.trace_id == second.trace_id or (
        first.parent_span_id is None and second.parent_span_id is None
    )


def _within(one: SpanReading, other: SpanReading) -> bool:
    first, second = one.record, other.record
    return (first.started - _SLACK <= second.started and second.ended <= first.ended + _SLACK) or (
        second.started - _SLACK <= first.started and first.ended <= second.ended + _SLACK
    )


def _same_model(one: SpanReading, other: SpanReading) -> bool:
    first, second = _models(one), _models(other)
    return not first or not second or not first.isdisjoint(second)


def _models(reading: SpanReading) -> set[str]:
    call = reading.call
    if call is None:
        return set()
    answered = call.response.model if call.response is not None else None
    return {model for model in (call.request.model, answered) if model}


def _providers(group: Sequence[SpanReading]) -> set[str]:
    return {each.call.request.provider for each in group if each.call is not None}

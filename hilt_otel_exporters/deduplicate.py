"""Each call once: which spans are about the same call of a model, and what they say together.

Spans of one call share a response id; or one stands below the other; or, where a call failed and
has no response id, one lies within the other in time and another instrumentation recorded it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, Protocol

from hilt.genai.fold import merge_usage
from hilt.genai.json_values import encode_json
from hilt.genai.observation import Observation
from hilt.genai.values import Failure, Request, Response, Usage
from hilt_otel_exporters.dialects import SpanReading
from hilt_otel_exporters.span_tree import ask_around, worth_telling

__all__ = ["fold", "meet"]

_SLACK = 5_000_000  # clocks of two instrumentations in one process differ by so many nanoseconds
_THROUGH = ("step", "chain")  #: a call below one of these is still the same call


def fold(seen: list[SpanReading]) -> list[SpanReading]:
    """The spans with those of the same call put together, in the order of their beginning."""
    calls = [each for each in seen if each.call is not None]
    groups = _Groups(calls)
    _join_by_response(groups, calls)
    summaries = _join_by_parentage(groups, seen, calls)
    _join_streams(groups, calls)
    _join_by_time(groups, [each for each in calls if id(each) not in summaries])
    told = [_together(group) for group in groups.all() if not _only(group, summaries)]
    told += worth_telling(seen)
    ask_around(told, seen)
    return sorted(told, key=_begins)


def _begins(seen: SpanReading) -> int:
    return seen.call.started if seen.call is not None else seen.record.started


def _only(group: list[SpanReading], summaries: set[int]) -> bool:
    return all(id(each) in summaries for each in group)


class _Groups:
    """Disjoint sets of spans."""

    def __init__(self, seen: Iterable[SpanReading]) -> None:
        self._group = {id(each): [each] for each in seen}

    def of(self, seen: SpanReading) -> list[SpanReading]:
        return self._group[id(seen)]

    def join(self, first: SpanReading, second: SpanReading) -> None:
        into, other = self.of(first), self.of(second)
        if into is other:
            return
        into += other
        for each in other:
            self._group[id(each)] = into

    def all(self) -> list[list[SpanReading]]:
        return list({id(group): group for group in self._group.values()}.values())


def _response_id(seen: SpanReading) -> str | None:
    call = seen.call
    if call is None or call.response is None or call.request.fetched_response:
        return None
    return call.response.id


def _join_by_response(groups: _Groups, calls: list[SpanReading]) -> None:
    known: dict[str, list[SpanReading]] = {}
    for each in calls:
        response_id = _response_id(each)
        if response_id:
            others = known.setdefault(response_id, [])
            same = next((other for other in others if meet(other.record, each.record)), None)
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


def meet(first: _Interval, second: _Interval) -> bool:
    """Whether two spans with one response id are one call: a cache gives an answer twice."""
    return first.scope != second.scope or (
        first.started <= second.ended + _SLACK and second.started <= first.ended + _SLACK
    )


def _join_by_parentage(
    groups: _Groups, seen: list[SpanReading], calls: list[SpanReading]
) -> set[int]:
    """Join a call to the one above it. One above several is their summary, and no call: its id."""
    by_span = {(each.record.trace_id, each.record.span_id): each for each in seen}
    inner: dict[int, list[SpanReading]] = {}
    above: dict[int, SpanReading] = {}
    for each in calls:
        outer = _call_above(each, by_span)
        if outer is not None:
            above[id(outer)] = outer
            inner.setdefault(id(outer), []).append(each)
    summaries: set[int] = set()
    for key, below in inner.items():
        outer = above[key]
        apart = {id(groups.of(each)) for each in below if groups.of(each) is not groups.of(outer)}
        if _is_its_own(outer, below):
            continue
        if len(apart) == 1:
            groups.join(outer, next(each for each in below if id(groups.of(each)) in apart))
        elif apart:
            summaries.add(key)
    return summaries


def _is_its_own(outer: SpanReading, below: list[SpanReading]) -> bool:
    """Whether the call above has a response of its own, that none of those below it has."""
    known = _response_id(outer)
    found = {_response_id(each) for each in below}
    return known is not None and None not in found and known not in found


def _call_above(
    seen: SpanReading, by_span: dict[tuple[str, str], SpanReading]
) -> SpanReading | None:
    trace, parent = seen.record.trace_id, seen.record.parent_span_id
    for _ in range(32):  # a damaged file may tie spans into a ring
        above = by_span.get((trace, parent)) if parent else None
        if above is None or above is seen:
            return None
        if above.call is not None:
            return above if above.kind == seen.kind else None
        if above.kind not in _THROUGH:
            return None
        parent = above.record.parent_span_id
    return None


# -- calls whose start and end are two spans ----------------------------------------------------


def _join_streams(groups: _Groups, calls: list[SpanReading]) -> None:
    waiting = [each for each in calls if each.call_start is None]
    for end in calls:
        if end.call_start is not None:
            start = stream_start_of(end, waiting)
            if start is not None:
                waiting.remove(start)
                groups.join(start, end)


def stream_start_of(end: SpanReading, waiting: list[SpanReading]) -> SpanReading | None:
    """The span of the request whose stream ended here: the nearest of the same kind before it."""
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
    began = end.call.started if end.call is not None else end.record.started
    return min(fitting, key=lambda each: abs(each.record.ended - began), default=None)


# -- by time ----------------------------------------------------------------------------------


def _join_by_time(groups: _Groups, calls: list[SpanReading]) -> None:
    """Join spans of two instrumentations where one lies within the other, and nothing differs.

    Most spans have a response id, and two that have one need no look: so a thousand calls at a
    time are compared with the few that failed.
    """
    open_: dict[
        tuple[str, bool], list[SpanReading]
    ] = {}  # by scope, and whether it has a response id
    for each in sorted(calls, key=lambda one: (one.record.started, -one.record.ended)):
        scope, known = each.record.scope, _response_id(each) is not None
        for (other, has_id), beside in open_.items():
            if other == scope or (known and has_id):
                continue
            beside[:] = [one for one in beside if one.record.ended + _SLACK >= each.record.started]
            fitting = [one for one in beside if _may_be_same(groups.of(one), groups.of(each))]
            if fitting:
                groups.join(fitting[-1], each)
        open_.setdefault((scope, known), []).append(each)


def _may_be_same(one: list[SpanReading], other: list[SpanReading]) -> bool:
    if one is other or {each.record.scope for each in one} & {each.record.scope for each in other}:
        return False
    known = {_response_id(each) for each in (*one, *other)} - {None}
    if len(known) > 1:
        return False
    outer, inner = one[0], other[0]
    return (
        outer.kind == inner.kind
        and _related(outer, inner)
        and _within(outer, inner)
        and _same_model(outer, inner)
        and _providers(one) & _providers(other) != set()
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
    return not first or not second or bool(first & second)


def _models(seen: SpanReading) -> set[str]:
    call = seen.call
    if call is None:
        return set()
    answered = call.response.model if call.response is not None else None
    return {model for model in (call.request.model, answered) if model}


def _providers(group: list[SpanReading]) -> set[str]:
    return {each.call.request.provider for each in group if each.call is not None}


# -- what they say together -------------------------------------------------------------------


def _together(group: list[SpanReading]) -> SpanReading:
    if len(group) == 1:
        return group[0]
    group.sort(key=lambda each: (each.record.started, -each.record.ended))
    told = next((each for each in group if each.begun or each.record.call is not None), None)
    main = told or max(group, key=lambda each: _size(each.call))
    main.merged = [each.record for each in group if each is not main]
    for each in group:
        main.conversation = main.conversation or each.conversation
        main.user = main.user or each.user
    if main.record.call is None and main.call is not None:
        _merge(main.call, group)
        main.call.request.user = main.user
    _note(main, group)
    return main


def _size(call: Observation | None) -> int:
    """How much a span says of what was said."""
    if call is None:
        return 0
    said = call.response.messages if call.response is not None else []
    return len(encode_json([list(call.request.messages), call.request.instructions, said]))


def _note(main: SpanReading, group: list[SpanReading]) -> None:
    """Say in the event which other spans were part of it."""
    call = main.call
    if call is None:
        return
    call.origin = None
    call.provenance = dict(call.provenance or {})
    call.provenance["also_recorded_by"] = [
        {"instrumentation": each.record.scope, "span_id": each.record.span_id}
        for each in group
        if each is not main
    ]


def _merge(main: Observation, group: list[SpanReading]) -> None:
    calls = [each.call for each in group if each.call is not None]
    outermost = calls[0]
    main.trace_id, main.span_id = outermost.trace_id, outermost.span_id
    main.parent_span_id = outermost.parent_span_id
    main.started = min(call.started for call in calls)
    main.ended = min(
        (call.ended for call in calls if _is_answered(call)),
        default=max(call.ended for call in calls),
    )
    main.latency_ms = round((main.ended - main.started) / 1e6, 3)
    nearest = [each.call for each in sorted(group, key=_distance) if each.call is not None]
    main.first_chunk_ms = _first(call.first_chunk_ms for call in nearest)
    main.status_code = _first(call.status_code for call in nearest)
    main.request_id = _first(call.request_id for call in nearest)
    main.attempts = _first(call.attempts for call in nearest)
    main.chunks = max((call.chunks for call in calls), key=len)
    _merge_requests(main.request, [call.request for call in nearest])
    answers = [call.response for call in nearest if call.response is not None]
    main.response = _merged_response(main.response, answers)
    main.failure = _merged_failure([call.failure for call in nearest], main.response)
    main.outcome = main.failure.outcome if main.failure is not None else _outcome(nearest)
    if main.failure is not None:
        main.status_code = main.failure.status_code or main.status_code


def _is_answered(call: Observation) -> bool:
    """Whether a span saw the end of its call: one that began a stream did not."""
    response = call.response
    answered = response is not None and (response.messages or response.usage is not None)
    return call.failure is not None or bool(answered)


def _outcome(calls: list[Observation]) -> str | None:
    found: str | None = _first(call.outcome for call in calls if call.failure is None)
    return found


def _distance(seen: SpanReading) -> tuple[bool, int]:
    """How far a span is from the wire: the SDK's own first, then the innermost."""
    return not seen.is_sdk, -seen.record.started


def _merge_requests(main: Request, nearest: list[Request]) -> None:
    for name in ("model", "server_address", "server_port", "previous_response", "user", "tools"):
        if getattr(main, name) is None:
            setattr(main, name, _first(getattr(each, name) for each in nearest))
    longest = max(nearest, key=lambda each: len(each.messages))
    if len(longest.messages) > len(main.messages):
        main.messages, main.instructions = longest.messages, longest.instructions
    main.stream = any(each.stream for each in nearest)
    main.provider = next(
        (each.provider for each in nearest if each.provider != "unknown"), main.provider
    )
    attributes: dict[str, Any] = {}
    for each in nearest:
        attributes = {**each.attributes, **attributes}
    main.attributes = {**attributes, **main.attributes}


def _merged_response(main: Response | None, nearest: list[Response]) -> Response | None:
    if not nearest:
        return main
    found = copy.copy(main) if main is not None else Response()
    found.messages = max(
        (each.messages for each in nearest), key=lambda said: len(encode_json(said))
    )
    if main is not None and main.messages:
        found.messages = main.messages
    for name in ("id", "model", "raw_usage", "service_tier", "vectors", "dimensions", "documents"):
        setattr(found, name, _first(getattr(each, name) for each in nearest))
    found.finish_reasons = next(
        (each.finish_reasons for each in nearest if each.finish_reasons), []
    )
    usage: Usage | None = None
    for each in reversed(nearest):  # what is nearest to the wire counts last, and so decides
        if each.usage is not None:
            usage = merge_usage(usage, _copied(each.usage))
    found.usage = usage
    return found


def _copied(usage: Usage) -> Usage:
    copied = copy.copy(usage)
    copied.units = dict(usage.units)
    return copied


def _merged_failure(nearest: list[Failure | None], response: Response | None) -> Failure | None:
    """What went wrong: an outer span may fail where the call itself was answered."""
    failures = [failure for failure in nearest if failure is not None]
    answered = response is not None and response.messages
    if not failures or (answered and len(failures) < len(nearest)):
        return None
    found = copy.copy(max(failures, key=lambda each: ("." in each.error_type, len(each.message))))
    for name in ("status_code", "request_id", "provider_code", "retry_after", "attempts"):
        if getattr(found, name) is None:
            setattr(found, name, _first(getattr(each, name) for each in failures))
    if found.error_code == "unknown":
        codes = [each.error_code for each in failures if each.error_code != "unknown"]
        found.error_code = codes[0] if codes else "unknown"
    return found


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)

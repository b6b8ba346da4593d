"""The spans that wait for the rest of their trace, and which of them are due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from hilt.core.bounded import BoundedDict
from hilt.semconv import REQUEST_MODEL
from hilt_otel_exporters.dialects import awaits_more, call_start_of
from hilt_otel_exporters.span_record import LogRecord, SpanRecord

__all__ = ["TraceBuffer"]

_TIME = attrgetter("time")
_NEAR = 200_000_000  # traces as near as this in time (ns) may be about the same call


@dataclass(slots=True)
class _Trace:
    """The spans of a trace that have come so far."""

    started: int  #: when its first span started
    ended: int = 0  #: when its last span ended
    changed: float = 0.0  #: when its newest span came
    spans: dict[str, SpanRecord] = field(default_factory=dict)  #: by span id
    has_root: bool = False
    awaits_more: bool = False  #: the end of one of its calls is in another trace
    ends: list[tuple[SpanRecord, int]] = field(default_factory=list)
    """Spans that are the end of a call which another trace has the start of, and when that was."""


class TraceBuffer:
    """Holds spans by trace, never more than ``limit``. Its clock is the caller's.

    Args:
        linger: How long a trace whose root has ended is kept for spans of the same calls.
        patience: How long a trace is kept whose root has not.
        limit: How many spans are held at the most; beyond it the oldest traces are due.
    """

    def __init__(self, linger: float, patience: float, limit: int) -> None:
        self.linger, self.patience, self.limit = linger, patience, limit
        self.count = 0
        self._traces: dict[str, _Trace] = {}
        self._logs: BoundedDict[str, list[LogRecord]] = BoundedDict(limit)  #: by span id

    def add(self, record: SpanRecord, now: float) -> None:
        """Hold a span; a second one with the same ids is the same."""
        trace = self._traces.get(record.trace_id)
        if trace is None:
            trace = self._traces[record.trace_id] = _Trace(record.started)
        elif record.span_id in trace.spans:
            return
        if record.span_id in self._logs:
            record.logs = sorted(self._logs.pop(record.span_id), key=_TIME)
        trace.spans[record.span_id] = record
        trace.changed = now
        trace.started = min(trace.started, record.started)
        trace.ended = max(trace.ended, record.ended)
        trace.has_root = trace.has_root or record.parent_span_id is None or record.remote_parent
        trace.awaits_more = trace.awaits_more or awaits_more(record)
        start = call_start_of(record)
        if start is not None:
            trace.ends.append((record, start))
        self.count += 1

    def add_log(self, log: LogRecord) -> None:
        """Hold a log record for its span, or give it to the span if that is here."""
        trace = self._traces.get(log.trace_id)
        record = trace.spans.get(log.span_id) if trace is not None else None
        if record is not None:
            record.logs.append(log)
            record.logs.sort(key=_TIME)  # they may come in any order
        else:
            self._logs.keep(log.span_id, [*self._logs.get(log.span_id, ()), log])

    def due(self, now: float) -> list[SpanRecord]:
        """Take out what is due."""
        keys = [key for key, trace in self._traces.items() if self._deadline(trace) <= now]
        if self.count > self.limit:
            keys += self._oldest(set(keys))
        if keys and len(keys) < len(self._traces):
            return self._take(self._with_neighbours(keys))
        return self._take(keys)

    def next_due(self) -> float | None:
        """When `due` will have something; None while nothing is held."""
        return min(map(self._deadline, self._traces.values()), default=None)

    def all(self) -> list[SpanRecord]:
        """Take out everything."""
        return self._take(list(self._traces))

    def clear(self) -> None:
        """Forget everything."""
        self._traces.clear()
        self._logs.clear()
        self.count = 0

    def _deadline(self, trace: _Trace) -> float:
        waits = trace.awaits_more or not trace.has_root
        return trace.changed + (self.patience if waits else self.linger)

    def _oldest(self, due: set[str]) -> list[str]:
        """A quarter of what is held, so that a full buffer does not let go span by span."""
        surplus, oldest = self.count - self.limit * 3 // 4, []
        for key, trace in self._traces.items():
            if surplus <= 0:
                break
            if key not in due:
                oldest.append(key)
            surplus -= len(trace.spans)
        return oldest

    def _with_neighbours(self, keys: list[str]) -> Iterable[str]:
        """The traces with those beside them in time: one call may be in two of them."""
        chosen = dict.fromkeys(keys)
        first = min([self._traces[key].started for key in keys]) - _NEAR
        last = max([self._traces[key].ended for key in keys]) + _NEAR
        for key, trace in self._traces.items():
            is_near = trace.started <= last and trace.ended >= first
            if is_near and trace.has_root and not trace.awaits_more:
                chosen[key] = None
        for key in list(chosen):
            for record, start in self._traces[key].ends:
                request = self._request_of(record, start)
                if request is not None:
                    chosen[request] = None
        return chosen

    def _request_of(self, end: SpanRecord, started: int) -> str | None:
        """The trace in which the call started that ended here."""
        distances = {
            key: abs(record.ended - started)
            for key, trace in self._traces.items()
            if trace.awaits_more
            for record in trace.spans.values()
            if record.scope == end.scope
            and record.started <= end.started
            and record.attributes.get(REQUEST_MODEL) == end.attributes.get(REQUEST_MODEL)
        }
        return min(distances, key=lambda key: distances[key], default=None)

    def _take(self, keys: Iterable[str]) -> list[SpanRecord]:
        records: list[SpanRecord] = []
        for key in keys:
            records += self._traces.pop(key).spans.values()
        self.count -= len(records)
        return records

"""The spans that wait for the rest of their trace, and which of them it is time to tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hilt.semconv import REQUEST_MODEL
from hilt_otel_exporters.dialects import awaits_more, call_start_of
from hilt_otel_exporters.span_record import LogRecord, SpanRecord

__all__ = ["TraceBuffer"]

_NEAR = 200_000_000  # traces as near as this in time (ns) may be about the same call


@dataclass(slots=True)
class _Trace:
    spans: dict[str, SpanRecord] = field(default_factory=dict)  #: by span id
    touched: float = 0.0  #: when its newest span came
    ended: bool = False  #: its root has come
    awaits: bool = False  #: a span of it has its other half in another trace


class TraceBuffer:
    """Holds spans by trace, never more than ``limit``. Its clock is the caller's.

    Args:
        linger: How long a trace whose root has ended is kept for spans of the same calls.
        patience: How long a trace is kept whose root has not.
        limit: How many spans are held at the most; the oldest traces are told first.
    """

    def __init__(self, linger: float, patience: float, limit: int) -> None:
        self.linger, self.patience, self.limit = linger, patience, limit
        self.count = 0
        self._traces: dict[str, _Trace] = {}
        self._logs: dict[str, list[LogRecord]] = {}

    def add(self, record: SpanRecord, now: float) -> None:
        """Hold a span; a second one with the same ids is the same."""
        trace = self._traces.setdefault(record.trace_id, _Trace())
        if record.span_id in trace.spans:
            return
        logs = self._logs.pop(record.span_id, None)
        if logs:
            record.logs = logs
        trace.spans[record.span_id] = record
        trace.touched = now
        trace.ended = trace.ended or record.parent_span_id is None or record.remote_parent
        trace.awaits = trace.awaits or awaits_more(record)
        self.count += 1

    def add_log(self, log: LogRecord) -> None:
        """Hold a log record for its span, or give it to the span if that is here."""
        trace = self._traces.get(log.trace_id)
        record = trace.spans.get(log.span_id) if trace is not None else None
        if record is not None:
            record.logs.append(log)
            return
        self._logs.setdefault(log.span_id, []).append(log)
        while len(self._logs) > self.limit:
            del self._logs[next(iter(self._logs))]

    def due(self, now: float) -> list[SpanRecord]:
        """Take out what it is time to tell."""
        ready = [key for key, trace in self._traces.items() if self._is_due(trace, now)]
        if not ready and self.count <= self.limit:
            return []
        if self.count > self.limit:
            ready += self._oldest(set(ready))
        return self._take(self._with_neighbours(ready))

    def next_due(self) -> float | None:
        """When `due` will have something; None while nothing is held."""
        return min((self._deadline(trace) for trace in self._traces.values()), default=None)

    def all(self) -> list[SpanRecord]:
        """Take out everything."""
        return self._take(list(self._traces))

    def clear(self) -> None:
        """Forget everything."""
        self._traces.clear()
        self._logs.clear()
        self.count = 0

    def _deadline(self, trace: _Trace) -> float:
        waits = trace.awaits or not trace.ended
        return trace.touched + (self.patience if waits else self.linger)

    def _is_due(self, trace: _Trace, now: float) -> bool:
        return self._deadline(trace) <= now

    def _oldest(self, ready: set[str]) -> list[str]:
        """A quarter of what is held, so that a full window is not told span by span."""
        surplus, found = self.count - self.limit * 3 // 4, []
        for key, trace in self._traces.items():
            if surplus <= 0:
                break
            if key not in ready:
                found.append(key)
            surplus -= len(trace.spans)
        return found

    def _with_neighbours(self, keys: list[str]) -> list[str]:
        """The traces with those beside them in time: one call may be in two of them."""
        chosen = dict.fromkeys(keys)
        spans = [_span_of(self._traces[key]) for key in keys]
        if not spans:
            return keys
        first, last = min(one[0] for one in spans), max(one[1] for one in spans)
        for key, trace in self._traces.items():
            if key not in chosen and trace.ended and not trace.awaits:
                begins, ends = _span_of(trace)
                if begins <= last + _NEAR and ends >= first - _NEAR:
                    chosen[key] = None
        for key in list(chosen):
            for record in self._traces[key].spans.values():
                start = call_start_of(record)
                beginning = None if start is None else self._beginning_of(record, start)
                if beginning is not None:
                    chosen[beginning] = None
        return list(chosen)

    def _beginning_of(self, end: SpanRecord, began: int) -> str | None:
        """The trace in which the call started that ended here."""
        fitting = {
            key: abs(record.ended - began)
            for key, trace in self._traces.items()
            if trace.awaits
            for record in trace.spans.values()
            if record.scope == end.scope
            and record.started <= end.started
            and record.attributes.get(REQUEST_MODEL) == end.attributes.get(REQUEST_MODEL)
        }
        return min(fitting, key=lambda key: fitting[key], default=None)

    def _take(self, keys: list[str]) -> list[SpanRecord]:
        return list(self._taken(keys))

    def _taken(self, keys: list[str]) -> Iterator[SpanRecord]:
        for key in keys:
            trace = self._traces.pop(key)
            self.count -= len(trace.spans)
            yield from trace.spans.values()


def _span_of(trace: _Trace) -> tuple[int, int]:
    return (
        min(record.started for record in trace.spans.values()),
        max(record.ended for record in trace.spans.values()),
    )

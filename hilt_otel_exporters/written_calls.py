"""Which calls are in a log already: a later span about one of them is not written again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hilt.core.bounded import BoundedDict
from hilt.core.event_writer import EventWriter
from hilt.recording.live_calls import LIVE_CALLS, LiveCalls
from hilt_otel_exporters.deduplicate import is_one_call
from hilt_otel_exporters.dialects import SpanReading
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["WrittenCalls"]

_SpanId = tuple[str, str]


class _Answered(NamedTuple):
    """What is kept of a span, to tell whether a later one with its response id is the same call."""

    scope: str
    started: int
    ended: int


class WrittenCalls:
    """The newest calls that were written to one destination, from spans or as they happened.

    Args:
        session: Writes there.
        live_calls: The calls that HILT itself writes as they happen.
        limit: How many spans are remembered.
    """

    def __init__(
        self, session: EventWriter, live_calls: LiveCalls = LIVE_CALLS, limit: int = 10_000
    ) -> None:
        self._session, self._destination = session, session.destination
        self._live_calls = live_calls
        self._spans: BoundedDict[_SpanId, None] = BoundedDict(limit)
        self._above: BoundedDict[_SpanId, None] = BoundedDict(limit)
        self._answers: BoundedDict[str, _Answered] = BoundedDict(limit)
        live_calls.has_readers = True

    def has_span(self, record: SpanRecord) -> bool:
        """Whether this very span was written."""
        return (record.trace_id, record.span_id) in self._spans

    def has_call(self, reading: SpanReading) -> bool:
        """Whether an earlier span was about the call, or it was written as it happened."""
        if reading.call is None:
            return False
        records = (reading.record, *reading.merged)
        spans = [(record.trace_id, record.span_id) for record in records]
        earlier = self._answers.get(reading.response_id or "")
        return (
            not self._above.keys().isdisjoint(spans)
            or (earlier is not None and is_one_call(earlier, reading.record))
            or (self._live_calls.has_calls and self._is_live(spans, reading.response_id))
        )

    def add(self, readings: Iterable[SpanReading]) -> None:
        """Remember the spans that were written."""
        for reading in readings:
            record = reading.record
            self._spans.keep((record.trace_id, record.span_id), None)
            if reading.call is None:
                continue
            if record.parent_span_id:
                self._above.keep((record.trace_id, record.parent_span_id), None)
            if reading.response_id:
                answered = _Answered(record.scope, record.started, record.ended)
                self._answers.keep(reading.response_id, answered)

    def _is_live(self, spans: Sequence[_SpanId], response_id: str | None) -> bool:
        return any(map(self._is_here, self._live_calls.sessions(spans, response_id)))

    def _is_here(self, session: EventWriter) -> bool:
        return session is self._session or session.destination == self._destination

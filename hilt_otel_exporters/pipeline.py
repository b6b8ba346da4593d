"""From spans to a session: they wait for others of the same call, which is then written once."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from hilt.core import clock, forks
from hilt.core.bounded import BoundedDict
from hilt.core.event_writer import EventWriter
from hilt.core.guard import guard
from hilt.genai.observation import Observation
from hilt.recording.event_builder import EventBuilder
from hilt.recording.live_calls import LIVE_CALLS, LiveCalls
from hilt.recording.writer import write_events
from hilt_otel_exporters.asked_tools import AskedTools, take_in_tool_calls, use_call_ids_of_history
from hilt_otel_exporters.build_events import build_events
from hilt_otel_exporters.deduplicate import deduplicated, is_one_call
from hilt_otel_exporters.dialects import SpanReading, read_span
from hilt_otel_exporters.due_thread import start_due_thread
from hilt_otel_exporters.span_ids import SpanIds
from hilt_otel_exporters.span_record import LogRecord, SpanRecord
from hilt_otel_exporters.span_tree import link_parents
from hilt_otel_exporters.trace_buffer import TraceBuffer

__all__ = ["SpanLog", "SpanPipeline", "WrittenCalls", "pipeline_for"]

_LIMIT = 10_000
_SpanId = tuple[str, str]
_OF_THE_PROMPT = ("prompt_id", "reply_to", "context_of", "continuation", "session_id")


class SpanLog(EventWriter, Protocol):
    """What a pipeline needs of a session."""

    @property
    def closed(self) -> bool:
        """Whether nothing can be written any more."""
        ...

    def flush(self, timeout: float | None = None) -> bool:
        """Whether everything is written, or delivered, within so many seconds."""
        ...

    def close(self) -> None:
        """Flush and let go."""


class SpanPipeline:
    """Writes the calls and steps that spans stand for to a session, each once. Never raises.

    Args:
        session: Where the events go.
        builder: Makes the events; a new one if None.
        capture_content: Whether any content is written.
        capture_chunks: Whether the chunks of streams are.
        linger_s: How long spans wait for others about the same call once their trace has ended.
        patience_s: How long they wait for the end of their trace.
        limit: How many spans wait at the most.
        live: Whether a thread of its own writes what is due; else `write_due` must be called.
        in_log: Spans that the log has from before; what they stand for is not written again.
    """

    def __init__(
        self,
        session: SpanLog,
        builder: EventBuilder | None = None,
        *,
        capture_content: bool = True,
        capture_chunks: bool = True,
        linger_s: float = 1.0,
        patience_s: float = 30.0,
        limit: int = _LIMIT,
        live: bool = True,
        in_log: SpanIds | None = None,
    ) -> None:
        self.session = session
        self.builder = builder or EventBuilder()
        self.capture_content = capture_content
        self.capture_chunks = capture_chunks
        self._users = 0
        self._closes_session = False
        self._live = live
        self._buffer = TraceBuffer(linger_s, patience_s, limit)
        self._written = WrittenCalls(session)
        self._in_log = in_log
        self._asked = AskedTools()
        self._begun: BoundedDict[tuple[str, str | None], Observation] = BoundedDict(_LIMIT)
        self._renew()
        forks.on_fork(self._start_afresh)

    def _renew(self) -> None:
        self._lock = threading.RLock()  #: held while spans are taken into the buffer, or out of it
        self._writing = threading.Lock()  #: held while events are made and written, in their order
        self._thread: threading.Thread | None = None

    def _start_afresh(self) -> None:
        """Leave what waits to the parent of this process."""
        self._renew()
        self._buffer.clear()

    def join(self, session: SpanLog, *, owns: bool) -> None:
        """Count an exporter that writes here, and whether it has made its session itself."""
        self._users += 1
        self._closes_session = self._closes_session or (owns and session is self.session)

    def leave(self, session: SpanLog, *, owns: bool) -> None:
        """Count one less: the last one closes the session, if an exporter has made it."""
        self._users -= 1
        if owns and session is not self.session:
            session.close()
        if self._closes_session and not self._users:
            self.session.close()

    # -- spans come in ------------------------------------------------------------------------

    def begin(self, record: SpanRecord) -> None:
        """Write the prompt of a span that starts, if it is on the span by now.

        A call within one whose prompt is written is the same call, seen again.
        """
        try:
            reading = read_span(record)
            call = reading.call
            if call is None or not call.request.messages:
                return
            with self._writing:
                if (record.trace_id, record.parent_span_id) not in self._begun:
                    call.capture_content = self.capture_content
                    call.capture_chunks = self.capture_chunks
                    call.conversation, call.user = reading.conversation, reading.user
                    call.session = self.session
                    write_events(self.session, self.builder.begin(call))
                self._begun.keep((record.trace_id, record.span_id), call)
        except Exception:
            guard.report("writing the prompt of a span")

    def add(self, record: SpanRecord, now: float | None = None) -> None:
        """Take in a span that has ended; ``now`` is for a clock other than this machine's."""
        try:
            with self._lock:
                if self._written.has_span(record):
                    return
                self._buffer.add(record, clock.steady_seconds() if now is None else now)
                is_full = self._buffer.count > self._buffer.limit
            if is_full:
                self.write_due(now)
            elif self._live and (self._thread is None or not self._thread.is_alive()):
                self._start_thread()
        except Exception:
            guard.report("taking in a span")

    def add_log(self, log: LogRecord) -> None:
        """Take in a log record that belongs to a span."""
        try:
            with self._lock:
                self._buffer.add_log(log)
        except Exception:
            guard.report("taking in a log record")

    # -- events go out ------------------------------------------------------------------------

    def write_due(self, now: float | None = None) -> None:
        """Write what has waited long enough."""
        with self._writing:
            with self._lock:
                records = self._buffer.due(clock.steady_seconds() if now is None else now)
            self._write(records)

    def flush(self, timeout: float | None = None) -> bool:
        """Write everything that waits, and flush the session."""
        with self._writing:
            with self._lock:
                records = self._buffer.all()
            self._write(records)
        return self.session.flush(timeout)

    def _write(self, records: list[SpanRecord]) -> None:
        if not records:
            return
        try:
            readings = [each for each in map(self._read, records) if each is not None]
            logged = readings
            if len(readings) > 1:
                link_parents(readings)
                take_in_tool_calls(readings)
                use_call_ids_of_history(readings)
                logged = deduplicated(readings)
            events = build_events(
                [each for each in logged if not self._is_written(each)],
                readings,
                self.builder,
                session=self.session,
                asked=self._asked,
                capture_content=self.capture_content,
                capture_chunks=self.capture_chunks,
            )
            self._written.add(readings)
            write_events(self.session, events)
        except Exception:
            guard.report("writing spans")

    def _is_written(self, reading: SpanReading) -> bool:
        if self._in_log is not None:
            for record in (reading.record, *reading.merged):
                if self._in_log.has(record.trace_id, record.span_id):
                    return True
        return self._written.has_call(reading)

    def _read(self, record: SpanRecord) -> SpanReading | None:
        try:
            reading = read_span(record)
        except Exception:
            guard.report("reading a span")
            return None
        begun = self._begun.pop((record.trace_id, record.span_id), None)
        if begun is not None and begun.session_id and reading.call is not None:
            reading.begun = True
            for name in _OF_THE_PROMPT:
                setattr(reading.call, name, getattr(begun, name))
        return reading

    # -- time ---------------------------------------------------------------------------------

    def _start_thread(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = start_due_thread(self)

    def wait_s(self) -> float | None:
        """Seconds until something is due; None while nothing waits."""
        with self._lock:
            due = self._buffer.next_due()
        return None if due is None else max(0.01, due - clock.steady_seconds())

    def may_stop(self) -> bool:
        """Whether nothing waits: the thread ends, and the next span starts another."""
        with self._lock:
            if self._buffer.count:
                return False
            self._thread = None
            return True


# -- what is in the log already ---------------------------------------------------------------


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


# -- one pipeline to a destination ------------------------------------------------------------

_PIPELINES: weakref.WeakValueDictionary[object, SpanPipeline] = weakref.WeakValueDictionary()


def pipeline_for(session: SpanLog, **options: Any) -> SpanPipeline:
    """The pipeline to a session: one destination has one, so that a call is written once.

    Args:
        session: A session; two that write to the same file or sheet share a pipeline.
        options: As for `SpanPipeline`; those of whoever comes first count.
    """
    pipeline = _PIPELINES.get(session.destination)
    if pipeline is None or pipeline.session.closed:
        pipeline = _PIPELINES[session.destination] = SpanPipeline(session, **options)
    return pipeline

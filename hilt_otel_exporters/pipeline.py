"""Where spans are written: they wait for others of the same call, which is then told once."""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import Any, NamedTuple

from hilt.core.guard import guard
from hilt.genai.observation import Observation
from hilt.recording.event_builder import EventBuilder, EventDict
from hilt.recording.live_calls import LIVE_CALLS
from hilt.recording.writer import write_events
from hilt_otel_exporters.build_events import build_events
from hilt_otel_exporters.deduplicate import fold, meet
from hilt_otel_exporters.dialects import SpanReading, read_span
from hilt_otel_exporters.span_record import LogRecord, SpanRecord
from hilt_otel_exporters.trace_buffer import TraceBuffer

__all__ = ["SpanPipeline", "pipeline_for"]

_REMEMBERED = 10_000


class _Told(NamedTuple):
    """What is kept of a span once its call is told."""

    scope: str
    started: int
    ended: int


class SpanPipeline:
    """Writes the calls and steps that spans stand for to a session, each once. Never raises.

    Args:
        session: Where the events go.
        builder: Makes the events; a new one if None.
        capture_content: Whether anything that was said is written.
        capture_chunks: Whether the chunks of streams are.
        linger_s: How long spans wait for others about the same call once their trace has ended.
        patience_s: How long they wait for the end of their trace.
        limit: How many spans wait at the most.
        live: Whether a thread of its own tells what is due; else `tick` does.
    """

    def __init__(
        self,
        session: Any,
        builder: EventBuilder | None = None,
        *,
        capture_content: bool = True,
        capture_chunks: bool = True,
        linger_s: float = 1.0,
        patience_s: float = 30.0,
        limit: int = 10_000,
        live: bool = True,
    ) -> None:
        self.session = session
        self.builder = builder or EventBuilder()
        self.capture_content = capture_content
        self.capture_chunks = capture_chunks
        self.users = 0  #: exporters that write here; the last one closes the session
        self.late = 0  #: spans about calls that had been told before they came
        self._live = live
        self._window = TraceBuffer(linger_s, patience_s, limit)
        self._told: dict[object, _Told | None] = {}
        self._begun: dict[tuple[str, str], Observation] = {}
        self._renew()
        LIVE_CALLS.has_readers = True
        if live and hasattr(os, "register_at_fork"):
            _AFTER_FORK.add(self)

    def _renew(self) -> None:
        self._lock = threading.RLock()
        self._telling = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def after_fork(self) -> None:
        """Start afresh in a child: what waits is the parent's to tell."""
        self._renew()
        self._window.clear()

    # -- spans come in ------------------------------------------------------------------------

    def begin(self, record: SpanRecord) -> None:
        """Tell the prompt of a span that starts, if it is on the span by now.

        A call within one whose prompt is told is the same call, seen again.
        """
        try:
            seen = read_span(record)
            call = seen.call
            if call is None or not call.request.messages:
                return
            key = (record.trace_id, record.span_id)
            with self._telling:
                if (record.trace_id, record.parent_span_id) not in self._begun:
                    call.capture_content, call.capture_chunks = (
                        self.capture_content,
                        self.capture_chunks,
                    )
                    call.conversation, call.user = seen.conversation, seen.user
                    write_events(self.session, self.builder.begin(call))
                self._begun[key] = call
                while len(self._begun) > _REMEMBERED:
                    del self._begun[next(iter(self._begun))]
        except Exception:
            guard.report("telling a prompt")

    def add(self, record: SpanRecord, now: float | None = None) -> None:
        """Take in a span that has ended; ``now`` is for a clock other than this machine's."""
        try:
            with self._lock:
                if (record.trace_id, record.span_id) in self._told:
                    return
                self._window.add(record, self._now() if now is None else now)
                full = self._window.count > self._window.limit
            if full:
                self.tick(now)
            elif self._live:
                self._ensure_thread()
        except Exception:
            guard.report("taking in a span")

    def add_log(self, log: LogRecord) -> None:
        """Take in a log record that belongs to a span."""
        try:
            with self._lock:
                self._window.add_log(log)
        except Exception:
            guard.report("taking in a log record")

    # -- and are told -------------------------------------------------------------------------

    def tick(self, now: float | None = None) -> None:
        """Tell what is due."""
        with self._telling:
            with self._lock:
                ready = self._window.due(self._now() if now is None else now)
            self._tell(ready)

    def flush(self, timeout: float | None = None) -> bool:
        """Tell everything that waits, and flush the session."""
        with self._telling:
            with self._lock:
                ready = self._window.all()
            self._tell(ready)
        return bool(self.session.flush(timeout))

    def _tell(self, records: list[SpanRecord]) -> None:
        if not records:
            return
        try:
            self._share_history()
            everything = [seen for seen in map(self._read, records) if seen is not None]
            new = [seen for seen in fold(everything) if self._is_new(seen)]
            events: list[EventDict] = build_events(
                new,
                everything,
                self.builder,
                capture_content=self.capture_content,
                capture_chunks=self.capture_chunks,
            )
            self._remember(everything)
            write_events(self.session, events)
        except Exception:
            guard.report("telling spans")

    def _read(self, record: SpanRecord) -> SpanReading | None:
        try:
            seen = read_span(record)
        except Exception:
            guard.report("reading a span")
            return None
        begun = self._begun.pop((record.trace_id, record.span_id), None)
        if begun is not None and begun.session_id and seen.call is not None:
            seen.begun = True
            for name in ("prompt_id", "reply_to", "context_of", "chain", "session_id"):
                setattr(seen.call, name, getattr(begun, name))
        return seen

    def _is_new(self, seen: SpanReading) -> bool:
        """Whether no earlier span was about the same call."""
        if seen.call is None:
            return True
        spans = [(record.trace_id, record.span_id) for record in (seen.record, *seen.merged)]
        response = seen.call.response
        response_id = response.id if response is not None else None
        if seen.call.request.fetched_response:
            response_id = None
        earlier = self._told.get(response_id) if response_id else None
        if (
            any(("inner", *span) in self._told for span in spans)
            or (earlier is not None and meet(earlier, seen.record))
            or self._is_live(spans, response_id)
        ):
            self.late += 1
            return False
        return True

    def _share_history(self) -> None:
        """Go on from what HILT logged as it happened, if it was logged to the same place."""
        for session, history in LIVE_CALLS.histories():
            if session is self.session or session.destination == self.session.destination:
                self.builder.history = history

    def _is_live(self, spans: list[tuple[str, str]], response_id: str | None) -> bool:
        """Whether HILT logged the call as it happened, to the same place."""
        return any(
            session is self.session or session.destination == self.session.destination
            for session in LIVE_CALLS.sessions(spans, response_id)
        )

    def _remember(self, everything: list[SpanReading]) -> None:
        for seen in everything:
            record = seen.record
            self._told[(record.trace_id, record.span_id)] = None
            if seen.call is None:
                continue
            if record.parent_span_id:
                self._told[("inner", record.trace_id, record.parent_span_id)] = None
            if seen.call.response is not None and seen.call.response.id:
                self._told[seen.call.response.id] = _Told(
                    record.scope, record.started, record.ended
                )
        while len(self._told) > _REMEMBERED:
            del self._told[next(iter(self._told))]

    # -- time ---------------------------------------------------------------------------------

    def _now(self) -> float:
        return time.monotonic()

    def _ensure_thread(self) -> None:
        thread = self._thread
        if thread is not None and thread.is_alive():
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=_run, args=(weakref.ref(self),), name="hilt-spans", daemon=True
                )
                self._thread.start()

    def wait_s(self) -> float | None:
        """Seconds until something is due; None while nothing waits."""
        with self._lock:
            due = self._window.next_due()
        return None if due is None else max(0.01, due - self._now())


def _run(reference: weakref.ref[SpanPipeline]) -> None:
    """Tell what is due until nothing waits: the next span starts a thread again."""
    while True:
        log = reference()
        if log is None:
            return
        wait = log.wait_s()
        if wait is None:
            with log._lock:  # noqa: SLF001 # the thread is the log's own
                if log._window.count == 0:  # noqa: SLF001
                    log._thread = None  # noqa: SLF001
                    return
            continue
        del log
        time.sleep(min(wait, 1.0))
        log = reference()
        if log is None:
            return
        try:
            log.tick()
        except Exception:
            guard.report("telling spans")


_AFTER_FORK: weakref.WeakSet[SpanPipeline] = weakref.WeakSet()
_LOGS: weakref.WeakValueDictionary[object, SpanPipeline] = weakref.WeakValueDictionary()


def _after_fork() -> None:
    for log in list(_AFTER_FORK):
        log.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def pipeline_for(session: Any, **options: Any) -> SpanPipeline:
    """The log for a session: one destination has one log, so that a call is told once.

    Args:
        session: A session; two that write to the same file or sheet share a log.
        options: As for `SpanPipeline`; those of whoever comes first count.
    """
    key = session.destination
    log = _LOGS.get(key)
    if log is None or getattr(log.session, "closed", False):
        log = _LOGS[key] = SpanPipeline(session, **options)
    return log

"""Span exporters: GenAI spans, whoever recorded them, become HILT events."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from hilt._config import resolve
from hilt.core.arguments import count_checked, seconds_checked, session_checked
from hilt.core.event import Event
from hilt.core.guard import guard
from hilt.io.session import Session
from hilt.pricing.cost import check_price_file
from hilt.recording.live_calls import LIVE_CALLS
from hilt.recording.writer import Recorder
from hilt_otel_exporters.dialects import is_genai_span
from hilt_otel_exporters.pipeline import pipeline_for
from hilt_otel_exporters.span_record import call_of, record_of_span

if TYPE_CHECKING:
    from hilt.instrumentation.traced_calls import TracedCall
    from hilt.privacy.policy import Policy

__all__ = ["HiltJsonlSpanExporter", "HiltSheetsSpanExporter"]

_logger = logging.getLogger(__name__)
Processor = Callable[[Event], Event | None]


class _HiltSpanExporter(SpanExporter):
    """What both exporters do. Never raises, never waits for the network."""

    def __init__(
        self, session: Session, *, owns: bool, auto: bool, options: dict[str, Any]
    ) -> None:
        check_price_file()
        for name in ("linger_s", "patience_s"):
            seconds_checked(name, options[name])
        count_checked("max_spans", options["limit"], 1)
        self.session = session
        self._owns_session = owns
        self.pipeline = pipeline_for(session, **options)
        self.pipeline.join(session, owns=owns)
        self._recorder: Recorder | None = None
        if auto and options["capture_content"] and options["capture_chunks"]:
            self._record_live_calls()
        self._destination = session.destination
        self._is_shut_down = False

    def _record_live_calls(self) -> None:
        """Have HILT's own calls written as they happen, rather than when a batch is exported."""
        if LIVE_CALLS.fallback_recorder is None:
            self._recorder = Recorder(self.session, self.pipeline.builder)
            LIVE_CALLS.fallback_recorder = self._recorder

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Take in spans that have ended; those that are not about GenAI are passed over."""
        if self._is_shut_down:
            _logger.warning(
                "%s was shut down: %d spans are not logged", type(self).__name__, len(spans)
            )
            return SpanExportResult.FAILURE
        try:
            for span in spans:
                if is_genai_span(span):
                    call = call_of(span)
                    if call is None or not self._is_in_log(call):
                        self.pipeline.add(record_of_span(span))
        except Exception:
            guard.report("exporting spans")
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def _is_in_log(self, call: TracedCall) -> bool:
        """Whether a call that HILT observed itself is written, or will be."""
        if not call.observation.outcome:
            return True
        session = call.observation.session
        if call.log is None or session is None:
            return False
        return session is self.session or session.destination == self._destination

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Write what waits, without waiting for further spans of the same calls."""
        try:
            return self.pipeline.flush(timeout_millis / 1000)
        except Exception:
            guard.report("flushing spans")
            return False

    def shutdown(self) -> None:
        """Write what waits, and close the log if no other exporter uses it; once."""
        if self._is_shut_down:
            return
        self._is_shut_down = True
        if self._recorder is not None and LIVE_CALLS.fallback_recorder is self._recorder:
            LIVE_CALLS.fallback_recorder = None
        self.force_flush()
        try:
            self.pipeline.leave(self.session, owns=self._owns_session)
        except Exception:
            guard.report("closing the log")


class HiltJsonlSpanExporter(_HiltSpanExporter):
    """Writes GenAI spans to a local file as HILT events, one JSON object a line.

    >>> provider.add_span_processor(
    ...     BatchSpanProcessor(HiltJsonlSpanExporter("logs/app.jsonl"))
    ... )  # doctest: +SKIP

    Spans of the same call become one set of events, so a span waits a moment for others: see
    ``linger_s``.
    Without arguments it is configured by ``HILT_*`` variables, as ``OTEL_TRACES_EXPORTER``
    makes it.

    Args:
        path: The file; ``HILT_FILEPATH`` or ``logs/hilt.jsonl`` if None.
        columns: Write flat rows of these columns, in this order.
        processors: Change an event before it is written, or drop it by returning None.
        privacy: What may be written, as in `hilt.instrument`.
        capture_content: False keeps all content out of the log.
        capture_chunks: False leaves a stream its final completion only.
        session: A ready session, in place of a path, columns and processors.
        linger_s: Seconds for which spans wait for others of the same call.
        patience_s: Seconds for which spans wait for the end of their trace.
        max_spans: How many spans may wait; beyond it the oldest are written.

    Raises:
        ConfigurationError: If an argument or a variable is wrong.
        SinkError: If the file cannot be written.
    """

    def __init__(
        self,
        path: str | PathLike[str] | None = None,
        *,
        columns: Sequence[str] | None = None,
        processors: Sequence[Processor] = (),
        privacy: str | PathLike[str] | Policy | None = None,
        capture_content: bool = True,
        capture_chunks: bool = True,
        session: Session | None = None,
        linger_s: float = 1.0,
        patience_s: float = 30.0,
        max_spans: int = 10_000,
    ) -> None:
        config = resolve(
            {
                "backend": "local",
                "filepath": path,
                "columns": columns,
                "capture_content": capture_content,
                "capture_chunks": capture_chunks,
            }
        )
        owns = session is None
        if session is None:
            session = Session(**config.of_session(), processors=processors, privacy=privacy)
        options = {
            "capture_content": config.capture_content,
            "capture_chunks": config.capture_chunks,
            "linger_s": linger_s,
            "patience_s": patience_s,
            "limit": max_spans,
        }
        auto = owns and path is None
        super().__init__(session_checked(session).open(), owns=owns, auto=auto, options=options)


class HiltSheetsSpanExporter(_HiltSpanExporter):
    """Writes GenAI spans to a Google Sheet as rows, from a background worker.

    >>> provider.add_span_processor(
    ...     BatchSpanProcessor(HiltSheetsSpanExporter("1AbC..."))
    ... )  # doctest: +SKIP

    Args:
        sheet_id: The long id in the sheet's address; ``GOOGLE_SHEET_ID`` if None.
        credentials_path: A service account's JSON file; ``GOOGLE_CREDENTIALS_PATH`` if None.
        credentials_json: The same as text or a dict.
        worksheet_name: The tab of the sheet; ``HILT_WORKSHEET_NAME`` or ``Logs`` if None.
        columns: A subset of the columns, in this order.
        processors: Change an event before it is written, or drop it by returning None.
        privacy: What may be written, as in `hilt.instrument`.
        capture_content: False keeps all content out of the sheet.
        capture_chunks: False leaves a stream its final completion only.
        session: A ready session, in place of a sheet, columns and processors.
        linger_s: Seconds for which spans wait for others of the same call.
        patience_s: Seconds for which spans wait for the end of their trace.
        max_spans: How many spans may wait; beyond it the oldest are written.

    Raises:
        ConfigurationError: If an argument or a variable is wrong or missing.
        SinkError: If the sheet cannot be used.
    """

    def __init__(
        self,
        sheet_id: str | None = None,
        *,
        credentials_path: str | PathLike[str] | None = None,
        credentials_json: str | dict[str, Any] | None = None,
        worksheet_name: str | None = None,
        columns: Sequence[str] | None = None,
        processors: Sequence[Processor] = (),
        privacy: str | PathLike[str] | Policy | None = None,
        capture_content: bool = True,
        capture_chunks: bool = True,
        session: Session | None = None,
        linger_s: float = 1.0,
        patience_s: float = 30.0,
        max_spans: int = 10_000,
    ) -> None:
        config = resolve(
            {
                "backend": "sheets" if session is None else "local",
                "sheet_id": sheet_id,
                "credentials_path": credentials_path,
                "credentials_json": credentials_json,
                "worksheet_name": worksheet_name,
                "columns": columns,
                "capture_content": capture_content,
                "capture_chunks": capture_chunks,
            }
        )
        owns = session is None
        if session is None:
            session = Session(**config.of_session(), processors=processors, privacy=privacy)
        options = {
            "capture_content": config.capture_content,
            "capture_chunks": config.capture_chunks,
            "linger_s": linger_s,
            "patience_s": patience_s,
            "limit": max_spans,
        }
        auto = owns and sheet_id is None
        super().__init__(session_checked(session).open(), owns=owns, auto=auto, options=options)

"""Spans from files to a session, each call once, in bounded memory."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike

from hilt.core.arguments import session_checked
from hilt.core.exceptions import ConfigurationError
from hilt.io.read.bad_line import BadLine
from hilt.io.read.json_file import ERRORS_KEPT
from hilt.io.session import Session
from hilt_otel_exporters.dialects import is_genai
from hilt_otel_exporters.late_session import LateSession
from hilt_otel_exporters.pipeline import SpanPipeline
from hilt_otel_exporters.span_files import SpanFile
from hilt_otel_exporters.span_ids import SpanIds, span_ids_of_log
from hilt_otel_exporters.span_record import LogRecord, SpanRecord

__all__ = ["Imported", "import_spans"]

_COLLECTED_AFTER = 50_000  # objects made and not freed
_LINGER = 2_000
_PATIENCE = 20_000
_EVERY = 500


@dataclass(slots=True)
class Imported:
    """What an import came to."""

    spans: int = 0
    genai_spans: int = 0
    log_records: int = 0
    events: int = 0
    unreadable: int = 0
    errors: list[BadLine] = field(default_factory=list)  #: the first of what could not be read


def import_spans(
    files: Iterable[str | PathLike[str]],
    session: Session,
    *,
    capture_content: bool = True,
    on_progress: Callable[[int], None] | None = None,
) -> Imported:
    """Write the events of all spans in some files to a session.

    Files of log records are read first: older conventions carry messages in them. Of the spans,
    those of the newest traces are kept until the others of the same calls have been read. What the
    log has already, by the ids of its spans, is not written again.

    Args:
        files: Paths, in any order.
        session: A session to append to; it is opened when there is something to write.
        capture_content: Whether any content is written.
        on_progress: Is told how many bytes have been read of all files together.

    Raises:
        ConfigurationError: If a file is missing.
        SessionError: If ``session`` is not one.
        HILTError: If the session cannot be opened.
    """
    session_checked(session)
    if isinstance(files, str | bytes | PathLike) or not isinstance(files, Iterable):
        raise ConfigurationError(f"import: {files!r} is not a list of paths, as ['spans.jsonl']")
    opened = [SpanFile(path) for path in files]
    imported, before = Imported(), session.events_written
    output, met = LateSession(session), SpanIds()
    pipeline = SpanPipeline(
        output,
        capture_content=capture_content,
        linger_s=_LINGER,
        patience_s=_PATIENCE,
        limit=_PATIENCE * 2,
        live=False,
        in_log=span_ids_of_log(session.path) if session.path is not None else None,
    )
    done = 0
    with _fewer_collections():
        for file in sorted(opened, key=lambda each: not each.has_logs_first()):
            for record in _read(file, done, on_progress):
                _take(record, pipeline, imported, met)
                output.check()
            done += file.size
            imported.unreadable += file.unreadable
            imported.errors += file.errors[: ERRORS_KEPT - len(imported.errors)]
        pipeline.flush()
    output.check()
    imported.events = session.events_written - before
    return imported


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """Collect garbage less often for a while.

    What waits is thousands of nested dicts that live for seconds: to look through all of them for
    cycles, of which there are none, takes a third of the time of an import.
    """
    usual = gc.get_threshold()
    if 0 < usual[0] < _COLLECTED_AFTER:
        gc.set_threshold(_COLLECTED_AFTER, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _read(
    file: SpanFile, done: int, on_progress: Callable[[int], None] | None
) -> Iterator[SpanRecord | LogRecord]:
    file.unreadable = 0
    file.errors.clear()
    if on_progress is not None:
        file.on_progress = lambda read: on_progress(done + read)
    yield from file


def _take(
    record: SpanRecord | LogRecord, pipeline: SpanPipeline, imported: Imported, met: SpanIds
) -> None:
    if isinstance(record, LogRecord):
        imported.log_records += 1
        pipeline.add_log(record)
        return
    imported.spans += 1
    if not is_genai(record.attributes, record.scope):
        return
    imported.genai_spans += 1
    if not met.add(record.trace_id, record.span_id):
        return  # another of the files has it, too
    pipeline.add(record, imported.genai_spans)
    if imported.genai_spans % _EVERY == 0:
        pipeline.write_due(imported.genai_spans)

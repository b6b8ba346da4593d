"""Spans and log records from files: OTLP JSON, `ReadableSpan.to_json`, lists of either, gzip."""

from __future__ import annotations

from collections.abc import Iterator

from hilt.io.read.json_file import JsonFile
from hilt_otel_exporters.span_json import Record, records_of
from hilt_otel_exporters.span_record import LogRecord

__all__ = ["SpanFile"]


class SpanFile(JsonFile):
    """One file of spans or log records.

    >>> for record in SpanFile("spans.jsonl"):  # doctest: +SKIP
    ...     print(record.name)
    """

    def __iter__(self) -> Iterator[Record]:
        for value in self.values():
            records, unreadable = records_of(value)
            for _ in range(unreadable):
                self.skip(_what_it_is(value))
            yield from records

    def has_logs_first(self) -> bool:
        """Whether it holds log records: they are read before the spans that they belong to."""
        return isinstance(next(iter(self), None), LogRecord)


def _what_it_is(value: object) -> str:
    if isinstance(value, dict) and "hilt_version" in value:
        return "an event of HILT's: a log needs no import; to copy one, hilt convert"
    return "neither a span nor a log record"

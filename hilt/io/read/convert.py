"""A log as a table: a row of chosen columns or fields for each event, in constant memory.

Formats are functions in `FORMATS`; CSV is the first.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import msgspec

from hilt.core.columns import COLUMNS, Cell, row_of
from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError, SinkError
from hilt.io.read.events import EventReader, read_events
from hilt.io.whole_files import whole_file

__all__ = [
    "FORMATS",
    "FormatWriter",
    "check_fields",
    "check_other_file",
    "convert",
    "opened",
    "rows_of",
]

FormatWriter = Callable[[Sequence[str], Iterable[Sequence[object]], TextIO], None]
"""Writes a header and then each row to a file."""

_FIELDS = tuple(name for name in Event.__struct_fields__ if name != "extra")
# What makes a spreadsheet take a cell for a formula, in ASCII and full-width.
_FORMULA_STARTS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
_AFTER_SEMICOLON = re.compile(rf";\s*(?=[{re.escape(''.join(sorted(_FORMULA_STARTS)))}])")
# Cells that do not begin like a formula; each ends with a comma.
_PLAIN_STARTS = re.compile(r"(?:[A-Za-z0-9][^,]*(?:,|\Z)|,| )*")
_CONTROL_STARTS = frozenset("\t\r\n")
_encoder = msgspec.json.Encoder(enc_hook=str)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]], file: TextIO) -> None:
    """Write comma-separated values (RFC 4180) that no spreadsheet takes for formulas."""
    writer = csv.writer(file)
    writer.writerow([escaped(name) for name in header])
    write_line, commas = file.write, len(header) - 1
    starts_plainly = _PLAIN_STARTS.fullmatch
    for row in rows:
        line = ",".join(["" if c is None else c if c.__class__ is str else str(c) for c in row])
        # Most rows need neither quotes nor an escape, so that their cells need not be checked one
        # by one. To search for each special character is faster than one pattern for all.
        if (
            line.count(",") == commas > 0
            and not ('"' in line or ";" in line or "\n" in line or "\r" in line or "\0" in line)
            and starts_plainly(line)
        ):
            write_line(f"{line}\r\n")
        else:
            writer.writerow([escaped(cell) for cell in row])


FORMATS: dict[str, FormatWriter] = {"csv": write_csv}
"""The formats by name; to offer another one, add it here."""


def convert(
    source: str | os.PathLike[str] | Iterable[Event],
    destination: str | os.PathLike[str] | TextIO,
    *,
    to: str = "csv",
    columns: Sequence[str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write a log as a table, and return the number of rows.

    >>> convert("logs/app.jsonl", "app.csv", columns=["timestamp", "message", "cost_usd",
    ...                                                "provenance.response_model"])
    ... # doctest: +SKIP

    Args:
        source: A log, or events.
        destination: A file to make, readable by its owner only, or an open text file.
        to: The format, a name in `FORMATS`.
        columns: Columns of `hilt.core.columns.COLUMNS`, or fields by their path in the event,
            as ``extensions.outcome``; all columns if None.
        progress: Called with the number of the line just read, for every event.

    Raises:
        ConfigurationError: If the format or a column is unknown.
        ReadError: If the log cannot be read.
        SinkError: If the file cannot be made, or is the log itself.
    """
    if to not in FORMATS:
        raise ConfigurationError(f"to: no format {to!r}; there are {', '.join(sorted(FORMATS))}")
    fields = check_fields(columns)
    if not isinstance(destination, (str, os.PathLike)) and not hasattr(destination, "write"):
        raise ConfigurationError(f"destination: {destination!r} is neither a path nor a file")
    if isinstance(source, (str, os.PathLike)):
        check_other_file(source, destination)
        source = read_events(source)
    elif not isinstance(source, Iterable):
        raise ConfigurationError(f"source: {source!r} is neither a path nor events")
    counted = _Counted(source, progress)
    with opened(destination) as file:
        FORMATS[to](fields, rows_of(counted, fields), file)
    return counted.count


def check_fields(columns: Sequence[str] | None) -> tuple[str, ...]:
    """The chosen columns and fields, or all columns for None.

    Raises:
        ConfigurationError: If one is no column, and does not begin with a field of an event.
    """
    if columns is None:
        return COLUMNS
    if isinstance(columns, str) or not isinstance(columns, Iterable) or not columns:
        raise ConfigurationError(f"columns: {columns!r} is not a list of names")
    for name in columns:
        if name not in COLUMNS and name.partition(".")[0] not in _FIELDS:
            raise ConfigurationError(
                f"columns: no column or field {name!r}; there are the columns "
                f"{', '.join(COLUMNS)}, and paths that begin with {', '.join(_FIELDS)}"
            )
    return tuple(columns)


def rows_of(
    events: Iterable[Event], fields: Sequence[str]
) -> Iterator[list[object]] | Iterator[list[Cell]]:
    """One row for each event: numbers stay numbers, lists and objects become JSON."""
    return map(row_of, events) if fields is COLUMNS else _rows_of_fields(events, fields)


def _rows_of_fields(events: Iterable[Event], fields: Sequence[str]) -> Iterator[list[object]]:
    columns = [name for name in fields if name in COLUMNS]
    has_paths = len(columns) < len(fields)
    for event in events:
        values: dict[str, object] = dict(zip(columns, row_of(event, columns), strict=True))
        whole = event.to_dict() if has_paths else {}
        yield [
            values[name] if name in values else _as_cell(_member(whole, name.split(".")))
            for name in fields
        ]


def escaped(cell: object) -> object:
    """A cell that a spreadsheet shows as it is: text that looks like a formula gets a ``'``.

    So does such text after a semicolon, which separates cells in many languages. NUL becomes its
    symbol, U+2400: spreadsheets end a text there, and Python 3.10 refuses it.
    """
    if not isinstance(cell, str) or not cell:
        return cell
    if "\0" in cell:
        cell = cell.replace("\0", "\u2400")
    if ";" in cell:
        cell = _AFTER_SEMICOLON.sub(r"\g<0>'", cell)
    if cell[0] in _CONTROL_STARTS or cell.lstrip()[:1] in _FORMULA_STARTS:
        return f"'{cell}"
    return cell


class _Counted(Iterator[Event]):
    """Events, counted as they are read."""

    def __init__(self, events: Iterable[Event], progress: Callable[[int], None] | None) -> None:
        self.count = 0
        self._reader = events if isinstance(events, EventReader) else None
        self._events = iter(events)
        self._progress = progress

    def __next__(self) -> Event:
        event = next(self._events)
        self.count += 1
        if self._progress is not None:
            self._progress(self._reader.line if self._reader else self.count)
        return event


def _member(value: object, path: Sequence[str]) -> object:
    for step in path:
        if isinstance(value, list) and step.isdecimal():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _as_cell(value: object) -> object:
    return _encoder.encode(value).decode() if isinstance(value, (dict, list, bool)) else value


@contextmanager
def opened(destination: str | os.PathLike[str] | TextIO) -> Iterator[TextIO]:
    """A file to write text to; one that is given as a path appears only when it is complete.

    Raises:
        SinkError: If it cannot be made.
    """
    if not isinstance(destination, (str, os.PathLike)):
        yield destination
        return
    # Half of a surrogate pair, which JSON may contain, cannot be encoded in UTF-8.
    with (
        whole_file(destination) as path,
        path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        yield file


def check_other_file(source: str | os.PathLike[str], destination: object) -> None:
    """Raise SinkError if the file to make is the log itself, or is meant as standard output."""
    if not isinstance(destination, (str, os.PathLike)):
        return
    if os.fspath(destination) == "-":
        raise SinkError("-: expected the name of a file; /dev/stdout is standard output")
    log, table = Path(source).expanduser(), Path(destination).expanduser()
    if log.exists() and table.exists() and log.samefile(table):
        raise SinkError(f"{table}: is the log itself; name another file")

"""The formats that ``hilt convert`` writes, besides tables.

`FORMATS` has each by its name: a function of the log, the filters and a file that is open for text,
which returns how many things it wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO, TypeVar

from hilt.cli.filtering import print_skipped
from hilt.cli.transcripts import fenced, markdown_of, turns_of
from hilt.core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from hilt.analysis.filters import Filters
    from hilt.analysis.log import Log
    from hilt.analysis.queries import Query
    from hilt.core.event import Event

__all__ = [
    "FILES",
    "FORMATS",
    "ExampleCounts",
    "Format",
    "counted_items",
    "events_of",
    "format_for",
    "write_examples",
]

_Item = TypeVar("_Item")


class Format(NamedTuple):
    """How a log is written."""

    write: Callable[[Log, Filters, TextIO], int] | None
    """Writes to a file of text; None where another module has to."""
    noun: str
    """What is counted."""
    endings: tuple[str, ...] = ()
    """How names of such files end."""


class ExampleCounts(NamedTuple):
    """How many examples a log has."""

    training: int
    """To train with."""
    validation: int
    """For checking what was learned."""


def events_of(log: Log, filters: Filters) -> Query[Event]:
    """The events that fit; where nothing is asked for, all of them, those of streams too."""
    return log.events(replace(filters, chunks=True) if filters.is_empty else filters)


def format_for(to: str | None, output: Path | None) -> str:
    """The format's name: as given, else by the ending of the file.

    Raises:
        ConfigurationError: If there is no such format, or none is given.
    """
    names = ", ".join(FORMATS)
    if to is not None:
        if to.lower() not in FORMATS:
            raise ConfigurationError(f"--to: no format {to!r}; there are {names}")
        return to.lower()
    if output is None:
        raise ConfigurationError(f"--to: give a format, or -o with a file's name: {names}")
    ending = output.suffix.lower()
    for name, each in FORMATS.items():
        if ending in each.endings:
            return name
    raise ConfigurationError(f"-o {output}: its ending names no format; give --to, one of {names}")


def counted_items(items: Query[_Item]) -> Iterator[tuple[int, _Item]]:
    """Items with their numbers from 1; what could not be read is said at the end."""
    yield from enumerate(items, 1)
    print_skipped(items.skipped, items.errors)


def _write_sqlite(log: Log, filters: Filters, path: Path) -> int:
    """Write an SQLite file, and return the number of events."""
    from hilt.analysis.sqlite_files import write_sqlite

    log.keep()
    events = events_of(log, filters)
    count = write_sqlite(path, events, log.calls(filters))
    print_skipped(events.skipped, events.errors)
    return count


def _write_parquet(log: Log, filters: Filters, path: Path) -> int:
    from hilt.analysis.parquet_files import write_parquet

    count, skipped, lines = write_parquet(log, filters, path)
    print_skipped(skipped, lines)
    return count


def _write_jsonl(log: Log, filters: Filters, file: TextIO) -> int:
    number = 0
    for number, event in counted_items(events_of(log, filters)):  # noqa: B007 # the last counts
        file.write(f"{event.encode().decode('utf-8', 'backslashreplace')}\n")
    return number


def _write_markdown(log: Log, filters: Filters, file: TextIO) -> int:
    number = 0
    for number, conversation in counted_items(log.conversations(filters)):
        turns = (
            turn
            for call in conversation.calls
            for turn in turns_of(call, full=False, utc=filters.utc)
        )
        if number > 1:
            file.write("\n")
        file.writelines(markdown_of(f"Conversation {conversation.id}", turns, fenced))
    return number


def _write_html(log: Log, filters: Filters, file: TextIO) -> int:
    from hilt.cli.pages import write_page

    count, statistics = write_page(log, filters, file)
    print_skipped(statistics.skipped, statistics.errors)
    return count


def _write_examples(log: Log, filters: Filters, file: TextIO) -> int:
    return sum(write_examples(log, filters, file, file, None))


def write_examples(
    log: Log,
    filters: Filters,
    training: TextIO,
    validation: TextIO,
    provenance: TextIO | None,
    share: float = 0.0,
) -> ExampleCounts:
    """Write examples for fine-tuning, and return how many there are for each set.

    Args:
        log: The log.
        filters: What the calls must be.
        training: Takes the examples.
        validation: Takes those of a share of the conversations.
        provenance: Takes a line for each example of both, in the order of the log.
        share: This share, from 0 to 1.
    """
    from hilt.analysis.fine_tuning import examples_of, scale_of

    feedback = log.feedback_by_event().values()
    ratings = (line.record.extensions.rating for lines in feedback for line in lines)
    calls = log.calls(filters)
    counts = [0, 0]
    for example in examples_of(log, calls, scale_of(ratings), share):
        file = validation if example.is_validation else training
        file.write(f"{_encoded(example.value)}\n")
        if provenance is not None:
            provenance.write(f"{_encoded(example.provenance)}\n")
        counts[example.is_validation] += 1
    print_skipped(calls.skipped, calls.errors)
    return ExampleCounts(*counts)


def _write_otlp(log: Log, filters: Filters, file: TextIO) -> int:
    from hilt.analysis.otlp import requests_of

    calls = log.calls(filters)
    count = 0
    for request, spans in requests_of(calls):
        file.write(f"{_encoded(request)}\n")
        count += spans
    print_skipped(calls.skipped, calls.errors)
    return count


def _write_trace_events(log: Log, filters: Filters, file: TextIO) -> int:
    from hilt.analysis.trace_events import trace_events

    calls = log.calls(filters)
    count = 0
    file.write('{"displayTimeUnit":"ms","traceEvents":[')
    for number, event in enumerate(trace_events(calls)):
        file.write(("," if number else "") + f"\n{_encoded(event)}")
        count += event["ph"] == "X"
    file.write("\n]}\n")
    print_skipped(calls.skipped, calls.errors)
    return count


def _encoded(value: object) -> str:
    from hilt.genai.json_values import encode_json

    return encode_json(value).decode("utf-8", "backslashreplace")


FORMATS = {
    "csv": Format(None, "row", (".csv",)),
    "jsonl": Format(_write_jsonl, "event", (".jsonl", ".ndjson")),
    "markdown": Format(_write_markdown, "conversation", (".md", ".markdown")),
    "html": Format(_write_html, "conversation", (".html", ".htm")),
    "sqlite": Format(None, "event", (".sqlite", ".sqlite3", ".db")),
    "parquet": Format(None, "event", (".parquet", ".pq")),
    "otlp": Format(_write_otlp, "span"),
    "perfetto": Format(_write_trace_events, "slice"),
    "openai-finetune": Format(_write_examples, "example"),
}
"""The formats by name."""

FILES = {"sqlite": _write_sqlite, "parquet": _write_parquet}
"""Formats that are no text: functions of the log, the filters and the path of a new file."""

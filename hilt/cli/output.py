"""How commands print: events as lines and tables, JSON, and text that comes from a log."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeGuard

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hilt.core import money
from hilt.core.columns import Cell, row_of
from hilt.core.counts import counted

if TYPE_CHECKING:
    from hilt.core.event import Event

__all__ = [
    "CONTROL_CHARACTERS",
    "counted",
    "default_log",
    "dollars",
    "errors",
    "event_line",
    "event_table",
    "is_error_status",
    "print_json",
    "printable",
    "results",
]

# Paths and texts of a log may look like Rich's markup, so nothing is read as markup.
results = Console(soft_wrap=True, markup=False, highlight=False)
"""For results, on stdout."""

errors = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
"""For everything else, on stderr."""

for _console in (results, errors):
    if _console.width < 1:  # COLUMNS=0, where there is no terminal: nothing would be printed
        _console.width = 80

_ACTION_STYLES = {
    "prompt": "bold cyan",
    "completion": "green",
    "completion_chunk": "dim green",
    "tool_call": "magenta",
    "tool_result": "magenta",
    "retrieval": "blue",
    "rerank": "blue",
    "embedding": "blue",
    "feedback": "yellow",
    "system": "red",
}
_ACTION_WIDTH = max(map(len, _ACTION_STYLES))
_LOG_COLUMNS = ("message", "tokens_in", "tokens_out", "cost_usd", "latency_ms", "status_code")
# Besides control characters, those that change the direction of the text around them.
CONTROL_CHARACTERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""What is shown as a replacement character."""
_WHITESPACE = re.compile(r"\s+")
_SECOND_MS = 1000
_FIRST_ERROR_STATUS = 400
_WIDE_TERMINAL = 100
_MIN_TEXT_WIDTH = 8
_TABLE_WIDTHS = {
    "time": 8,
    "action": _ACTION_WIDTH,
    "who": 11,
    "text": 0,  # what the others leave
    "in": 5,
    "out": 5,
    "cost": 9,
    "ms": 5,
    "status": 6,
}
_NARROW_TABLE = ("time", "action", "text", "cost", "ms")
_RIGHT_ALIGNED = ("in", "out", "cost", "ms", "status")


def default_log() -> Path:
    """The log of a command that is given none: ``HILT_FILEPATH``, else ``logs/hilt.jsonl``."""
    return Path(os.environ.get("HILT_FILEPATH", "").strip() or "logs/hilt.jsonl")


def printable(text: str) -> str:
    """Text on one line, with control characters made visible.

    A log's text could otherwise control the terminal, or hide part of itself.
    """
    return CONTROL_CHARACTERS.sub("\ufffd", _WHITESPACE.sub(" ", text)).strip()


def print_json(value: object) -> None:
    """Print a value as one line of JSON on stdout, with control characters escaped."""
    line = msgspec.json.encode(value, enc_hook=str).decode()
    sys.stdout.write(CONTROL_CHARACTERS.sub(_escaped, line) + "\n")
    sys.stdout.flush()


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def event_line(event: Event, width: int | None = None) -> Text:
    """An event as one coloured line: time, conversation, action, actor, text and figures.

    Args:
        event: The event.
        width: The width to shorten the line to; None to leave it whole.
    """
    message, *numbers = row_of(event, _LOG_COLUMNS)
    figures = "  ".join(_figures(event, *numbers))
    line = Text(no_wrap=True, end="")
    line.append(f"{event.timestamp[11:19]} ", "dim")
    line.append(f"{_short_id(event.session_id)} ", "dim")
    line.append(f"{event.action:<{_ACTION_WIDTH}} ", _ACTION_STYLES.get(event.action, ""))
    line.append(f"{printable(event.actor.name or event.actor.id)}: ", "bold")
    line.append(printable(str(message or "")))
    if width is not None:
        line.truncate(max(20, width - len(figures) - 3), overflow="ellipsis")
    if figures:
        line.append(f"   {figures}", "dim")
    return line


def event_table(events: Iterable[Event]) -> Table:
    """Events as a table that fits the terminal: a narrow one shows fewer columns."""
    wide = results.width >= _WIDE_TERMINAL
    names = tuple(_TABLE_WIDTHS) if wide else _NARROW_TABLE
    columns = {name: _TABLE_WIDTHS[name] for name in names}
    # Rich would shrink the other columns too, so the text's width is computed here.
    others = sum(width + 2 for width in columns.values())
    columns["text"] = max(_MIN_TEXT_WIDTH, results.width - others)
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    for name, width in columns.items():
        justify: Literal["left", "right"] = "right" if name in _RIGHT_ALIGNED else "left"
        table.add_column(name, justify=justify, no_wrap=True, width=width)
    for event in events:
        cells = _table_cells(event)
        table.add_row(*(cells[name] for name in columns))
    return table


def _table_cells(event: Event) -> dict[str, Text | str]:
    message, tokens_in, tokens_out, cost, latency, status = row_of(event, _LOG_COLUMNS)
    return {
        "time": event.timestamp[11:19],
        "action": Text(event.action, _ACTION_STYLES.get(event.action, "")),
        "who": Text(printable(event.actor.name or event.actor.id)),
        "text": Text(printable(str(message or ""))),
        "in": _grouped(tokens_in),
        "out": _grouped(tokens_out),
        "cost": dollars(cost),
        "ms": f"{latency:.0f}" if _is_number(latency) else "",
        "status": _status(status),
    }


def dollars(cost: Cell) -> str:
    """A cost in US dollars, with as many decimals as it needs."""
    if not _is_number(cost):
        return ""
    return money.dollars(cost).replace(",", "")


def _figures(event: Event, *numbers: Cell) -> Iterator[str]:
    tokens_in, tokens_out, cost, latency, status = numbers
    if is_error_status(status):
        error_code = (event.extensions or {}).get("error_code", "")
        yield printable(f"{status} {error_code}")
    if tokens_in is not None or tokens_out is not None:
        yield f"{_grouped(tokens_in) or '?'}→{_grouped(tokens_out) or '?'} tokens"
    if cost is not None:
        yield dollars(cost)
    if _is_number(latency):
        yield f"{latency / _SECOND_MS:.1f} s" if latency >= _SECOND_MS else f"{latency:.0f} ms"


def _grouped(value: Cell) -> str:
    return f"{value:,}" if _is_number(value) else ""


def _status(status: Cell) -> Text:
    text = "" if status is None else printable(str(status))
    return Text(text, "bold red" if is_error_status(status) else "green")


def is_error_status(status: object) -> bool:
    """Whether a status is that of an error; anything but a number is not."""
    return _is_number(status) and status >= _FIRST_ERROR_STATUS


def _is_number(value: object) -> TypeGuard[float]:
    # A log that another program has written may have any JSON in an event's extensions.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _short_id(session_id: str) -> str:
    return printable(session_id.removeprefix("conv_"))[:8].ljust(8)

"""How commands print: events as lines and tables, JSON, and text that comes from a log."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hilt.core.columns import row_of

if TYPE_CHECKING:
    from hilt.core.event import Event

__all__ = [
    "default_log",
    "errors",
    "event_line",
    "event_table",
    "print_json",
    "printable",
    "results",
]

results = Console(soft_wrap=True)
"""For results, on stdout."""

errors = Console(stderr=True)
"""For everything else, on stderr."""

_STYLES = {
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
_ACTION_WIDTH = max(map(len, _STYLES))
_CELLS = ("message", "tokens_in", "tokens_out", "cost_usd", "latency_ms", "status_code")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BLANKS = re.compile(r"\s+")
_SECOND_MS = 1000
_ERROR = 400
_ROOMY = 100
_WIDTHS = {
    "time": 8,
    "action": _ACTION_WIDTH,
    "who": 11,
    "text": 0,
    "in": 5,
    "out": 5,
    "cost": 9,
    "ms": 5,
    "status": 6,
}
_NARROW = ("time", "action", "text", "cost", "ms")
_NUMBERS = ("in", "out", "cost", "ms", "status")


def default_log() -> Path:
    """The log of a command that is given none: ``HILT_FILEPATH``, else ``logs/hilt.jsonl``."""
    return Path(os.environ.get("HILT_FILEPATH", "").strip() or "logs/hilt.jsonl")


def printable(text: str) -> str:
    """Text of a log on one line, without what would command a terminal or hide letters."""
    return _UNSEEN.sub("\ufffd", _BLANKS.sub(" ", text)).strip()


def print_json(value: Any) -> None:
    """Print a value as one line of JSON on stdout."""
    sys.stdout.write(msgspec.json.encode(value, enc_hook=str).decode() + "\n")
    sys.stdout.flush()


def event_line(event: Event, width: int | None = None) -> Text:
    """An event as one coloured line: when, where, who did what, and what it took.

    Args:
        event: The event.
        width: Where to cut the line; None for nowhere.
    """
    message, *numbers = row_of(event, _CELLS)
    facts = "  ".join(_facts(event, *numbers))
    line = Text(no_wrap=True, end="")
    line.append(f"{event.timestamp[11:19]} ", "dim")
    line.append(f"{_short(event.session_id)} ", "dim")
    line.append(f"{event.action:<{_ACTION_WIDTH}} ", _STYLES.get(event.action, ""))
    line.append(f"{printable(event.actor.name or event.actor.id)}: ", "bold")
    line.append(printable(str(message or "")))
    if width is not None:
        line.truncate(max(20, width - len(facts) - 3), overflow="ellipsis")
    if facts:
        line.append(f"   {facts}", "dim")
    return line


def event_table(events: Iterable[Event]) -> Table:
    """Events as a table that fits the terminal: a narrow one shows fewer columns."""
    roomy = results.width >= _ROOMY
    shown = {name: width for name, width in _WIDTHS.items() if roomy or name in _NARROW}
    # Rich shares the room out badly where one column takes what others leave: it is told.
    shown["text"] = max(8, results.width - sum(width + 2 for width in shown.values()))
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    for name, width in shown.items():
        side: Literal["left", "right"] = "right" if name in _NUMBERS else "left"
        table.add_column(name, justify=side, no_wrap=True, width=width)
    for event in events:
        cells = _cells(event)
        table.add_row(*(cells[name] for name in shown))
    return table


def _cells(event: Event) -> dict[str, Text | str]:
    message, tokens_in, tokens_out, cost, latency, status = row_of(event, _CELLS)
    return {
        "time": event.timestamp[11:19],
        "action": Text(event.action, _STYLES.get(event.action, "")),
        "who": Text(printable(event.actor.name or event.actor.id)),
        "text": Text(printable(str(message or ""))),
        "in": _shown(tokens_in),
        "out": _shown(tokens_out),
        "cost": dollars(cost),
        "ms": "" if latency is None else f"{latency:.0f}",
        "status": _status(status),
    }


def dollars(cost: Any) -> str:
    """A cost to read: as many places as it needs."""
    if cost is None:
        return ""
    return f"${cost:.2f}" if cost >= 1 else f"${cost:.6f}".rstrip("0").ljust(5, "0")


def _facts(event: Event, *numbers: Any) -> Iterable[str]:
    tokens_in, tokens_out, cost, latency, status = numbers
    if status is not None and status >= _ERROR:
        yield f"{status} {(event.extensions or {}).get('error_code', '')}".strip()
    if tokens_in is not None or tokens_out is not None:
        yield f"{_shown(tokens_in) or '?'}→{_shown(tokens_out) or '?'} tokens"
    if cost is not None:
        yield dollars(cost)
    if latency is not None:
        yield f"{latency / _SECOND_MS:.1f} s" if latency >= _SECOND_MS else f"{latency:.0f} ms"


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:,}"


def _status(status: Any) -> Text:
    failed = isinstance(status, int) and status >= _ERROR
    return Text("" if status is None else str(status), "bold red" if failed else "green")


def _short(session_id: str) -> str:
    return printable(session_id.removeprefix("conv_"))[:8].ljust(8)

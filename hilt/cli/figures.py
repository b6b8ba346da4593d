"""Figures for people: tables that fit the terminal, bars, sparklines, times and sizes."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

from hilt.cli.output import errors, printable, results

__all__ = ["bar", "compact", "duration", "heights_of", "is_unicode", "local_time", "percent",
           "print_table", "print_zone_of", "sparkline", "zone_name"]  # fmt: skip

_ROWS_AT_ONCE = 200
_GAP = 2
_PERIODS = frozenset({"month", "day", "hour"})
_BLOCKS = "▁▂▃▄▅▆▇█"
_MOST_KEY_WIDTH = 40
_LEAST_KEY_WIDTH = 12


def is_unicode() -> bool:
    """Whether stdout can show block characters."""
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    return encoding.startswith(("utf", "cp65001"))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], keys: int = 1) -> None:
    """Print columns as wide as their content; on a narrow terminal the last ones are left out.

    Args:
        header: The names of the columns.
        rows: Their cells.
        keys: How many columns are names, which stand left; the others are figures.
    """
    rows = [[_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for index in range(keys):
        widths[index] = min(widths[index], _MOST_KEY_WIDTH)
    count = _fitting(widths, keys)

    def line(row: Sequence[str]) -> str:
        cells = [
            _shortened(cell, width).ljust(width) if column < keys else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return (" " * _GAP).join(cells[:count]).rstrip()

    results.print(line(header), style="bold")
    for start in range(0, len(rows), _ROWS_AT_ONCE):  # printing costs more than a row
        results.print("\n".join(map(line, rows[start : start + _ROWS_AT_ONCE])))


def _line(cell: str) -> str:
    return cell if cell.isascii() and cell.isprintable() else printable(cell).ljust(len(cell))


def _fitting(widths: list[int], keys: int) -> int:
    """How many columns the terminal has room for; the keys are made narrower if need be."""
    if not results.is_terminal:
        return len(widths)
    count = len(widths)
    while count > keys + 2 and sum(widths[:count]) + _GAP * (count - 1) > results.width:
        count -= 1
    excess = sum(widths[:count]) + _GAP * (count - 1) - results.width
    if excess > 0:
        widest = max(range(keys), key=widths.__getitem__)
        widths[widest] = max(_LEAST_KEY_WIDTH, widths[widest] - excess)
    return count


def _shortened(text: str, width: int) -> str:
    if len(text) <= width:
        return text
    return f"{text[: width - 1]}…" if is_unicode() else f"{text[: width - 1]}~"


def bar(share: float, width: int = 12) -> str:
    """A bar for a share from 0 to 1; none for what is no number, as of an infinite sum."""
    share = min(share, 1) if math.isfinite(share) else 0
    return (("█" if is_unicode() else "#") * round(share * width)).ljust(width)


def sparkline(values: Sequence[float]) -> str:
    """A line of small bars; empty where there are no blocks to draw with."""
    heights = heights_of(values)
    if not any(heights) or not is_unicode():
        return ""
    return "".join(_BLOCKS[round(height * (len(_BLOCKS) - 1))] for height in heights)


def heights_of(values: Sequence[float]) -> list[float]:
    """Heights from 0 to 1 beside each other; 1 for the highest finite value, and infinite ones.

    >>> heights_of([1, 2, -3, math.inf, math.nan])
    [0.5, 1.0, 0.0, 1.0, 0.0]
    """
    highest = max([value for value in values if 0 < value < math.inf], default=1)
    return [0.0 if math.isnan(value) else min(max(value / highest, 0.0), 1.0) for value in values]


def compact(number: float) -> str:
    """A number in at most four digits: 950, 12.3k, 4.56M.

    >>> compact(950), compact(12_345), compact(4_560_000)
    ('950', '12.3k', '4.56M')
    """
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:.3g}{unit}"
    return f"{number:g}"


def duration(milliseconds: float | None) -> str:
    """How long something took: 850 ms, 1.4 s, 2.1 min."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:  # noqa: PLR2004
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.1f} min"  # noqa: PLR2004


def percent(share: float) -> str:
    """A share from 0 to 1 as a percentage; nothing for what is no number."""
    return f"{share * 100:.1f} %" if math.isfinite(share) else ""


def local_time(timestamp: str, *, utc: bool) -> datetime | None:
    """An event's time by the reader's clock, or in UTC; None if it cannot be read."""
    from hilt.analysis.moments import local
    from hilt.core.exceptions import EventError
    from hilt.core.ids_and_times import parse_timestamp

    try:
        return local(parse_timestamp(timestamp), utc=utc)
    except (EventError, OverflowError):
        return None


def print_zone_of(keys: Iterable[str], *, utc: bool) -> None:
    """Say on stderr in which time zone the periods are, if some keys of figures are such."""
    if not _PERIODS.isdisjoint(keys):
        errors.print(f"Times are {zone_name(utc=utc)}.")


def zone_name(*, utc: bool) -> str:
    """The name of the time zone in which times are shown."""
    if utc:
        return "UTC"
    now = datetime.now().astimezone()
    return f"{now:%Z} (UTC{now:%z})" if now.utcoffset() else "UTC"

"""Numbers as a spreadsheet shows them: the patterns that HILT gives its cells."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

__all__ = ["as_shown"]

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's dates have no time zone
_DIRECTIVES = {"yyyy": "%Y", "mm": "%m", "dd": "%d", "hh": "%H", "ss": "%S"}
_CONDITION = re.compile(r"\[<([\d.]+)\](.*)")


def as_shown(value: object, pattern: str = "", kind: str = "") -> str:
    """What a cell shows.

    Args:
        value: What it holds.
        pattern: Its number format.
        kind: The type of its number format: dates are numbers too.
    """
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).upper()
    if not isinstance(value, (int, float)):
        return str(value)
    if kind in {"DATE", "DATE_TIME"}:
        return _date(value, pattern)
    section = _section(value, pattern)
    if not section:
        return f"{value:.10g}"
    percent = section.endswith("%")
    digits = section.replace('"$"', "").rstrip("%")
    decimals = len(digits.partition(".")[2])
    number = f"{100 * value if percent else value:{',' if ',' in digits else ''}.{decimals}f}"
    return f"{'$' if '$' in section else ''}{number}{'%' if percent else ''}"


def _date(value: float, pattern: str) -> str:
    time = _EPOCH + timedelta(seconds=round(value * 86_400))
    # ``mm`` are minutes behind hours.
    pattern = pattern.replace("hh:mm", "hh:%M")
    for directive, code in _DIRECTIVES.items():
        pattern = pattern.replace(directive, code)
    return time.strftime(pattern)


def _section(value: float, pattern: str) -> str:
    for section in pattern.split(";"):
        match = _CONDITION.fullmatch(section)
        if match is None:
            return section
        if value < float(match[1]):
            return match[2]
    return ""

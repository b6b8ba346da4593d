"""Draws a tab of the emulator as SVG: what a person would see in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from hilt.testing.sheets.book import Tab
from hilt.testing.sheets.cells import Cell
from hilt.testing.sheets.ranges import column_letters

__all__ = ["draw"]

_ROW, _HEAD, _NUMBERS = 24, 24, 40
_FONT = "font-family='Arial, Helvetica, sans-serif' font-size='12'"
_LETTER = 7.0
"""How wide a letter is, about."""


def draw(tab: Tab, rows: int | None = None, scale: float = 0.85) -> str:
    """An SVG document of a tab's first rows; hidden columns are left out.

    Args:
        tab: The tab.
        rows: How many rows; those with data and two more if None.
        scale: How wide the columns are, of their real widths.
    """
    count = tab.data_rows + 2 if rows is None else rows
    columns = [at for at in range(tab.column_count) if at not in tab.hidden_columns]
    lefts, left = [], float(_NUMBERS)
    for column in columns:
        lefts.append(left)
        left += tab.widths.get(column, 100) * scale
    lefts.append(left)
    width, height = round(left), _HEAD + count * _ROW + 34
    size = f"width='{width}' height='{height}' viewBox='0 0 {width} {height}'"
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' {size} {_FONT}>",
        f"<rect width='{width}' height='{height}' fill='#ffffff'/>",
        f"<rect width='{width}' height='{_HEAD}' fill='#f8f9fa'/>",
        f"<rect width='{_NUMBERS}' height='{height - 34}' fill='#f8f9fa'/>",
        *_letters(columns, lefts),
        *(part for row in range(count) for part in _row(tab, row, columns, lefts)),
        *_title(tab, height),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _letters(columns: list[int], lefts: list[float]) -> Iterator[str]:
    for column, left, right in zip(columns, lefts, lefts[1:], strict=False):
        middle = (left + right) / 2
        yield (
            f"<text x='{middle:.0f}' y='16' text-anchor='middle' fill='#5f6368'>"
            f"{column_letters(column)}</text>"
        )


def _row(tab: Tab, row: int, columns: list[int], lefts: list[float]) -> Iterator[str]:
    top = _HEAD + row * _ROW
    yield (
        f"<text x='{_NUMBERS / 2:.0f}' y='{top + 16}' text-anchor='middle' fill='#5f6368'>"
        f"{row + 1}</text>"
    )
    for column, left, right in zip(columns, lefts, lefts[1:], strict=False):
        yield from _cell(tab.cell(row, column), left, top, right - left)
    if row + 1 == tab.frozen_rows:
        line = top + _ROW - 2
        yield f"<rect x='0' y='{line}' width='{lefts[-1]:.0f}' height='3' fill='#bdc1c6'/>"


def _cell(cell: Cell, left: float, top: int, width: float) -> Iterator[str]:
    fill = cell.format.get("backgroundColor")
    color = "#ffffff" if not fill else _color(fill)
    yield (
        f"<rect x='{left:.0f}' y='{top}' width='{width:.0f}' height='{_ROW}' fill='{color}' "
        "stroke='#e0e0e0'/>"
    )
    text = _shown(cell)
    if not text:
        return
    room = int((width - 8) / _LETTER)
    text = text.replace("\n", " ")
    text = text if len(text) <= room else text[: max(1, room - 1)] + "…"
    number = isinstance(cell.value, (int, float)) and not isinstance(cell.value, bool)
    x, anchor = (left + width - 4, "end") if number else (left + 4, "start")
    bold = " font-weight='bold'" if cell.format.get("textFormat", {}).get("bold") else ""
    yield f"<text x='{x:.0f}' y='{top + 16}' text-anchor='{anchor}'{bold}>{escape(text)}</text>"


def _shown(cell: Cell) -> str:
    """A cell's text, with as many decimals as its format says."""
    pattern = cell.format.get("numberFormat", {}).get("pattern", "")
    if isinstance(cell.value, (int, float)) and pattern:
        decimals = len(pattern.partition(".")[2])
        return f"{cell.value:,.{decimals}f}" if "," in pattern else f"{cell.value:.{decimals}f}"
    return cell.text()


def _title(tab: Tab, height: int) -> Iterator[str]:
    wide = 24 + len(tab.title) * 7
    yield (
        f"<rect x='{_NUMBERS}' y='{height - 30}' width='{wide}' height='26' rx='4' fill='#e1e9f7'/>"
    )
    yield (
        f"<text x='{_NUMBERS + 12}' y='{height - 13}' fill='#1967d2' font-weight='bold'>"
        f"{escape(tab.title)}</text>"
    )


def _color(color: dict[str, float]) -> str:
    parts = (round(255 * color.get(name, 0.0)) for name in ("red", "green", "blue"))
    return "#" + "".join(f"{part:02x}" for part in parts)

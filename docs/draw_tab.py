"""Draws a tab of the emulator as SVG: what a person would see in the browser."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from formulas import Computed, Value, compute, compute_rule
from number_formats import as_shown

from hilt.testing.sheets.book import Book, Tab
from hilt.testing.sheets.ranges import column_letters

__all__ = ["draw"]

_ROW, _HEAD, _NUMBERS, _FOOT = 21, 24, 40, 34
_FONT = "font-family='Arial, Helvetica, sans-serif' font-size='12'"
_SIZE = 12
_LETTER = 6.6
"""How wide a letter is, about."""
_PLOT = {"COLUMN": "#4285f4", "BAR": "#4285f4", "LINE": "#ea4335"}


@dataclass(frozen=True, slots=True)
class _Picture:
    """A tab, and where its columns are drawn.

    Args:
        tab: The tab.
        cells: What its cells show.
        lefts: The left edge of each column that is drawn, and the right edge of the last one.
        rows: How many rows are drawn.
        scale: How wide columns are drawn, of their real widths.
    """

    tab: Tab
    cells: Computed
    lefts: Mapping[int, float]
    right: float
    rows: int
    scale: float

    def width_of(self, column: int) -> float:
        return self.tab.widths.get(column, 100) * self.scale


def draw(
    book: Book,
    tab: Tab,
    *,
    rows: int | None = None,
    columns: int | None = None,
    scale: float = 0.85,
    now: float = 0.0,
) -> str:
    """An SVG document of a tab's first rows; hidden columns are left out.

    Args:
        book: The spreadsheet, whose other tabs formulas read.
        tab: The tab.
        rows: How many rows; those with data and two more if None.
        columns: How many columns; all if None.
        scale: How wide the columns are, of their real widths.
        now: What time formulas take it to be, as a sheet has dates.
    """
    shown = [at for at in range(tab.column_count) if at not in tab.hidden_columns][:columns]
    lefts, left = {}, float(_NUMBERS)
    for column in shown:
        lefts[column] = left
        left += tab.widths.get(column, 100) * scale
    count = tab.data_rows + 2 if rows is None else rows
    picture = _Picture(tab, compute(book, tab, now), lefts, left, count, scale)
    width, height = round(left), _HEAD + count * _ROW + _FOOT
    size = f"width='{width}' height='{height}' viewBox='0 0 {width} {height}'"
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' {size} {_FONT}>",
        f"<rect width='{width}' height='{height}' fill='#ffffff'/>",
        f"<rect width='{width}' height='{_HEAD}' fill='#f8f9fa'/>",
        f"<rect width='{_NUMBERS}' height='{height - _FOOT}' fill='#f8f9fa'/>",
        *_letters(picture),
        *(part for row in range(count) for part in _row(picture, row, book)),
        *(part for chart in tab.charts for part in _chart(picture, chart)),
        *_title(tab, height),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _letters(picture: _Picture) -> Iterator[str]:
    for column, left in picture.lefts.items():
        middle = left + picture.width_of(column) / 2
        yield _text(middle, 16, column_letters(column), anchor="middle", fill="#5f6368")


def _row(picture: _Picture, row: int, book: Book) -> Iterator[str]:
    tab, top = picture.tab, _HEAD + row * _ROW
    yield _text(_NUMBERS / 2, top + 15, str(row + 1), anchor="middle", fill="#5f6368")
    color = next(
        (
            _color(rule["booleanRule"]["format"]["backgroundColor"])
            for rule in tab.conditional_formats
            if row and row < tab.data_rows and _holds(rule, book, tab, row)
        ),
        "",
    )
    for column in picture.lefts:
        yield _box(picture, row, column, color)
    for column in picture.lefts:
        yield from _cell(picture, row, column)
    if row + 1 == tab.frozen_rows:
        yield f"<rect x='0' y='{top + _ROW - 2}' width='{picture.right:.0f}' height='3' fill='#bdc1c6'/>"  # noqa: E501 - one element


def _holds(rule: Mapping[str, object], book: Book, tab: Tab, row: int) -> bool:
    """Whether a rule of colours is true of a row; its formula is that of the first one."""
    condition = rule["booleanRule"]["condition"]  # type: ignore[index]
    return compute_rule(book, tab, condition["values"][0]["userEnteredValue"], row)


def _box(picture: _Picture, row: int, column: int, color: str) -> str:
    fill = picture.tab.cell(row, column).format.get("backgroundColor")
    color = color or (_color(fill) if fill else "#ffffff")
    left, top = picture.lefts[column], _HEAD + row * _ROW
    return (
        f"<rect x='{left:.0f}' y='{top}' width='{picture.width_of(column):.0f}' height='{_ROW}' "
        f"fill='{color}' stroke='#e0e0e0'/>"
    )


def _cell(picture: _Picture, row: int, column: int) -> Iterator[str]:
    cell, value = picture.tab.cell(row, column), picture.cells.get((row, column))
    left, top, width = picture.lefts[column], _HEAD + row * _ROW, picture.width_of(column)
    number_format = cell.format.get("numberFormat", {})
    text = as_shown(value, number_format.get("pattern", ""), number_format.get("type", ""))
    text_format = cell.format.get("textFormat", {})
    size, bold = text_format.get("fontSize", 12), bool(text_format.get("bold"))
    is_filtered = row == 0 and picture.tab.basic_filter is not None
    if is_filtered and value is not None:
        yield _text(left + width - 6, top + 15, "▾", anchor="end", fill="#188038")
        width -= 12
    if cell.validation is not None:
        yield _text(left + width - 6, top + 15, "▾", anchor="end", fill="#80868b")
    if not text:
        return
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    room = width if is_number else width + _overflow(picture, row, column)
    at_right = cell.format.get("horizontalAlignment", "RIGHT" if is_number else "") == "RIGHT"
    x, anchor = (left + width - 4, "end") if at_right else (left + 4, "start")
    yield _text(x, top + 15, _cut(text, room, size), anchor=anchor, size=size, bold=bold)


def _overflow(picture: _Picture, row: int, column: int) -> float:
    """How far a text may run over the empty cells beside it, unless it is clipped."""
    if picture.tab.cell(row, column).format.get("wrapStrategy") == "CLIP" or row == 0:
        return 0.0
    room = 0.0
    for other in [each for each in picture.lefts if each > column]:
        if picture.cells.get((row, other)) not in (None, ""):
            break
        room += picture.width_of(other)
    return room


def _cut(text: str, room: float, size: int) -> str:
    letters = int((room - 6) / (_LETTER * size / _SIZE))
    text = text.replace("\n", " ")
    return text if len(text) <= letters else text[: max(1, letters)]


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", fill: str = "#202124",
    size: int = 12, bold: bool = False,
) -> str:  # fmt: skip
    look = f"text-anchor='{anchor}' fill='{fill}'"
    look += f" font-size='{size}'" if size != _SIZE else ""
    look += " font-weight='bold'" if bold else ""
    return f"<text x='{x:.0f}' y='{y:.0f}' {look}>{escape(words)}</text>"


def _chart(picture: _Picture, chart: Mapping[str, object]) -> Iterator[str]:
    """A chart in its place, of what the cells of its ranges hold."""
    place = chart["position"]["overlayPosition"]  # type: ignore[index]
    anchor = place["anchorCell"]
    left = picture.lefts.get(anchor.get("columnIndex", 0), picture.right) + 4
    top = _HEAD + anchor.get("rowIndex", 0) * _ROW + 4
    width = place["widthPixels"] * picture.scale
    height = place["heightPixels"]
    spec = chart["spec"]
    basic = spec["basicChart"]  # type: ignore[index]
    labels = _source(picture, basic["domains"][0]["domain"])
    values = _source(picture, basic["series"][0]["series"])
    pairs = [
        (label[0], float(value[1]), value[0])
        for label, value in zip(labels, values, strict=True)
        if label[0] and isinstance(value[1], (int, float))
    ]
    yield (
        f"<rect x='{left:.0f}' y='{top}' width='{width:.0f}' height='{height}' fill='#ffffff' "
        "stroke='#dadce0'/>"
    )
    yield _text(left + 14, top + 24, str(spec["title"]), size=15, fill="#5f6368")  # type: ignore[index]
    plot = _bars if basic["chartType"] == "BAR" else _columns
    yield from plot(pairs, left + 16, top + 40, width - 32, height - 56, basic["chartType"])


def _source(picture: _Picture, data: Mapping[str, object]) -> list[tuple[str, Value]]:
    """The cells of a chart's range without its head: what they show, and what they hold."""
    area = data["sourceRange"]["sources"][0]  # type: ignore[index]
    column = area["startColumnIndex"]
    result = []
    for row in range(area["startRowIndex"] + 1, area["endRowIndex"]):
        value = picture.cells.get((row, column))
        given = picture.tab.cell(row, column).format.get("numberFormat", {})
        shown = as_shown(value, given.get("pattern", ""), given.get("type", ""))
        result.append((shown, value))
    return result


def _bars(
    pairs: list[tuple[str, float, str]], left: float, top: float, width: float, height: float,
    kind: str,
) -> Iterator[str]:  # fmt: skip
    """Bars from left to right, with what they are of before them."""
    most = max((value for _, value, _ in pairs), default=0.0) or 1.0
    step = min(34.0, height / max(1, len(pairs)))
    room = width * 0.34
    for at, (label, value, shown) in enumerate(pairs):
        y = top + at * step
        words = _cut(label, room, 12)
        yield _text(left + room - 6, y + step / 2 + 4, words, anchor="end", fill="#5f6368")
        long = (width - room - 70) * value / most
        yield f"<rect x='{left + room:.0f}' y='{y + 3:.0f}' width='{long:.0f}' height='{step - 6:.0f}' fill='{_PLOT[kind]}'/>"  # noqa: E501 - one element
        yield _text(left + room + long + 5, y + step / 2 + 4, shown, fill="#5f6368")


def _columns(
    pairs: list[tuple[str, float, str]], left: float, top: float, width: float, height: float,
    kind: str,
) -> Iterator[str]:  # fmt: skip
    """Columns, or a line, with days below them."""
    most = max((value for _, value, _ in pairs), default=0.0) or 1.0
    step, floor = width / max(1, len(pairs)), top + height - 16
    every = math.ceil(80 / step) if step else 1
    line = []
    for at, (label, value, shown) in enumerate(pairs):
        middle, y = left + step * (at + 0.5), floor - (height - 40) * value / most
        line.append(f"{middle:.0f},{y:.0f}")
        if kind == "COLUMN":
            yield f"<rect x='{middle - step * 0.35:.0f}' y='{y:.0f}' width='{step * 0.7:.0f}' height='{floor - y:.0f}' fill='{_PLOT[kind]}'/>"  # noqa: E501 - one element
        if at % every == 0:
            yield _text(middle, floor + 16, label, anchor="middle", fill="#5f6368")
            yield _text(middle, y - 5, shown, anchor="middle", fill="#5f6368")
    if kind == "LINE":
        yield f"<polyline points='{' '.join(line)}' fill='none' stroke='{_PLOT[kind]}' stroke-width='2'/>"  # noqa: E501 - one element


def _title(tab: Tab, height: int) -> Iterator[str]:
    wide = 24 + len(tab.title) * 7
    yield (
        f"<rect x='{_NUMBERS}' y='{height - 30}' width='{wide}' height='26' rx='4' fill='#e1e9f7'/>"
    )
    yield _text(_NUMBERS + 12, height - 13, tab.title, fill="#1967d2", bold=True)


def _color(color: Mapping[str, float]) -> str:
    parts = (round(255 * color.get(name, 0.0)) for name in ("red", "green", "blue"))
    return "#" + "".join(f"{part:02x}" for part in parts)

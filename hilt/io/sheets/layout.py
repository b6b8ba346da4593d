"""How a log looks in a spreadsheet: tabs, headers, columns, cells. Pure but for `prepare`.

A tab fits if its header has the chosen columns in the chosen order; other columns may stand
between and beside them, and are left alone. If it has only the first of them, the missing ones are
added at the right. Otherwise, as for a tab that is full, the next one is used or made: ``Logs``,
``Logs (2)``, ``Logs (3)``. Nothing that is there is ever written over.

The event id is what makes "once" possible, so it is always a column: hidden at the right if it was
not chosen.
"""

from __future__ import annotations

import hashlib
import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hilt.core.columns import Cell, check_columns
from hilt.core.exceptions import ConfigurationError
from hilt.io.sheets.connection import CallError, Connection

__all__ = [
    "MAX_CELL_CHARACTERS",
    "REVIEW_COLUMNS",
    "Columns",
    "Place",
    "append_request",
    "check_title",
    "cut",
    "letters_of",
    "look_again",
    "prepare",
    "quoted",
    "tabs_of",
]

REVIEW_COLUMNS = ("rating", "comment", "correction")
"""The columns that reviewers fill in."""

MAX_CELL_CHARACTERS = 50_000
"""What Google takes in one cell, in UTF-16 code units."""

_MAX_TITLE = 100
_MAX_EXACT = 2**53
_TRIES = 5
_WIDTHS = {
    "timestamp": 190,
    "conversation_id": 180,
    "event_id": 290,
    "reply_to": 290,
    "session": 180,
    "speaker": 130,
    "message": 420,
    "model": 150,
    "comment": 240,
    "correction": 320,
}
_NARROW = 95
_NUMBERS = {
    "cost_usd": "0.000000",
    "latency_ms": "#,##0",
    "tokens_in": "#,##0",
    "tokens_out": "#,##0",
    "relevance_score": "0.000",
}
_HEADER_FORMAT = {
    "textFormat": {"bold": True},
    "backgroundColor": {"red": 0.9, "green": 0.93, "blue": 0.97},
}


@dataclass(frozen=True, slots=True)
class Columns:
    """What is written to a tab.

    Args:
        shown: The chosen columns, in order.
        review: The columns for reviewers, if any.
    """

    shown: tuple[str, ...]
    review: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: Sequence[str] | None, *, review: bool = False) -> Columns:
        """The columns for what a user asked for; review columns may be among them.

        Raises:
            ConfigurationError: If one is unknown or given twice.
        """
        asked: tuple[str, ...] = REVIEW_COLUMNS if review else ()
        if names is not None and not isinstance(names, str):
            asked = tuple(name for name in REVIEW_COLUMNS if review or name in names)
            names = [name for name in names if name not in REVIEW_COLUMNS]
        return cls(check_columns(names), asked)

    @property
    def needed(self) -> tuple[str, ...]:
        """Every column, in the order in which a new tab has them."""
        hidden = () if "event_id" in self.shown else ("event_id",)
        return self.shown + self.review + hidden


@dataclass(slots=True)
class Place:
    """A tab that is ready for rows.

    Args:
        sheet_id: The tab's id, which stays when it is renamed.
        title: Its title.
        at: The position of each column, from 0.
        cells: How many cells its grid has, at least.
    """

    sheet_id: int
    title: str
    at: dict[str, int]
    cells: int


def check_title(title: object) -> str:
    """The name of a worksheet, if it can be one.

    Raises:
        ConfigurationError: If it cannot.
    """
    if not isinstance(title, str) or not title.strip():
        raise ConfigurationError(f"worksheet_name: {title!r} is not a name")
    room = _MAX_TITLE - len(" (999)")
    if len(title) > room or any(ord(letter) < ord(" ") for letter in title):
        raise ConfigurationError(
            f"worksheet_name: {title!r} cannot be the name of a tab; at most {room} characters "
            "without line breaks are allowed"
        )
    return title


def quoted(title: str) -> str:
    """A tab's title as it stands in a range."""
    return "'" + title.replace("'", "''") + "'"


def letters_of(index: int) -> str:
    """The letters of a column counted from 0: A, B, ..., Z, AA, ..."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def cut(text: str) -> str:
    """A text that fits into a cell; what was cut is said at its end, with the whole's hash."""
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * MAX_CELL_CHARACTERS:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    kept = MAX_CELL_CHARACTERS - len(f"…[+{len(text)} chars sha256:{digest}]")
    head = units[: 2 * kept].decode("utf-16-le", "ignore")
    return f"{head}…[+{len(text) - len(head)} chars sha256:{digest}]"


def cell_of(name: str, value: Cell) -> dict[str, Any]:
    """A ``CellData``: text stays text, whatever it begins with, and numbers stay numbers."""
    if value is None or value == "":
        return {}
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number and (not math.isfinite(value) or abs(value) > _MAX_EXACT):  # type: ignore[arg-type]
        number, value = False, str(value)
    if not number:
        cell: dict[str, Any] = {"userEnteredValue": {"stringValue": cut(str(value))}}
        if name == "message":
            # Lines that wrap make rows as tall as the text.
            cell["userEnteredFormat"] = {"wrapStrategy": "CLIP"}
        return cell
    cell = {"userEnteredValue": {"numberValue": value}}
    if name in _NUMBERS:
        pattern = {"type": "NUMBER", "pattern": _NUMBERS[name]}
        cell["userEnteredFormat"] = {"numberFormat": pattern}
    return cell


def row_of_cells(place: Place, values: Mapping[str, Cell]) -> list[dict[str, Any]]:
    """A row's cells at the positions that the tab has for them."""
    width = max((place.at[name] for name in values if name in place.at), default=-1) + 1
    row: list[dict[str, Any]] = [{} for _ in range(width)]
    for name, value in values.items():
        if name in place.at:
            row[place.at[name]] = cell_of(name, value)
    return row


def append_request(place: Place, rows: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Add rows after the last one with data, by the tab's id, and rows to the grid."""
    return {
        "appendCells": {
            "sheetId": place.sheet_id,
            "rows": [{"values": list(row)} for row in rows],
            "fields": "userEnteredValue,userEnteredFormat.numberFormat,"
            "userEnteredFormat.wrapStrategy",
        }
    }


def tabs_of(tabs: Sequence[Mapping[str, Any]], title: str) -> list[Mapping[str, Any]]:
    """The tabs of a log, in their order: ``Logs``, ``Logs (2)``, ..."""
    pattern = re.compile(re.escape(title.casefold()) + r"(?: \((\d+)\))?")
    found = []
    for tab in tabs:
        match = pattern.fullmatch(str(tab["title"]).casefold())
        if match and tab.get("sheetType", "GRID") == "GRID":
            found.append((int(match[1] or 1), tab))
    return [tab for _, tab in sorted(found, key=lambda pair: pair[0])]


def prepare(
    connection: Connection, title: str, columns: Columns, rollover_cells: int
) -> tuple[Place, bool]:
    """Find or make the tab to write to, and whether anything had to be written for it.

    Raises:
        CallError: If the service refuses.
    """
    for last in (False,) * _TRIES + (True,):
        tabs = connection.tabs()
        ours = tabs_of(tabs, title)
        headers = connection.values([f"{quoted(tab['title'])}!1:1" for tab in ours]) if ours else []
        for tab, rows in zip(ours, headers, strict=True):
            if cells_in(tab) < rollover_cells:
                found = _fit(connection, tab, [str(name) for name in (rows or [[]])[0]], columns)
                if found is not None:
                    return found
        try:
            return _make(connection, _free_title(tabs, title), columns), True
        except CallError as error:
            # Another process was faster; its tab will do.
            if last or "already exists" not in error.message:
                raise
    raise AssertionError  # the last try returns or raises


def look_again(connection: Connection, place: Place, columns: Columns) -> Place | None:
    """The place as it is now: people insert columns and rename tabs. None if it fits no more.

    Raises:
        CallError: If the service refuses.
    """
    try:
        rows = connection.values([f"{quoted(place.title)}!1:1"])[0]
    except CallError as error:
        if "Unable to parse range" not in error.message:
            raise
        tabs = {tab["sheetId"]: tab for tab in connection.tabs()}
        if place.sheet_id not in tabs or tabs[place.sheet_id]["title"] == place.title:
            return None
        renamed = Place(place.sheet_id, tabs[place.sheet_id]["title"], place.at, place.cells)
        return look_again(connection, renamed, columns)
    header = [str(name) for name in (rows or [[]])[0]]
    at = positions_of(header, columns)
    if at is None or not header or any(name not in header for name in columns.needed):
        return None
    return Place(place.sheet_id, place.title, at, place.cells)


def cells_in(tab: Mapping[str, Any]) -> int:
    """How many cells a tab has, filled or not."""
    grid = tab["gridProperties"]
    return int(grid["rowCount"]) * int(grid["columnCount"])


def positions_of(header: Sequence[str], columns: Columns) -> dict[str, int] | None:
    """Where the columns stand or will be added, or None if the header differs."""
    mine = [name for name in header if name in columns.shown]
    if header and (not mine or tuple(mine) != columns.shown[: len(mine)]):
        return None
    at = {name: header.index(name) for name in columns.needed if name in header}
    missing = [name for name in columns.needed if name not in at]
    return {**at, **{name: len(header) + offset for offset, name in enumerate(missing)}}


def _fit(
    connection: Connection, tab: Mapping[str, Any], header: Sequence[str], columns: Columns
) -> tuple[Place, bool] | None:
    """The tab as a place, after adding what is missing, or None if it differs."""
    at = positions_of(header, columns)
    if at is None:
        return None
    missing = [name for name in columns.needed if name not in header]
    place = Place(tab["sheetId"], tab["title"], at, cells_in(tab))
    if not missing:
        return place, False
    if not header and connection.values([quoted(tab["title"])])[0]:
        # Somebody's data, without a header.
        return None
    grid = tab["gridProperties"]
    requests = list(_grow(tab["sheetId"], grid, len(header) + len(missing)))
    requests += _header(place, missing, hide=columns)
    if not header:
        requests.append(_freeze(place.sheet_id))
    connection.batch(requests)
    return place, True


def _grow(sheet_id: int, grid: Mapping[str, Any], width: int) -> Iterator[dict[str, Any]]:
    """Make the grid as wide as needed, and tall enough for a frozen row."""
    for name, has, wants in (
        ("COLUMNS", grid["columnCount"], width),
        ("ROWS", grid["rowCount"], 2),
    ):
        if has < wants:
            more = {"sheetId": sheet_id, "dimension": name, "length": wants - has}
            yield {"appendDimension": more}


def _make(connection: Connection, title: str, columns: Columns) -> Place:
    names = columns.needed
    # One more row than the header, because Google does not freeze all rows of a tab.
    grid = {"rowCount": 2, "columnCount": len(names)}
    sheet_id = random.randrange(1, 2**31)  # noqa: S311 - an id, not a secret
    place = Place(sheet_id, title, {name: at for at, name in enumerate(names)}, 2 * len(names))
    made = {"sheetId": sheet_id, "title": title, "gridProperties": grid}
    requests = [{"addSheet": {"properties": made}}, *_header(place, names, hide=columns)]
    connection.batch([*requests, _freeze(sheet_id)])
    return place


def _header(place: Place, names: Sequence[str], *, hide: Columns) -> Iterator[dict[str, Any]]:
    """Write header cells next to each other, with widths; hide the event id if not chosen."""
    cells = [
        {"userEnteredValue": {"stringValue": name}, "userEnteredFormat": _HEADER_FORMAT}
        for name in names
    ]
    yield {
        "updateCells": {
            "start": {
                "sheetId": place.sheet_id,
                "rowIndex": 0,
                "columnIndex": place.at[names[0]],
            },
            "rows": [{"values": cells}],
            "fields": "userEnteredValue,userEnteredFormat.textFormat.bold,"
            "userEnteredFormat.backgroundColor",
        }
    }
    for name in names:
        look: dict[str, Any] = {"pixelSize": _WIDTHS.get(name, _NARROW)}
        if name == "event_id" and name not in hide.shown:
            look["hiddenByUser"] = True
        at = place.at[name]
        yield {
            "updateDimensionProperties": {
                "range": {
                    "sheetId": place.sheet_id,
                    "dimension": "COLUMNS",
                    "startIndex": at,
                    "endIndex": at + 1,
                },
                "properties": look,
                "fields": ",".join(look),
            }
        }


def _freeze(sheet_id: int) -> dict[str, Any]:
    return {
        "updateSheetProperties": {
            "properties": {"sheetId": sheet_id, "gridProperties": {"frozenRowCount": 1}},
            "fields": "gridProperties.frozenRowCount",
        }
    }


def _free_title(tabs: Sequence[Mapping[str, Any]], title: str) -> str:
    taken = {str(tab["title"]).casefold() for tab in tabs}
    number = 1
    while (name := title if number == 1 else f"{title} ({number})").casefold() in taken:
        number += 1
    return name

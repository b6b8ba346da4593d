"""The tabs of a log, and where their columns are.

A log's tabs and columns are found by their marks (`hilt.io.sheets.marks`), so people may rename
and move them. A tab without any mark belongs to the log if it has the log's title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timezone, tzinfo
from zoneinfo import ZoneInfo

from hilt.core.exceptions import ConfigurationError, SinkError
from hilt.io.sheets.a1 import column_letters, quote_title
from hilt.io.sheets.columns import Columns, Kind
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.event_ids import hex_digits
from hilt.io.sheets.marks import LogMark, Marks, read_marks

__all__ = [
    "Candidate",
    "LogTab",
    "candidates",
    "cell_count",
    "check_title",
    "find_tabs",
    "fitting_title",
    "have_moved",
    "kind_of",
    "log_tab",
    "refresh_tab",
    "tabs_by_title",
]

_MAX_TITLE = 100
"""The longest title that Google takes, in UTF-16 code units."""


@dataclass(frozen=True, slots=True)
class LogTab:
    """A tab of a log.

    Args:
        sheet_id: The tab's id, which stays when it is renamed.
        title: Its title.
        positions: The position of each column, from 0.
        cells: How many cells its grid has, at least.
        rows: How many rows its grid has, at least.
        table: The id and the first column of a table that has all of the columns.
        rows_are: What a row is.
        time_zone: The spreadsheet's time zone.
        columns: How many columns its grid has, as far as is known.
        old_receipts: Receipts that are no longer needed (`hilt.io.sheets.guards`).
    """

    sheet_id: int
    title: str
    positions: Mapping[str, int]
    cells: int = 0
    rows: int = 0
    table: tuple[str, int] | None = None
    rows_are: Kind = "events"
    time_zone: str = ""
    columns: int = 0
    old_receipts: Sequence[str] = ()

    @property
    def width(self) -> int:
        """How many columns its grid has, at least up to the log's last one."""
        return max([self.columns, *(at + 1 for at in self.positions.values())])

    @property
    def zone(self) -> tzinfo:
        """The spreadsheet's time zone; UTC if this machine does not know it."""
        try:
            return ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError):
            return timezone.utc


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tab that belongs to a log, by its mark or by its title.

    Args:
        tab: The tab's properties.
        part: Which of the log's tabs it is, from 1.
        header: Its first row.
        mark: Its mark, if it has one.
    """

    tab: Json
    part: int
    header: Sequence[str]
    mark: LogMark | None

    @property
    def sheet_id(self) -> int:
        """The tab's id."""
        return int(self.tab["sheetId"])

    def positions(self, marks: Marks) -> dict[str, int]:
        """Where its columns are; if several have the same name, the first counts."""
        if self.mark is not None:
            return dict(marks.columns.get(self.sheet_id, {}))
        return {name: at for at, name in reversed([*enumerate(self.header)]) if name}


def check_title(title: object) -> str:
    """Check the name of a worksheet, and return it.

    Raises:
        ConfigurationError: If it cannot be one.
    """
    if not isinstance(title, str) or not title.strip():
        raise ConfigurationError(f"worksheet_name: {title!r} is not a name")
    longest = _MAX_TITLE - len(" (999)")
    if _units(title) > longest or any(ord(letter) < ord(" ") for letter in title):
        raise ConfigurationError(
            f"worksheet_name: {title!r} cannot be the name of a tab; at most {longest} characters "
            "without line breaks are allowed"
        )
    return title


def fitting_title(title: str, ending: str) -> str:
    """A title with an ending, cut so that both together fit a tab."""
    units = title.encode("utf-16-le", "replace")[: 2 * (_MAX_TITLE - _units(ending))]
    return units.decode("utf-16-le", "ignore") + ending


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "replace")) // 2


def tabs_by_title(tabs: Iterable[Json], title: str) -> list[tuple[int, Json]]:
    """The tabs whose titles are those of a log, with their numbers: ``Logs``, ``Logs (2)``, ..."""
    pattern = re.compile(re.escape(title.casefold()) + r"(?: \((\d+)\))?")
    matching = []
    for tab in tabs:
        match = pattern.fullmatch(str(tab["title"]).casefold())
        if match:
            matching.append((int(match[1] or 1), tab))
    return sorted(matching, key=lambda pair: pair[0])


def candidates(
    connection: Connection, tabs: Sequence[Json], marks: Marks, title: str
) -> list[Candidate]:
    """The tabs that are marked as a log's, or have its title and no mark at all.

    Raises:
        CallError: If the service refuses.
    """
    grids = [tab for tab in tabs if tab.get("sheetType", "GRID") == "GRID"]
    parts = [
        (mark.part, tab)
        for tab in grids
        if (mark := marks.logs.get(tab["sheetId"])) is not None and mark.is_of(title)
    ]
    parts += [
        (number, tab)
        for number, tab in tabs_by_title(grids, title)
        if tab["sheetId"] not in marks.logs and tab["sheetId"] not in marks.dashboards
    ]
    parts.sort(key=lambda pair: pair[0])
    headers = _headers(connection, [tab for _, tab in parts])
    return [
        Candidate(tab, part, header, marks.logs.get(tab["sheetId"]))
        for (part, tab), header in zip(parts, headers, strict=True)
    ]


def find_tabs(connection: Connection, title: str) -> list[LogTab]:
    """The tabs of a log in order, for readers.

    Raises:
        CallError: If the service refuses.
        SinkError: If there is none; the message names the existing tabs.
    """
    tabs = connection.tabs()
    marks = read_marks(connection)
    found = [
        log_tab(each.tab, positions)
        for each in candidates(connection, tabs, marks, title)
        if "event_id" in (positions := each.positions(marks))
    ]
    if not found:
        titles = ", ".join(repr(str(tab["title"])) for tab in tabs)
        raise SinkError(
            f"worksheet_name {title!r}: the spreadsheet has no log of that name; its tabs are "
            f"{titles}"
        )
    return found


def refresh_tab(
    connection: Connection, tab: LogTab, columns: Columns, *, tables: bool = False
) -> LogTab | None:
    """The tab as it is now, since people move columns and make tables; None if it no longer fits.

    Args:
        connection: The spreadsheet.
        tab: The tab as it was.
        columns: The columns of the log.
        tables: Whether to look for tables, too, which takes another request.

    Raises:
        CallError: If the service refuses.
    """
    marks = read_marks(connection)
    positions = marks.columns.get(tab.sheet_id, {})
    if tab.sheet_id not in marks.logs or any(name not in positions for name in columns.required):
        return None
    if not tables and positions == tab.positions:
        return tab
    properties = [each for each in connection.tabs() if each["sheetId"] == tab.sheet_id]
    if not properties or _is_headless(connection, properties[0], positions):
        return None
    return replace(log_tab(properties[0], positions), cells=tab.cells)


def _is_headless(connection: Connection, tab: Json, positions: Mapping[str, int]) -> bool:
    """Whether the first row is a row of the log, as its header was deleted or sorted away."""
    cell = f"{quote_title(tab['title'])}!{column_letters(positions['event_id'])}1"
    rows = connection.values([cell])[0]
    return bool(rows and rows[0]) and hex_digits(str(rows[0][0])) is not None


def have_moved(connection: Connection, tabs: Iterable[LogTab]) -> bool:
    """Whether columns of some tabs were moved since their positions were read.

    If so, what was read in between may be from other columns.

    Raises:
        CallError: If the service refuses.
    """
    columns = read_marks(connection).columns
    return any(
        columns.get(each.sheet_id, dict(each.positions)) != dict(each.positions) for each in tabs
    )


def log_tab(tab: Json, positions: Mapping[str, int]) -> LogTab:
    """A tab made from its properties."""
    rows = int(tab["gridProperties"]["rowCount"])
    table = _table_around(tab.get("tables", ()), positions)
    return LogTab(
        tab["sheetId"],
        tab["title"],
        positions,
        cell_count(tab),
        rows,
        table,
        kind_of(positions),
        str(tab.get("timeZone", "")),
        int(tab["gridProperties"]["columnCount"]),
    )


def kind_of(names: Iterable[str]) -> Kind:
    """What the rows of a tab with these columns are."""
    return "calls" if {"question", "outcome", "prompt_id"}.issubset(names) else "events"


def cell_count(tab: Json) -> int:
    """How many cells a tab has, filled or not."""
    grid = tab["gridProperties"]
    return int(grid["rowCount"]) * int(grid["columnCount"])


def _table_around(tables: Iterable[Json], positions: Mapping[str, int]) -> tuple[str, int] | None:
    """The table whose header has all of the columns."""
    for table in tables:
        area = table["range"]
        left, right = area.get("startColumnIndex", 0), area.get("endColumnIndex", 0)
        inside = all(left <= at < right for at in positions.values())
        if positions and inside and area.get("startRowIndex", 0) == 0:
            return str(table["tableId"]), int(left)
    return None


def _headers(connection: Connection, tabs: Sequence[Json]) -> list[list[str]]:
    if not tabs:
        return []
    ranges = connection.values([f"{quote_title(tab['title'])}!1:1" for tab in tabs])
    return [[str(cell) for cell in rows[0]] if rows else [] for rows in ranges]

"""The tabs of a log: which one to write to, and the making of a new one.

A tab fits if its header has the chosen columns in the chosen order; other columns may stand
between and beside them, and are left alone. If it has only the first of them, the missing ones are
added at the right. Otherwise, as for a tab that is full, the next one is used or made: ``Logs``,
``Logs (2)``, ``Logs (3)``. Nothing in a tab is ever overwritten.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hilt.core.exceptions import ConfigurationError
from hilt.io.sheets.a1 import quote_title
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.header import freeze_request, grow_requests, header_requests

__all__ = [
    "LogTab",
    "check_title",
    "column_positions",
    "prepare_tab",
    "refresh_tab",
    "tabs_of_log",
]

_MAX_TITLE = 100
_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class LogTab:
    """A tab that is ready for rows.

    Args:
        sheet_id: The tab's id, which stays when it is renamed.
        title: Its title.
        positions: The position of each column, from 0.
        cells: How many cells its grid has, at least.
    """

    sheet_id: int
    title: str
    positions: Mapping[str, int]
    cells: int


def check_title(title: object) -> str:
    """The name of a worksheet, if it can be one.

    Raises:
        ConfigurationError: If it cannot.
    """
    if not isinstance(title, str) or not title.strip():
        raise ConfigurationError(f"worksheet_name: {title!r} is not a name")
    longest = _MAX_TITLE - len(" (999)")
    if len(title) > longest or any(ord(letter) < ord(" ") for letter in title):
        raise ConfigurationError(
            f"worksheet_name: {title!r} cannot be the name of a tab; at most {longest} characters "
            "without line breaks are allowed"
        )
    return title


def tabs_of_log(tabs: Sequence[Json], title: str) -> list[Json]:
    """The tabs of a log, in their order: ``Logs``, ``Logs (2)``, ..."""
    pattern = re.compile(re.escape(title.casefold()) + r"(?: \((\d+)\))?")
    matching = []
    for tab in tabs:
        match = pattern.fullmatch(str(tab["title"]).casefold())
        if match and tab.get("sheetType", "GRID") == "GRID":
            matching.append((int(match[1] or 1), tab))
    return [tab for _, tab in sorted(matching, key=lambda pair: pair[0])]


def column_positions(header: Sequence[str], columns: Columns) -> dict[str, int] | None:
    """Where the columns are or will be added, or None if the header differs."""
    own = [name for name in header if name in columns.shown]
    if header and (not own or tuple(own) != columns.shown[: len(own)]):
        return None
    present = {name: header.index(name) for name in columns.required if name in header}
    missing = [name for name in columns.required if name not in present]
    return {**present, **{name: len(header) + at for at, name in enumerate(missing)}}


def prepare_tab(
    connection: Connection, title: str, columns: Columns, rollover_cells: int
) -> tuple[LogTab, bool]:
    """Find or make the tab to write to, and whether anything had to be written for it.

    Raises:
        CallError: If the service refuses.
    """
    tabs = connection.tabs()
    for _ in range(_ATTEMPTS):
        candidates = tabs_of_log(tabs, title)
        for tab, header in zip(candidates, _headers(connection, candidates), strict=True):
            if _cell_count(tab) < rollover_cells:
                fitting = _fit(connection, tab, header, columns)
                if fitting is not None:
                    return fitting
        try:
            return _add_tab(connection, _free_title(tabs, title), columns), True
        except CallError as error:
            if error.kind != "refused":
                raise
            before, tabs = tabs, connection.tabs()
            if _titles(tabs) == _titles(before):
                raise
            # Another process was faster; its tab will do.
    raise CallError("the tabs of the spreadsheet keep changing", kind="retryable")


def refresh_tab(connection: Connection, tab: LogTab, columns: Columns) -> LogTab | None:
    """The tab as it is now: people insert columns and rename tabs. None if it fits no more.

    Raises:
        CallError: If the service refuses.
    """
    try:
        (header,) = _headers(connection, [{"title": tab.title}])
    except CallError as error:
        if error.kind != "refused":
            raise
        titles = {each["sheetId"]: each["title"] for each in connection.tabs()}
        if titles.get(tab.sheet_id, tab.title) == tab.title:
            return None
        return refresh_tab(connection, replace(tab, title=titles[tab.sheet_id]), columns)
    positions = column_positions(header, columns)
    if positions is None or any(name not in header for name in columns.required):
        return None
    return replace(tab, positions=positions)


def _headers(connection: Connection, tabs: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    if not tabs:
        return []
    ranges = connection.values([f"{quote_title(tab['title'])}!1:1" for tab in tabs])
    return [[str(cell) for cell in rows[0]] if rows else [] for rows in ranges]


def _cell_count(tab: Json) -> int:
    """How many cells a tab has, filled or not."""
    grid = tab["gridProperties"]
    return int(grid["rowCount"]) * int(grid["columnCount"])


def _fit(
    connection: Connection, tab: Json, header: Sequence[str], columns: Columns
) -> tuple[LogTab, bool] | None:
    """The tab after adding what is missing, and whether that was needed; None if it differs."""
    positions = column_positions(header, columns)
    if positions is None:
        return None
    missing = [name for name in columns.required if name not in header]
    log_tab = LogTab(tab["sheetId"], tab["title"], positions, _cell_count(tab))
    if not missing:
        return log_tab, False
    if not header and connection.values([quote_title(tab["title"])])[0]:
        # Somebody's data, without a header.
        return None
    width = len(header) + len(missing)
    requests = [*grow_requests(log_tab.sheet_id, tab["gridProperties"], width)]
    requests += header_requests(log_tab.sheet_id, positions, missing, columns)
    if not header:
        requests.append(freeze_request(log_tab.sheet_id))
    connection.batch(requests)
    return log_tab, True


def _add_tab(connection: Connection, title: str, columns: Columns) -> LogTab:
    names = columns.required
    # One more row than the header, because Google does not freeze all rows of a tab.
    grid = {"rowCount": 2, "columnCount": len(names)}
    sheet_id = random.randrange(1, 2**31)  # noqa: S311 - an id, not a secret
    positions = {name: at for at, name in enumerate(names)}
    properties = {"sheetId": sheet_id, "title": title, "gridProperties": grid}
    connection.batch(
        [
            {"addSheet": {"properties": properties}},
            *header_requests(sheet_id, positions, names, columns),
            freeze_request(sheet_id),
        ]
    )
    return LogTab(sheet_id, title, positions, 2 * len(names))


def _titles(tabs: Sequence[Json]) -> set[str]:
    return {str(tab["title"]).casefold() for tab in tabs}


def _free_title(tabs: Sequence[Json], title: str) -> str:
    taken = _titles(tabs)
    number = 1
    while (name := title if number == 1 else f"{title} ({number})").casefold() in taken:
        number += 1
    return name

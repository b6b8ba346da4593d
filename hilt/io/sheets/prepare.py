"""The tab to write to: found, completed or made.

A tab fits if it was made for the chosen columns, or if its header has them in the chosen order;
other columns may stand between and beside them, and are left alone. Missing columns are added at
the right. Where no tab fits, or all are full, a new one is made, with a warning that says why:
``Logs``, ``Logs (2)``, ``Logs (3)``. Nothing in a tab is ever overwritten.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass

from hilt.io.sheets.a1 import column_letters, quote_title
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.header import freeze_request, grow_requests, header_requests, review_requests
from hilt.io.sheets.marks import (
    LogMark,
    Marks,
    column_mark_requests,
    log_mark_request,
    read_marks,
)
from hilt.io.sheets.tabs import (
    Candidate,
    LogTab,
    candidates,
    cell_count,
    log_tab,
    tabs_by_title,
)

__all__ = ["PreparedTab", "Wanted", "prepare_tab"]

_log = logging.getLogger(__name__)
_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a program wants to write to.

    Args:
        title: The worksheet's name.
        columns: The columns.
        rollover_cells: How many cells a tab may have before the next one is used.
    """

    title: str
    columns: Columns
    rollover_cells: int


@dataclass(frozen=True, slots=True)
class PreparedTab:
    """A tab that is ready for rows.

    Args:
        tab: The tab.
        changed: Whether something had to be written for it.
        why_new: Why another tab was made although the log had some; empty if not.
    """

    tab: LogTab
    changed: bool
    why_new: str = ""


def prepare_tab(connection: Connection, wanted: Wanted) -> PreparedTab:
    """Find or make the tab to write to.

    Raises:
        CallError: If the service refuses.
    """
    tabs = connection.tabs()
    for _ in range(_ATTEMPTS):
        marks = read_marks(connection)
        existing = candidates(connection, tabs, marks, wanted.title)
        misfits = []
        for each in existing:
            misfit = _misfit(connection, each, wanted)
            if not misfit:
                return _complete(connection, each, marks, wanted)
            misfits.append(f"the tab {each.tab['title']!r} {misfit}")
        misfits += _tabs_of_others(tabs, marks, wanted.title)
        part = max((each.part for each in existing), default=0) + 1
        try:
            tab = _add_tab(connection, _free_title(tabs, wanted.title, part), part, wanted)
            return PreparedTab(tab, changed=True, why_new=_warn(tab, misfits))
        except CallError as error:
            if error.kind != "refused":
                raise
            before, tabs = tabs, connection.tabs()
            if _titles(tabs) == _titles(before):
                raise
            # Another process was faster; its tab will do.
    raise CallError("the tabs of the spreadsheet keep changing", kind="retryable")


def _misfit(connection: Connection, candidate: Candidate, wanted: Wanted) -> str:
    """Why a tab is not the one to write to; empty if it is."""
    tab, header = candidate.tab, candidate.header
    if cell_count(tab) >= wanted.rollover_cells:
        return f"is full: it has {cell_count(tab):,} cells"
    if candidate.mark is not None:
        names = candidate.mark.columns
        return "" if _in_order(names, wanted.columns) else f"has other columns: {', '.join(names)}"
    if header:
        return "" if _in_order(header, wanted.columns) else f"has another header: {header}"
    return "has data without a header" if connection.values([quote_title(tab["title"])])[0] else ""


def _in_order(names: Sequence[str], columns: Columns) -> bool:
    """Whether names begin with the chosen columns in their order, others aside."""
    own = [name for name in names if name in columns.shown]
    return bool(own) and tuple(own) == columns.shown[: len(own)]


def _complete(
    connection: Connection, candidate: Candidate, marks: Marks, wanted: Wanted
) -> PreparedTab:
    """Add the columns and marks that a tab lacks."""
    tab, mark, required = candidate.tab, candidate.mark, wanted.columns.required
    sheet_id, present = candidate.sheet_id, candidate.positions(marks)
    missing = [name for name in required if name not in present]
    if mark is not None and not missing:
        return PreparedTab(log_tab(tab, present), changed=False)
    positions = {name: present[name] for name in required if name in present}
    requests: list[Json] = []
    if missing:
        left = _free_column(connection, candidate)
        positions |= {name: left + at for at, name in enumerate(missing)}
        requests += grow_requests(sheet_id, tab["gridProperties"], left + len(missing))
        requests += header_requests(sheet_id, positions, missing, wanted.columns)
    if not candidate.header:
        requests.append(freeze_request(sheet_id))
    unmarked = required if mark is None else missing
    requests += review_requests(sheet_id, positions, unmarked, wanted.columns)
    requests += column_mark_requests(sheet_id, positions, unmarked)
    earlier = mark.columns if mark is not None else ()
    names = (*earlier, *(name for name in required if name not in earlier))
    new = LogMark(wanted.title, sheet_id, candidate.part, names)
    requests.append(log_mark_request(new, is_new=mark is None))
    connection.batch(requests)
    return PreparedTab(log_tab(tab, positions), changed=True)


def _free_column(connection: Connection, candidate: Candidate) -> int:
    """The first column behind all that people have written, with or without a header."""
    width = len(candidate.header)
    if width >= int(candidate.tab["gridProperties"]["columnCount"]):
        return width
    beside = f"{quote_title(candidate.tab['title'])}!{column_letters(width)}:ZZZ"
    return width + max((len(row) for row in connection.values([beside])[0]), default=0)


def _add_tab(connection: Connection, title: str, part: int, wanted: Wanted) -> LogTab:
    names = wanted.columns.required
    # One more row than the header, because Google does not freeze all rows of a tab.
    grid = {"rowCount": 2, "columnCount": len(names)}
    sheet_id = random.randrange(1, 2**31)  # noqa: S311 - an id, not a secret
    positions = {name: at for at, name in enumerate(names)}
    properties = {"sheetId": sheet_id, "title": title, "gridProperties": grid}
    connection.batch(
        [
            {"addSheet": {"properties": properties}},
            *header_requests(sheet_id, positions, names, wanted.columns),
            freeze_request(sheet_id),
            *review_requests(sheet_id, positions, names, wanted.columns),
            *column_mark_requests(sheet_id, positions, names),
            log_mark_request(LogMark(wanted.title, sheet_id, part, names)),
        ]
    )
    return log_tab(properties, positions)


def _tabs_of_others(tabs: Sequence[Json], marks: Marks, title: str) -> list[str]:
    """Tabs that have the log's title, and are another log's."""
    return [
        f"the tab {tab['title']!r} is the renamed tab of the log {mark.log!r}"
        for _, tab in tabs_by_title(tabs, title)
        if (mark := marks.logs.get(tab["sheetId"])) is not None and not mark.is_of(title)
    ]


def _warn(tab: LogTab, misfits: Sequence[str]) -> str:
    """Why a tab was made beside others, which is logged too."""
    why = "; ".join(misfits)
    if why:
        _log.warning("HILT: rows go to the new tab %r, because %s.", tab.title, why)
    return why


def _titles(tabs: Sequence[Json]) -> set[str]:
    return {str(tab["title"]).casefold() for tab in tabs}


def _free_title(tabs: Sequence[Json], title: str, part: int) -> str:
    taken = _titles(tabs)
    while (name := title if part == 1 else f"{title} ({part})").casefold() in taken:
        part += 1
    return name

"""Finding, completing or making the tab to write to.

A tab fits if it was made for the chosen columns, or if its header has them in the chosen order;
if a program has chosen nothing, a tab keeps the kind of rows that it has. Other columns may be
between and beside them, and are left alone. Missing columns are added at the right. If no tab fits,
or all are full, a new one is made, with a warning that says why: ``Logs``, ``Logs (2)``,
``Logs (3)``. Nothing in a tab is ever overwritten.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hilt.io.sheets.a1 import column_letters, quote_title
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.guards import old_receipts
from hilt.io.sheets.header import freeze_request, grow_requests, header_requests, review_requests
from hilt.io.sheets.header_repair import header_repair
from hilt.io.sheets.marks import (
    LogMark,
    Marks,
    column_mark_requests,
    log_mark_request,
    new_sheet_id,
    read_marks,
)
from hilt.io.sheets.restored_rows import settle_backups
from hilt.io.sheets.tabs import (
    Candidate,
    LogTab,
    candidates,
    cell_count,
    log_tab,
    tabs_by_title,
)
from hilt.io.sheets.views import view_requests

__all__ = ["PreparedTab", "Wanted", "prepare_tab"]

_log = logging.getLogger(__name__)
_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Wanted:
    """The kind of tab that a program wants to write to.

    Args:
        title: The worksheet's name.
        columns: The columns that are wanted, and that a new tab gets.
        rollover_cells: How many cells a tab may have before the next one is used.
        other: Other columns that will do as well if a tab already has them.
    """

    title: str
    columns: Columns
    rollover_cells: int
    other: Columns | None = None

    @property
    def choices(self) -> tuple[Columns, ...]:
        """The columns that a tab may have."""
        return (self.columns,) if self.other is None else (self.columns, self.other)

    def columns_of(self, tab: LogTab) -> Columns:
        """The columns that are written to a tab."""
        return next((each for each in self.choices if each.rows == tab.rows_are), self.columns)


@dataclass(frozen=True, slots=True)
class PreparedTab:
    """A tab that is ready for rows.

    Args:
        tab: The tab.
        changed: Whether anything had to be written to prepare it.
        why_new: Why a tab was added although the log had some; empty if none was.
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
        if marks.backups:
            settle_backups(connection, marks)
        existing = candidates(connection, tabs, marks, wanted.title)
        misfits, columns = [], wanted.columns
        for each in existing:
            fitting = _fitting(each, wanted)
            misfit = _misfit(connection, each, wanted, fitting)
            if not misfit:
                ready = _complete(connection, each, marks, wanted.title, fitting or columns)
                tab = replace(ready.tab, old_receipts=old_receipts(marks.receipts))
                return replace(ready, tab=tab)
            columns = fitting or columns
            misfits.append(f"the tab {each.tab['title']!r} {misfit}")
        misfits += _tabs_of_others(tabs, marks, wanted.title)
        part = max((each.part for each in existing), default=0) + 1
        try:
            title = _free_title(tabs, wanted.title, part)
            tab = _add_tab(connection, title, LogMark(wanted.title, 0, part), columns, tabs)
            return PreparedTab(tab, changed=True, why_new=_warn(tab, misfits))
        except CallError as error:
            if error.kind != "refused":
                raise
            before, tabs = tabs, connection.tabs()
            if _titles(tabs) == _titles(before):
                raise
            # Another process was faster; use its tab.
    raise CallError("the tabs of the spreadsheet keep changing", kind="retryable")


def _fitting(candidate: Candidate, wanted: Wanted) -> Columns | None:
    """The columns that a tab was made for, if they are among the wanted ones."""
    mark = candidate.mark
    for columns in wanted.choices:
        if mark is not None and mark.rows != columns.rows:
            continue
        if _in_order(candidate.header if mark is None else mark.columns, columns):
            return columns
    return None


def _misfit(
    connection: Connection, candidate: Candidate, wanted: Wanted, fitting: Columns | None
) -> str:
    """Why a tab is not the one to write to; empty if it is."""
    tab, header, mark = candidate.tab, candidate.header, candidate.mark
    if cell_count(tab) >= wanted.rollover_cells:
        return f"is full: it has {cell_count(tab):,} cells"
    if fitting is not None:
        return ""
    if mark is not None and mark.rows != wanted.columns.rows:
        return f"has rows of {mark.rows}, not of {wanted.columns.rows}"
    if mark is not None:
        return f"has other columns: {', '.join(mark.columns)}"
    if header:
        return f"has another header: {header}"
    return "has data without a header" if connection.values([quote_title(tab["title"])])[0] else ""


def _in_order(names: Sequence[str], columns: Columns) -> bool:
    """Whether names have the chosen columns, from the first on, in their order; others aside."""
    own = [name for name in names if name in columns.shown]
    return bool(own) and tuple(own) == columns.shown[: len(own)]


def _complete(
    connection: Connection, candidate: Candidate, marks: Marks, log: str, columns: Columns
) -> PreparedTab:
    """Add the columns and marks that a tab lacks."""
    tab, mark, required = candidate.tab, candidate.mark, columns.required
    sheet_id, present = candidate.sheet_id, candidate.positions(marks)
    missing = [name for name in required if name not in present]
    if mark is not None and not missing:
        repair = header_repair(
            connection, tab, candidate.header, {name: present[name] for name in required}, columns
        )
        if repair:
            connection.batch(repair)
        return PreparedTab(log_tab(tab, present), changed=bool(repair))
    positions = {name: present[name] for name in required if name in present}
    requests: list[Json] = []
    if missing:
        left = _free_column(connection, candidate)
        positions |= {name: left + at for at, name in enumerate(missing)}
        requests += grow_requests(sheet_id, tab["gridProperties"], left + len(missing))
        requests += header_requests(sheet_id, positions, missing, columns)
    if not candidate.header:
        requests.append(freeze_request(sheet_id))
        requests += view_requests(sheet_id, positions, columns)
    unmarked = required if mark is None else missing
    requests += review_requests(sheet_id, positions, unmarked, columns)
    requests += column_mark_requests(sheet_id, positions, unmarked)
    earlier = mark.columns if mark is not None else ()
    names = (*earlier, *(name for name in required if name not in earlier))
    new = LogMark(log, sheet_id, candidate.part, names, columns.rows)
    requests.append(log_mark_request(new, is_new=mark is None))
    connection.batch(requests)
    return PreparedTab(log_tab(tab, positions), changed=True)


def _free_column(connection: Connection, candidate: Candidate) -> int:
    """The first column after all that people have written, with or without a header."""
    width = len(candidate.header)
    if width >= int(candidate.tab["gridProperties"]["columnCount"]):
        return width
    beside = f"{quote_title(candidate.tab['title'])}!{column_letters(width)}:ZZZ"
    return width + max((len(row) for row in connection.values([beside])[0]), default=0)


def _add_tab(
    connection: Connection, title: str, mark: LogMark, columns: Columns, tabs: Sequence[Json]
) -> LogTab:
    names = columns.required
    # One more row than the header, because Google does not freeze all rows of a tab.
    grid = {"rowCount": 2, "columnCount": len(names)}
    sheet_id = new_sheet_id()
    positions = {name: at for at, name in enumerate(names)}
    properties = {"sheetId": sheet_id, "title": title, "gridProperties": grid}
    connection.batch(
        [
            {"addSheet": {"properties": properties}},
            *header_requests(sheet_id, positions, names, columns),
            freeze_request(sheet_id),
            *review_requests(sheet_id, positions, names, columns),
            *column_mark_requests(sheet_id, positions, names),
            log_mark_request(LogMark(mark.log, sheet_id, mark.part, names, columns.rows)),
            *view_requests(sheet_id, positions, columns),
        ]
    )
    zone = next((each["timeZone"] for each in tabs if "timeZone" in each), "")
    return log_tab({**properties, "timeZone": zone}, positions)


def _tabs_of_others(tabs: Sequence[Json], marks: Marks, title: str) -> list[str]:
    """Why tabs do not count that have the log's title, but are another log's."""
    return [
        f"the tab {tab['title']!r} is the renamed tab of the log {mark.log!r}"
        for _, tab in tabs_by_title(tabs, title)
        if (mark := marks.logs.get(tab["sheetId"])) is not None and not mark.is_of(title)
    ]


def _warn(tab: LogTab, misfits: Sequence[str]) -> str:
    """Why a tab was made although there were others; also logged as a warning."""
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

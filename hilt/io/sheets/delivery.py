"""Finding out which rows of a batch are in the sheet, when the answer to it was lost."""

from __future__ import annotations

import time

from hilt.io.sheets.a1 import column_letters, quote_title
from hilt.io.sheets.connection import Connection
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.marks import read_marks
from hilt.io.sheets.outbox_state import InFlight
from hilt.io.sheets.tabs import LogTab, candidates, have_moved, log_tab

__all__ = ["delivered_ids"]

_ATTEMPTS = 6
_NEW_ROWS = 20_000
_TOP_ROWS = 5_000
"""How many rows to check at the top, where the newest ones may be if people sort by time."""
_RECENT_S = 600.0
_FIRST_ROW = 1


def delivered_ids(
    connection: Connection, title: str, batch: InFlight, *, anywhere: bool = False
) -> set[str]:
    """The event ids where a batch may have gone: at both ends of its tab, or in the whole log.

    Args:
        connection: The spreadsheet.
        title: The log.
        batch: The batch.
        anywhere: Whether it may have been written into existing rows.

    Raises:
        CallError: If the sheet cannot be read.
    """
    for _ in range(_ATTEMPTS):
        tabs, ids = _ids_of(connection, title, batch, anywhere=anywhere)
        if not have_moved(connection, tabs):
            return ids
    raise CallError("the columns keep moving", kind="retryable")


def _ids_of(
    connection: Connection, title: str, batch: InFlight, *, anywhere: bool
) -> tuple[list[LogTab], set[str]]:
    """The tabs that a batch may be in, and the event ids in them."""
    tabs = connection.tabs()
    marks = read_marks(connection)
    of_log = candidates(connection, tabs, marks, title)
    sent_to = [each for each in of_log if each.sheet_id == batch.sheet_id and not anywhere]
    recent = bool(sent_to) and time.time() - batch.began < _RECENT_S
    found = [
        log_tab(each.tab, positions)
        for each in sent_to or of_log
        if "event_id" in (positions := each.positions(marks))
    ]
    return found, {
        event_id for each in found for event_id in _ids_in(connection, each, recent=recent)
    }


def _ids_in(connection: Connection, tab: LogTab, *, recent: bool) -> set[str]:
    """The event ids of a tab, or only of its first and last rows."""
    letters, last = column_letters(tab.positions["event_id"]), tab.rows
    if last < _FIRST_ROW:
        return set()
    cells = f"{quote_title(tab.title)}!{letters}"
    whole = [f"{cells}{_FIRST_ROW}:{letters}"]
    ends = [f"{cells}{_FIRST_ROW}:{letters}{_TOP_ROWS}", f"{cells}{last - _NEW_ROWS}:{letters}"]
    long = recent and last > _TOP_ROWS + _NEW_ROWS
    ranges = connection.values(ends if long else whole)
    if long and not ranges[-1]:
        # There are many empty rows at the end of the grid.
        ranges = connection.values(whole)
    return {str(row[0]) for rows in ranges for row in rows if row}

"""What of a batch is in the sheet: how a batch whose answer was lost is settled."""

from __future__ import annotations

import time

from hilt.io.sheets.a1 import column_letters, quote_title
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.outbox_state import InFlight
from hilt.io.sheets.tabs import tabs_of_log

__all__ = ["delivered_ids"]

_RECENT_ROWS = 20_000
_RECENT_S = 600.0
_FIRST_ROW = 2


def delivered_ids(connection: Connection, title: str, batch: InFlight) -> set[str]:
    """The event ids where a batch went: at the end of its tab, or in all of the log.

    Raises:
        CallError: If the sheet cannot be read.
    """
    tabs = connection.tabs()
    recent = batch.sheet_id is not None and time.time() - batch.began < _RECENT_S
    sent_to = [tab for tab in tabs if tab["sheetId"] == batch.sheet_id]
    ids: set[str] = set()
    for tab in sent_to or tabs_of_log(tabs, title):
        header = connection.values([f"{quote_title(tab['title'])}!1:1"])[0] or [[]]
        if "event_id" in header[0]:
            ids |= _ids_in(connection, tab, header[0].index("event_id"), recent=recent)
    return ids


def _ids_in(connection: Connection, tab: Json, column: int, *, recent: bool) -> set[str]:
    """The event ids of a tab, or of its last rows."""
    letters = column_letters(column)
    last = int(tab["gridProperties"]["rowCount"])
    first = max(_FIRST_ROW, last - _RECENT_ROWS) if recent else _FIRST_ROW
    if first > last:
        return set()
    cells = f"{quote_title(tab['title'])}!{letters}{{}}:{letters}"
    rows = connection.values([cells.format(first)])[0]
    if not rows and first > _FIRST_ROW:
        # Many empty rows at the end of the grid.
        rows = connection.values([cells.format(_FIRST_ROW)])[0]
    return {str(row[0]) for row in rows if row}

"""Rows that were on their way while a person moved columns: found, and put right.

Google appends by position, and nothing in a request can say "if the columns are still there". So
the columns are read again after every append. If they have moved meanwhile, rows whose cells have
landed in other columns lose their event ids, and are appended again in the same batch. Both go by
what cells hold and not by where they are, so that a person who sorts at the same moment does no
harm; what else such a row holds is left for the person to delete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hilt.io.sheets.a1 import quote_title
from hilt.io.sheets.cells import append_request
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.tabs import LogTab, refresh_tab

__all__ = ["SentRows", "check_placement"]

_ATTEMPTS = 6
_MORE_ROWS = 500
_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class SentRows:
    """Rows that were appended.

    Args:
        positions: Where the columns were when they were sent.
        cells: The cells of each row by column, by event id.
    """

    positions: Mapping[str, int]
    cells: Mapping[str, Mapping[str, Json]]

    @classmethod
    def of(cls, positions: Mapping[str, int], rows: Sequence[Sequence[Json]]) -> SentRows:
        """Rows as they were sent."""
        by_id = {}
        for row in rows:
            cells = {name: row[at] for name, at in positions.items() if at < len(row)}
            by_id[str(_value(cells.get("event_id", {})))] = cells
        return cls(positions, by_id)


def check_placement(
    connection: Connection, tab: LogTab, columns: Columns, sent: Sequence[SentRows]
) -> tuple[LogTab | None, set[str]]:
    """The tab as it is now, None if it fits no more; and which rows were looked up and found.

    Raises:
        CallError: If the service refuses.
    """
    found: set[str] = set()
    now = refresh_tab(connection, tab, columns)
    for _ in range(_ATTEMPTS):
        if now is None:
            break
        moved = _sent_elsewhere(sent, now)
        placed = dict(_placed_by_id(connection, now, moved))
        found |= set(placed)
        astray = {event_id for event_id, is_right in placed.items() if not is_right}
        if not astray:
            break
        rows = [_row_of(now.positions, moved[event_id]) for event_id in moved if event_id in astray]
        erased = [_erase(now, cell) for event_id in astray for cell in _marks_of(moved[event_id])]
        connection.batch([*erased, append_request(now.sheet_id, rows, now.table)])
        # Once more: people may have gone on meanwhile.
        sent = [SentRows(now.positions, {event_id: moved[event_id] for event_id in astray})]
        now = refresh_tab(connection, now, columns)
    return now, found


def _sent_elsewhere(sent: Sequence[SentRows], tab: LogTab) -> dict[str, Mapping[str, Json]]:
    """The rows that were sent when the columns were not where they are now."""
    return {
        event_id: cells
        for each in sent
        if dict(each.positions) != dict(tab.positions)
        for event_id, cells in each.cells.items()
    }


def _placed_by_id(
    connection: Connection, tab: LogTab, rows: Mapping[str, Mapping[str, Json]]
) -> Iterator[tuple[str, bool]]:
    """Whether each row is where it should be, looked up in all columns from the end on."""
    missing = set(rows)
    last, size = tab.rows, len(rows) + _MORE_ROWS
    while missing and last > 0:
        first = max(1, last - size + 1)
        area = f"{quote_title(tab.title)}!{first}:{last}"
        for actual in connection.values([area])[0]:
            event_id = next((cell for cell in actual if cell in missing), None)
            if event_id is not None:
                missing.discard(event_id)
                yield event_id, _is_placed(tab, actual, rows[event_id])
        last, size = first - 1, _PAGE


def _is_placed(tab: LogTab, actual: Sequence[object], cells: Mapping[str, Json]) -> bool:
    """Whether what was sent is in the columns that it is of."""
    for name, cell in cells.items():
        at, wanted = tab.positions.get(name, len(actual)), _value(cell)
        if wanted not in ("", actual[at] if at < len(actual) else ""):
            return False
    return True


def _row_of(positions: Mapping[str, int], cells: Mapping[str, Json]) -> list[Json]:
    """Cells by column as a row."""
    row: list[Json] = [{} for _ in range(max(positions.values(), default=-1) + 1)]
    for name, cell in cells.items():
        row[positions[name]] = cell
    return row


def _marks_of(cells: Mapping[str, Json]) -> list[object]:
    """What of a row no other cell of the sheet holds."""
    unique = (_value(cells.get(name, {})) for name in ("event_id", "timestamp"))
    return [value for value in unique if value != ""]


def _erase(tab: LogTab, text: object) -> Json:
    return {
        "findReplace": {
            "find": str(text),
            "replacement": "",
            "matchCase": True,
            "matchEntireCell": True,
            "sheetId": tab.sheet_id,
        }
    }


def _value(cell: Json) -> object:
    """What a cell that is sent holds, as it is read back."""
    return next(iter(cell.get("userEnteredValue", {}).values()), "")

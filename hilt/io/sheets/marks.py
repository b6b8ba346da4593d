"""Marks: developer metadata that identifies a log's tabs and columns, whatever people call them.

A tab of a log has `LOG_KEY` with a `LogMark`, each of its columns `COLUMN_KEY` with the column's
name, its dashboard `DASHBOARD_KEY`, a backup (`hilt.io.sheets.row_backups`) `BACKUP_KEY`, and a tab
that rows were sent to `RECEIPT_KEY` (`hilt.io.sheets.guards`).
Google moves metadata with tabs and columns. A copy of a tab may have copies of it, but as the mark
names the tab that it was made for, the copy does not count.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from hilt.io.sheets.connection import Connection, Json

__all__ = [
    "BACKUP_KEY",
    "COLUMN_KEY",
    "DASHBOARD_KEY",
    "LOG_KEY",
    "RECEIPT_KEY",
    "SHOWN",
    "LogMark",
    "Marks",
    "column_mark_lookup",
    "column_mark_requests",
    "forget_receipt_request",
    "log_mark_request",
    "new_sheet_id",
    "read_marks",
    "receipt_request",
]

LOG_KEY = "hilt.log"
COLUMN_KEY = "hilt.column"
DASHBOARD_KEY = "hilt.dashboard"
BACKUP_KEY = "hilt.backup"
RECEIPT_KEY = "hilt.receipt"
SHOWN = "shown"

_KEYS = (LOG_KEY, COLUMN_KEY, DASHBOARD_KEY, BACKUP_KEY, RECEIPT_KEY)
_VISIBILITY = "DOCUMENT"
"""So that programs of other projects, with other service accounts, can write to the same log."""


class LogMark(msgspec.Struct, frozen=True):
    """The mark of a tab.

    Args:
        log: The worksheet's name that its program was given; the tab may be renamed.
        sheet: The id of the tab that it was made for.
        part: Which of the log's tabs it is, from 1.
        columns: The columns, in the order in which they were made. For a dashboard, the ids of the
            tabs that it covers; for a backup, when it was made, and `SHOWN` if people see it.
        rows: What a row is, a `hilt.io.sheets.columns.Kind`; a newer version may have others.
    """

    log: str
    sheet: int
    part: int = 1
    columns: tuple[str, ...] = ()
    rows: str = "events"

    @property
    def is_shown(self) -> bool:
        """Whether it marks a backup that people have been told about."""
        return SHOWN in self.columns

    def is_of(self, title: str) -> bool:
        """Whether it marks a tab of a log, regardless of case."""
        return self.log.casefold() == title.casefold()


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a spreadsheet.

    Args:
        logs: The marks of tabs, by the tab's id.
        columns: The positions of columns by their names, by the tab's id.
        dashboards: The marks of dashboards, by the tab's id.
        backups: The marks of backups, by the tab's id.
        receipts: The names of the batches that have arrived lately.
    """

    logs: dict[int, LogMark] = field(default_factory=dict)
    columns: dict[int, dict[str, int]] = field(default_factory=dict)
    dashboards: dict[int, LogMark] = field(default_factory=dict)
    backups: dict[int, LogMark] = field(default_factory=dict)
    receipts: list[str] = field(default_factory=list)

    @property
    def open_backups(self) -> list[LogMark]:
        """The backups that are still being worked on; the others are shown to people."""
        return [each for each in self.backups.values() if not each.is_shown]


def read_marks(connection: Connection) -> Marks:
    """The marks of a spreadsheet, in one request.

    Raises:
        CallError: If it fails.
    """
    return _parse(connection.metadata([*_KEYS]))


def new_sheet_id() -> int:
    """An id for a new tab, which the batch that makes it needs for marking it, too."""
    return random.randrange(1, 2**31)  # noqa: S311 - an id, not a secret


def log_mark_request(mark: LogMark, key: str = LOG_KEY, *, is_new: bool = True) -> Json:
    """Mark a tab, or change its mark."""
    value = msgspec.json.encode(mark).decode()
    if is_new:
        location = {"sheetId": mark.sheet}
        return _create(key, value, location)
    return _change({"metadataKey": key, "metadataLocation": {"sheetId": mark.sheet}}, value)


def column_mark_requests(
    sheet_id: int, positions: Mapping[str, int], names: Sequence[str]
) -> Iterator[Json]:
    """Mark columns with their names."""
    for name in names:
        at = positions[name]
        yield _create(COLUMN_KEY, name, _column(sheet_id, at))


def column_mark_lookup(sheet_id: int, name: str, at: int) -> Json:
    """A request that changes nothing, and matches a column's mark only if it is in its place."""
    lookup = {
        "metadataKey": COLUMN_KEY,
        "metadataValue": name,
        "metadataLocation": _column(sheet_id, at),
        "locationMatchingStrategy": "EXACT_LOCATION",
    }
    return _change(lookup, name)


def receipt_request(receipt: str, sheet_id: int, number: int | None = None) -> Json:
    """Leave a receipt in a tab; refused if the number is taken already."""
    return _create(RECEIPT_KEY, receipt, {"sheetId": sheet_id}, number)


def forget_receipt_request(receipt: str) -> Json:
    """Remove a receipt."""
    lookup = {"metadataKey": RECEIPT_KEY, "metadataValue": receipt}
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": lookup}}}


def _column(sheet_id: int, at: int) -> Json:
    area = {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
    return {"dimensionRange": area}


def _change(lookup: Json, value: str) -> Json:
    return {
        "updateDeveloperMetadata": {
            "dataFilters": [{"developerMetadataLookup": lookup}],
            "developerMetadata": {"metadataValue": value},
            "fields": "metadataValue",
        }
    }


def _create(key: str, value: str, location: Json, number: int | None = None) -> Json:
    metadata: Json = {
        "metadataKey": key,
        "metadataValue": value,
        "location": location,
        "visibility": _VISIBILITY,
    }
    if number is not None:
        metadata["metadataId"] = number
    return {"createDeveloperMetadata": {"developerMetadata": metadata}}


def _parse(metadata: Iterable[Json]) -> Marks:
    marks = Marks()
    by_key = {
        LOG_KEY: marks.logs,
        DASHBOARD_KEY: marks.dashboards,
        BACKUP_KEY: marks.backups,
    }
    # Where a column was copied with its mark, the older one counts.
    for each in sorted(metadata, key=lambda one: int(one.get("metadataId", 0))):
        key, value, location = each["metadataKey"], each.get("metadataValue", ""), each["location"]
        if key == COLUMN_KEY:
            area = location.get("dimensionRange", {})
            columns = marks.columns.setdefault(area.get("sheetId", 0), {})
            columns.setdefault(value, int(area.get("startIndex", 0)))
            continue
        if key == RECEIPT_KEY:
            marks.receipts.append(value)
            continue
        mark = _mark_in(value)
        if mark is not None and location.get("sheetId", 0) == mark.sheet:
            by_key[key].setdefault(mark.sheet, mark)
    return marks


def _mark_in(value: str) -> LogMark | None:
    try:
        return msgspec.json.decode(value, type=LogMark)
    except ValueError:
        # Made by a newer version, or by a person.
        return None

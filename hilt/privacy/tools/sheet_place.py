"""A spreadsheet as a place: the rows of a log, found by the ids of their events."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timezone, tzinfo
from pathlib import Path

import msgspec

from hilt.core.counts import counted
from hilt.core.exceptions import SinkError
from hilt.io.sheets.connection import Connection
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.retry import COMMAND_ATTEMPTS
from hilt.io.sheets.row_edits import delete_rows, edit_rows
from hilt.io.sheets.rows import Row, read_rows, session_of
from hilt.io.sheets.sink import SheetsSink
from hilt.privacy.tools.places import Before, MayChange, OnBytes, nothing
from hilt.privacy.tools.receipts import waiting_elsewhere
from hilt.privacy.tools.rewriting import ChangeLines, LogChange
from hilt.privacy.tools.sheet_rows import SheetRow, people_in

__all__ = ["SheetPlace"]

_PAGE = 1000
_RECEIPT_S = 60.0


class SheetPlace:
    """The rows of a log in a spreadsheet.

    They are read once and kept, compressed, until they are changed.

    Args:
        sink: The spreadsheet and the worksheet.
    """

    keeps_receipts = True

    def __init__(self, sink: SheetsSink) -> None:
        self._sink = sink
        self._pages: list[bytes] = []
        self._people: dict[str, set[str]] = {}
        self._zone: tzinfo = timezone.utc
        self._is_read = False

    def lines(self, on_bytes: OnBytes = None) -> Iterator[bytes]:
        """The events of all rows, as far as the columns contain them.

        Raises:
            HILTError: If the sheet cannot be read.
        """
        for row in self._rows():
            for line in row.lines():
                if on_bytes is not None:
                    on_bytes(len(line))
                yield line

    def blocks(self, on_bytes: OnBytes = None) -> Iterator[bytes]:
        """Its lines, one at a time."""
        return self.lines(on_bytes)

    def change(
        self,
        change: ChangeLines,
        on_bytes: OnBytes = None,
        *,
        may_change: MayChange = None,
        before: Before = nothing,
    ) -> LogChange:
        """Remove rows, and change the texts in others.

        Raises:
            HILTError: If the sheet cannot be changed, or if somebody keeps moving its rows.
        """
        result, removed, edits = LogChange(), set(), {}
        self._is_read = False  # to include rows that have arrived meanwhile
        for row in self._rows():
            result.lines += 1
            changed = row.changed(change)
            if changed is not None and changed.remove:
                removed.add(row.event_id)
            elif changed is not None:
                edits[row.event_id] = changed.cells
        if not removed and not edits:
            return result
        before()
        with self._connected() as connection:
            edited = edit_rows(connection, self._sink.worksheet_name, edits)
            done = delete_rows(connection, self._sink.worksheet_name, removed)
        self._is_read, result.files = False, 1
        result.changed, result.removed = edited.rows, done.rows
        if edited.left or done.left or done.lost:
            raise SinkError(
                f"{self._sink.destination}: somebody moved rows while others were taken out or "
                f"changed; {counted(len(edited.left | done.left), 'row')} still as before, and "
                f"the rows of {', '.join(sorted(done.lost)) or 'no other event'} gone; run this "
                "again"
            )
        return result

    def append(self, line: bytes) -> None:
        """Add a receipt as a row.

        Raises:
            HILTError: If it cannot be sent.
        """
        self._sink.open()
        try:
            self._sink.write(line, 1)
            self._sink.flush(_RECEIPT_S)
        finally:
            self._sink.close()

    def receipts_wait_at(self) -> Path:
        """A path on this machine that belongs to the spreadsheet."""
        return waiting_elsewhere(self._sink.destination)

    def total_bytes(self) -> int:
        """Always 0: it is not known before the rows are read."""
        return 0

    def _rows(self) -> Iterator[SheetRow]:
        if not self._is_read:
            self._read()
        for page in self._pages:
            for title, number, values, kind in msgspec.json.decode(zlib.decompress(page)):
                row = Row(title, number, values, kind, self._zone)
                if "event_id" in values:
                    yield SheetRow(row, self._people.get(session_of(values), ()))

    def _read(self) -> None:
        self._pages, self._people, self._zone = [], {}, timezone.utc
        page: list[object] = []
        with self._connected() as connection:
            for row in read_rows(connection, self._sink.worksheet_name):
                self._zone = row.zone
                page.append((row.title, row.number, dict(row.values), row.rows_are))
                who = people_in(row)
                if who is not None:
                    self._people.setdefault(who[0], set()).add(who[1])
                if len(page) == _PAGE:
                    self._pages.append(zlib.compress(msgspec.json.encode(page), 1))
                    page = []
        self._pages.append(zlib.compress(msgspec.json.encode(page), 1))
        self._is_read = True

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection whose failures are raised as errors that people understand."""
        with closing(self._sink.connect(COMMAND_ATTEMPTS)) as connection:
            try:
                yield connection
            except CallError as error:
                raise self._sink.explain(error, connection) from error

"""Checking whether rows that were sent are where they belong."""

from __future__ import annotations

from collections.abc import Sequence

from hilt.core import clock
from hilt.io.sheets.batches import Batch
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.connection import Connection
from hilt.io.sheets.delivery import delivered_ids
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.guards import RECEIPT_S
from hilt.io.sheets.marks import read_marks
from hilt.io.sheets.outbox_state import InFlight
from hilt.io.sheets.placement import SentRows, check_placement
from hilt.io.sheets.restored_rows import settle_backups
from hilt.io.sheets.tabs import LogTab

__all__ = ["UncheckedRows"]

_MOST = 20
"""How many batches are kept to be checked later."""


class UncheckedRows:
    """The rows that are still to be checked after they were sent.

    Args:
        title: The worksheet's name.
        pause_s: How many seconds after a write into a row to look for its backup again.
    """

    def __init__(self, title: str, pause_s: float) -> None:
        self._title = title
        self._pause_s = pause_s
        self._look_at: float | None = None
        """When to look for backups that are shown to people."""
        self._sent: list[SentRows] = []
        self._has_backups = False
        """Whether backups may be left, as rows were being put right when an answer was lost."""
        self._absent: set[str] = set()
        """The ids that were not found in the last look."""

    def __bool__(self) -> bool:
        return bool(self._sent) or self._has_backups or self._is_due

    @property
    def _is_due(self) -> bool:
        return self._look_at is not None and clock.steady_seconds() >= self._look_at

    def look_later(self) -> None:
        """Plan a look at the backups, as existing rows have been written to."""
        self._look_at = clock.steady_seconds() + self._pause_s

    def add(self, sent: SentRows) -> None:
        """Add rows that have just been sent."""
        self._sent.append(sent)

    def check(self, connection: Connection, tab: LogTab, columns: Columns) -> LogTab | None:
        """Put rows right that were sent while a person moved columns; return the tab as it is now.

        Raises:
            CallError: If the service refuses.
        """
        self._settle_backups(connection)
        if self._is_due:
            marks = read_marks(connection)
            if marks.backups:
                self.look_later()
                settle_backups(connection, marks)
            else:
                self._look_at = None
        now, _ = self._placed(connection, tab, columns, self._sent[-_MOST:])
        self._sent = []
        return now

    def delivered(
        self,
        connection: Connection,
        tab: LogTab,
        columns: Columns,
        batch: InFlight,
        again: Batch,
        age: float,
    ) -> tuple[LogTab | None, set[str]]:
        """The tab as it is now, and the event ids of a batch, whose answer was lost, that arrived.

        Args:
            connection: The spreadsheet.
            tab: The tab as it was.
            columns: The columns of the log.
            batch: The batch.
            again: Its rows, as they were sent.
            age: How long ago it was sent, in seconds; negative if a clock was set back.

        Raises:
            CallError: If the service refuses, or rows are being put right.
        """
        anywhere = bool(again.fills)
        has_receipt = bool(batch.receipt) and 0 <= age < RECEIPT_S
        if has_receipt and batch.receipt not in read_marks(connection).receipts:
            # It has not arrived, unless somebody has removed its metadata.
            return tab, delivered_ids(connection, self._title, batch, anywhere=anywhere)
        if anywhere:
            self.look_later()
        # A row of the batch may be only in another program's backup, and about to be restored.
        self._has_backups = True
        self._settle_backups(connection)
        if has_receipt and not anywhere:
            present = set(again.event_ids)
        else:
            present = delivered_ids(connection, self._title, batch, anywhere=anywhere)
        if not batch.positions or tab.sheet_id != batch.sheet_id:
            return tab, present
        # Look in every column, if columns have moved.
        sent = SentRows.of(batch.positions, again.rows_without(again.fills))
        now, found = self._placed(connection, tab, columns, [sent])
        present |= found
        absent = set(again.event_ids) - present
        have_moved = now is None or dict(now.positions) != dict(batch.positions)
        if absent and self._is_doubtful(connection, absent, have_moved=have_moved):
            raise CallError("rows are being put right", kind="retryable")
        self._absent = set()
        return now, present

    def _is_doubtful(self, connection: Connection, absent: set[str], *, have_moved: bool) -> bool:
        """Whether rows that were not found may be there soon.

        Another program may have written over a row, and be about to restore it. If columns have
        moved, rows count as missing only after two looks.
        """
        before, self._absent = self._absent, absent
        return (have_moved and absent != before) or bool(read_marks(connection).open_backups)

    def _placed(
        self, connection: Connection, tab: LogTab, columns: Columns, sent: Sequence[SentRows]
    ) -> tuple[LogTab | None, set[str]]:
        """Put rows into their columns; return the tab as it is now, and the ids that were found."""
        self._has_backups = True
        now, found = check_placement(connection, tab, columns, sent, self._title)
        self._has_backups = False
        return now, found

    def _settle_backups(self, connection: Connection) -> None:
        """Finish restoring rows if a lost answer has interrupted it."""
        if self._has_backups:
            settle_backups(connection)
            self._has_backups = False

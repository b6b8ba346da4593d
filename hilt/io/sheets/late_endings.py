"""Endings that come late, when the call already has a row that says that there was no answer.

A program that is killed, or that submits a batch and ends, leaves calls without an ending; the
next program writes rows for them. If an ending comes after all, it belongs in that row, beside the
review that a person may have written there. The row is found by the prompt's id right before it is
written, because people sort; if another row is hit all the same, that is put right
(`hilt.io.sheets.row_backups`), and the ending is written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hilt.io.sheets.cells import update_request
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.placement import SentRows, value_of
from hilt.io.sheets.restored_rows import settle_backups
from hilt.io.sheets.row_backups import (
    RowWrite,
    WrittenCell,
    comparable,
    guarded_requests,
)
from hilt.io.sheets.row_edits import numbers_by_id
from hilt.io.sheets.tabs import LogTab, find_tabs, have_moved

__all__ = ["LateEndings"]

_ATTEMPTS = 6
_OF_THE_ENDING = (
    "outcome",
    "cost",
    "seconds",
    "model",
    "tools",
    "answer",
    "tokens_read",
    "tokens_written",
    "event_id",
)
"""The columns that an ending writes; the rest of the row is from the prompt and from people."""


@dataclass(slots=True)
class LateEndings:
    """The endings of a batch whose calls have rows, and where these are.

    Args:
        prompts: The id of the prompt, by the id of the ending.
        tabs: The tabs of the log.
        ids: The numbers of the rows, from 0, by event id, for each tab by its id.
    """

    prompts: Mapping[str, str]
    tabs: Sequence[LogTab] = ()
    ids: Mapping[int, Mapping[str, Sequence[int]]] = field(default_factory=dict)

    @classmethod
    def looked_up(
        cls, connection: Connection, title: str, prompts: Mapping[str, str]
    ) -> LateEndings:
        """Look up where the rows of some calls are now; nothing is read if there are no calls.

        Raises:
            CallError: If the sheet cannot be read.
            SinkError: If there is no such log.
        """
        if not prompts:
            return cls(prompts)
        for _ in range(_ATTEMPTS):
            tabs = find_tabs(connection, title)
            ids = {each.sheet_id: numbers_by_id(connection, each) for each in tabs}
            if not have_moved(connection, tabs):
                return cls(prompts, tabs, ids)
        raise CallError("the columns keep moving", kind="retryable")

    @property
    def rows_there(self) -> set[str]:
        """The endings that need no new row: they have one, or their prompt has."""
        return {
            ending
            for ids in self.ids.values()
            for ending, prompt in self.prompts.items()
            if ending in ids or prompt in ids
        }

    @property
    def places(self) -> dict[int, dict[str, int]]:
        """The positions of the columns that endings are written to, by the tab's id."""
        prompts = set(self.prompts.values())
        return {
            each.sheet_id: dict(each.positions)
            for each in self.tabs
            if not prompts.isdisjoint(self.ids[each.sheet_id])
        }

    def requests(self, sent: SentRows, log: str) -> Iterator[Json]:
        """The requests that write the endings into the rows of their prompts.

        Args:
            sent: The cells of the endings.
            log: The worksheet's name.
        """
        done = {ending for ids in self.ids.values() for ending in self.prompts if ending in ids}
        writes: list[RowWrite] = []
        requests: list[Json] = []
        for tab in self.tabs:
            ids = self.ids[tab.sheet_id]
            for ending, prompt in self.prompts.items():
                if ending in done or prompt not in ids:
                    continue
                done.add(ending)
                number, cells = ids[prompt][0], sent.cells[ending]
                writes.append(_row_write(tab, number, ending, prompt, cells))
                requests += _row_requests(tab, number, cells)
        yield from guarded_requests(writes, requests, log)

    def check(self, connection: Connection, title: str) -> None:
        """Make sure that every ending is in its row, and in no other.

        Raises:
            CallError: If the sheet cannot be read, or an ending is not there.
            SinkError: If there is no such log.
        """
        before = {each for ids in self.ids.values() for each in ids}
        wanted = self.rows_there - before
        if not wanted or wanted <= settle_backups(connection):
            return
        after = LateEndings.looked_up(connection, title, self.prompts)
        if not wanted <= {each for ids in after.ids.values() for each in ids}:
            raise CallError("rows were moved while they were written", kind="unknown")


def _row_write(
    tab: LogTab, number: int, ending: str, prompt: str, cells: Mapping[str, Json]
) -> RowWrite:
    written = [
        WrittenCell(name, tab.positions[name], comparable(value_of(cell)))
        for name, cell in _written(tab, cells)
    ]
    at = tab.positions
    expected = [(at["prompt_id"], prompt)]
    return RowWrite(tab.sheet_id, number, ending, at["event_id"], written, expected, tab.width)


def _written(tab: LogTab, cells: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for name in _OF_THE_ENDING:
        cell = cells.get(name)
        if cell and name in tab.positions:
            yield name, cell


def _row_requests(tab: LogTab, number: int, cells: Mapping[str, Json]) -> Iterator[Json]:
    for name, cell in _written(tab, cells):
        fields = "userEnteredValue"
        if "userEnteredFormat" in cell:
            fields += "".join(f",userEnteredFormat.{each}" for each in cell["userEnteredFormat"])
        yield update_request(tab.sheet_id, number, tab.positions[name], [cell], fields)

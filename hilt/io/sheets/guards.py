"""Guards: how a batch proves that its columns were in their places, and that it arrived.

A batch is carried out as a whole or not at all. So it names the mark of each of its columns
together with the column's place: an update of metadata needs a filter that matches, and if a person
has moved a column, none does, so that the batch is refused and nothing is written. That Google
refuses this is documented only as "specify at least one DataFilter matching"; the replies name what
matched, and if a mark is missing there, the rows are looked up (`hilt.io.sheets.placement`).

The batch also leaves a *receipt* in its tab's metadata, and removes the one before it. The receipt
shows that the rows have arrived, wherever people have moved, sorted or deleted them since. It has a
number that the service takes only once. So a batch that replaces an unanswered one claims the
number of that, too: only one of the two is carried out, however late the first one comes.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hilt.io.sheets.connection import Json
from hilt.io.sheets.marks import (
    Marks,
    column_mark_lookup,
    forget_receipt_request,
    receipt_request,
)
from hilt.io.sheets.outbox_state import InFlight, Receipt
from hilt.io.sheets.tabs import LogTab

__all__ = ["RECEIPT_S", "Guard", "Guards", "old_receipts"]

RECEIPT_S = 12 * 3600.0
"""How long a receipt is certain to stay, in seconds."""
_OLD_S = 4 * RECEIPT_S
_MOST_OLD = 100
"""How many receipts of programs that have ended are removed by one batch."""
_MOST_REFUSALS = 2
"""How many refusals of a batch with its guard before it is tried without one."""
_MOST_BARE = 2
"""How many batches are taken only without a guard before guards are given up."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What a batch checks, leaves and removes; false for none.

    Args:
        places: Where the columns are, by the id of each tab that is written to.
        receipt: The receipt that it leaves; none if empty.
        sheet_id: The tab that the receipt is left in.
        forgotten: The receipts that it removes.
        claims: The receipts of batches that must not be carried out any more, in order.
    """

    places: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    receipt: str = ""
    sheet_id: int = 0
    forgotten: Sequence[str] = ()
    claims: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.receipt)

    def around(self, requests: Sequence[Json]) -> list[Json]:
        """The requests of a batch, and after them those of the guard.

        Google's messages name a request by its number, which is thus the same without a guard.
        """
        if not self or not requests:
            return [*requests]
        receipts = (self.receipt, *self.claims)
        proofs = [receipt_request(each, self.sheet_id, _number_of(each)) for each in receipts]
        proofs += [forget_receipt_request(each) for each in self.forgotten]
        return [*requests, *proofs, *self._checks()]

    def _checks(self) -> Iterator[Json]:
        for sheet_id, positions in self.places.items():
            for name, at in positions.items():
                yield column_mark_lookup(sheet_id, name, at)

    def held(self, replies: Sequence[Json]) -> bool:
        """Whether the replies say that every column was in its place."""
        checks = [*self._checks()] if self else []
        return bool(checks) and all(
            reply.get("updateDeveloperMetadata", {}).get("developerMetadata")
            for reply in replies[-len(checks) :]
        )

    def arrived_before(self, marks: Marks) -> str:
        """The claimed batch that arrived after all, so that this one was refused; else empty.

        If there are several, it is the last, which has claimed the numbers of those before it.
        """
        return next((each for each in reversed(self.claims) if each in marks.receipts), "")

    def has_moved(self, marks: Marks) -> bool:
        """Whether columns have moved by now, so that the batch was refused."""
        columns = marks.columns
        return any(
            columns[sheet_id].get(name) != at
            for sheet_id, positions in self.places.items()
            if sheet_id in columns
            for name, at in positions.items()
        )


class Guards:
    """Makes the guard of each batch; an empty one if Google takes batches only without."""

    def __init__(self) -> None:
        self._sent = Guard()
        self._refused: Mapping[int, Mapping[str, int]] = {}
        """The places for which a batch was refused although nothing had moved."""
        self._refusals = 0
        """How often in a row that happened."""
        self._bare = 0
        self._is_proven = False
        """Whether a batch was taken with its guard."""
        self._is_last_try = False
        self._forgotten: set[str] = set()

    def next(
        self,
        tab: LogTab,
        places: Mapping[int, Mapping[str, int]],
        left: Receipt | None,
        doubtful: Sequence[InFlight] = (),
    ) -> Guard:
        """The guard of the next batch.

        Args:
            tab: The tab that rows are appended to.
            places: Where the columns are in other tabs that are written to.
            left: The receipt that the batch before has left.
            doubtful: The batches that it replaces.
        """
        all_places = {**places, tab.sheet_id: dict(tab.positions)}
        is_refused = self._refused == all_places and self._refusals >= _MOST_REFUSALS
        goes_bare = self._is_last_try or (is_refused and not self._is_proven)
        self._is_last_try = False
        if self._bare >= _MOST_BARE or goes_bare:
            self._sent = Guard()
            return self._sent
        names = [*tab.old_receipts]
        if left is not None and left.sheet_id == tab.sheet_id:
            names.append(left.name)
        forgotten = [each for each in dict.fromkeys(names) if each not in self._forgotten]
        claims = [each.receipt for each in doubtful]
        self._sent = Guard(all_places, _new_receipt(), tab.sheet_id, forgotten, claims)
        return self._sent

    @property
    def sent(self) -> Guard:
        """The guard of the last batch."""
        return self._sent

    def note_refused(self) -> bool:
        """Note a refusal although nothing has moved; return whether to try again with a guard.

        A person may have moved a column and back again.
        """
        is_first = bool(self._sent) and self._refused != self._sent.places
        self._refusals = 1 if is_first else self._refusals + 1
        self._refused = self._sent.places
        # The reason may be a receipt to remove that no longer exists.
        self._forgotten.update(self._sent.forgotten)
        return is_first

    def last_try(self) -> bool:
        """Make the next batch go without a guard if the last one had one; return whether it had."""
        self._is_last_try = bool(self._sent)
        return self._is_last_try

    def note_sent(self, replies: Sequence[Json]) -> bool:
        """Note that a batch was taken; return whether its columns were certainly in place."""
        if self._sent:
            self._bare, self._is_proven = 0, True
            self._forgotten.update(self._sent.forgotten)
        else:
            self._bare += 1
        self._refused, self._refusals = {}, 0
        return self._sent.held(replies)


def _new_receipt() -> str:
    """A unique name for a batch, with the time when it was made."""
    return f"{int(time.time()):x}.{random.getrandbits(64):016x}"


def old_receipts(receipts: Sequence[str]) -> list[str]:
    """The receipts that programs never removed, and that no program looks for any more."""
    before = time.time() - _OLD_S
    return [each for each in receipts if _made_at(each) < before][:_MOST_OLD]


def _number_of(receipt: str) -> int:
    """The number of a receipt, which the service takes only once."""
    return 1 + int(hashlib.sha256(receipt.encode()).hexdigest()[:8], 16) % (2**31 - 1)


def _made_at(receipt: str) -> float:
    try:
        return float(int(receipt.partition(".")[0], 16))
    except ValueError:
        return 0.0

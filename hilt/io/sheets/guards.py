"""What a batch proves about itself: that its columns were in their places, and that it arrived.

A batch is carried out as a whole or not at all. So each of its columns' marks is named with its
place: updating metadata takes a filter that matches some, and where a person has moved a column
none does, so that the batch is refused and nothing is written. Whether Google does refuse that is
not documented beyond "specify at least one DataFilter matching"; the replies name what matched, and
if a mark is missing there, the rows are looked up (`hilt.io.sheets.placement`).

The batch leaves a *receipt* in its tab's metadata, too, and takes away the one before it. Whoever
finds the receipt knows that the rows have arrived, wherever people have moved, sorted or deleted
them since. A receipt has a number that the service takes once. So the batch that is sent in the
place of one that nobody answered claims that one's number, too: of the two, only one is carried
out, however late the first one comes.
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
"""How long a receipt is there for certain."""
_OLD_S = 4 * RECEIPT_S
_MOST_OLD = 100
"""How many receipts of programs that came to their end are taken away by one batch."""
_MOST_REFUSALS = 2
"""How often a batch is refused with its guard before it is tried without."""
_MOST_BARE = 2
"""How often a batch is taken only without its guard, before no batch has one any more."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What a batch says about the places that it is for.

    Args:
        places: Where the columns are, by the id of each tab that is written to.
        receipt: The receipt that it leaves; none if empty.
        sheet_id: The tab that the receipt is left in.
        forgotten: The receipts that it takes away.
        claims: The receipts of batches that must not come any more, in their order.
    """

    places: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    receipt: str = ""
    sheet_id: int = 0
    forgotten: Sequence[str] = ()
    claims: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.receipt)

    def around(self, requests: Sequence[Json]) -> list[Json]:
        """The requests of a batch, and those that check and prove it.

        These come last: Google's messages name a request by its number, and what is said to people
        is the same with a guard and without one.
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
        """The batch that came all the same, for which this one was refused; empty if none did.

        The last one of several has claimed the numbers of those before it.
        """
        return next((each for each in reversed(self.claims) if each in marks.receipts), "")

    def has_moved(self, marks: Marks) -> bool:
        """Whether columns are elsewhere by now, so that the batch was refused for them."""
        columns = marks.columns
        return any(
            columns[sheet_id].get(name) != at
            for sheet_id, positions in self.places.items()
            if sheet_id in columns
            for name, at in positions.items()
        )


class Guards:
    """The guard of each batch; there is none where Google takes batches only without one."""

    def __init__(self) -> None:
        self._sent = Guard()
        self._refused: Mapping[int, Mapping[str, int]] = {}
        """The places for which a batch was refused although nothing had moved."""
        self._refusals = 0
        """How often in a row that was."""
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
            places: Where the columns of other tabs are that are written to.
            left: The receipt of the batch before.
            doubtful: Batches in whose place it is sent.
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
        """The guard of the batch that was sent last."""
        return self._sent

    def note_refused(self) -> bool:
        """Nothing has moved; whether to look again before it is tried without a guard.

        A person may have moved a column and have undone that.
        """
        is_first = bool(self._sent) and self._refused != self._sent.places
        self._refusals = 1 if is_first else self._refusals + 1
        self._refused = self._sent.places
        # It may be for a receipt that is there no more.
        self._forgotten.update(self._sent.forgotten)
        return is_first

    def last_try(self) -> bool:
        """Whether the next batch goes without a guard, before a note is sent for its row."""
        self._is_last_try = bool(self._sent)
        return self._is_last_try

    def note_sent(self, replies: Sequence[Json]) -> bool:
        """A batch was taken; whether all of its columns were in their places for certain."""
        if self._sent:
            self._bare, self._is_proven = 0, True
            self._forgotten.update(self._sent.forgotten)
        else:
            self._bare += 1
        self._refused, self._refusals = {}, 0
        return self._sent.held(replies)


def _new_receipt() -> str:
    """The name of a batch that nothing else has, with the time when it was made."""
    return f"{int(time.time()):x}.{random.getrandbits(64):016x}"


def old_receipts(receipts: Sequence[str]) -> list[str]:
    """Those of programs that never took them away, and that nobody looks for any more."""
    before = time.time() - _OLD_S
    return [each for each in receipts if _made_at(each) < before][:_MOST_OLD]


def _number_of(receipt: str) -> int:
    """The number that the service takes once."""
    return 1 + int(hashlib.sha256(receipt.encode()).hexdigest()[:8], 16) % (2**31 - 1)


def _made_at(receipt: str) -> float:
    try:
        return float(int(receipt.partition(".")[0], 16))
    except ValueError:
        return 0.0

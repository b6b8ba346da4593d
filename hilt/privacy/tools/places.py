"""Where a log is: in files, in an archive, in a spreadsheet, in an outbox that waits to be sent.

The tools read the lines of a place and change them, and need to know no more of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, Union

from hilt.privacy.tools.receipts import Receipt, WaitingReceipt, left_receipts
from hilt.privacy.tools.rewriting import (
    Before,
    ChangeLines,
    LogChange,
    append_event,
    change_log,
    log_blocks,
    log_lines,
    nothing,
    total_bytes,
)

__all__ = [
    "AnyPlace",
    "Before",
    "JoinedPlaces",
    "LogPlace",
    "MayChange",
    "OnBytes",
    "Place",
    "change_with_receipt",
    "nothing",
    "place_of",
    "preview",
]

MayChange = Callable[[bytes], bool] | None
"""Whether a block of lines has any that would change; None asks for each line."""

OnBytes = Callable[[int], None] | None
"""Called with how many bytes were read since it was called last."""


class Place(Protocol):
    """Holds events, one a line."""

    keeps_receipts: bool
    """Whether it is a place where somebody finds a receipt again."""

    def lines(self, on_bytes: OnBytes = None) -> Iterator[bytes]:
        """All lines, without their ends."""

    def blocks(self, on_bytes: OnBytes = None) -> Iterator[bytes]:
        """All lines, some at a time."""

    def change(
        self,
        change: ChangeLines,
        on_bytes: OnBytes = None,
        *,
        may_change: MayChange = None,
        before: Before = nothing,
    ) -> LogChange:
        """Change lines, or take them out.

        Args:
            change: Called with every line.
            on_bytes: Called with how many bytes were read since it was called last.
            may_change: Whether a block of lines has any that would change.
            before: Called before anything becomes different; perhaps several times.
        """

    def append(self, line: bytes) -> None:
        """Add a receipt."""

    def receipts_wait_at(self) -> Path:
        """What the names of files begin with in which receipts wait until they are added."""

    def total_bytes(self) -> int:
        """How much there is to read, for a progress bar; 0 if nobody knows."""


class LogPlace:
    """A log with its rotated and compressed files.

    Args:
        path: The log.
    """

    keeps_receipts = True

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self, on_bytes: OnBytes = None) -> Iterator[bytes]:
        """All lines, oldest first; without those that are too long."""
        return log_lines(self.path, on_bytes)

    def blocks(self, on_bytes: OnBytes = None) -> Iterator[bytes]:
        """All lines, as many at a time as are read."""
        return log_blocks(self.path, on_bytes)

    def change(
        self,
        change: ChangeLines,
        on_bytes: OnBytes = None,
        *,
        may_change: MayChange = None,
        before: Before = nothing,
    ) -> LogChange:
        """Change lines, beside those who write.

        Raises:
            SinkError: If a file cannot be written.
        """
        return change_log(
            self.path, change, may_change=may_change, before=before, on_bytes=on_bytes
        )

    def append(self, line: bytes) -> None:
        """Add a receipt.

        Raises:
            SinkError: If it cannot be written.
        """
        append_event(self.path, line)

    def receipts_wait_at(self) -> Path:
        """The log: they wait beside it."""
        return Path(os.path.realpath(self.path))

    def total_bytes(self) -> int:
        """The size of its files."""
        return total_bytes([self.path])


class JoinedPlaces:
    """Several places that hold parts of one log; a receipt goes to the first that keeps it.

    Args:
        places: The places; what is sent from one to another stands before it in `change`.
    """

    keeps_receipts = True

    def __init__(self, places: Sequence[Place]) -> None:
        self.places = places

    def lines(self, on_bytes: OnBytes = None) -> Iterator[bytes]:
        """The lines of all."""
        for place in self.places:
            yield from place.lines(on_bytes)

    def blocks(self, on_bytes: OnBytes = None) -> Iterator[bytes]:
        """The lines of all."""
        for place in self.places:
            yield from place.blocks(on_bytes)

    def change(
        self,
        change: ChangeLines,
        on_bytes: OnBytes = None,
        *,
        may_change: MayChange = None,
        before: Before = nothing,
    ) -> LogChange:
        """Change the lines of all."""
        total = LogChange()
        for place in self.places:
            total.add(place.change(change, on_bytes, may_change=may_change, before=before))
        return total

    def append(self, line: bytes) -> None:
        """Add a receipt."""
        self._first.append(line)

    def receipts_wait_at(self) -> Path:
        """Beside the place that receipts are added to."""
        return self._first.receipts_wait_at()

    @property
    def _first(self) -> Place:
        return next(place for place in self.places if place.keeps_receipts)

    def total_bytes(self) -> int:
        """How much there is to read."""
        return sum(place.total_bytes() for place in self.places)


AnyPlace = Union[Place, "os.PathLike[str]"]
"""A place, or the path of a log or of an archive."""


def place_of(where: AnyPlace) -> Place:
    """The place that a path names."""
    if not isinstance(where, os.PathLike):
        return where
    path = Path(where)
    if path.is_dir() or ":/" in str(path):
        from hilt.privacy.tools.archive_place import ArchivePlace

        return ArchivePlace(path)
    return LogPlace(path)


def change_with_receipt(
    where: AnyPlace,
    change: ChangeLines,
    receipt: Receipt,
    on_bytes: OnBytes = None,
    may_change: MayChange = None,
) -> LogChange:
    """Change a place, and add a receipt if anything was changed.

    A receipt that an earlier run has left behind is added first.

    Args:
        where: The place.
        change: Called with every line.
        receipt: What it says.
        on_bytes: Called with how many bytes were read since it was called last.
        may_change: Whether a block of lines has any that would change.
    """
    place = place_of(where)
    waiting_at = place.receipts_wait_at()
    left_receipts(waiting_at, lambda event_id: _has_event(place, event_id), place.append)
    with WaitingReceipt(waiting_at, receipt, place.append) as waiting:
        result = place.change(change, on_bytes, may_change=may_change, before=waiting.write)
        if result.files:
            place.append(receipt.of_change(result))
    return result


def _has_event(place: Place, event_id: str) -> bool:
    needle = f'"event_id":"{event_id}"'.encode()
    return any(needle in block for block in place.blocks())


def preview(where: AnyPlace, change: ChangeLines, on_bytes: OnBytes = None) -> LogChange:
    """What a change would do."""
    result = LogChange()
    for line in place_of(where).lines(on_bytes):
        if line:
            new = change(line)
            result.lines += 1
            result.removed += new is None
            result.changed += new is not None and new != line
    return result

"""Places: where a log is kept, be it files, an archive, a spreadsheet, or an outbox for one.

All that the tools do with a place is to read its lines and to change them.
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
"""Whether a block of lines has any that would change; if None, each line is looked at."""

OnBytes = Callable[[int], None] | None
"""Called with the number of bytes read since the last call."""


class Place(Protocol):
    """Holds events, one a line."""

    keeps_receipts: bool
    """Whether receipts that are added here stay, so that people find them."""

    def lines(self, on_bytes: OnBytes = None) -> Iterator[bytes]:
        """All lines, without line ends."""

    def blocks(self, on_bytes: OnBytes = None) -> Iterator[bytes]:
        """All lines, several at a time."""

    def change(
        self,
        change: ChangeLines,
        on_bytes: OnBytes = None,
        *,
        may_change: MayChange = None,
        before: Before = nothing,
    ) -> LogChange:
        """Change or remove lines.

        Args:
            change: Called with every line.
            on_bytes: Called with the number of bytes read since the last call.
            may_change: Whether a block of lines has any that would change.
            before: Called before anything is changed; perhaps several times.
        """

    def append(self, line: bytes) -> None:
        """Add a receipt."""

    def receipts_wait_at(self) -> Path:
        """The path that names of files begin with in which receipts wait to be added."""

    def total_bytes(self) -> int:
        """How much there is to read, for a progress bar; 0 if that is not known."""


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
        """All lines, as many at a time as are read at once."""
        return log_blocks(self.path, on_bytes)

    def change(
        self,
        change: ChangeLines,
        on_bytes: OnBytes = None,
        *,
        may_change: MayChange = None,
        before: Before = nothing,
    ) -> LogChange:
        """Change lines, while others may write to the log.

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
        """The log itself: receipts wait beside it."""
        return Path(os.path.realpath(self.path))

    def total_bytes(self) -> int:
        """The size of its files."""
        return total_bytes([self.path])


class JoinedPlaces:
    """Several places that hold parts of one log; a receipt goes to the first that keeps it.

    Args:
        places: The places; one that sends its events to another comes before that one.
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
    """The place at a path; a place is returned as it is."""
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

    Receipts that earlier runs have left behind are added first.

    Args:
        where: The place.
        change: Called with every line.
        receipt: The receipt.
        on_bytes: Called with the number of bytes read since the last call.
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
    """Count what a change would do, without changing anything."""
    result = LogChange()
    for line in place_of(where).lines(on_bytes):
        if line:
            new = change(line)
            result.lines += 1
            result.removed += new is None
            result.changed += new is not None and new != line
    return result

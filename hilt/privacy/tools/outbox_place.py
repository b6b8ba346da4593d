"""An outbox as a place: the events that wait on this machine for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from hilt.core.event import Event
from hilt.core.exceptions import EventError, SinkError
from hilt.core.json_types import JsonObject
from hilt.core.texts import structure_of
from hilt.io.sheets.outbox_edits import change_lines, lines_of, wait_for_batch
from hilt.privacy.tools.places import Before, MayChange, OnBytes, nothing
from hilt.privacy.tools.rewriting import ChangeLines, LogChange

__all__ = ["OutboxPlace"]

_PATIENCE_S = 60.0


class OutboxPlace:
    """The lines of an outbox, while programs write to it and send from it.

    A line is changed in place. One that would become longer loses first what ``privacy`` says of
    its treatment, and then its texts.

    Args:
        folder: The outbox.
    """

    keeps_receipts = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def lines(self, on_bytes: OnBytes = None) -> Iterator[bytes]:
        """All lines that are still on the disk, sent or not."""
        for _, line in lines_of(self.folder):
            if on_bytes is not None:
                on_bytes(len(line) + 1)
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
        """Change lines, and wait until those on their way to the sheet have arrived.

        Raises:
            SinkError: If a file cannot be written, or Google does not answer about a batch.
        """
        result = LogChange()

        def fitted(line: bytes) -> bytes | None:
            new = change(line)
            new = new if new is None or new == line else _fitted(new, len(line))
            result.lines += 1
            result.removed += new is None
            result.changed += new is not None and new != line
            if new != line:
                before()
            return new

        try:
            spans = change_lines(self.folder, fitted)
        except OSError as error:
            text = error.strerror or error
            raise SinkError(f"{self.folder}: cannot be changed: {text}") from error
        result.files = len({name for name, _, _ in spans})
        if on_bytes is not None:
            on_bytes(self.total_bytes())
        if not wait_for_batch(self.folder, spans, _PATIENCE_S):
            raise SinkError(
                f"{self.folder}: rows are on their way to Google Sheets, which does not answer; "
                "run this again when it does"
            )
        return result

    def append(self, line: bytes) -> None:
        """Do nothing: an outbox is not kept, so nobody would find a receipt in it."""

    def receipts_wait_at(self) -> Path:
        """The folder itself: receipts wait beside it."""
        return self.folder

    def total_bytes(self) -> int:
        """The size of its files."""
        return sum(file.stat().st_size for file in self.folder.glob("*.jsonl"))


def _fitted(line: bytes, room: int) -> bytes | None:
    """A changed line, shortened to the room that there is; None if that cannot be done."""
    if len(line) <= room:
        return line
    try:
        event = Event.from_json(line)
    except (EventError, msgspec.DecodeError, RecursionError):
        return None
    policy = (event.privacy or {}).get("policy")
    marks: JsonObject | None = {"policy": policy} if policy is not None else None
    for shorter in (event, structure_of(event)):
        shorter.privacy = marks
        data = shorter.encode()
        if len(data) <= room:
            return data
    return None

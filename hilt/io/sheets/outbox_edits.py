"""Changing lines in an outbox while programs write to it and one sends.

A line is overwritten in place, with as many bytes as it had: so the state of the outbox stays true,
and no file is renamed while a program has it open. A line that is removed becomes blanks, which
senders and readers skip.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from hilt.core import clock
from hilt.core.whole_writes import write_all
from hilt.io.descriptors import Descriptor
from hilt.io.sheets.outbox import Outbox
from hilt.io.sheets.outbox_state import OutboxState
from hilt.io.sheets.outbox_status import About, outbox_folders, outbox_root
from hilt.io.sheets.segments import Span

__all__ = ["change_lines", "lines_of", "outboxes_of", "wait_for_batch"]

_REFUSED = "refused/events.jsonl"
_POLL_S = 0.05
_SENT_SOON_S = 0.3
"""How long a sender may have a line in memory before it notes that it is sending it."""


def outboxes_of(
    *, sheet_id: str | None = None, log: Path | None = None, root: Path | None = None
) -> list[tuple[Path, About]]:
    """The outboxes on this machine that send to a spreadsheet, or that belong to a log's session.

    Args:
        sheet_id: The spreadsheet.
        log: The log.
        root: The folder of the outboxes; `outbox_root` if None.
    """
    real = os.path.realpath(log) if log is not None else None
    found = [(each, About.of(each)) for each in outbox_folders(root or outbox_root())]
    return [(each, about) for each, about in found if _is_wanted(about, sheet_id, real)]


def lines_of(folder: Path) -> Iterator[tuple[Span, bytes]]:
    """All whole lines of an outbox on the disk, sent or not, including refused ones."""
    names = sorted(each.name for each in folder.glob("*.jsonl") if each.is_file())
    for name in (*names, _REFUSED):
        with contextlib.suppress(FileNotFoundError), (folder / name).open("rb") as segment:
            start = 0
            for line in segment:
                if line.endswith(b"\n") and not line.isspace():
                    yield (name, start, start + len(line)), line[:-1]
                start += len(line)


def change_lines(folder: Path, change: Callable[[bytes], bytes | None]) -> list[Span]:
    """Overwrite the lines that change, and return where they are.

    Lines that cannot be read are removed, too.

    Args:
        folder: The outbox.
        change: Gets a line without its line end; returns the new one, or None to remove it. A new
            line that is longer than the old one is removed as well.

    Raises:
        OSError: If a file cannot be written.
    """
    changed: list[Span] = []
    for span, line in lines_of(folder):
        new = change(line) if _is_json(line) else None
        if new == line:
            continue
        name, start, end = span
        room = end - start - 1
        fits = new is not None and len(new) <= room
        data = new.ljust(room) if new is not None and fits else b" " * room
        with (
            contextlib.suppress(FileNotFoundError),
            Descriptor(str(folder / name), os.O_RDWR) as at,
        ):
            _overwrite(at.fd, data, start)
            changed.append(span)
    _forget_calls(folder, changed)
    return changed


def wait_for_batch(folder: Path, spans: list[Span], seconds: float) -> bool:
    """Wait until none of some lines is on its way to the sheet; return False if it takes too long.

    A line that a sender had read before it was overwritten still arrives, so look at the sheet
    afterwards.
    """
    if not spans:
        return True
    wanted = set(spans)
    until = clock.steady_seconds() + seconds
    time.sleep(_SENT_SOON_S)
    while True:
        batch = Outbox(folder).state.in_flight
        if batch is None or wanted.isdisjoint(map(tuple, batch.spans)):
            return True
        if _is_nobody_sending(folder):
            return True  # the next sender looks in the sheet, and finds the lines overwritten
        if clock.steady_seconds() > until:
            return False
        time.sleep(_POLL_S)


def _overwrite(descriptor: int, data: bytes, at: int) -> None:
    """Write data at an offset, and sync it to the disk."""
    os.lseek(descriptor, at, os.SEEK_SET)
    write_all(descriptor, data)
    os.fsync(descriptor)


def _is_json(line: bytes) -> bool:
    """Whether a line can be read; if not, it was torn, and would not be sent."""
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True


def _forget_calls(folder: Path, spans: list[Span]) -> None:
    """Remove the calls that some lines opened from the state, if no process is sending.

    A process that sends has the state in memory, and forgets a call when that ends.
    """
    gone = set(spans)
    state = OutboxState(folder)
    if not gone or not state.acquire():
        return
    try:
        kept = [each for each in state.current().open_calls if tuple(each.span) not in gone]
        if len(kept) != len(state.current().open_calls):
            state.update(open_calls=kept)
    finally:
        state.release()


def _is_nobody_sending(folder: Path) -> bool:
    state = OutboxState(folder)
    try:
        return state.acquire()
    finally:
        state.release()


def _is_wanted(about: About, sheet_id: str | None, log: str | None) -> bool:
    return bool(about.sheet_id) and (about.sheet_id == sheet_id or about.log == log)

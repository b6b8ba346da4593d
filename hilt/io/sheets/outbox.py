"""The outbox: events that wait on disk until their destination has them.

Every process that writes appends to a file of its own (a *segment*), which it keeps locked; that
is one system call without waiting, survives a ``kill -9``, and cannot mix lines of processes. One
process at a time (`Outbox.acquire`) reads all segments and sends; how far it has got is in
`hilt.io.sheets.outbox_state`. A segment is deleted when it is read to its end and no process keeps
it locked any more.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from hilt.core import forks
from hilt.core.once_a_minute import OnceAMinute
from hilt.core.whole_writes import append_all
from hilt.io.descriptors import Descriptor, lock_beside, read_at
from hilt.io.folders import make_folders
from hilt.io.sheets.call_rows import OpenCall
from hilt.io.sheets.outbox_state import (
    Blocked,
    CallChanges,
    InFlight,
    OutboxState,
    Receipt,
    State,
    replace_file,
)
from hilt.io.sheets.segment_writer import SegmentWriter
from hilt.io.sheets.segments import Span, chain_of, chains, is_in_use, read_spans

__all__ = ["Outbox"]

_log = logging.getLogger(__name__)
_NEARLY_FULL = 0.8
_FOR_SENDING = 4_000_000
"""How many bytes are left free on a disk: without room for the state, nothing could be sent."""
_PART_FOR_SENDING = 4
"""On a small disk, one part in so many is left free instead."""
_MOST_DOUBTFUL = 10
_MOST_WITHOUT_ANSWER = 10_000
"""How many prompts without an ending are remembered, as it may still come."""


class Outbox:
    """Events waiting in a folder, for any number of processes.

    Args:
        folder: The folder; made with mode 0700 if it is missing.
        limit_bytes: How many bytes may wait; what exceeds them is dropped and counted.
        segment_bytes: The size at which a process goes on to a new file.
    """

    def __init__(
        self, folder: str | Path, *, limit_bytes: int = 256_000_000, segment_bytes: int = 4_000_000
    ) -> None:
        self.folder = Path(folder)
        self.limit_bytes = limit_bytes
        self.dropped = 0
        """How many events this process could not append."""
        self._room: float = limit_bytes
        self._is_disk_full = False
        self._writer = SegmentWriter(self.folder, segment_bytes)
        self._last_mark = ("", 0)
        self._unrecorded_drops = 0
        self._warning = OnceAMinute()
        self._nearly_full = False
        self._state = OutboxState(self.folder)
        forks.on_fork(self._after_fork)

    # The writing side, on the application's time.

    def append(self, lines: bytes, count: int) -> bool:
        """Keep some lines until they are sent. Never raises, never waits for a sender.

        May be entered again by the same thread while it is inside, as by a finalizer.

        Returns:
            Whether they are kept; if not, they are counted in `dropped`.
        """
        if len(lines) > self._room:
            self._drop(count, "the disk is full" if self._is_disk_full else "the outbox is full")
            return False
        self._room -= len(lines)
        try:
            self._writer.append(lines)
        except OSError as error:
            self._drop(count, str(error))
            return False
        if self._writer.lost:
            lost, self._writer.lost = self._writer.lost, 0
            self._drop(lost, "its folder was deleted")
        return True

    def mark(self) -> tuple[str, int]:
        """The end of what this process has appended so far, for `is_delivered`."""
        return self._writer.mark()

    def is_delivered(self, mark: tuple[str, int]) -> bool:
        """Whether everything up to a mark has been delivered."""
        name, size = mark
        if not name or not size:
            return True
        position = self._state.current().positions.get(name)
        if position is not None:
            return position >= size
        return self.folder.exists() and not (self.folder / name).exists()

    def close_idle_segment(self) -> None:
        """Close this process's segment if all of it is delivered and nothing new has come.

        It is then deleted soon: what is in the sheet need not stay on the disk.
        """
        mark = self._writer.mark()
        done = mark == self._last_mark and mark[1] and self.is_delivered(mark)
        if done and not self._has_open_calls(chain_of(mark[0])):
            self._writer.close()
        self._last_mark = mark

    def _has_open_calls(self, writer: str) -> bool:
        """Whether calls of a writer have not ended; they still may while its segment is locked."""
        return any(chain_of(each.span[0]) == writer for each in self.state.open_calls)

    def close(self) -> None:
        """Close this process's segment; what waits stays, and may still be sent."""
        self._writer.close()
        self.record_drops()

    def _drop(self, count: int, why: str) -> None:
        self.dropped += count
        self._unrecorded_drops += count
        if self._warning.is_due():
            _log.warning(
                "HILT cannot keep events for sending: %s (%s). %d dropped so far.",
                why,
                self.folder,
                self.dropped,
            )

    # The sending side, on a worker's time.

    def create(self) -> None:
        """Make the folder.

        Raises:
            OSError: If it cannot be made or written to.
        """
        make_folders(os.path.abspath(self.folder))
        with Descriptor(str(self.folder / "sender.lock"), os.O_RDWR | os.O_CREAT):
            pass

    def acquire(self) -> bool:
        """Become the sender, unless another process is; return whether this one is now."""
        return self._state.acquire()

    def was_just_deleted(self) -> bool:
        """Whether the folder was deleted, or is being deleted, since the last look."""
        return self._state.was_just_deleted()

    def release(self) -> None:
        """Leave the sending to another process."""
        self._state.release()

    @property
    def state(self) -> State:
        """How far the outbox has been sent."""
        return self._state.current()

    def read_batch(
        self, max_bytes: int = 4_000_000, max_lines: int = 1000
    ) -> list[tuple[Span, bytes]]:
        """The next lines and where they are, oldest first; those of each process in order."""
        return read_spans(self.folder, self.state.positions, max_bytes, max_lines)

    def begin(
        self,
        spans: list[Span],
        sheet_id: int | None,
        positions: Mapping[str, int] | None = None,
        refused: str | None = None,
        calls: CallChanges | None = None,
        receipt: str = "",
    ) -> None:
        """Note that some lines are about to be sent.

        Args:
            spans: Where the lines are.
            sheet_id: The tab that they go to.
            positions: Where its columns are.
            refused: Why Google refuses what is in the lines, if a placeholder is sent.
            calls: The calls that the lines open and close.
            receipt: The receipt that they leave in the sheet.

        Raises:
            OSError: If that cannot be noted; then they must not be sent.
        """
        changes = calls or CallChanges()
        self._state.update(
            in_flight=InFlight(
                spans,
                time.time(),
                sheet_id=sheet_id,
                positions=dict(positions or {}),
                refused=refused,
                opened=changes.opened,
                closed=changes.closed,
                unanswered=changes.unanswered,
                receipt=receipt,
            )
        )

    def confirm(self) -> None:
        """Note that the batch in flight has arrived; set aside the lines that were refused."""
        batch = self.state.in_flight
        if batch is None:
            return
        if batch.refused is not None:
            self._set_aside(batch)
        positions = dict(self.state.positions)
        for name, _, end in batch.spans:
            positions[name] = max(end, positions.get(name, 0))
        left = self.state.receipt
        if batch.receipt:
            left = Receipt(batch.receipt, batch.sheet_id)
        self._state.update(
            in_flight=None,
            receipt=left,
            doubtful=[],
            positions=positions,
            last_delivery=time.time(),
            delivered=self.state.delivered + len(batch.spans),
            open_calls=self._open_after(batch.opened, batch.closed),
            without_answer=self._without_answer_after(
                batch.closed, batch.closed if batch.unanswered else []
            ),
        )

    def note_answered(self) -> None:
        """Note that the service is done with the batch in flight, whether it arrived or not."""
        batch = self.state.in_flight
        if batch is not None:
            answered = msgspec.structs.replace(batch, answered=True)
            self._state.update(in_flight=answered)

    def requeue(self, arrived: list[str] | None = None) -> None:
        """Put the batch in flight back, to be sent again without the event ids in ``arrived``."""
        batch, doubtful = self.state.in_flight, self.state.doubtful
        if arrived is not None and batch is not None and batch.receipt and not batch.answered:
            doubtful = [*doubtful, batch][-_MOST_DOUBTFUL:]
        changes = {} if arrived is None else {"arrived": arrived}
        self._state.update(in_flight=None, doubtful=doubtful, **changes)

    def take_up(self, receipt: str) -> None:
        """Put a batch that was in doubt back in flight, since it has arrived after all."""
        doubtful = self.state.doubtful
        for batch in doubtful:
            if batch.receipt == receipt:
                rest = [each for each in doubtful if each is not batch]
                answered = msgspec.structs.replace(batch, answered=True)
                self._state.update(in_flight=answered, doubtful=rest)

    def note_blocked(self, blocked: Blocked | None) -> None:
        """Note why nothing is delivered, for people and other processes."""
        self._state.update(blocked=blocked)

    def note_unblocked(self) -> None:
        """Forget what was noted about a batch that has now been delivered."""
        if self.state.blocked or self.state.arrived:
            self._state.update(blocked=None, arrived=[])

    def note_drops_reported(self, total: int) -> None:
        """Note how many dropped events the sheet reports."""
        self._state.update(drops_reported=total)

    def lines_of(self, batch: InFlight) -> list[bytes]:
        """The lines of a batch, in the order in which they were sent."""
        return [line for line in map(self.line_at, batch.spans) if line]

    def skip(self, spans: list[Span], calls: CallChanges | None = None) -> None:
        """Skip lines that nothing is to be sent for; they may open calls."""
        changes = calls or CallChanges()
        positions = dict(self.state.positions)
        positions.update({name: end for name, _, end in spans})
        open_calls = self._open_after(changes.opened, changes.closed)
        self._state.update(
            positions=positions,
            open_calls=open_calls,
            without_answer=self._without_answer_after(changes.closed, []),
        )

    def _open_after(self, opened: list[OpenCall], closed: list[str]) -> list[OpenCall]:
        """The calls that are open after some were opened and closed."""
        by_id = {each.event_id: each for each in (*self.state.open_calls, *opened)}
        gone = set(closed)
        return [each for event_id, each in by_id.items() if event_id not in gone]

    def _without_answer_after(self, closed: list[str], added: list[str]) -> list[str]:
        """The prompts whose rows say that there was no answer, after some calls were closed."""
        kept = self.state.without_answer
        if kept and closed:
            gone = set(closed)
            kept = [each for each in kept if each not in gone]
        return [*kept, *added][-_MOST_WITHOUT_ANSWER:]

    def dead_calls(self, most: int) -> list[OpenCall]:
        """The open calls whose processes have died, so that they will not be ended."""
        alive: dict[str, bool] = {}
        for each in self.state.open_calls:
            chain = chain_of(each.span[0])
            if chain not in alive:
                alive[chain] = is_in_use(self.folder, each.span[0])
        dead = [each for each in self.state.open_calls if not alive[chain_of(each.span[0])]]
        return dead[:most]

    def line_at(self, span: Span) -> bytes:
        """A line that was delivered or waits; empty if it no longer exists."""
        name, start, end = span
        with contextlib.suppress(OSError), (self.folder / name).open("rb") as segment:
            segment.seek(start)
            return segment.read(end - start)
        return b""

    def measure(self) -> int:
        """How many bytes wait; also updates the room for `append`, and warns before it runs out."""
        waiting = self.waiting_bytes()
        if self.folder.exists():
            self._writer.note_deleted()
        room, free = self.limit_bytes - waiting, _free_bytes(self.folder)
        self._room, self._is_disk_full = min(room, free), free < room
        nearly_full = waiting >= self.limit_bytes * _NEARLY_FULL
        if nearly_full and not self._nearly_full:
            _log.warning(
                "HILT's outbox is %d %% full: %d MB wait in %s. When it is full, new events are "
                "dropped. Is the destination reachable? See `hilt sheets status`.",
                100 * waiting // self.limit_bytes,
                waiting // 1_000_000,
                self.folder,
            )
        self._nearly_full = nearly_full
        return waiting

    def waiting_bytes(self) -> int:
        """How many bytes wait."""
        positions = self.state.positions
        return sum(
            max(0, size - positions.get(name, 0))
            for chain in chains(self.folder).values()
            for name, size in chain
        )

    def delete_delivered(self) -> None:
        """Delete the segments that are read to their end and no longer written to."""
        positions = self.state.positions
        deleted: set[str] = set()
        needed = {each.span[0] for each in self.state.open_calls}
        for chain in chains(self.folder).values():
            for name, size in chain:
                position = positions.get(name, 0)
                if position < self._clean_end(name, position, size):
                    break
                if name in needed:
                    continue
                if not self._delete(name, size):
                    break
                deleted.add(name)
        if deleted:
            kept = {name: at for name, at in positions.items() if name not in deleted}
            self._state.update(positions=kept)

    def record_drops(self) -> int:
        """Add this process's drops to the total of all processes, and return that."""
        path = self.folder / "dropped.json"
        with contextlib.suppress(OSError, ValueError):
            if not self._unrecorded_drops:
                return _number_in(path)
            with lock_beside(str(path)):
                new, self._unrecorded_drops = self._unrecorded_drops, 0
                total = new + _number_in(path)
                replace_file(path, str(total).encode())
                return total
        return self.dropped

    def waiting(self) -> Iterator[bytes]:
        """Every line that is not in the sheet; any process may read these at any time."""
        state = OutboxState(self.folder).current()
        yield from (line for each in state.open_calls if (line := self.line_at(each.span)))
        positions = dict(state.positions)
        while batch := read_spans(self.folder, positions, 4_000_000, 10_000):
            for (name, _, end), line in batch:
                positions[name] = end
                yield line

    @property
    def refused_path(self) -> Path:
        """The file with the events that Google refused, in a folder where no segments are."""
        return self.folder / "refused" / "events.jsonl"

    def refused_count(self) -> int:
        """How many events are set aside."""
        try:
            with self.refused_path.open("rb") as events:
                return sum(1 for _ in events)
        except OSError:
            return 0

    def _set_aside(self, batch: InFlight) -> None:
        """Keep the lines of a refused batch in `refused_path`, each once."""
        make_folders(os.path.abspath(self.refused_path.parent))
        opening = [each.span for each in self.state.open_calls if each.event_id in batch.closed]
        lines = b"".join([*map(self.line_at, opening), *self.lines_of(batch)])
        path = str(self.refused_path)
        with Descriptor(path, os.O_RDWR | os.O_CREAT | os.O_APPEND) as events:
            # After a crash between writing a line and confirming the batch, this runs again.
            end = os.fstat(events.fd).st_size
            if read_at(events.fd, len(lines), max(0, end - len(lines))) != lines:
                append_all(events.fd, lines)
                os.fsync(events.fd)
        self._state.update(last_refusal=batch.refused)

    def _clean_end(self, name: str, start: int, size: int) -> int:
        """Where the last whole line of a segment ends; a crash may leave a torn one after it."""
        if start >= size:
            return start
        with (self.folder / name).open("rb") as segment:
            segment.seek(start)
            return start + segment.read(size - start).rfind(b"\n") + 1

    def _delete(self, name: str, size: int) -> bool:
        """Delete a segment if it was read to its end and is not in use; return whether it was."""
        path = self.folder / name
        try:
            with Descriptor(str(path), os.O_RDWR) as segment:
                # The process that has it locked may still write. Without locks, it may be alive,
                # and only a next segment in its chain would show that it has left this one.
                if segment.lock() is not True or os.fstat(segment.fd).st_size > size:
                    return False
            path.unlink()
        except OSError:
            return False
        return True

    def _after_fork(self) -> None:
        self._state.forget_lock()
        self._unrecorded_drops = 0


def _free_bytes(folder: Path) -> float:
    """How many bytes may be put on a folder's disk without filling it."""
    try:
        disk = shutil.disk_usage(folder)
        free = float(disk.free)
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            status = os.statvfs(folder)
            free = status.f_bfree * status.f_frsize  # root may use the reserved blocks, too
    except OSError:
        return math.inf
    if not disk.total:
        return math.inf  # some file systems report nothing
    return free - min(_FOR_SENDING, disk.total // _PART_FOR_SENDING)


def _number_in(path: Path) -> int:
    """The number in a small file; 0 if it holds none."""
    try:
        return max(0, int(path.read_bytes()[:20]))
    except (OSError, ValueError):
        return 0

"""How far an outbox has been sent: ``state.json``, and the lock of the one who writes it.

The file is replaced as a whole::

    {"positions": {"<segment>": 4096}, "flight": {"spans": [["<segment>", 4096, 8192]], ...}}

The batch *in flight* has been sent and is not confirmed: a process that finds one there does not
know whether it arrived.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from pathlib import Path

import msgspec

from hilt.core.whole_writes import write_all
from hilt.io.descriptors import Descriptor
from hilt.io.folders import make_folders
from hilt.io.sheets.call_rows import OpenCall
from hilt.io.sheets.segments import Span, read_spans

__all__ = ["Blocked", "CallChanges", "InFlight", "OutboxState", "Receipt", "State", "replace_file"]

_log = logging.getLogger(__name__)
_ALL = 1 << 62


class InFlight(msgspec.Struct, frozen=True):
    """A batch that was sent and is not confirmed.

    Args:
        spans: Where its lines are.
        began: When it was sent, in seconds since the epoch.
        answered: Whether the service has answered, so that it is no longer at work.
        sheet_id: The tab that it was sent to.
        positions: Where the columns were, from 0.
        refused: Why Google refuses what is in the lines, if placeholders were sent for them.
        opened: The calls that its lines open.
        closed: The ids of the open calls that now have their rows.
        unanswered: Whether its lines are prompts that will have no answer.
        receipt: The receipt in its tab's metadata if it has arrived; empty for none.
    """

    spans: list[Span]
    began: float
    answered: bool = False
    sheet_id: int | None = msgspec.field(default=None, name="place")
    positions: dict[str, int] = {}
    refused: str | None = None
    opened: list[OpenCall] = []
    closed: list[str] = []
    unanswered: bool = False
    receipt: str = ""


class Receipt(msgspec.Struct, frozen=True):
    """The receipt that the last batch to arrive has left in a sheet.

    Args:
        name: The receipt.
        sheet_id: The tab that it is in.
    """

    name: str
    sheet_id: int | None


class CallChanges(msgspec.Struct, frozen=True):
    """How lines change the calls that have not ended.

    Args:
        opened: The calls that they open.
        closed: The ids of open calls that now have their rows.
        unanswered: Whether the lines are prompts that will have no answer.
    """

    opened: list[OpenCall] = []
    closed: list[str] = []
    unanswered: bool = False


class Blocked(msgspec.Struct, frozen=True):
    """Why nothing is delivered.

    Args:
        why: The reason, and what to do, for people.
        at: Since when, in seconds since the epoch.
    """

    why: str
    at: float


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """What ``state.json`` holds.

    Args:
        positions: How far each segment has been sent, in bytes.
        in_flight: The batch that is not confirmed.
        delivered: How many events have been delivered.
        last_delivery: When something was delivered last, in seconds since the epoch.
        blocked: Why nothing is delivered.
        arrived: The event ids of an unconfirmed batch that were found in the sheet.
        last_refusal: Why Google refused the event that was set aside last.
        open_calls: The calls that have not ended.
        without_answer: The prompts whose rows say that there was no answer, the newest ones.
        drops_reported: How many dropped events the sheet reports.
        receipt: What the last batch has left in the sheet, to be removed by the next one.
        doubtful: Batches that did not arrive in time, and still may.
    """

    positions: dict[str, int] = {}
    in_flight: InFlight | None = msgspec.field(default=None, name="flight")
    delivered: int = 0
    last_delivery: float | None = None
    blocked: Blocked | None = msgspec.field(default=None, name="stopped")
    arrived: list[str] = []
    last_refusal: str = ""
    open_calls: list[OpenCall] = []
    without_answer: list[str] = []
    drops_reported: int = msgspec.field(default=0, name="dropped_said")
    receipt: Receipt | None = None
    doubtful: list[InFlight] = []


class OutboxState:
    """The state of an outbox, for the one process that sends, and for readers.

    Args:
        folder: The outbox.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: Descriptor | None = None
        self._state = State()
        self._has_seen_deletion = False

    @property
    def is_sender(self) -> bool:
        """Whether this process has the lock; a forked child does not."""
        return self._lock is not None and self._lock.fd >= 0

    def acquire(self) -> bool:
        """Become the sender, unless another process is; return whether this one is now."""
        kept = None
        if self._lock is not None and self.is_sender:
            if os.fstat(self._lock.fd).st_nlink:
                return True
            # The folder was deleted, and the lock with it: others can take the new lock.
            kept = self._state
            self.release()
        make_folders(os.path.abspath(self.folder))
        lock = Descriptor(str(self.folder / "sender.lock"), os.O_RDWR | os.O_CREAT)
        if lock.lock() is False:
            lock.close()
            return False
        self._lock, self._has_seen_deletion = lock, False
        is_gone = kept is not None and not (self.folder / "state.json").exists()
        self._state = kept if kept is not None and is_gone else self._read()
        return True

    def was_just_deleted(self) -> bool:
        """Whether the lock is gone since the last look, so that the folder may be being deleted.

        A file that is made in it meanwhile would make the deletion fail.
        """
        if self._has_seen_deletion or self._lock is None or not self.is_sender:
            return False
        self._has_seen_deletion = not os.fstat(self._lock.fd).st_nlink
        return self._has_seen_deletion

    def release(self) -> None:
        """Leave the sending to another process."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def forget_lock(self) -> None:
        """Forget the lock in a forked child, as it is the parent's."""
        self._lock = None

    def current(self) -> State:
        """The state: in this process if it is the sender, otherwise in the file."""
        return self._state if self.is_sender else self._read()

    def update(self, **changes: object) -> None:
        """Change some fields, on disk first.

        Raises:
            OSError: If this is not the sender, or the file cannot be written.
        """
        if not self.is_sender:
            raise OSError(f"{self.folder}: another process sends from here now")
        state = msgspec.structs.replace(self._state, **changes)
        replace_file(self.folder / "state.json", msgspec.json.encode(state))
        self._state = state

    def _read(self) -> State:
        path = self.folder / "state.json"
        try:
            return _checked(msgspec.json.decode(path.read_bytes(), type=State))
        except FileNotFoundError:
            return State()
        except (OSError, ValueError, RecursionError) as error:
            _log.warning(
                "HILT cannot read %s, and looks in the sheet for what has arrived: %s", path, error
            )
            return State(in_flight=self._everything())

    def _everything(self) -> InFlight | None:
        """A batch of all lines: without positions, it is not known which have arrived."""
        spans = [span for span, _ in read_spans(self.folder, {}, _ALL, _ALL, _ALL)]
        return InFlight(spans, time.time()) if spans else None


def _checked(state: State) -> State:
    """Check a state that was read, and return it.

    Raises:
        ValueError: If it names a place that cannot be in a segment.
    """
    spans = state.in_flight.spans if state.in_flight is not None else []
    places = [*((name, at, at) for name, at in state.positions.items()), *spans]
    for name, start, end in places:
        if not 0 <= start <= end or os.path.basename(name) != name:
            raise ValueError(f"{name!r} from {start} to {end} is no place in a segment")
    return state


def replace_file(path: Path, data: bytes) -> None:
    """Replace a small file so that after a crash, it is either the old or the new one."""
    make_folders(os.path.abspath(path.parent))
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with Descriptor(str(fresh), os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as file:
            write_all(file.fd, data)
            os.fsync(file.fd)
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise

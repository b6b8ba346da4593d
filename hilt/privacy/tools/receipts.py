"""Receipts: the event that a tool leaves in a log that it has changed, even if it is interrupted.

Before the first line changes, the receipt is on the disk: in a file beside the log, which is
deleted when the receipt is in the log. If the tool dies in between, the next one that changes the
log adds the receipt, marked as that of an interrupted run.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from hilt.core.event import Actor, Event
from hilt.core.exceptions import EventError, HILTError, SinkError
from hilt.core.ids_and_times import new_event_id
from hilt.core.whole_writes import sync_folder, write_all
from hilt.io.descriptors import Descriptor
from hilt.io.folders import make_folders
from hilt.privacy.keys import state_folder
from hilt.privacy.tools.rewriting import LogChange

__all__ = ["Receipt", "WaitingReceipt", "left_receipts", "waiting_elsewhere"]

_SUFFIX = ".receipt"
_LONGEST_S = 86_400.0
"""How long a run may take, where no lock can show that it still goes on."""


@dataclass(frozen=True)
class Receipt:
    """The ``system`` event that a tool leaves in a log, with nothing of what was in the log.

    Args:
        what: ``erase``, ``redact``, ``retain``, ``unseal`` or ``reprice``.
        why: The reason that the user gave.
        numbers: What was counted, by name.
        session_id: The conversation that the receipts of such tools are in.
    """

    what: str
    why: str | None = None
    numbers: Callable[[LogChange], Mapping[str, object]] = lambda _: {}
    session_id: str = "conv_privacy"
    event_id: str = field(default_factory=new_event_id)

    def of_change(self, change: LogChange) -> bytes:
        """The receipt of a finished change, as a line."""
        return self._line(self.numbers(change))

    def of_interrupted(self) -> bytes:
        """The receipt of a run that did not finish, as far as is known, as a line."""
        return self._line({"interrupted": True})

    def _line(self, numbers: Mapping[str, object]) -> bytes:
        receipt: dict[str, object] = {"tool": self.what, "by": _user(), **numbers}
        if self.why:
            receipt["why"] = self.why
        event = Event(
            event_id=self.event_id,
            session_id=self.session_id,
            actor=Actor("system", "hilt"),
            action="system",
            extensions={"receipt": receipt},  # with an outcome it would be a call's ending
        )
        return event.encode() + b"\n"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a name for its user
        return "unknown"


class WaitingReceipt:
    """The receipt of a run that is under way, in a file that this process has locked.

    If the block ends with an error, the receipt of an interrupted run is added; if not even that
    can be done, the file stays.

    Args:
        beside: What the receipt is about; the name of its file begins with this path.
        receipt: The receipt.
        append: Adds a receipt.
    """

    def __init__(self, beside: Path, receipt: Receipt, append: Callable[[bytes], None]) -> None:
        self._path = beside.with_name(f"{beside.name}.{receipt.event_id}{_SUFFIX}")
        self._receipt = receipt
        self._append = append
        self._file: Descriptor | None = None

    def write(self) -> None:
        """Put it on the disk, if it is not there yet.

        Raises:
            SinkError: If it cannot be written.
        """
        if self._file is not None:
            return
        try:
            make_folders(str(self._path.parent))
            self._file = Descriptor(str(self._path), os.O_RDWR | os.O_CREAT | os.O_EXCL)
            self._file.lock()  # before it has content, and so counts as a receipt
            write_all(self._file.fd, self._receipt.of_interrupted())
            os.fsync(self._file.fd)
            sync_folder(str(self._path.parent))
        except OSError as error:
            raise SinkError(
                f"{self._path}: the receipt cannot be written: {error.strerror or error}"
            ) from error

    def __enter__(self) -> WaitingReceipt:  # typing.Self needs Python 3.11
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is None:
            return
        with self._file, contextlib.suppress(HILTError, OSError):
            if kind is not None:
                self._append(self._receipt.of_interrupted())
            _delete(self._path)


def left_receipts(
    beside: Path, has_event: Callable[[str], bool], append: Callable[[bytes], None]
) -> None:
    """Add the receipts of runs that died before they could do it.

    Args:
        beside: What the receipts are about.
        has_event: Whether an event with this id is there: a run may have died just after adding it.
        append: Adds a receipt.
    """
    for path in _waiting(beside):
        with contextlib.suppress(FileNotFoundError), Descriptor(str(path), os.O_RDWR) as file:
            if not _is_left(file, path):
                continue
            line = os.read(file.fd, 1 << 20)
            try:
                event = Event.from_json(line)
            except EventError:  # it was never whole, so nothing was changed
                event = None
            if event is not None and not has_event(event.event_id):
                append(line)
            _delete(path)


def _waiting(beside: Path) -> Iterable[Path]:
    start = f"{beside.name}.evt_"
    try:
        files = sorted(beside.parent.iterdir())
    except OSError:
        return ()
    return [each for each in files if each.name.startswith(start) and each.suffix == _SUFFIX]


def _is_left(file: Descriptor, path: Path) -> bool:
    """Whether the run that a receipt is of has ended."""
    locked, status = file.lock(), os.fstat(file.fd)
    if locked is False or not os.path.samestat(status, path.stat()):
        return False
    is_old = time.time() - status.st_mtime > _LONGEST_S
    return is_old or (locked is True and status.st_size > 0)  # else it is not locked yet


def _delete(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def waiting_elsewhere(name: str) -> Path:
    """Where receipts wait that are about something without a folder on this machine.

    Args:
        name: Its name, such as an address.
    """
    digest = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return state_folder() / "receipts" / digest

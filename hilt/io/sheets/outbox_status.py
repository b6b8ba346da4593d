"""What waits in the outboxes on this machine, for people and for `hilt doctor`."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from hilt.core.counts import counted
from hilt.core.ids_and_times import format_nanos
from hilt.io.sheets.outbox import Outbox
from hilt.io.sheets.outbox_state import replace_file

__all__ = [
    "About",
    "OutboxStatus",
    "outbox_folders",
    "outbox_root",
    "outbox_status",
]

_ABOUT = "about.json"


@dataclass(frozen=True, slots=True)
class OutboxStatus:
    """One outbox.

    Args:
        folder: Where it is.
        sheet_id: The spreadsheet that its events go to.
        worksheet_name: The tab.
        service_account: The e-mail address of the account that writes there.
        waiting: How many events are not delivered.
        waiting_bytes: How many bytes these are.
        limit_bytes: How many bytes may wait before new events are dropped.
        oldest: The timestamp of the oldest event that waits.
        in_doubt: How many of the waiting events may have arrived.
        dropped: How many events were dropped so far.
        refused: How many events Google refused, so that they were set aside.
        refused_path: Where these are.
        last_refusal: Why the last one was refused, in Google's words.
        stopped: Why nothing is delivered; it is tried again every few minutes.
        last_delivery: The time of the last delivery.
    """

    folder: str
    sheet_id: str
    worksheet_name: str
    service_account: str
    waiting: int
    waiting_bytes: int
    limit_bytes: int
    oldest: str | None
    in_doubt: int
    dropped: int
    refused: int
    refused_path: str
    last_refusal: str
    stopped: str | None
    last_delivery: str | None

    @property
    def problem(self) -> str | None:
        """What people should look at; None if all is well."""
        if self.stopped:
            return f"nothing is delivered: {self.stopped}"
        if self.dropped:
            return f"{counted(self.dropped, 'event')} dropped, because the outbox was full"
        if self.refused:
            return (
                f"Google refused {counted(self.refused, 'event')} ({self.last_refusal}), kept in "
                f"{self.refused_path}; delete that file when you need it no more"
            )
        return None

    def to_dict(self) -> dict[str, object]:
        """All of it, for ``--json``."""
        return asdict(self)


class About(msgspec.Struct, frozen=True):
    """The content of an outbox's ``about.json``: where its events go.

    Args:
        sheet_id: The spreadsheet.
        worksheet_name: The tab.
        columns: The tab's columns.
        service_account: The e-mail address of the account that writes there.
        limit_bytes: How many bytes may wait.
        log: The file that the same session writes to, if any.
    """

    sheet_id: str = ""
    worksheet_name: str = ""
    columns: tuple[str, ...] = ()
    service_account: str = ""
    limit_bytes: int = 256_000_000
    log: str = ""

    @classmethod
    def of(cls, folder: Path) -> About:
        """Read an outbox's file; all is empty if it cannot be read."""
        try:
            return msgspec.json.decode((folder / _ABOUT).read_bytes(), type=cls)
        except (OSError, ValueError):
            return cls()

    def write(self, folder: Path) -> None:
        """Write the file in an outbox.

        Raises:
            OSError: If it cannot be written.
        """
        replace_file(folder / _ABOUT, msgspec.json.encode(self))


def outbox_folders(root: Path) -> list[Path]:
    """The outboxes in a folder."""
    return sorted(each.parent for each in root.glob(f"*/{_ABOUT}"))


def outbox_root() -> Path:
    """Where outboxes are kept: ``HILT_OUTBOX``, or ``hilt/outbox`` in the user's state folder."""
    configured = os.environ.get("HILT_OUTBOX")
    if configured:
        return Path(configured).expanduser()
    if sys.platform == "win32":
        state = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    else:
        state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "hilt" / "outbox"


def outbox_status(root: str | Path | None = None) -> list[OutboxStatus]:
    """The outboxes in a folder, `outbox_root` if None; changes nothing.

    Raises:
        OSError: If the folder exists and cannot be read.
    """
    folder = Path(root) if root is not None else outbox_root()
    if not folder.is_dir():
        return []
    return [_status_of(each) for each in outbox_folders(folder)]


def _status_of(folder: Path) -> OutboxStatus:
    about = About.of(folder)
    outbox = Outbox(folder, limit_bytes=about.limit_bytes)
    state = outbox.state
    waiting, oldest = 0, None
    for line in outbox.waiting():
        waiting += 1
        oldest = oldest or _timestamp(line)
    return OutboxStatus(
        folder=str(folder),
        sheet_id=about.sheet_id,
        worksheet_name=about.worksheet_name,
        service_account=about.service_account,
        waiting=waiting,
        waiting_bytes=outbox.waiting_bytes(),
        limit_bytes=outbox.limit_bytes,
        oldest=oldest,
        in_doubt=len(state.in_flight.spans) if state.in_flight else 0,
        dropped=outbox.record_drops(),
        refused=outbox.refused_count(),
        refused_path=str(outbox.refused_path),
        last_refusal=state.last_refusal,
        stopped=state.blocked.why if state.blocked else None,
        last_delivery=format_nanos(int(state.last_delivery * 1e9)) if state.last_delivery else None,
    )


class _Timed(msgspec.Struct):
    """An event of which only the time is read."""

    timestamp: str | None = None


def _timestamp(line: bytes) -> str | None:
    try:
        return msgspec.json.decode(line, type=_Timed).timestamp
    except ValueError:
        return None

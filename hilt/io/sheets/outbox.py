"""The outbox: events that wait on disk until their destination has them.

Every process that writes appends to a file of its own (a *segment*), which it keeps locked; that
is one system call and no waiting, survives a ``kill -9``, and cannot mix lines of processes. One
process at a time (`Outbox.lead`) reads all the segments and sends. How far it has come is in
``state.json``, which is replaced as a whole::

    {"positions": {"<segment>": 4096}, "flight": {"spans": [["<segment>", 4096, 8192]], ...}}

The *flight* is what has been handed to the network and not been settled: whoever finds one there
does not know whether it arrived. A segment that is read to its end and that no process keeps
locked any more is deleted.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakSet

import msgspec

from hilt.io.descriptors import Descriptor, lock_beside
from hilt.io.jsonl.log_file import make_folders
from hilt.io.sheets.segment_writer import SegmentWriter
from hilt.io.sheets.segments import Span, chains, read_spans

__all__ = ["Outbox", "replace_file"]

_log = logging.getLogger(__name__)
_outboxes: WeakSet[Outbox] = WeakSet()
_NEARLY = 0.8
_MINUTE = 60.0
_ALL = 1 << 62


@dataclass(frozen=True)
class Flight:
    """What was handed to the network and is not settled.

    Args:
        spans: Where its lines stand.
        began: When it was sent, in seconds since the epoch.
        answered: Whether the service has said anything, so that it is no longer at work.
        place: Where it was sent to, in the sender's own words.
    """

    spans: tuple[Span, ...]
    began: float
    answered: bool = False
    place: int | None = None


class Outbox:
    """Events waiting in a folder, for any number of processes.

    Args:
        folder: Where; made with mode 0700 if it is missing.
        limit_bytes: How much may wait; what comes on top is dropped and counted.
        segment_bytes: When a process goes on to a new file.
    """

    def __init__(
        self, folder: str | Path, *, limit_bytes: int = 256_000_000, segment_bytes: int = 4_000_000
    ) -> None:
        self.folder = Path(folder)
        self.limit_bytes = limit_bytes
        self.dropped = 0
        """How many events this process could not put in."""
        self._room: float = limit_bytes
        self._writer = SegmentWriter(self.folder, segment_bytes)
        self._last_mark = ("", 0)
        self._unsaid = 0
        self._warned_at = float("-inf")
        self._nearly_full = False
        self._leading: Descriptor | None = None
        self._state: dict[str, Any] = {}
        _outboxes.add(self)

    # The writing side: the application's time.

    def put(self, lines: bytes, count: int) -> bool:
        """Keep some lines until they are sent. Never raises, never waits for a sender.

        May be entered again by the same thread while it is inside, as a finalizer does.

        Returns:
            Whether they are kept; if not they are counted in `dropped`.
        """
        if len(lines) > self._room:
            self._drop(count, "the outbox is full")
            return False
        self._room -= len(lines)
        try:
            self._writer.append(lines)
        except OSError as error:
            self._drop(count, str(error))
            return False
        return True

    def mark(self) -> tuple[str, int]:
        """The end of what this process has put in so far, for `passed`."""
        return self._writer.mark()

    def passed(self, mark: tuple[str, int]) -> bool:
        """Whether everything up to a mark has been delivered."""
        name, size = mark
        if not name or not size:
            return True
        state = self._state if self._leading else self._load()
        at = state.get("positions", {}).get(name)
        return at >= size if at is not None else not (self.folder / name).exists()

    def rest(self) -> None:
        """Let go of this process's segment if all of it is delivered and nothing new has come.

        So it is deleted soon: what is in the sheet need not be on the disk any more.
        """
        mark = self._writer.mark()
        if mark == self._last_mark and mark[1] and self.passed(mark):
            self._writer.close()
        self._last_mark = mark

    def close(self) -> None:
        """Let go of this process's segment; what waits stays, and may still be sent."""
        self._writer.close()
        self.say_drops()

    def _drop(self, count: int, why: str) -> None:
        self.dropped += count
        self._unsaid += count
        if time.monotonic() - self._warned_at > _MINUTE:
            self._warned_at = time.monotonic()
            _log.warning(
                "HILT cannot keep events for sending: %s (%s). %d dropped so far.",
                why,
                self.folder,
                self.dropped,
            )

    # The sending side: a worker's time.

    def make(self) -> None:
        """Make the folder.

        Raises:
            OSError: If it cannot be made, or not be written to.
        """
        make_folders(os.path.abspath(self.folder))
        with Descriptor(str(self.folder / "sender.lock"), os.O_RDWR | os.O_CREAT):
            pass

    def lead(self) -> bool:
        """Whether this is the one who sends; the first who asks is, until `follow` or its end."""
        if self._leading is not None and self._leading.fd >= 0:
            return True
        lock = Descriptor(str(self.folder / "sender.lock"), os.O_RDWR | os.O_CREAT)
        if lock.lock() is False:
            lock.close()
            return False
        self._leading = lock
        self._state = self._load()
        return True

    def follow(self) -> None:
        """Leave the sending to somebody else."""
        if self._leading is not None:
            self._leading.close()
            self._leading = None

    def take(self, most_bytes: int = 4_000_000, most: int = 1000) -> list[tuple[Span, bytes]]:
        """The next lines with their places, oldest first; each process's in its order."""
        return read_spans(self.folder, self._positions, most_bytes, most)

    def begin(self, spans: list[Span], place: int | None) -> None:
        """Note that these are about to be handed to the network.

        Raises:
            OSError: If that cannot be noted: then they must not be sent.
        """
        flight = Flight(tuple(spans), time.time(), place=place)
        self._save(flight=msgspec.to_builtins(flight))

    def settle(self) -> None:
        """What was in flight has arrived."""
        flight = self.flight
        if flight is None:
            return
        positions = dict(self._positions)
        for name, _, end in flight.spans:
            positions[name] = max(end, positions.get(name, 0))
        told = {"delivered": self._state.get("delivered", 0) + len(flight.spans)}
        self._save(flight=None, positions=positions, last_delivery=time.time(), **told)

    def answered(self) -> None:
        """The service is no longer at work on what is in flight, whether it arrived or not."""
        flight = self._state.get("flight")
        if flight:
            self._save(flight={**flight, "answered": True})

    def take_back(self) -> None:
        """What was in flight has certainly not arrived, and waits again."""
        self._save(flight=None)

    @property
    def flight(self) -> Flight | None:
        """What is in flight, perhaps since a process before this one."""
        found = self._state.get("flight")
        return msgspec.convert(found, Flight) if found else None

    def lines_of(self, flight: Flight) -> list[tuple[Span, bytes]]:
        """The lines of a flight, in the order in which they were sent."""
        found = []
        for span in flight.spans:
            with contextlib.suppress(OSError), (self.folder / span[0]).open("rb") as segment:
                segment.seek(span[1])
                found.append((span, segment.read(span[2] - span[1])))
        return found

    def skip(self, span: Span) -> None:
        """Pass over something that is not an event."""
        self._save(positions={**self._positions, span[0]: span[2]})

    def note(self, **facts: Any) -> None:
        """Keep facts of the sender's own beside the positions; None removes one."""
        self._save(**facts)

    def fact(self, name: str) -> Any:
        """What `note` kept."""
        return self._state.get(name)

    def measure(self) -> int:
        """How many bytes wait; renews the room for `put` and warns before it runs out."""
        waiting = self.waiting_bytes()
        self._room = self.limit_bytes - waiting
        nearly = waiting >= self.limit_bytes * _NEARLY
        if nearly and not self._nearly_full:
            _log.warning(
                "HILT's outbox is %d %% full: %d MB wait in %s. When it is full, new events are "
                "dropped. Is the destination reachable? See `hilt sheets status`.",
                100 * waiting // self.limit_bytes,
                waiting // 1_000_000,
                self.folder,
            )
        self._nearly_full = nearly
        return waiting

    def waiting_bytes(self) -> int:
        """How many bytes wait."""
        positions = self._positions if self._leading else self._load().get("positions", {})
        return sum(
            max(0, size - positions.get(name, 0))
            for chain in chains(self.folder).values()
            for name, size in chain
        )

    def tidy(self) -> None:
        """Delete the segments that are read to their end and that nobody writes to any more."""
        positions = dict(self._positions)
        gone = []
        for chain in chains(self.folder).values():
            for name, size in chain:
                if positions.get(name, 0) < self._whole(name, positions.get(name, 0), size):
                    break
                if not self._delete(name, size):
                    break
                gone.append(name)
        if gone:
            self._save(positions={name: at for name, at in positions.items() if name not in gone})

    def say_drops(self) -> int:
        """How many events all processes have dropped, ever; adds this one's."""
        path = self.folder / "dropped.json"
        with contextlib.suppress(OSError, ValueError):
            if not self._unsaid:
                return int(path.read_bytes()) if path.exists() else 0
            with lock_beside(str(path)):
                new, self._unsaid = self._unsaid, 0
                total = new + (int(path.read_bytes()) if path.exists() else 0)
                replace_file(path, str(total).encode())
                return total
        return self.dropped

    def waiting(self) -> Iterator[bytes]:
        """Every line that has not been delivered; for readers, at any time."""
        positions = dict(self._load().get("positions", {}))
        while batch := read_spans(self.folder, positions, 4_000_000, 10_000):
            for (name, _, end), line in batch:
                positions[name] = end
                yield line

    @property
    def _positions(self) -> dict[str, int]:
        positions: dict[str, int] = self._state.get("positions", {})
        return positions

    def _whole(self, name: str, start: int, size: int) -> int:
        """Where the last whole line of a segment ends: a crash may leave a torn one."""
        if start >= size:
            return start
        with (self.folder / name).open("rb") as segment:
            segment.seek(start)
            return start + segment.read(size - start).rfind(b"\n") + 1

    def _delete(self, name: str, size: int) -> bool:
        """Whether a segment was read to its end, nobody writes to it, and so it is gone."""
        path = self.folder / name
        try:
            with Descriptor(str(path), os.O_RDWR) as segment:
                # Whoever has it locked may still write. Where there are no locks, its process may
                # be alive: then only a next segment in its chain would tell.
                if segment.lock() is not True or os.fstat(segment.fd).st_size > size:
                    return False
            path.unlink()
        except OSError:
            return False
        return True

    def _load(self) -> dict[str, Any]:
        path = self.folder / "state.json"
        try:
            state = msgspec.json.decode(path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            _log.warning("HILT cannot read %s, and looks at what has arrived: %s", path, error)
            return {"flight": self._everything()}
        return state if isinstance(state, dict) else {"flight": self._everything()}

    def _everything(self) -> dict[str, Any] | None:
        """A flight of all that is here: nothing is known of what has arrived."""
        spans = [span for span, _ in read_spans(self.folder, {}, _ALL, _ALL, _ALL)]
        return {"spans": spans, "began": time.time(), "answered": False} if spans else None

    def _save(self, **changes: Any) -> None:
        if self._leading is None or self._leading.fd < 0:
            raise OSError(f"{self.folder}: another process sends from here now")
        state = {**self._state, **changes}
        state = {name: value for name, value in state.items() if value is not None}
        replace_file(self.folder / "state.json", msgspec.json.encode(state))
        self._state = state

    def _after_fork(self) -> None:
        self._leading = None
        self._unsaid = 0


def replace_file(path: Path, data: bytes) -> None:
    """Write a small file so that it is there as a whole, before or after a crash."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with Descriptor(str(fresh), os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as file:
        os.write(file.fd, data)
        os.fsync(file.fd)
    fresh.replace(path)


def _renew() -> None:
    for outbox in list(_outboxes):
        outbox._after_fork()  # noqa: SLF001 - this module's own hook


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)

"""Histories from files to a session, each event once.

The id of an event follows from what the source calls the call, so that an event has the same id
however often its source is read, and what the log has is not written again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from os import PathLike
from pathlib import Path

from hilt.core.bounded import BoundedDict
from hilt.core.event import Event
from hilt.core.exceptions import ReadError
from hilt.genai.observation import Observation
from hilt.imports.formats import HistoryFormat
from hilt.imports.turns import calls_of
from hilt.io.read.bad_line import BadLine
from hilt.io.read.json_file import ERRORS_KEPT, JsonFile
from hilt.io.read.parts import open_parts
from hilt.io.read.scan import AnyOf, LogScan, Selection
from hilt.io.session import Session
from hilt.recording.event_builder import EventBuilder
from hilt.recording.event_fields import EventDict
from hilt.recording.history import History
from hilt.recording.writer import encode_events

__all__ = ["ImportedHistory", "import_histories"]

_LINKS_KEPT = 200_000
_SORTED_AT_ONCE = 200_000
_ID = re.compile(rb'"event_id":\s*"(evt_[0-9a-f]{32})"')
_LINKS = ("reply_to", "context_of")


@dataclass(slots=True)
class ImportedHistory:
    """What an import came to."""

    conversations: int = 0
    calls: int = 0
    events: int = 0
    unreadable: int = 0
    errors: list[BadLine] = field(default_factory=list)  #: the first of what could not be read


def import_histories(
    files: Iterable[tuple[str | PathLike[str], HistoryFormat]],
    session: Session,
    *,
    capture_content: bool = True,
    on_progress: Callable[[int], None] | None = None,
) -> ImportedHistory:
    """Write the events of all calls in some histories to a session.

    Args:
        files: Paths, each with its format.
        session: A session to append to; it is opened when there is something to write.
        capture_content: Whether any content is written.
        on_progress: Is told how many bytes have been read of all files together.

    Raises:
        ConfigurationError: If a file is missing.
        HILTError: If the session cannot be opened.
    """
    imported, before = ImportedHistory(), session.events_written
    writer = _Writer(session)
    done = 0
    for path, history_format in files:
        file = JsonFile(path, _ahead(on_progress, done))
        events = _Events(capture_content=capture_content)
        for conversation in history_format.conversations(file):
            imported.conversations += 1
            for key, call in calls_of(conversation):
                imported.calls += 1
                writer.add(events.of_call(f"{conversation.source}/{key}", call))
        done += file.size
        imported.unreadable += file.unreadable
        imported.errors += file.errors[: ERRORS_KEPT - len(imported.errors)]
    writer.flush()
    imported.events = session.events_written - before
    return imported


def _ahead(on_progress: Callable[[int], None] | None, done: int) -> Callable[[int], None] | None:
    return None if on_progress is None else lambda read: on_progress(done + read)


class _Events:
    """Makes the events of calls, with ids that are the same each time."""

    def __init__(self, *, capture_content: bool) -> None:
        self._builder = EventBuilder(History())
        self._capture_content = capture_content
        self._ids: BoundedDict[str, str] = BoundedDict(_LINKS_KEPT)

    def of_call(self, key: str, call: Observation) -> list[EventDict]:
        """All events of a call.

        Args:
            key: What names the call in its source.
            call: The call.
        """
        call.capture_content = self._capture_content
        if not self._capture_content and call.extensions:  # a branch may have a person's name
            call.extensions = {key: each for key, each in call.extensions.items() if each is True}
        events = [*self._builder.begin(call), *self._builder.end(call)]
        for number, event in enumerate(events):
            event["event_id"] = self._named(event["event_id"], key, number, call.started)
            self._link(event)
        return events

    def _named(self, event_id: str, key: str, number: int, started: int) -> str:
        given = _event_id(f"{key}/{number}", started, number)
        self._ids.keep(event_id, given)
        return given

    def _link(self, event: EventDict) -> None:
        extensions = event.get("extensions")
        if isinstance(extensions, dict):
            for name in _LINKS:
                if name in extensions:
                    extensions[name] = self._ids.get(extensions[name], extensions[name])
        elif extensions is not None and extensions.reply_to:
            extensions.reply_to = self._ids.get(extensions.reply_to, extensions.reply_to)


def _event_id(key: str, started: int, number: int) -> str:
    """An id in the form of all (a UUIDv7), from a time and a hash.

    Args:
        key: What is hashed.
        started: When the call began, in nanoseconds since the epoch.
        number: The position of the event among those of its call: they sort by it.
    """
    tick = started * 4096 // 1_000_000 + number
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    bits = 2 << 62 | int.from_bytes(digest, "big") >> 2
    return f"evt_{tick >> 12:012x}7{tick & 0xFFF:03x}{bits:016x}"


class _Writer:
    """Writes events to a session in the order of their times, and none that the log has.

    So many are sorted at once that most histories are in order as a whole.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        path = session.path
        self._written = set(_imported_ids(path)) if path is not None else set()
        self._waiting: list[tuple[str, bytes]] = []

    def add(self, events: list[EventDict]) -> None:
        """Take the events of a call."""
        moment = ""
        for event in events:
            moment = max(moment, event["timestamp"])
            key = event["event_id"].encode()
            if key not in self._written:
                self._written.add(key)
                self._waiting.append((moment, encode_events([event])))
        if len(self._waiting) > _SORTED_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what was taken."""
        if not self._waiting:
            return
        self._waiting.sort(key=lambda each: each[0])
        self._session.open()
        lines = [line for _, line in self._waiting]
        self._waiting = []
        for start in range(0, len(lines), 1000):
            batch = lines[start : start + 1000]
            if self._session.takes_lines:
                self._session.write_lines(b"".join(batch), len(batch))
            else:
                self._session.append_all([Event.from_json(line) for line in batch])


def _imported_ids(path: Path) -> Iterator[bytes]:
    """The ids of the events in a log, and in its rotated files, that an import has written.

    Raises:
        ReadError: If the log is there and cannot be read.
    """
    if path.exists() and not path.is_file():
        return  # a pipe, or the terminal
    scan = LogScan(open_parts(path, include_rotated=True), Selection(AnyOf(b'"evt_'), chunks=False))
    try:
        for block in scan:
            for line in block.lines:
                match = _ID.search(line)
                if match:
                    yield match[1]
    except NotADirectoryError:
        return  # there is none, and opening it to write says so
    except OSError as error:
        raise ReadError(
            f"{path}: cannot be read ({error.strerror or error}), so what it has already is "
            "unknown; give a log that this user may read"
        ) from error

"""Finding an event by its id, for feedback and the like, which often comes from another process."""

from __future__ import annotations

import os
from pathlib import Path

from hilt.core.event import Event
from hilt.core.exceptions import EventError

__all__ = ["event_by_id"]

_WITHIN = 1 << 26
_CHUNK = 1 << 20


def event_by_id(path: str | os.PathLike[str], event_id: str, within: int = _WITHIN) -> Event | None:
    """The event with this id near the end of an uncompressed log; None if it is not there.

    Args:
        path: The log.
        event_id: The whole id.
        within: How many bytes from the end are read at most.
    """
    wanted = f'"{event_id}"'.encode("utf-8", "replace")
    rest = b""
    try:
        with Path(path).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - within))
            while chunk := file.read(_CHUNK):
                lines = (rest + chunk).rpartition(b"\n")
                rest = lines[2]
                event = _event_in(lines[0], wanted, event_id)
                if event is not None:
                    return event
    except OSError:
        return None
    return _event_in(rest, wanted, event_id)


def _event_in(lines: bytes, wanted: bytes, event_id: str) -> Event | None:
    """The event with this id among some lines; another one may only mention the id."""
    position = lines.find(wanted)
    while position >= 0:
        start, end = lines.rfind(b"\n", 0, position) + 1, lines.find(b"\n", position)
        end = len(lines) if end < 0 else end
        try:
            event = Event.from_json(lines[start:end])
        except EventError:
            event = None
        if event is not None and event.event_id == event_id:
            return event
        position = lines.find(wanted, end)
    return None

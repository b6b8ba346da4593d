"""The unseen calls that a log has events about: what ``hilt doctor`` shows of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

__all__ = ["unseen_calls_in"]

_MARK = b'"unseen_call":'
_LIMIT = 256 << 20  #: bytes at the end of a log that are searched


class _Event(msgspec.Struct):
    extensions: dict[str, Any]


def unseen_calls_in(path: Path) -> list[dict[str, object]]:
    """The hosts and paths with how many requests there were, the most frequent first.

    Only the newest 256 MB of the log are searched.
    """
    counts: dict[tuple[Any, ...], int] = {}
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LIMIT))
        for line in file:
            unseen = _unseen_call(line) if _MARK in line else None
            if unseen is not None:
                key = tuple(unseen.get(name) for name in ("host", "path", "package"))
                counts[key] = counts.get(key, 0) + unseen["requests"]
    return [
        {"host": host, "path": target, "package": package, "requests": count}
        for (host, target, package), count in sorted(
            counts.items(), key=lambda item: (-item[1], str(item[0]))
        )
    ]


def _unseen_call(line: bytes) -> dict[str, Any] | None:
    """What an event says; None for a line that only looks like one."""
    try:
        unseen = msgspec.json.decode(line, type=_Event).extensions.get("unseen_call")
    except msgspec.DecodeError:
        return None
    if not isinstance(unseen, dict) or not isinstance(unseen.get("host"), str):
        return None
    return unseen if isinstance(unseen.get("requests"), int) else None

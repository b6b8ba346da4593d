"""Skipping blocks of a log that lie outside a span of time, without decoding their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from hilt.core.exceptions import EventError
from hilt.core.ids_and_times import parse_timestamp, to_timestamp
from hilt.io.read.lines import split_lines

__all__ = ["TimeWindow"]

_TIMESTAMP = re.compile(rb'"timestamp":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)"')
_KEY = b'"timestamp":"'
_LENGTH = len(_KEY) + len("2026-11-28T14:15:40.000000Z")
_ZONE = ord("Z")
_BEFORE = timedelta(hours=25)
_AFTER = timedelta(hours=1)
_HEAD = 1000


@dataclass(frozen=True)
class TimeWindow:
    """A span of time, with a margin: a log is in order of time, except for calls that overlap.

    Args:
        first: The earliest timestamp; "" for none.
        last: The timestamp before which it ends; "" for none.
    """

    first: str
    last: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", _shifted(self.first, -_BEFORE))
        object.__setattr__(self, "last", _shifted(self.last, _AFTER))

    def __bool__(self) -> bool:
        return bool(self.first or self.last)

    def may_have(self, block: bytes) -> bool:
        """Whether a block of lines may have an event within the span."""
        start = block.rfind(b"\n", 0, len(block) - 1) + 1
        head = _TIMESTAMP.search(block, 0, _HEAD)
        tail = _TIMESTAMP.search(block, start, start + _HEAD)
        if head is None or tail is None:
            return True
        times = sorted((head[1].decode(), tail[1].decode()))
        if times[1] >= self.first and (not self.last or times[0] <= self.last):
            return True
        return self._is_between(block)

    def _is_between(self, block: bytes) -> bool:
        """Whether a line in between may be in the span: after an import, or with a wrong clock."""
        place = block.find(_KEY)  # the same in each line that HILT has written
        times = [line[place : place + _LENGTH] for line in split_lines(block)]
        low, high = min(times), max(times)
        # If the lowest and the highest text begin with the key, all in between do.
        if not low.startswith(_KEY) or not high.startswith(_KEY):
            return True
        if any([time[-1] != _ZONE for time in times]):  # noqa: C419 # a list is quicker
            return True
        earliest, latest = low[len(_KEY) :].decode(), high[len(_KEY) :].decode()
        return latest >= self.first and (not self.last or earliest <= self.last)


def _shifted(timestamp: str, by: timedelta) -> str:
    try:
        return to_timestamp(parse_timestamp(timestamp) + by) if timestamp else ""
    except (EventError, OverflowError):
        return ""

"""Reading a log from its end, as far as needed: to find an id, or the newest calls.

Ids of events begin with their time, and people mostly ask about what is new. So more and more of
the end is read until it has the answer; the beginning of a large log is seldom touched.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterator
from heapq import merge
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hilt.analysis.calls import Call
from hilt.analysis.conversations import Conversation
from hilt.analysis.event_lines import EventLine
from hilt.analysis.filters import Filters
from hilt.analysis.finding import match_ids, names_a_time
from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError, NoMatchError
from hilt.core.ids_and_times import conversation_id_of
from hilt.io.read.lines import foreign_format, is_gzip
from hilt.io.read.parts import open_parts, reads_once
from hilt.io.read.scan import AnyOf, LogScan, Selection

if TYPE_CHECKING:
    from hilt.analysis.log import Log

__all__ = ["FromEnd", "end_of_log"]

_FIRST_BYTES = 64 << 20
_FIRST_BYTES_OF_CALLS = 1 << 20
_LEAST_COMMON = 5
_BYTES_OF_A_CALL = 64 << 20
"""How far apart the prompt and the ending of a call may be to be joined, at least."""


class FromEnd:
    """Reads a log from its end.

    Args:
        log: The log.
    """

    def __init__(self, log: Log) -> None:
        self._log = log

    def find(self, text: str) -> Call | Conversation | Event:
        """What an id names; see `hilt.analysis.log.Log.find`.

        Raises:
            ConfigurationError: If there is none, or several begin with it.
        """
        text = text.strip() if isinstance(text, str) else repr(text)
        if not text or not text.isascii() or '"' in text:
            raise ConfigurationError(f"{text!r} is not an id of an event or a conversation")
        self._log.keep()
        needles = (text.encode(), conversation_id_of(text).encode())
        for size in self._window_sizes():
            scan = LogScan(self._log.parts(size), Selection(AnyOf(*needles)))
            match = match_ids(text, scan).only()
            is_whole = size is None
            if isinstance(match, str) and is_whole:
                conversations = self._log.conversations_with(match)
                return conversations[0] if conversations else self._without_calls(match)
            if isinstance(match, EventLine) and (is_whole or names_a_time(text)):
                call = self._call_of(match, size)
                if call is not None and (call.opening or is_whole):
                    return call
                if is_whole:
                    return match.event()
        raise NoMatchError(f"no id begins with {text!r}{self._nearest(text)}")

    def last_calls(self, count: int, filters: Filters) -> tuple[list[Call], LogScan]:
        """The last calls that match, and the scan that read them, from the end of the log.

        A call that nothing ends, as of a program that was killed, is as old as its prompt. For the
        prompts of long calls, more is read than for the others.
        """
        self._log.keep()
        count = min(count, sys.maxsize - 1)
        calls: list[Call] = []
        scan = self._log.scan(filters)
        tests = filters.call_tests()
        for size in self._window_sizes(_FIRST_BYTES_OF_CALLS):
            scan = self._log.scan(filters)
            scan.files = self._log.parts(size)
            feedback = self._log.feedback_by_event(size)
            ended: deque[Call] = deque(maxlen=count + 1)
            unanswered: deque[Call] = deque(maxlen=count + 1)
            incomplete = ""  # the time of the newest call that lacks its beginning
            every = Filters(chunks=filters.wants_chunks)
            for call in self._log.read_calls(every, scan, feedback=feedback):
                if not call.opening and call.record.extensions.reply_to is not None:
                    incomplete = max(incomplete, call.timestamp)
                if all([test(call) for test in tests]):  # noqa: C419 # a list is quicker
                    (unanswered if call.ending_line is None else ended).append(call)
            calls = list(merge(ended, unanswered, key=attrgetter("timestamp")))
            is_enough = not count or (len(calls) > count and incomplete < calls[-count].timestamp)
            if is_enough or (len(calls) > count and (size or 0) >= _BYTES_OF_A_CALL):
                break
        return calls[-count:] if count else [], scan

    def _without_calls(self, session_id: str) -> Conversation:
        """A conversation without calls in the log, but with steps, notices or feedback."""
        wanted = session_id.encode()
        scan = LogScan(self._log.parts(), Selection(AnyOf(wanted), chunks=False))
        lines = self._log.event_lines(Filters(), scan)
        return Conversation(session_id, (), [line for line in lines if line.session == wanted])

    def _call_of(self, line: EventLine, size: int | None) -> Call | None:
        """The call that an event belongs to, if it is in the last `size` bytes of the log."""
        extensions = line.record.extensions
        event_id = extensions.reply_to if line.action == b"feedback" else line.event_id.decode()
        filters = Filters(chunks=line.action == b"completion_chunk")
        selection = Selection(AnyOf(line.session), chunks=filters.chunks)
        scan = LogScan(self._log.parts(size), selection)
        wanted = (event_id or "").encode()
        for call in self._log.read_calls(filters, scan, feedback=self._log.feedback_by_event(size)):
            if any(each.event_id == wanted for each in call.lines()):
                return call
        return None

    def _nearest(self, text: str) -> str:
        """The part of an error message that names the id most like a text; "" for none."""
        nearest, least, most = None, _LEAST_COMMON, len(text) - 1
        while least <= most:  # what begins with more of the text begins with less of it, too
            length = (least + most) // 2
            scan = LogScan(
                self._log.parts(), Selection(AnyOf(text[:length].encode()), chunks=False)
            )
            found = match_ids(text[:length], scan).nearest(text)
            if found is None:
                most = length - 1
            else:
                nearest, least = found, length + 1
        return f"; the nearest is {nearest}" if nearest is not None else ""

    def _window_sizes(self, first: int = _FIRST_BYTES) -> Iterator[int | None]:
        """How many bytes of the end of the log to read, more and more; None for all of it."""
        path = self._log.paths[0]
        if len(self._log.paths) == 1 and path not in self._log.archives and not reads_once(path):
            sizes = _sizes_from_end(path)
            size = _without_cut_file(first, sizes)
            while size < sum(each for each, _ in sizes):
                yield size
                size = _without_cut_file(size * 4, sizes)
        yield None


def end_of_log(path: Path, size: int) -> Iterator[tuple[Path, BinaryIO]]:
    """The files with the end of a log, the first of them from a whole line, each open while read.

    Args:
        path: The log.
        size: How many bytes, as they are on the disk; a compressed file is read whole.
    """
    passed = sum(each for each, _ in _sizes_from_end(path)) - size
    for part, file in open_parts(path, include_rotated=True):
        length = os.fstat(file.fileno()).st_size
        if passed < length:
            if passed > 0 and not _is_compressed(file):
                file.seek(passed)
                file.readline()  # most likely the middle of a line
            yield part, file
        passed -= length


def _sizes_from_end(path: Path) -> list[tuple[int, bool]]:
    """How long each file of a log is, and whether it is compressed, the newest first."""
    sizes = [
        (os.fstat(file.fileno()).st_size, _is_compressed(file))
        for _, file in open_parts(path, include_rotated=True)
    ]
    return sizes[::-1]


def _is_compressed(file: BinaryIO) -> bool:
    return is_gzip(file) or foreign_format(file) is not None


def _without_cut_file(size: int, sizes: list[tuple[int, bool]]) -> int:
    """So many bytes of the end of a log, or as many more as it takes not to cut a compressed file.

    Args:
        size: How many bytes.
        sizes: The files, as from `_sizes_from_end`.
    """
    end = 0
    for length, is_compressed in sizes:
        end += length
        if end >= size:
            return end if is_compressed else size
    return size

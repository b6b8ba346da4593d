"""Reading calls from their endings alone: all that sums need, at half the cost of joining events.

Of a prompt only the id is read, since it may have no ending. Who asked, which tools were called and
what was said are in other events: whoever needs them reads calls with `assembling`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hilt.analysis.assembling import OPEN_BYTES, is_ending
from hilt.analysis.calls import Call
from hilt.analysis.event_lines import ENDINGS, EventLine, event_line
from hilt.analysis.records import Record, decode_record
from hilt.core.event import ENDING_ACTIONS
from hilt.io.read.early_endings import EarlyEndings
from hilt.io.read.scan import LogScan, Selection, is_chunk

__all__ = ["read_endings"]

_CONTENT = b'"content":'
_COMPLETION = b'"action":"completion",'  #: HILT writes it right before the content
_CHUNK = b'"action":"completion_chunk",'
# For a beginning without backslashes: a search for these is faster than to exclude them here.
_head = re.compile(
    rb'\{"hilt_version":"[^"]*","event_id":"([^"]+)","timestamp":"[^"]+",'
    rb'"session_id":"[^"]+","actor":\{"type":"[a-z]+","id":"[^"]*"'
    rb'(?:,"name":"[^"]*")?\},"action":"([a-z_]+)"'
).match


def read_endings(scan: LogScan, open_bytes: int = OPEN_BYTES) -> Iterator[Call]:
    """Every call of a log: those that ended, then those that have no ending.

    All ended calls are one object, which takes the values of the next call when that is read.

    Args:
        scan: Reads the log, and counts lines that are no events; its selection is replaced.
        open_bytes: How many bytes of prompts may wait for their endings.
    """
    call = Call((), EventLine(b"", b"", b"", b"", b"", b"", b"", Record()))
    prompts = _Prompts(open_bytes)
    scan.selection = Selection()  # chunks are left out below, while looking for endings
    scan.keep_ends = True
    behind_chunk, behind = len(_CHUNK), len(_COMPLETION)
    for block in scan:
        for line in block.lines:
            content = line.find(_CONTENT)
            if line.startswith(_CHUNK, content - behind_chunk):
                continue
            try:
                # This line is likely to be an ending; to decode another one does no harm.
                if line.startswith(_COMPLETION, content - behind):
                    record = _ending_of(decode_record(line), line, prompts)
                else:
                    record = _ending_in(line, prompts)
            except ValueError as error:
                scan.skip(block.path, block.number_of(line), str(error))
                continue
            if record is not None:
                call.record = record
                yield call
        yield from map(_unanswered, prompts.take_oldest())
    yield from map(_unanswered, prompts.take_all())


def _ending_in(line: bytes, prompts: _Prompts) -> Record | None:
    """The record of a line that ends a call; None for any other line, mostly without decoding it.

    Raises:
        ValueError: If it is no event.
    """
    head = _head(line)
    if head is not None and line.find(b"\\", 0, head.end()) < 0:
        event_id, action = head.groups()
        if action == b"prompt":
            prompts.add(event_id, line)
            return None
        if action not in ENDINGS:
            return None
    elif is_chunk(line):
        return None
    return _ending_of(decode_record(line), line, prompts)


def _ending_of(record: Record, line: bytes, prompts: _Prompts) -> Record | None:
    """The record if it ends a call, whose prompt then no longer waits."""
    action = record.action
    if action in ENDING_ACTIONS:
        reply_to = (record.extensions.reply_to or "").encode()
        if prompts.end(reply_to):
            return record
        if action == "system" and not is_ending(record):
            return None
        prompts.early.add(reply_to)
        return record
    if action == "prompt":
        prompts.add(record.event_id.encode(), line)
    return None


class _Prompts:
    """Prompts that wait for their endings, oldest first."""

    def __init__(self, open_bytes: int) -> None:
        self._lines: dict[bytes, bytes] = {}
        self._bytes = 0
        self._most = open_bytes
        self.early = EarlyEndings()

    def add(self, event_id: bytes, line: bytes) -> None:
        self._lines[event_id] = line
        self._bytes += len(line)

    def end(self, event_id: bytes) -> bool:
        """Remove the prompt with this id; return whether there was one."""
        line = self._lines.pop(event_id, None)
        if line is None:
            return False
        self._bytes -= len(line)
        return True

    def take_oldest(self) -> Iterator[bytes]:
        """Take the oldest prompts as long as too many bytes wait."""
        while self._bytes > self._most and len(self._lines) > 1:
            event_id = next(iter(self._lines))
            line = self._lines.pop(event_id)
            self._bytes -= len(line)
            if event_id not in self.early:
                yield line

    def take_all(self) -> Iterator[bytes]:
        yield from (line for event_id, line in self._lines.items() if event_id not in self.early)
        self._lines.clear()


def _unanswered(line: bytes) -> Call:
    return Call([event_line(line.rstrip(b"\n"))], None)

"""Calls as their endings have them: all that sums need, for half of what joining events costs.

Of a prompt only the id matters, for it may have no ending. Who asked, which tools were called and
what was said stand in other events: what needs them reads calls with `assembling`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hilt.analysis.assembling import OPEN_BYTES, is_ending
from hilt.analysis.calls import Call
from hilt.analysis.event_lines import ENDINGS, EventLine, event_line
from hilt.analysis.records import Record, decode_record
from hilt.core.event import ENDING_ACTIONS
from hilt.io.read.scan import LogScan, Selection, is_chunk

__all__ = ["read_endings"]

_CONTENT = b'"content":'
_COMPLETION = b'"action":"completion",'  #: HILT writes it right before the content
_CHUNK = b'"action":"completion_chunk",'
# Of a beginning without backslashes: to look for these is quicker than to exclude them here.
_head = re.compile(
    rb'\{"hilt_version":"[^"]*","event_id":"([^"]+)","timestamp":"[^"]+",'
    rb'"session_id":"[^"]+","actor":\{"type":"[a-z]+","id":"[^"]*"'
    rb'(?:,"name":"[^"]*")?\},"action":"([a-z_]+)"'
).match


def read_endings(scan: LogScan, open_bytes: int = OPEN_BYTES) -> Iterator[Call]:
    """Every call of a log: those that ended, then those that have no ending.

    All that ended are one object, which has the next call's values when the next one is read.

    Args:
        scan: The way through the log; what is no event is counted there. What it selects is set.
        open_bytes: How much may wait for its ending.
    """
    call = Call((), EventLine(b"", b"", b"", b"", b"", b"", b"", Record()))
    prompts = _Prompts(open_bytes)
    scan.selection = Selection()  # what leaves chunks out here has looked for endings, too
    scan.keep_ends = True
    behind_chunk, behind = len(_CHUNK), len(_COMPLETION)
    for block in scan:
        for line in block.lines:
            content = line.find(_CONTENT)
            if line.startswith(_CHUNK, content - behind_chunk):
                continue
            try:
                # Any line may be decoded: this one is likely to be an ending.
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
    """The record of a line that ends a call; None for any other line, decoded only if need be.

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
    """The record if it ends a call, which its prompt does not wait for any longer."""
    action = record.action
    if action in ENDING_ACTIONS:
        is_answer = prompts.end((record.extensions.reply_to or "").encode())
        return record if is_answer or action != "system" or is_ending(record) else None
    if action == "prompt":
        prompts.add(record.event_id.encode(), line)
    return None


class _Prompts:
    """Prompts that wait for their endings, the oldest first."""

    def __init__(self, open_bytes: int) -> None:
        self._lines: dict[bytes, bytes] = {}
        self._bytes = 0
        self._most = open_bytes

    def add(self, event_id: bytes, line: bytes) -> None:
        self._lines[event_id] = line
        self._bytes += len(line)

    def end(self, event_id: bytes) -> bool:
        """Whether there was such a prompt, which waits no longer."""
        line = self._lines.pop(event_id, None)
        if line is None:
            return False
        self._bytes -= len(line)
        return True

    def take_oldest(self) -> Iterator[bytes]:
        """Those that are beyond what may wait."""
        while self._bytes > self._most and len(self._lines) > 1:
            line = self._lines.pop(next(iter(self._lines)))
            self._bytes -= len(line)
            yield line

    def take_all(self) -> Iterator[bytes]:
        yield from self._lines.values()
        self._lines.clear()


def _unanswered(line: bytes) -> Call:
    return Call([event_line(line.rstrip(b"\n"))], None)

"""Joining the lines of a log, in their order, to calls."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from hilt.analysis.calls import Call
from hilt.analysis.event_lines import ENDINGS, EventLine
from hilt.analysis.records import Record
from hilt.io.read.early_endings import EarlyEndings

if TYPE_CHECKING:
    from hilt.analysis.log import Log

__all__ = ["OPEN_BYTES", "CallAssembler", "is_ending"]

OPEN_BYTES = 16 << 20
"""How many bytes of a log may wait for the endings of their calls."""
_FINISHED_KEPT = 16


class CallAssembler:
    """Joins prompts, tool results, chunks, endings and tool calls to calls, in bounded memory.

    Give it lines with `feed`, and take calls from `ready`. A call is ready soon after its ending,
    since the tools that it calls come after that. Prompts without an ending are ready at the end,
    or when too much waits. An ending may come before its prompt: the call is then one all the same,
    but it has its prompt only if that follows soon.

    Args:
        log: Where calls look up the events that they continue.
        chunks: Whether chunks are kept.
        feedback: Feedback by the id of the event that it is about.
        open_bytes: How many bytes may wait for an ending.
    """

    def __init__(
        self,
        log: Log | None = None,
        *,
        chunks: bool = False,
        feedback: dict[bytes, list[EventLine]] | None = None,
        open_bytes: int = OPEN_BYTES,
    ) -> None:
        self.ready: list[Call] = []
        self._log = log
        self._feedback = feedback or {}
        self._open_bytes = open_bytes
        self._waiting_bytes = 0
        self._openings: OrderedDict[bytes, list[EventLine]] = OrderedDict()  # by their last event
        self._results: dict[bytes, list[EventLine]] = {}  # the newest group of each conversation
        self._chunks: dict[bytes, list[EventLine]] = {}
        self._takers: dict[bytes, Callable[[EventLine], None]] = {
            **dict.fromkeys(ENDINGS, self._end),
            b"prompt": self._open,
            b"tool_result": self._add_result,
            b"tool_call": self._add_tool_call,
            b"feedback": self._add_feedback,
        }
        if chunks:
            self._takers[b"completion_chunk"] = self._add_chunk
        self._finished: dict[bytes, Call] = {}  # the newest ones, in their order
        self._early = EarlyEndings()

    def feed(self, line: EventLine) -> None:
        """Take the next line."""
        take = self._takers.get(line.action)
        if take is not None:
            take(line)

    def awaits(self, event_id: str) -> bool:
        """Whether a call that begins with this event, or with a group that ends with it, waits."""
        return event_id.encode() in self._openings

    def flush(self) -> None:
        """Make all ended calls ready, without waiting for the tools that they call."""
        self.ready.extend(self._finished.values())
        self._finished.clear()

    def finish(self) -> None:
        """Make all calls ready, ended or not."""
        self.flush()
        while self._openings:
            self._give_up_oldest()

    # -- the beginning --------------------------------------------------------------------------

    def _open(self, line: EventLine) -> None:
        before = self._take_results(line) if self._results else []
        if line.event_id in self._early:
            self._add_late_prompt([*before, line])
        self._openings[line.event_id] = [*before, line]
        self._waiting_bytes += len(line.line)
        self._keep_within_bounds()

    def _add_late_prompt(self, opening: list[EventLine]) -> None:
        """Add the beginning of a call whose ending came before it, if the call still waits."""
        event_id = opening[-1].event_id.decode()
        for call in self._finished.values():
            if call.record.extensions.reply_to == event_id and not call.opening:
                call.opening = opening

    def _keep_within_bounds(self) -> None:
        while self._waiting_bytes > self._open_bytes and len(self._openings) > 1:
            self._give_up_oldest()

    def _add_result(self, line: EventLine) -> None:
        """Add a tool's result to the group of those that one call sends."""
        group = [*self._take_results(line), line]
        self._results[line.session] = group
        self._openings[line.event_id] = group
        self._waiting_bytes += len(line.line)
        self._keep_within_bounds()

    def _take_results(self, line: EventLine) -> list[EventLine]:
        """Take the results, so far, that are sent by the call that an event belongs to."""
        group = self._results.pop(line.session, None)
        if group is None or group[-1].event_id not in self._openings:
            return []
        if _call_key(group[-1]) != _call_key(line):
            return []
        del self._openings[group[-1].event_id]
        return group

    def _forget_results(self, opening: list[EventLine]) -> None:
        """Close the group of results whose call has ended, or is given up."""
        if self._results.get(opening[-1].session) is opening:
            del self._results[opening[-1].session]

    def _add_chunk(self, line: EventLine) -> None:
        reply_to = (line.record.extensions.reply_to or "").encode()
        if reply_to in self._openings:
            self._chunks.setdefault(reply_to, []).append(line)
            self._waiting_bytes += len(line.line)

    def _give_up_oldest(self) -> None:
        event_id, opening = self._openings.popitem(last=False)
        chunks = self._chunks.pop(event_id, [])
        self._waiting_bytes -= _size(opening) + _size(chunks)
        self._forget_results(opening)
        is_call = any(line.action == b"prompt" for line in opening)  # results alone may be of none
        if is_call and event_id not in self._early:
            self._add_known_feedback(call := Call(opening, None, chunks, self._log))
            self.ready.append(call)

    # -- the end --------------------------------------------------------------------------------

    def _end(self, line: EventLine) -> None:
        extensions = line.record.extensions
        reply_to = (extensions.reply_to or "").encode()
        opening = self._openings.pop(reply_to, None)
        if opening is None and line.action == b"system" and not is_ending(line.record):
            return
        chunks = self._chunks.pop(reply_to, []) if self._chunks else []
        if opening is not None:
            self._waiting_bytes -= _size(opening) + (_size(chunks) if chunks else 0)
            if self._results:
                self._forget_results(opening)
        else:
            self._early.add(reply_to)
        call = Call(opening or (), line, chunks, self._log)
        if self._feedback:
            self._add_known_feedback(call)
        finished = self._finished
        if line.event_id in finished:  # the log has it twice
            self.ready.append(finished.pop(line.event_id))
        finished[line.event_id] = call
        if len(finished) > _FINISHED_KEPT:
            self.ready.append(finished.pop(next(iter(finished))))

    def _add_tool_call(self, line: EventLine) -> None:
        call = self._finished.get((line.record.extensions.reply_to or "").encode())
        if call is not None:
            call.tool_call_lines = [*call.tool_call_lines, line]

    def _add_feedback(self, line: EventLine) -> None:
        """Add feedback to a call that waits; any other is known beforehand, or comes too late."""
        call = self._finished.get((line.record.extensions.reply_to or "").encode())
        if call is not None and all(line.event_id != each.event_id for each in call.feedback_lines):
            call.feedback_lines = [*call.feedback_lines, line]

    def _add_known_feedback(self, call: Call) -> None:
        lines = [each for line in call.lines() for each in self._feedback.get(line.event_id, ())]
        if lines:
            call.feedback_lines = lines


def is_ending(record: Record) -> bool:
    """Whether a ``system`` event is the end of a call, not that of a step, and not a notice."""
    extensions = record.extensions
    return (
        extensions.step is None
        and extensions.phase is None
        and (extensions.outcome is not None or extensions.error_code is not None)
    )


def _call_key(line: EventLine) -> object:
    """What the events that begin a call have in common: the span, or the time if there is none."""
    return line.record.provenance.span_id or line.time


def _size(lines: list[EventLine]) -> int:
    if len(lines) == 1:
        return len(lines[0].line)
    return sum([len(line.line) for line in lines])  # a list is quicker

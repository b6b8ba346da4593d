"""Checking a log: whether every line is an event, and whether the events are consistent."""

from __future__ import annotations

import os
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import nsmallest
from pathlib import Path
from typing import BinaryIO

from hilt.core.checked_event import CheckedEvent, decode_checked
from hilt.core.decoding import decode_event
from hilt.core.event import ENDING_ACTIONS
from hilt.core.exceptions import EventError
from hilt.core.json_types import JsonObject
from hilt.core.schema import validate_line
from hilt.io.read.duplicates import DuplicateFinder
from hilt.io.read.early_endings import EarlyEndings
from hilt.io.read.lines import line_blocks, split_lines, stripped
from hilt.io.read.parts import STDIN, check_readable, parts_of_logs

__all__ = ["Finding", "LogReport", "check_log"]

_LINKED = frozenset(("prompt", *ENDING_ACTIONS))
_OPEN_PROMPTS_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a line.

    Args:
        line: Its number, from 1.
        message: What is wrong.
        path: The file.
    """

    line: int
    message: str
    path: Path

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"

    def to_dict(self) -> JsonObject:
        """The finding as plain JSON."""
        return {"path": str(self.path), "line": self.line, "message": self.message}


@dataclass
class LogReport:
    """The result of `check_log`.

    Args:
        path: The log.
    """

    path: Path
    events: int = 0
    """How many lines are events."""
    bad: int = 0
    """How many lines are wrong."""
    findings: list[Finding] = field(default_factory=list)
    """What is wrong with the first ones."""
    actions: Counter[str] = field(default_factory=Counter)
    """How many lines are events of each action, including those with a repeated id."""
    unanswered: int = 0
    """How many prompts have no ending: their calls are in progress, or their process died."""

    @property
    def is_sound(self) -> bool:
        """Whether every line is an event, and no event id is used twice."""
        return self.bad == 0

    def to_dict(self) -> JsonObject:
        """The report as plain JSON."""
        return {
            "path": str(self.path),
            "sound": self.is_sound,
            "events": self.events,
            "bad": self.bad,
            "unanswered": self.unanswered,
            "actions": dict(self.actions),
            "findings": [each.to_dict() for each in self.findings],
        }


def check_log(
    path: str | os.PathLike[str],
    *,
    most: int = 1000,
    fits: Callable[[bytes], bool] | None = None,
) -> LogReport:
    """Check a log, plain or compressed, with its rotated files.

    Memory does not grow with the log: ids wait on disk, 16 bytes each, to be compared.

    Args:
        path: The log; ``-`` is standard input.
        most: How many findings are kept.
        fits: Whether to check a line, which has no line end; all are checked if None.

    Raises:
        ReadError: If it cannot be read.
    """
    log = Path(path).expanduser()
    if log != STDIN:
        check_readable(log, include_rotated=True)
    with DuplicateFinder() as ids:
        checker = _Checker(LogReport(log), most, ids, fits)
        for part, file in parts_of_logs([log]):
            checker.check_part(part, file)
        checker.end()
    return checker.report


class _Checker:
    """Checks one line after another."""

    def __init__(
        self,
        report: LogReport,
        most: int,
        ids: DuplicateFinder,
        fits: Callable[[bytes], bool] | None,
    ) -> None:
        self.report = report
        self._fits = fits
        self._most = most
        self._ids = ids
        self._open_prompts: dict[int, None] = {}  # hashes of their ids
        self._early = EarlyEndings()
        self._parts: list[tuple[Path, int]] = []  # each file, and the number of lines before it
        self._lines = 0

    def check_part(self, path: Path, file: BinaryIO) -> None:
        """Check the lines of one file."""
        self._parts.append((path, self._lines))
        try:
            for block in line_blocks(file):
                if isinstance(block, int):
                    self._lines += 1
                    self._add(self._lines, "the line is too long")
                else:
                    self._check_block(block)
        except (EOFError, zlib.error, OSError) as error:
            self._lines += 1
            self._add(self._lines, f"the file cannot be read any further: {error}")

    def end(self) -> None:
        """Report repeated ids, and count unanswered prompts."""
        bad = self.report.bad
        for number, first in nsmallest(max(1, self._most), self._repeated_ids()):
            self._keep(number, f"event_id: is that of {self._line(first)} too")
        twice = self.report.bad - bad
        self.report.events = sum(self.report.actions.values()) - twice
        self.report.unanswered += len(self._open_prompts)
        self.report.findings.sort(key=self._position)
        del self.report.findings[self._most :]

    def _repeated_ids(self) -> Iterator[tuple[int, int]]:
        """Each line that repeats an id, and the line that had it first; counts these lines."""
        for each in self._ids.duplicates():
            self.report.bad += 1
            yield each

    def _check_block(self, block: bytes) -> None:
        events = decode_checked(block) if self._fits is None else None
        if events is not None:
            self._note_all(events)
            return
        numbered = enumerate(split_lines(block), self._lines + 1)
        for self._lines, line in numbered:
            self._check_line(line)

    def _note_all(self, events: list[CheckedEvent]) -> None:
        """Note valid events, with little Python code for each."""
        first = self._lines + 1
        self._lines += len(events)
        self._ids.add_all([event.event_id for event in events], range(first, self._lines + 1))
        actions = [event.action for event in events]
        self.report.actions.update(actions)
        if len(set(actions)) > 1 or actions[0] != "completion_chunk":
            for event in events:
                if event.action in _LINKED:
                    self._link(event.event_id, event.action, event.extensions.reply_to)

    def _check_line(self, line: bytes) -> None:
        """Check a line of a block that may have a bad line."""
        plain = stripped(line)
        if not plain:
            return
        if self._fits is not None and not self._fits(plain):
            self._note_ending(plain)
            return
        problems = validate_line(plain)
        if problems:
            self._add(self._lines, "; ".join(problems))
            return
        try:
            event = decode_event(plain)
        except EventError as error:
            self._add(self._lines, str(error))
        else:
            reply_to = (event.extensions or {}).get("reply_to")
            self._note(event.event_id, event.action, reply_to)

    def _note_ending(self, line: bytes) -> None:
        """Note the ending in a line that is not checked: it may answer a prompt that is."""
        with suppress(EventError):
            event = decode_event(line)
            if event.action in ENDING_ACTIONS:
                self._link(event.event_id, event.action, (event.extensions or {}).get("reply_to"))

    def _note(self, event_id: str, action: str, reply_to: object) -> None:
        self._ids.add_all([event_id], range(self._lines, self._lines + 1))
        self.report.actions[action] += 1
        self._link(event_id, action, reply_to)

    def _link(self, event_id: str, action: str, reply_to: object) -> None:
        """Note a prompt, or the ending of one."""
        if action == "prompt" and event_id not in self._early:
            self._open_prompts[hash(event_id)] = None
            if len(self._open_prompts) > _OPEN_PROMPTS_KEPT:
                del self._open_prompts[next(iter(self._open_prompts))]
                self.report.unanswered += 1
        elif action in ENDING_ACTIONS:
            answered = str(reply_to or "")
            if hash(answered) in self._open_prompts:
                del self._open_prompts[hash(answered)]
            else:
                self._early.add(answered)

    def _add(self, number: int, message: str) -> None:
        self.report.bad += 1
        if len(self.report.findings) < self._most:
            self._keep(number, message)

    def _keep(self, number: int, message: str) -> None:
        path, before = self._part_of(number)
        self.report.findings.append(Finding(number - before, message, path))

    def _part_of(self, number: int) -> tuple[Path, int]:
        return next(part for part in reversed(self._parts) if part[1] < number)

    def _line(self, number: int) -> str:
        path, before = self._part_of(number)
        name = "" if path == self.report.path else f" of {path.name}"
        return f"line {number - before}{name}"

    def _position(self, finding: Finding) -> tuple[int, int]:
        paths = [path for path, _ in self._parts]
        return paths.index(finding.path), finding.line

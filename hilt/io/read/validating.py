"""Checking a log: whether each line is an event, and whether the events are consistent."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hilt.core.event import Event
from hilt.core.exceptions import EventError, ReadError
from hilt.core.json_types import JsonObject
from hilt.core.schema import validate_line
from hilt.io.read.events import numbered_lines

__all__ = ["Finding", "LogReport", "check_log"]

_ENDINGS = frozenset(("completion", "embedding", "rerank", "system"))


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a line.

    Args:
        line: Its number, from 1.
        message: What is wrong.
    """

    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.line}: {self.message}"


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
    """What is wrong with the first of them."""
    actions: Counter[str] = field(default_factory=Counter)
    """How many events of each action."""
    unanswered: int = 0
    """How many prompts have no ending: their calls are in flight, or their process died."""

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
            "findings": [{"line": each.line, "message": each.message} for each in self.findings],
        }


def check_log(path: str | os.PathLike[str], *, most: int = 1000) -> LogReport:
    """Check a log, plain or compressed.

    Ids are kept in memory, some 100 bytes an event.

    Args:
        path: The log.
        most: How many findings are kept.

    Raises:
        ReadError: If it cannot be read.
    """
    checker = _Checker(LogReport(Path(path).expanduser()), most)
    try:
        file = checker.report.path.open("rb")
    except FileNotFoundError as error:
        raise ReadError(f"{path}: there is no such log") from error
    except OSError as error:
        raise ReadError(f"{path}: cannot be read: {error.strerror or error}") from error
    with file:
        for number, line in numbered_lines(file):
            checker.check(number, line)
    checker.report.unanswered = len(checker.open_prompts)
    return checker.report


class _Checker:
    """Checks one line after another."""

    def __init__(self, report: LogReport, most: int) -> None:
        self.report = report
        self.open_prompts: set[str] = set()
        self._most = most
        self._lines_by_id: dict[str, int] = {}

    def check(self, number: int, line: bytes | str) -> None:
        if isinstance(line, str):
            self._add(number, line)
            return
        problems = validate_line(line)
        if problems:
            self._add(number, "; ".join(problems))
            return
        try:
            self._note(number, Event.from_json(line))
        except EventError as error:
            self._add(number, str(error))

    def _note(self, number: int, event: Event) -> None:
        first = self._lines_by_id.setdefault(event.event_id, number)
        if first != number:
            self._add(number, f"event_id: {event.event_id!r} is that of line {first} too")
            return
        self.report.events += 1
        self.report.actions[event.action] += 1
        extensions = event.extensions or {}
        if event.action == "prompt":
            self.open_prompts.add(event.event_id)
        elif event.action in _ENDINGS:
            self.open_prompts.discard(extensions.get("reply_to", ""))

    def _add(self, number: int, message: str) -> None:
        self.report.bad += 1
        if len(self.report.findings) < self._most:
            self.report.findings.append(Finding(number, message))

"""A survey: which kinds of personal data a log has, and where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from hilt.core.event import Event
from hilt.core.exceptions import EventError
from hilt.core.texts import SEALED, map_texts
from hilt.privacy.patterns import (
    KINDS,
    Finding,
    find,
    find_in_arguments,
    find_in_member,
    may_explain,
)
from hilt.privacy.tools.places import AnyPlace, OnBytes, place_of
from hilt.privacy.tools.redaction import plain_texts

__all__ = ["Survey", "survey_log"]

_CHUNK = b'"action":"completion_chunk"'
_ACTION = b'"action":'
_TEXTS_AT_ONCE = 1 << 14
_INDEX = re.compile(r"\[\d+\]")


@dataclass(slots=True)
class Survey:
    """The personal data in a log, in numbers.

    Args:
        events: How many events there are.
        unreadable: How many lines are no events.
        found: How often each kind was found in each place, by ``("email", "content.text")``.
        with_findings: How many events have any.
        chunks: How many chunks have a text of their own; several may share one value.
        sealed: How many events have sealed texts, in which nothing is found.
    """

    events: int = 0
    unreadable: int = 0
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    with_findings: int = 0
    chunks: int = 0
    sealed: int = 0

    @property
    def kinds(self) -> dict[str, int]:
        """How often each kind was found."""
        counts: Counter[str] = Counter()
        for (kind, _), count in self.found.items():
            counts[kind] += count
        return dict(counts.most_common())

    def to_dict(self) -> dict[str, object]:
        """The survey as JSON has it."""
        return {
            "events": self.events,
            "unreadable_lines": self.unreadable,
            "events_with_findings": self.with_findings,
            "chunks_with_text": self.chunks,
            "sealed_not_searched": self.sealed,
            "kinds": self.kinds,
            "places": [
                {"kind": kind, "place": place, "count": count}
                for (kind, place), count in self.found.most_common()
            ],
        }


def survey_log(
    where: AnyPlace,
    kinds: frozenset[str] = KINDS,
    *,
    on_bytes: OnBytes = None,
) -> Survey:
    """Search all texts and ids of people in a log; nothing of them is kept.

    Chunks are only counted: what they say is in the completion as a whole.

    Args:
        where: The log, with its rotated files, or another place with events.
        kinds: What to look for.
        on_bytes: Called with the number of bytes read since the last call.
    """
    survey, texts = Survey(), _Texts(kinds)
    for line in place_of(where).lines(on_bytes):
        if line[:1] != b"{":
            survey.unreadable += bool(line.strip())
            continue
        survey.events += 1
        survey.sealed += SEALED in line
        if _CHUNK in line and line.count(_ACTION) == 1:
            survey.chunks += b'"text"' in line
            continue
        for suspect in texts.add(line):
            _look_closely(suspect, kinds, survey)
    for suspect in texts.rest():
        _look_closely(suspect, kinds, survey)
    return survey


class _Texts:
    """Searches the texts of many events at once, as in most events nothing is found.

    Args:
        kinds: What to look for.
    """

    def __init__(self, kinds: frozenset[str]) -> None:
        self._kinds = kinds
        self._lines: list[bytes] = []
        self._texts: list[str] = []
        self._size = 0

    def add(self, line: bytes) -> Sequence[bytes]:
        """Add an event; once there are enough, return those in which something may be."""
        texts = plain_texts(line)
        if texts is None:
            return (line,)
        self._lines.append(line)
        self._texts.append(texts[1])
        self._size += len(texts[1])
        return self.rest() if self._size > _TEXTS_AT_ONCE else ()

    def rest(self) -> Sequence[bytes]:
        """Search what is left; return the events in which something may be."""
        lines, texts = self._lines, self._texts
        self._lines, self._texts, self._size = [], [], 0
        if not find("\n\n".join(texts), self._kinds):
            return ()
        pairs = zip(lines, texts, strict=True)
        return [line for line, text in pairs if find(text, self._kinds)]


class _Notes:
    """Notes the texts of an event, and what is found in them by what stands beside them.

    Args:
        kinds: What to look for.
    """

    def __init__(self, kinds: frozenset[str]) -> None:
        self._kinds = kinds
        self.texts: list[tuple[str, str]] = []
        self.explained: list[tuple[str, Finding]] = []

    def note(self, text: str, where: str) -> str:
        self.texts.append((where, text))
        return text

    def member(self, text: str, name: str) -> str:
        if may_explain(name) and not find(text, self._kinds):
            self._add(find_in_member(text, name, self._kinds))
        return text

    def arguments(self, items: list[Any]) -> list[Any]:
        for index, found in find_in_arguments(items, self._kinds).items():
            if not find(items[index], self._kinds):
                self._add(found)
        return items

    def _add(self, found: list[Finding]) -> None:
        self.explained += [(self.texts[-1][0], each) for each in found]


def _look_closely(line: bytes, kinds: frozenset[str], survey: Survey) -> None:
    try:
        event = Event.from_json(line)
    except (EventError, msgspec.DecodeError, RecursionError):
        survey.events -= 1
        survey.unreadable += 1
        return
    before = survey.found.total()
    notes = _Notes(kinds)
    map_texts(event, notes.note, whole=True, members=notes)
    texts, found = notes.texts, notes.explained
    texts.append(("session_id", event.session_id))
    if event.actor.type == "human":
        texts.append(("actor.id", event.actor.id))
    found += [(where, each) for where, text in texts for each in find(text, kinds)]
    for where, each in found:
        survey.found[each.kind, _INDEX.sub("[]", where)] += 1
    survey.with_findings += survey.found.total() > before

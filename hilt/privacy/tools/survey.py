"""A survey: which kinds of personal data stand in a log, and where."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from hilt.core.event import Event
from hilt.core.exceptions import EventError
from hilt.privacy.patterns import KINDS, find
from hilt.privacy.tools.places import AnyPlace, OnBytes, place_of
from hilt.privacy.tools.redaction import plain_texts

__all__ = ["Survey", "survey_log"]

_CHUNK = b'"action":"completion_chunk"'
_ACTION = b'"action":'
_INDEX = re.compile(r"\[\d+\]")


@dataclass(slots=True)
class Survey:
    """What a log has.

    Args:
        events: How many events were looked through.
        unreadable: How many lines are no events.
        found: How often each kind stands in each place, as ``("email", "content.text")``.
        with_findings: How many events have any.
        chunks: How many chunks have a text of their own; a value may be cut over several.
    """

    events: int = 0
    unreadable: int = 0
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    with_findings: int = 0
    chunks: int = 0

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
    """Look through all texts and ids of people of a log; nothing of them is kept.

    Chunks are counted only: what they say stands in the completion as a whole.

    Args:
        where: The log, with its rotated files, or another place with events.
        kinds: What to look for.
        on_bytes: Called with how many bytes were read since it was called last.
    """
    survey = Survey()
    for line in place_of(where).lines(on_bytes):
        if line[:1] != b"{":
            survey.unreadable += bool(line.strip())
            continue
        survey.events += 1
        if _CHUNK in line and line.count(_ACTION) == 1:
            survey.chunks += b'"text"' in line
            continue
        texts = plain_texts(line)
        if texts is None or find(texts[1], kinds):
            _look_closely(line, kinds, survey)
    return survey


def _look_closely(line: bytes, kinds: frozenset[str], survey: Survey) -> None:
    try:
        event = Event.from_json(line)
    except (EventError, msgspec.DecodeError, RecursionError):
        survey.events -= 1
        survey.unreadable += 1
        return
    before = survey.found.total()
    texts = [*event.texts(), ("session_id", event.session_id)]
    if event.actor.type == "human":
        texts.append(("actor.id", event.actor.id))
    for where, text in texts:
        for each in find(text, kinds):
            survey.found[each.kind, _INDEX.sub("[]", where)] += 1
    survey.with_findings += survey.found.total() > before

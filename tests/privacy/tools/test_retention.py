"""Which events are too old, and what stays of them."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from hilt import Event
from hilt.core.exceptions import ConfigurationError
from hilt.privacy.tools.retention import cutoff_of, retain

CUTOFF = "2026-01-10T00:00:00.000000Z"


def line_of(timestamp: str, **fields: Any) -> bytes:
    """A line whose event has this timestamp, whatever it is."""
    event = Event(
        **{
            "session_id": "s",
            "actor": {"type": "human", "id": "bob"},
            "action": "prompt",
            "content": {"text": "Hi"},
            **fields,
        }
    )
    stamp = f'"timestamp":"{event.timestamp}"'.encode()
    return event.encode().replace(stamp, b'"timestamp":"%b"' % timestamp.encode()) + b"\n"


@pytest.mark.parametrize(
    ("timestamp", "goes"),
    [
        ("2026-01-09T23:59:59.999999Z", True),
        ("2026-01-10T00:00:00.000000Z", False),
        ("2026-01-09T23:59:59Z", True),
        ("2026-01-10T00:00:00Z", False),
        ("2026-01-09t23:59:59.999999Z", True),
        ("2026-01-10 00:00:00.000000Z", False),
        ("2026-01-10T01:00:00+02:00", True),
        ("2026-01-09T23:00:00-02:00", False),
        ("2020-01-01T00:00:00", False),
        ("never", False),
    ],
)
def test_an_event_goes_by_its_moment(tmp_path: Path, timestamp: str, goes: bool) -> None:
    """In any form of it; what names no moment is not known to be old."""
    log = tmp_path / "log.jsonl"
    log.write_bytes(line_of(timestamp))

    assert retain(log, CUTOFF, dry_run=True).removed == goes
    assert retain(log, CUTOFF).removed == goes


@pytest.mark.parametrize("odd", [b"{}", b"[1]", b'{"event_id":1}', b"{" * 5000, b"\xff", b'{"torn'])
@pytest.mark.parametrize("contents_only", [True, False])
def test_lines_that_are_no_events_stay(tmp_path: Path, odd: bytes, contents_only: bool) -> None:
    """Those beside them do not."""
    log = tmp_path / "log.jsonl"
    log.write_bytes(odd + b"\n" + line_of("2020-01-01T00:00:00.000000Z"))

    result = retain(log, CUTOFF, contents_only=contents_only)

    assert (result.removed, result.changed) == ((0, 1) if contents_only else (1, 0))
    assert log.read_bytes().startswith(odd + b"\n")


@pytest.mark.parametrize("contents_only", [True, False])
def test_an_event_that_the_format_does_not_allow_stays_if_it_is_to_be_emptied(
    tmp_path: Path, contents_only: bool
) -> None:
    """It cannot be written again; nothing but that is passed over."""
    old = line_of("2020-01-01T00:00:00.000000Z", event_id="evt_0", session_id="odd")
    old = old.replace(b'"session_id":"odd"', b'"session_id":7')
    new = line_of("2026-01-10T00:00:00.000000Z", extensions={"reply_to": "evt_0"}, event_id="evt_2")
    log = tmp_path / "log.jsonl"
    log.write_bytes(old + new)

    retain(log, CUTOFF, contents_only=contents_only)

    assert log.read_bytes() == old + new


@pytest.mark.parametrize("name", ["reply_to", "context_of"])
@pytest.mark.parametrize("newer", [True, False])
def test_only_what_newer_events_lead_to_is_emptied(tmp_path: Path, name: str, newer: bool) -> None:
    """Its id and its kind stay; links of events that go keep nothing."""
    old, later = "evt_00000000000100000000000000000000", "evt_019c00000000f0000000000000000000"
    none, link = "2020-01-01T00:00:00.000000Z", {name: old}
    log = tmp_path / "log.jsonl"
    lines = [
        line_of(none, event_id=old),
        line_of(none, event_id="evt_00000000000200000000000000000000"),
        line_of(none, event_id="evt_00000000000300000000000000000000", extensions=link),
    ]
    if newer:
        lines.append(line_of("2026-02-01T00:00:00.000000Z", event_id=later, extensions=link))
    log.write_bytes(b"".join(lines))

    result = retain(log, CUTOFF)

    assert (result.removed, result.changed) == ((2, 1) if newer else (3, 0))
    kept = [line for line in log.read_bytes().splitlines() if b'"receipt"' not in line]
    assert [Event.from_json(line).event_id for line in kept] == ([old, later] if newer else [])
    if newer:
        emptied = Event.from_json(kept[0])
        assert (emptied.content, emptied.privacy) == (None, {"erased": True})
        assert (emptied.actor.type, emptied.actor.id, emptied.action) == (
            "human",
            "erased",
            "prompt",
        )


@pytest.mark.parametrize(
    ("old", "later"),
    [
        ("evt_abc123", "evt_def456"),
        ("msg_1", "evt_019c00000000f0000000000000000000"),
        ("evt_00000000000100000000000000000000", "answer-2"),
        ("evt_019cf0000000f0000000000000000000", "evt_019cff000000f0000000000000000000"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_ids_of_any_form_are_emptied(tmp_path: Path, old: str, later: str, first: bool) -> None:
    """Ids that a program has given say nothing of the time; nor need its own, of another log."""
    log = tmp_path / "log.jsonl"
    lines = [
        line_of("2020-01-01T00:00:00.000000Z", event_id=old),
        line_of("2026-02-01T00:00:00Z", event_id=later, extensions={"reply_to": old}),
    ]
    log.write_bytes(b"".join(lines if first else reversed(lines)))

    result = retain(log, CUTOFF)

    assert (result.removed, result.changed) == (0, 1)
    assert retain(log, CUTOFF).files == 0


def test_an_unknown_action_is_an_error(tmp_path: Path) -> None:
    """It names those that there are."""
    with pytest.raises(ConfigurationError, match="action: 'dance'; expected one of prompt, "):
        retain(tmp_path / "log.jsonl", CUTOFF, actions=["prompt", "dance"])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("0s", "2026-01-31T12:00:00"),
        ("90 M", "2026-01-31T10:30:00"),
        ("12h", "2026-01-31T00:00:00"),
        ("1d", "2026-01-30T12:00:00"),
        ("2w", "2026-01-17T12:00:00"),
        ("1y", "2025-01-31T06:00:00"),
        ("1500y", "0526-01-20T12:00:00"),
        (" 2026-01-30 ", "2026-01-30T00:00:00"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00"),
    ],
)
def test_ages_and_dates(text: str, moment: str) -> None:
    """In each unit and form; a date is that of UTC, and now is not in the future."""
    now = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)

    assert cutoff_of(text, now) == f"{moment}.000000Z"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-01-31T12:00:01Z", "is in the future, so that everything is older"),
        ("9999y", "is before the first year"),
        ("0001-01-01T00:00:00+14:00", "is before the first year"),
        ("9" * 5000 + "d", "is before the first year"),
    ],
)
def test_moments_that_are_none(text: str, message: str) -> None:
    """They are refused before anything goes."""
    with pytest.raises(ConfigurationError, match=message):
        cutoff_of(text, datetime(2026, 1, 31, 12, tzinfo=timezone.utc))

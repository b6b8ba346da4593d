"""Whether a log is what it should be."""

from __future__ import annotations

import gzip

import pytest

from hilt.core.event import Event
from hilt.core.exceptions import ReadError
from hilt.io.read.validating import check_log


def line(event_id, action="prompt", **extensions):
    """The line of an event."""
    event = Event(
        event_id=event_id,
        session_id="s",
        actor={"type": "human", "id": "user"},
        action=action,
        extensions=extensions or None,
    )
    return event.encode() + b"\n"


def test_sound_log(tmp_path):
    """Events are counted by action, and prompts with endings are settled."""
    log = tmp_path / "app.jsonl.gz"
    log.write_bytes(gzip.compress(line("a") + line("b") + line("c", "completion", reply_to="a")))

    assert check_log(log).to_dict() == {
        "path": str(log),
        "sound": True,
        "events": 3,
        "bad": 0,
        "unanswered": 1,
        "actions": {"prompt": 2, "completion": 1},
        "findings": [],
    }


def test_wrong_lines_are_found(tmp_path):
    """Lines that are no events, and ids that are there twice, are named by their lines."""
    log = tmp_path / "app.jsonl"
    log.write_bytes(line("a") + b"[]\n" + line("b")[:-9] + b"\n" + line("a"))

    report = check_log(log)

    assert not report.is_sound
    assert (report.events, report.bad) == (1, 3)
    assert [finding.line for finding in report.findings] == [2, 3, 4]
    assert str(report.findings[0]) == "2: event: [] is not allowed; expected an object"
    assert str(report.findings[2]) == "4: event_id: 'a' is that of line 1 too"


def test_findings_are_limited(tmp_path):
    """A log that is all wrong does not fill the memory."""
    log = tmp_path / "app.jsonl"
    log.write_bytes(b"x\n" * 5000)

    report = check_log(log, most=10)

    assert (report.bad, len(report.findings)) == (5000, 10)


def test_missing_log(tmp_path):
    """A log that is not there is named."""
    with pytest.raises(ReadError, match="there is no such log"):
        check_log(tmp_path / "no.jsonl")

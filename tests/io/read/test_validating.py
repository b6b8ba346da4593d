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
    assert str(report.findings[0]) == f"{log}:2: event: [] is not allowed; expected an object"
    assert str(report.findings[2]) == f"{log}:4: event_id: is that of line 1 too"


def test_the_first_findings_are_kept_whenever_they_are_made(tmp_path):
    """That an id is there twice is known at the end, and may be true of an early line."""
    log = tmp_path / "app.jsonl"
    log.write_bytes(line("a") + line("a") + b"x\n" * 10 + line("a") * 9)

    for most in range(12):
        report = check_log(log, most=most)

        assert (report.bad, report.events) == (20, 1)
        assert [finding.line for finding in report.findings] == [*range(2, 2 + most)]


def test_prompt_may_be_answered_by_a_line_that_is_not_checked(tmp_path):
    """Only prompts are asked for, and those that were answered are answered."""
    log = tmp_path / "app.jsonl"
    log.write_bytes(line("a") + line("b") + line("c", "completion", reply_to="a"))

    report = check_log(log, fits=lambda each: b'"prompt"' in each)

    assert (report.events, report.unanswered) == (2, 1)


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


def test_rotated_files_belong_to_the_log(tmp_path):
    """An id of a rotated file that is there again is found, and named by file and line."""
    old, log = tmp_path / "app.20260101T000000000000Z.jsonl.gz", tmp_path / "app.jsonl"
    old.write_bytes(gzip.compress(line("a") + line("b")))
    log.write_bytes(line("c") + b"x\n" + line("b"))

    report = check_log(log)

    assert [str(each) for each in report.findings] == [
        f"{log}:2: event: not JSON: JSON is malformed: invalid character (byte 0)",
        f"{log}:3: event_id: is that of line 2 of {old.name} too",
    ]


def test_lines_that_need_a_closer_look(tmp_path):
    """Escapes, nulls and what stands around a line are looked at one by one."""
    log = tmp_path / "app.jsonl"
    fields = (
        b'{"event_id":"%b","timestamp":"2026-01-01T00:00:00Z","session_id":"s",'
        b'"actor":{"type":"human","id":"u"},"action":"prompt","content":{"text":%b}}\r\n'
    )
    log.write_bytes(
        b"".join(fields % each for each in [(b"a", b'"\\n"'), (b"b", b"null"), (b"c", b'"\xff"')])
    )

    report = check_log(log)

    assert (report.events, [each.line for each in report.findings]) == (1, [2, 3])


def test_more_prompts_than_are_kept(tmp_path, monkeypatch):
    """Prompts without an ending do not fill the memory, and are counted."""
    monkeypatch.setattr("hilt.io.read.validating._OPEN_PROMPTS_KEPT", 3)
    log = tmp_path / "app.jsonl"
    log.write_bytes(b"".join(line(str(number)) for number in range(10)))

    assert check_log(log).unanswered == 10


def test_a_line_that_is_too_long_is_a_finding(tmp_path, monkeypatch):
    """And counts as one line."""
    monkeypatch.setattr("hilt.io.read.lines.MAX_LINE_BYTES", 2000)
    monkeypatch.setattr("hilt.io.read.lines._CHUNK", 1000)
    log = tmp_path / "app.jsonl"
    log.write_bytes(line("a") + b"x" * 3000 + b"\n" + b"x\n" + line("b"))

    report = check_log(log)

    assert [(finding.line, finding.message) for finding in report.findings][:1] == [
        (2, "the line is too long")
    ]
    assert [finding.line for finding in report.findings] == [2, 3]
    assert (report.events, report.bad) == (2, 2)


def test_a_file_that_cannot_be_read_to_its_end_is_a_finding(tmp_path):
    """Behind what was read."""
    log = tmp_path / "app.jsonl.gz"
    log.write_bytes(gzip.compress(line("a") + line("b"))[:-4])

    report = check_log(log)

    assert (report.events, report.bad) == (2, 1)
    assert str(report.findings[0]).startswith(f"{log}:3: the file cannot be read any further: ")


def test_a_prompt_may_follow_its_ending(tmp_path):
    """It is answered all the same."""
    log = tmp_path / "app.jsonl"
    log.write_bytes(line("b", "completion", reply_to="a") + line("a") + line("c"))

    assert check_log(log).unanswered == 1

"""What waits can be seen by people and programs."""

from __future__ import annotations

import json

from hilt.io.sheets.outbox import Outbox
from hilt.io.sheets.outbox_status import outbox_status


def test_nothing_was_ever_sent(tmp_path):
    """A folder that is not there holds no outboxes."""
    assert outbox_status(tmp_path / "missing") == []


def test_status_counts_what_waits_and_changes_nothing(tmp_path):
    """How many, how much, since when, dropped, stopped, and when it last worked."""
    outbox = Outbox(tmp_path / "box", limit_bytes=200)
    outbox.make()
    about = {"sheet_id": "book", "worksheet_name": "Logs", "service_account": "a@b", "limit_bytes": 200}  # fmt: skip
    (outbox.folder / "about.json").write_text(json.dumps(about))
    line = b'{"timestamp":"2026-01-01T00:00:00Z"}\n'
    outbox.put(line, 1)
    outbox.put(line, 1)
    outbox.put(line * 9, 9)
    outbox.say_drops()
    outbox.lead()
    (span, _), *_ = outbox.take(most=1)
    outbox.begin([span], 7)
    outbox.settle()
    outbox.begin([each for each, _ in outbox.take()], 7)
    outbox.note(stopped={"why": "not shared", "at": 0})
    before = {path.name: path.read_bytes() for path in outbox.folder.iterdir()}

    (status,) = outbox_status(tmp_path)
    assert status.waiting == 1
    assert status.waiting_bytes == len(line)
    assert status.oldest == "2026-01-01T00:00:00Z"
    assert status.in_doubt == 1
    assert status.dropped == 9
    assert status.problem == "nothing is sent: not shared"
    assert status.last_delivery is not None
    assert {path.name: path.read_bytes() for path in outbox.folder.iterdir()} == before
    outbox.follow()
    outbox.close()

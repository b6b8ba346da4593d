"""What waits can be seen by people and programs."""

from __future__ import annotations

import json

from hilt.io.sheets.outbox import Outbox
from hilt.io.sheets.outbox_state import Blocked
from hilt.io.sheets.outbox_status import outbox_root, outbox_status


def test_nothing_was_ever_sent(tmp_path):
    """A folder that is not there holds no outboxes."""
    assert outbox_status(tmp_path / "missing") == []


def test_status_counts_what_waits_and_changes_nothing(tmp_path):
    """How many, how much, since when, dropped, refused, and when it last worked."""
    outbox = Outbox(tmp_path / "box", limit_bytes=200)
    outbox.create()
    about = {"sheet_id": "book", "worksheet_name": "Logs", "service_account": "a@b", "limit_bytes": 200}  # fmt: skip
    (outbox.folder / "about.json").write_text(json.dumps(about))
    line = b'{"timestamp":"2026-01-01T00:00:00Z"}\n'
    outbox.append(line, 1)
    outbox.append(line, 1)
    outbox.append(line * 9, 9)
    outbox.record_drops()
    outbox.acquire()
    (span, _), *_ = outbox.read_batch(max_lines=1)
    outbox.begin([span], 7)
    outbox.confirm()
    outbox.begin([each for each, _ in outbox.read_batch()], 7)
    outbox.note_blocked(Blocked("not shared", 0))
    before = {path.name: path.read_bytes() for path in outbox.folder.iterdir()}

    (status,) = outbox_status(tmp_path)
    assert status.waiting == 1
    assert status.waiting_bytes == len(line)
    assert status.oldest == "2026-01-01T00:00:00Z"
    assert status.in_doubt == 1
    assert status.dropped == 9
    assert status.problem == "nothing is delivered: not shared"
    assert status.last_delivery is not None
    assert {path.name: path.read_bytes() for path in outbox.folder.iterdir()} == before
    outbox.release()
    outbox.close()


def test_outbox_root_follows_the_environment(monkeypatch, tmp_path):
    """The folder can be chosen."""
    monkeypatch.setenv("HILT_OUTBOX", str(tmp_path))
    assert outbox_root() == tmp_path
    monkeypatch.delenv("HILT_OUTBOX")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert outbox_root() == tmp_path / "state" / "hilt" / "outbox"

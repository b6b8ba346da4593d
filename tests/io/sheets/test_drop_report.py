"""Dropped events are reported once."""

from __future__ import annotations

from hilt.core.event import Event
from hilt.io.sheets.drop_report import report_drops
from hilt.io.sheets.outbox import Outbox


def test_each_dropped_event_is_reported_once(tmp_path):
    """A row for those that no row is about yet."""
    outbox = Outbox(tmp_path)
    outbox.create()
    assert outbox.acquire()
    for total in (3, 3, 5):
        report_drops(outbox, total)

    reports = [Event.from_json(line) for line in outbox.waiting()]
    assert [(each.action, each.extensions) for each in reports] == [
        ("system", {"error_code": "dropped", "dropped": 3}),
        ("system", {"error_code": "dropped", "dropped": 2}),
    ]
    outbox.release()
    outbox.close()

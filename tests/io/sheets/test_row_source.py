"""What is read of an outbox for the next request."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hilt.core import clock
from hilt.io.sheets.batches import Form
from hilt.io.sheets.columns import Columns
from hilt.io.sheets.outbox import Outbox
from hilt.io.sheets.row_source import RowSource

from .conftest import prompt_of

TAB: Any = SimpleNamespace(positions={"message": 0, "event_id": 1}, zone=None)


def test_lines_that_are_no_events_are_counted_in_one_warning_a_minute(
    tmp_path, caplog, monkeypatch
):
    """Each once, though a batch that did not arrive is read again; and nothing else is left out."""
    now = 100_000_000_000
    monkeypatch.setattr(clock, "monotonic_nanos", lambda: now)
    outbox = Outbox(tmp_path / "box")
    outbox.append(b"torn\n" * 3 + b"\n" + prompt_of("a").encode() + b"\n", 5)
    source, columns = RowSource(outbox, 100_000), Columns.of(["message"])

    for _ in range(2):
        assert len(source.next_batch(TAB, columns, Form.WHOLE, 100).rows) == 1
    outbox.append(b"torn\n" * 2, 2)
    source.next_batch(TAB, columns, Form.WHOLE, 100)
    assert [each.args for each in caplog.records] == [(3, outbox.folder)]

    now += 61_000_000_000
    source.next_batch(TAB, columns, Form.WHOLE, 100)
    assert [each.args for each in caplog.records] == [(3, outbox.folder), (2, outbox.folder)]

"""The sender delivers each row once and in order, whatever fails on the way."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from hilt.io.sheets.pace import Pace
from hilt.io.sheets.sender import Sender
from hilt.io.sheets.sink import SheetsSink
from hilt.testing.sheets import Fault, Limits, SheetsEmulator

from .conftest import DOCUMENTED, HURRY, prompt_of, put


@pytest.mark.parametrize(
    "kind",
    ["status", "status_after", "html", "reset_before", "reset_after", "timeout_before",
     "timeout_after", "truncated", "late", "expired", "slow"],
)  # fmt: skip
@pytest.mark.slow_after(3)
def test_every_fault_leaves_each_row_once_and_in_order(sheets, sink, rows, kind):
    """Whatever goes wrong on the way, and whether the write took place or not."""
    put(sink, prompt_of("before"))
    sink.flush(10)
    sheets.faults.add(Fault(kind, seconds=0.8))
    put(sink, prompt_of("a"), prompt_of("b"))

    assert sink.flush(15)
    put(sink, prompt_of("after"))
    assert sink.flush(15)
    assert [row["message"] for row in rows()] == ["before", "a", "b", "after"]


def test_retry_after_is_honoured(sheets, sink, rows):
    """A 429 with a time is not asked again before it."""
    sheets.faults.add(Fault("status", status=429, retry_after=0.7))
    put(sink, prompt_of("x"))

    start = time.monotonic()
    assert sink.flush(10)
    assert time.monotonic() - start >= 0.6
    assert len(rows()) == 1


def test_outage_drains_afterwards_in_batches(sheets, sink, rows):
    """Rows of a long outage arrive in few requests."""
    sheets.faults.add(Fault("status", times=4, status=503))
    for number in range(1200):
        put(sink, prompt_of(str(number)))

    assert sink.flush(20)
    assert [row["message"] for row in rows()] == [str(number) for number in range(1200)]
    assert len(sheets.calls_of("write")) < 20


def test_writes_stay_within_the_quota(tmp_path):
    """With Google's quota, no request is refused for asking too often."""
    with SheetsEmulator(limits=Limits(), speed=60) as sheets:
        sheets.add_book("book")
        pace = Pace(minute_s=1.1, backoff_s=0.05, poll_s=0.001)
        sink = SheetsSink(
            sheet_id="book", credentials_json=sheets.service_account(), outbox=tmp_path,
            api_root=sheets.api_root, pace=pace, rows="events",
        )  # fmt: skip
        sink.open()
        for number in range(150):
            put(sink, prompt_of(str(number)))
            time.sleep(0.008)

        assert sink.flush(20)
        sink.close()
        assert len(sheets.book().tab("Logs").values()) == 151
        assert sheets.quota.refused == 0


@pytest.mark.parametrize(
    "fault",
    [Fault("html", on="token"), Fault("status", on="token"), Fault("reset_before", on="token")],
)
@pytest.mark.slow_after(1)
def test_trouble_at_the_token_endpoint_is_no_refusal(sheets, sink, rows, fault):
    """A gateway's page in place of a token is tried again, and the key is not blamed."""
    sheets.tokens.expire()
    sheets.faults.add(fault)
    put(sink, prompt_of("a"))

    assert sink.flush(15)
    assert [row["message"] for row in rows()] == ["a"]


@pytest.mark.parametrize(
    ("status", "waits"), [(500, False), (503, False), (502, True), (504, True)]
)
@pytest.mark.slow_after(1)
def test_gateway_that_got_no_answer_leaves_a_doubt(sheets, sink_of, rows, status, waits):
    """A server's own error is final; behind a gateway's the write may still come."""
    sink = sink_of(columns=DOCUMENTED, pace=replace(HURRY, settle_s=0.8))
    sink.open()
    sheets.faults.add(Fault("status", status=status))
    put(sink, prompt_of("a"))
    start = time.monotonic()

    assert sink.flush(15)
    assert (time.monotonic() - start >= 0.75) is waits
    assert len(rows()) == 1


def test_deleted_tab_is_made_again(sheets, sink, rows):
    """A reviewer who deletes the tab does not stop the log."""
    put(sink, prompt_of("a"))
    sink.flush(10)
    tab = sheets.book().tab("Logs")
    sheets.edit("book", {"deleteSheet": {"sheetId": tab.sheet_id}})
    put(sink, prompt_of("b"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["b"]


def test_renamed_tab_is_still_written_to(sheets, sink, rows):
    """Rows go by the tab's id."""
    tab = sheets.book().tab("Logs")
    properties = {"sheetId": tab.sheet_id, "title": "Umbenannt"}
    sheets.edit("book", {"updateSheetProperties": {"properties": properties, "fields": "title"}})
    put(sink, prompt_of("a"))

    assert sink.flush(10)
    assert len(rows("Umbenannt")) == 1


def test_two_sinks_of_one_worksheet_share_the_work(sheets, sink_of, rows):
    """One outbox, one sender, no row twice."""
    sinks = [sink_of(columns=DOCUMENTED) for _ in range(2)]
    for sink in sinks:
        sink.open()
    for number in range(20):
        put(sinks[number % 2], prompt_of(str(number)))

    assert all(sink.flush(10) for sink in sinks)
    assert sorted(int(row["message"]) for row in rows()) == [*range(20)]


def test_machines_with_outboxes_of_their_own_share_a_sheet(sheets, sink_of, rows, tmp_path):
    """Several senders append to one tab, with their answers lost, and no row is twice there."""
    sinks = [sink_of(columns=DOCUMENTED, outbox=tmp_path / str(number)) for number in range(3)]
    for sink in sinks:
        sink.open()
    for number in range(12):
        sheets.faults.add(Fault("status_after", status=500))
        for at, sink in enumerate(sinks):
            put(sink, prompt_of(f"{at} {number}"))

    assert all(sink.flush(20) for sink in sinks)
    for at in range(3):
        mine = [row["message"] for row in rows() if row["message"].startswith(f"{at} ")]
        assert mine == [f"{at} {number}" for number in range(12)]


def test_dropped_events_are_reported_in_the_sheet(sheets, sink_of, rows):
    """A reader of the sheet sees that something is missing."""
    sink = sink_of(columns=DOCUMENTED, outbox_limit_bytes=5000)
    sink.open()
    held = sheets.faults.add(Fault("hold_before"))
    put(sink, prompt_of("a"))
    assert held.reached.wait(5)
    for _ in range(50):
        put(sink, prompt_of("x" * 100))
    held.release()

    assert sink.dropped > 0
    deadline = time.monotonic() + 10
    while not any("were dropped" in row["message"] for row in rows()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    report = next(row["message"] for row in rows() if "were dropped" in row["message"])
    assert report.startswith(f"{sink.dropped} events")


def test_sorting_by_a_reviewer_does_no_harm(sheets, sink, rows):
    """A doubt is settled right even if the rows were moved before."""
    put(sink, *[prompt_of(str(number)) for number in range(5)])
    sink.flush(10)
    tab = sheets.book().tab("Logs")
    area = {"sheetId": tab.sheet_id, "startRowIndex": 1}
    sort = {"range": area, "sortSpecs": [{"dimensionIndex": 3, "sortOrder": "DESCENDING"}]}
    sheets.edit("book", {"sortRange": sort})
    sheets.faults.add(Fault("status_after", status=500))
    put(sink, prompt_of("x"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["4", "3", "2", "1", "0", "x"]


def test_clock_that_was_set_back_holds_up_nothing(sink_of, rows):
    """A batch in flight that began in the future is looked up, and sent again at once."""
    sink = sink_of(columns=DOCUMENTED, pace=replace(HURRY, settle_s=600))
    outbox = sink.outbox
    outbox.create()
    outbox.append(prompt_of("a").encode() + b"\n", 1)
    assert outbox.acquire()
    outbox.begin([span for span, _ in outbox.read_batch()], None)
    outbox.release()
    path = outbox.folder / "state.json"
    state = json.loads(path.read_bytes())
    state["flight"]["began"] += 3600
    path.write_text(json.dumps(state))
    sink.open()
    put(sink, prompt_of("b"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["a", "b"]


def test_a_clock_that_jumps_shortens_no_wait(sheets, sink_of, rows, monkeypatch):
    """The service may still be at work on a request, whatever time it is now."""
    sink = sink_of(columns=DOCUMENTED, pace=replace(HURRY, settle_s=0.8))
    sink.open()
    sheets.faults.add(Fault("status", status=502))
    real = time.time
    put(sink, prompt_of("a"))
    start = time.monotonic()
    while sink.outbox.state.in_flight is None and time.monotonic() - start < 5:
        time.sleep(0.001)
    monkeypatch.setattr(time, "time", lambda: real() + 3600)

    assert sink.flush(15)
    assert time.monotonic() - start >= 0.75
    assert len(rows()) == 1


def test_nothing_is_made_in_an_outbox_that_is_being_deleted(sink):
    """``rm -rf`` comes to its end, and then the sender goes on."""
    sink.open()
    sender, lock = sink._thread.sender, sink.outbox.folder / "sender.lock"
    assert sender.outbox.acquire()
    lock.unlink()

    assert sender.step() > 0
    assert not lock.exists()
    sender.step()
    assert lock.exists()


def test_after_a_delivery_refusals_are_waited_for_anew(sheets, sink_of):
    """A permission that is withdrawn again is tried again soon, not after the long wait of before."""
    sink = sink_of(columns=DOCUMENTED)
    sender, outbox = sink._thread.sender, sink.outbox
    outbox.create()

    def waits(text: str, refusals: int) -> float:
        """How long the sender waits after an event was refused so often."""
        outbox.append(prompt_of(text).encode() + b"\n", 1)
        sheets.faults.add(Fault("status", status=403, times=refusals))
        wait = 0.0
        while refusals:
            sender.retry_soon()
            wait = sender.step()
            refusals -= sender.blocked is not None and wait > 0
        return wait

    first = waits("a", 4)
    while outbox.measure():
        sender.retry_soon()
        sender.step()

    assert waits("b", 1) <= HURRY.minute_s / 6 < first


@pytest.mark.parametrize(("unchecked", "tab"), [(True, None), (False, object()), (False, None)])
def test_places_are_checked_where_there_are_any(unchecked, tab):
    """Of rows that were sent, in a tab that is known; no quota is taken otherwise."""
    Sender._check_placement(SimpleNamespace(_unchecked=unchecked, _tab=tab))


@pytest.mark.parametrize(("guard", "in_flight"), [(None, None), (None, 1), (object(), 1)])
def test_refusal_without_a_guard_is_about_something_else(guard, in_flight):
    """So is one of a batch that was settled; the marks are not read for it."""
    sender = SimpleNamespace(
        _guards=SimpleNamespace(sent=guard),
        _tab=None,
        outbox=SimpleNamespace(state=SimpleNamespace(in_flight=in_flight)),
    )

    assert Sender._is_about_the_guard(sender) is False


@pytest.mark.parametrize(("tab", "rows"), [(None, 1), (None, 0), (object(), 0)])
def test_without_a_row_or_a_tab_nothing_is_protected(tab, rows):
    """Nothing is asked then."""
    assert Sender._is_protected(SimpleNamespace(_tab=tab, _last_rows=rows)) is False

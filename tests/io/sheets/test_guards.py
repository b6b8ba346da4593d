"""A batch is refused where columns have moved, and leaves a receipt where it arrived."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import msgspec
import pytest

from hilt.io.sheets.guards import Guard, Guards, old_receipts
from hilt.io.sheets.marks import RECEIPT_KEY, Marks, read_marks, receipt_request
from hilt.io.sheets.outbox_state import Receipt
from hilt.io.sheets.tabs import find_tabs
from hilt.testing.sheets import ApiError, Fault

from .conftest import HURRY, prompt_of, put

COLUMNS = ["timestamp", "message", "model"]


@pytest.fixture
def eager(sink_of):
    """A sink whose first row is there."""
    sink = sink_of(columns=COLUMNS, pace=replace(HURRY, look_s=60, read_s=5))
    sink.open()
    put(sink, prompt_of("a"))
    assert sink.flush(10)
    return sink


def span(sheets, dimension: str, start: int) -> dict:
    """One row or column of the log."""
    sheet_id = sheets.book().tab("Logs").sheet_id
    return {"sheetId": sheet_id, "dimension": dimension, "startIndex": start, "endIndex": start + 1}


def move(sheets, source: int, target: int) -> None:
    """Drag a column elsewhere."""
    deed = {"source": span(sheets, "COLUMNS", source), "destinationIndex": target}
    sheets.edit("book", {"moveDimension": deed})


def receipts(sheets) -> list[str]:
    """The receipts that are in the sheet."""
    metadata = sheets.book().metadata
    return [each["metadataValue"] for each in metadata if each["metadataKey"] == RECEIPT_KEY]


def texts(sheets) -> list[str]:
    """The messages in the sheet."""
    header, *table = sheets.book().tab("Logs").values()
    return [str(row[header.index("message")]) for row in table]


@pytest.mark.parametrize("deed", ["move", "insert"])
def test_row_is_not_written_where_its_columns_were(sheets, eager, deed):
    """The batch is refused as a whole, and comes again at once."""
    held = sheets.faults.add(Fault("hold_before"))
    put(eager, prompt_of("b"))
    assert held.reached.wait(5)
    if deed == "move":
        move(sheets, 1, 0)
    else:
        sheets.edit("book", {"insertDimension": {"range": span(sheets, "COLUMNS", 1)}})
    before = len(sheets.calls_of("write"))
    held.release()

    assert eager.flush(10)
    assert texts(sheets) == ["a", "b"]
    assert len(sheets.calls_of("write")) == before + 2  # the one that is refused, too
    assert [each.title for each in sheets.book()] == ["Sheet1", "Logs"]


def test_columns_that_move_again_and_again_spoil_no_row(sheets, eager):
    """A row is not taken for the reason of the refusals, however many there are."""
    perform, left = sheets.perform, [6]

    def performed(call, query):
        if "appendCells" in str(call.body) and left[0]:
            left[0] -= 1
            move(sheets, 1, 0)
        return perform(call, query)

    sheets.perform = performed
    put(eager, prompt_of("b"), prompt_of("c"))
    assert eager.flush(10)
    assert texts(sheets) == ["a", "b", "c"]
    assert eager.outbox.state.last_refusal == ""


@pytest.mark.parametrize(
    "deed", ["nothing", "deleted", "id deleted", "moved and sorted", "metadata deleted"]
)
@pytest.mark.slow_after(1)
def test_row_whose_answer_was_lost_comes_once(sheets, eager, deed):
    """Whatever people have done with it before anybody looks for it."""
    perform = sheets.perform

    def do_it() -> None:
        at = sheets.book().tab("Logs").values()[0].index("event_id")
        if deed == "deleted":
            sheets.edit("book", {"deleteDimension": {"range": span(sheets, "ROWS", 2)}})
        elif deed == "id deleted":
            sheets.type_in("book", f"Logs!{'ABCDEFG'[at]}3", "")
        elif deed == "moved and sorted":
            move(sheets, 2, 0)
            area = {"sheetId": sheets.book().tab("Logs").sheet_id, "startRowIndex": 1}
            spec = {"dimensionIndex": 2, "sortOrder": "DESCENDING"}
            sheets.edit("book", {"sortRange": {"range": area, "sortSpecs": [spec]}})
        elif deed == "metadata deleted":
            lookup = {"developerMetadataLookup": {"metadataKey": RECEIPT_KEY}}
            sheets.edit("book", {"deleteDeveloperMetadata": {"dataFilter": lookup}})

    def performed(call, query):
        answer = perform(call, query)
        if call.kind == "write":
            sheets.perform = perform
            do_it()
        return answer

    sheets.perform = performed
    sheets.faults.add(Fault("reset_after"))
    put(eager, prompt_of("b"))
    assert eager.flush(15)
    put(eager, prompt_of("c"))
    assert eager.flush(15)
    assert sorted(texts(sheets)) == (["a", "c"] if deed == "deleted" else ["a", "b", "c"])


@pytest.mark.parametrize("comes", ["before the next", "after the next"])
@pytest.mark.slow_after(1)
def test_batch_that_comes_when_nobody_waits_any_more_is_there_once(sheets, sink_of, comes):
    """Google has a limit for its work, and a machine's clock may be wrong about it."""
    sink = sink_of(columns=COLUMNS, pace=replace(HURRY, look_s=60, read_s=0.3, settle_s=0.2))
    sink.open()
    put(sink, prompt_of("a"))
    assert sink.flush(10)
    perform, late = sheets.perform, threading.Event()
    calls: list[tuple] = []

    def performed(call, query):
        if call.kind != "write":
            return perform(call, query)
        calls.append((call, query))
        if len(calls) == 1:  # nothing happens, and nobody is answered
            late.wait(10)
            raise ApiError(503, "Late.")
        if len(calls) == 2 and comes == "before the next":
            perform(*calls[0])
        return perform(call, query)

    sheets.perform = performed
    put(sink, prompt_of("b"), prompt_of("c"))
    assert sink.flush(15)
    if comes == "after the next":
        with pytest.raises(ApiError):
            perform(*calls[0])
    late.set()
    put(sink, prompt_of("d"))
    assert sink.flush(10)
    assert texts(sheets) == ["a", "b", "c", "d"]
    assert sink.outbox.state.doubtful == []


def test_last_receipt_is_there_and_no_other(sheets, eager):
    """Each batch takes away the one before it."""
    for number in range(4):
        put(eager, prompt_of(str(number)))
        assert eager.flush(10)
    assert receipts(sheets) == [eager.outbox.state.receipt.name]


def test_receipts_of_programs_that_are_gone_are_taken_away(sheets, sink_of, eager, tmp_path):
    """An outbox that was thrown away leaves one, which is old after two days."""
    eager.close()
    sheet_id = sheets.book().tab("Logs").sheet_id
    old = f"{int(time.time()) - 49 * 3600:x}.0123"
    sheets.edit("book", receipt_request(old, sheet_id), receipt_request("odd", sheet_id))
    assert len(receipts(sheets)) == 3
    kept = receipts(sheets)[0]
    other = sink_of(columns=COLUMNS, outbox=tmp_path / "other")
    other.open()
    put(other, prompt_of("b"))
    assert other.flush(10)

    assert receipts(sheets) == [kept, other.outbox.state.receipt.name]
    assert old_receipts([kept, old, "odd"]) == [old, "odd"]


@pytest.mark.parametrize("refused", ["updateDeveloperMetadata", RECEIPT_KEY])
def test_rows_arrive_where_google_takes_no_guard(sheets, eager, refused):
    """Then nothing is known from a batch itself, and rows are looked up as their ids."""
    perform = sheets.perform

    def performed(call, query):
        if call.kind == "write" and refused in str(call.body):
            raise ApiError(400, "No.")
        return perform(call, query)

    sheets.perform = performed
    for text in "bcd":
        put(eager, prompt_of(text))
        assert eager.flush(10)
    assert texts(sheets) == ["a", "b", "c", "d"]
    before = len(sheets.calls_of("write"))
    sheets.faults.add(Fault("reset_after"))
    put(eager, prompt_of("e"))
    assert eager.flush(15)
    assert texts(sheets) == ["a", "b", "c", "d", "e"]
    assert len(sheets.calls_of("write")) == before + 1


def test_what_people_have_to_mend_is_said_once(sheets, eager, caplog):
    """However often it is tried, with a guard and without one."""
    sheet_id = sheets.book().tab("Logs").sheet_id
    sheets.edit("book", {"addProtectedRange": {"protectedRange": {"range": {"sheetId": sheet_id}}}})
    put(eager, prompt_of("b"))
    for _ in range(3):
        assert not eager.flush(1)
    assert caplog.text.count("cannot deliver") == 1
    (number,) = sheets.book().tab("Logs").protected
    sheets.edit("book", {"deleteProtectedRange": {"protectedRangeId": number}})
    assert eager.flush(10)
    assert texts(sheets) == ["a", "b"]


def test_receipt_that_somebody_has_removed_is_not_missed(sheets, eager):
    """Also if Google refuses to delete what is not there: guards go on."""
    perform = sheets.perform

    def performed(call, query):
        if call.kind == "write" and "deleteDeveloperMetadata" in str(call.body):
            raise ApiError(400, "Not there.")
        return perform(call, query)

    sheets.perform = performed
    for text in "bc":
        put(eager, prompt_of(text))
        assert eager.flush(10)
    sheets.perform = perform
    put(eager, prompt_of("d"))
    assert eager.flush(10)
    assert texts(sheets) == ["a", "b", "c", "d"]
    assert eager.outbox.state.receipt.name in receipts(sheets)
    assert "updateDeveloperMetadata" in str(sheets.calls_of("write")[-1].body)


def test_receipt_that_is_old_is_not_relied_on(sheets, eager):
    """Nobody may have kept it; then the ids of the rows say what has arrived."""
    sheets.faults.add(Fault("reset_after"))
    sheets.faults.add(Fault("status", on="read", times=100, status=503))
    put(eager, prompt_of("b"))
    until = time.monotonic() + 5
    while eager.outbox.state.in_flight is None and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.1)
    eager.close()
    state = eager.outbox._state
    assert state.acquire()
    in_flight = state.current().in_flight
    assert in_flight is not None
    assert in_flight.receipt
    state.update(in_flight=msgspec.structs.replace(in_flight, began=time.time() - 86_400))
    eager.outbox.release()
    book = sheets.books["book"]
    book.metadata = [each for each in book.metadata if each["metadataKey"] != RECEIPT_KEY]
    sheets.faults.clear()

    eager.open()
    assert eager.flush(10)
    assert texts(sheets) == ["a", "b"]


def test_guard_checks_every_column_and_knows_whether_it_held(sheets, eager):
    """By the replies, and by the marks as they are now."""
    connection = eager.connect()
    (tab,) = find_tabs(connection, "Logs")
    guards = Guards()
    guard = guards.next(tab, {}, Receipt("1.before", tab.sheet_id))
    assert guard.forgotten == ["1.before"]
    requests = guard.around([{"appendCells": {"sheetId": tab.sheet_id, "rows": [], "fields": "*"}}])
    kinds = [next(iter(each)) for each in requests]
    assert kinds == [
        "appendCells", "createDeveloperMetadata", "deleteDeveloperMetadata",
        *["updateDeveloperMetadata"] * len(tab.positions),
    ]  # fmt: skip
    assert guards.note_sent(connection.batch(requests))
    assert guard.receipt in read_marks(connection).receipts
    assert not guard.has_moved(read_marks(connection))
    assert not guard.held([{}] * len(requests))
    # A tab that is gone, or has no marks, is looked for anew.
    assert not Guard({999: {"message": 0}}, "r", 999).has_moved(read_marks(connection))
    move(sheets, 1, 0)
    assert guard.has_moved(read_marks(connection))


def test_last_of_several_late_batches_is_the_one_that_came():
    """It has left the receipts of those in whose place it was sent, too."""
    guard = Guard({1: {"a": 0}}, "third", 1, claims=["first", "second"])
    assert guard.arrived_before(Marks(receipts=["second", "first"])) == "second"
    assert guard.arrived_before(Marks(receipts=["first"])) == "first"
    assert guard.arrived_before(Marks(receipts=["other"])) == ""


def test_nothing_is_guarded_where_nothing_is_sent():
    """Nor by an empty guard."""
    assert Guard({1: {"a": 0}}, "r", 1).around([]) == []
    assert Guard().around([{"a": {}}]) == [{"a": {}}]
    assert not Guard().held([{}])


def test_refused_row_goes_without_a_guard_once_before_its_note(sheets, eager):
    """And no other does: columns may move at that moment."""
    sheets.refused_characters = "\u2603"
    start = len(sheets.calls_of("write"))
    put(eager, prompt_of("b"), prompt_of("bad \u2603"), prompt_of("c"))
    assert eager.flush(10)
    appends = [
        str(call.body)
        for call in sheets.calls_of("write")[start:]
        if "appendCells" in str(call.body)
    ]
    bare = [each for each in appends if "updateDeveloperMetadata" not in each]
    assert [("bad" in each, "'b'" in each, "'c'" in each) for each in bare] == [
        (True, False, False)
    ]
    assert len(texts(sheets)) == 4
    assert "updateDeveloperMetadata" in appends[-1]

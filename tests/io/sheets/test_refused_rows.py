"""A row that Google does not take holds up no other."""

from __future__ import annotations

import pytest

from hilt.io.sheets.outbox_status import outbox_status
from hilt.testing.sheets import ApiError, Fault

from .conftest import DOCUMENTED, prompt_of, put

NOTE = "Google refused this event. It is kept in the outbox: see `hilt sheets status`."


def messages(rows) -> list[str]:
    """What the rows say."""
    return [row["message"] for row in rows()]


def test_control_character_that_is_refused_comes_without(sheets, sink, rows):
    """The row is there, and the log goes on."""
    sheets.refused_characters = "\x00"
    texts = [f"{number}\x00" if number == 37 else f"{number}" for number in range(60)]
    put(sink, *[prompt_of(text) for text in texts])

    assert sink.flush(20)
    assert messages(rows) == [text.replace("\x00", "\ufffd") for text in texts]
    assert sink.stopped is None


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("bad", [{0}, {37}, {59}, {3, 4, 40}, set(range(10))])
@pytest.mark.slow_after(3)
def test_refused_rows_are_set_aside(sheets, sink, rows, tmp_path, language, bad):
    """All others arrive in order; in place of each bad one is a note with its event id."""
    sheets.language = language
    sheets.refused_characters = "\u2603"
    events = [
        prompt_of(f"{number} \u2603" if number in bad else f"{number}") for number in range(60)
    ]
    put(sink, *events)

    assert sink.flush(20)
    assert messages(rows) == [NOTE if number in bad else f"{number}" for number in range(60)]
    assert [row["event_id"] for row in rows()] == [event.event_id for event in events]
    (status,) = outbox_status(tmp_path / "outbox")
    assert (status.refused, status.waiting, status.stopped) == (len(bad), 0, None)
    assert "a character that is not allowed" in status.problem
    kept = sink.outbox.refused_path.read_bytes()
    assert kept == b"".join(events[number].encode() + b"\n" for number in sorted(bad))
    assert sink.outbox.refused_path.stat().st_mode & 0o777 == 0o600


def test_refused_event_id_and_conversation_are_no_part_of_the_note(sheets, sink_of, rows):
    """Whatever in the event is refused, the others go on; without an id to write it is refused."""
    sheets.refused_characters = "\u2603"
    sink = sink_of(columns=["conversation_id", "model", "message"])
    sink.open()
    bad = prompt_of("x", extensions={"model": "\u2603"})
    bad.session_id = "\u2603"
    put(sink, prompt_of("a"), bad, prompt_of("b"))

    assert sink.flush(10)
    assert messages(rows) == ["a", NOTE, "b"]
    assert rows()[1]["conversation_id"] == ""


def test_note_is_in_the_first_column_where_there_is_no_message(sheets, sink_of, rows):
    """Somebody sees it."""
    sheets.refused_characters = "\u2603"
    sink = sink_of(columns=["timestamp", "model"])
    sink.open()
    put(sink, prompt_of("x", extensions={"model": "\u2603"}))

    assert sink.flush(10)
    assert rows()[0]["model"] == NOTE


def test_note_whose_answer_is_lost_is_written_once(sheets, sink_of, rows):
    """It is settled like any other row, and its event is set aside once."""
    sheets.refused_characters = "\u2603"
    sink = sink_of(columns=DOCUMENTED)
    sink.open()
    real = sheets.perform
    lost = []

    def perform(call, query):
        answer = real(call, query)
        if NOTE in str(call.body) and not lost:
            lost.append(call)
            sheets.faults.add(Fault("status", on="read", status=503))
            raise ApiError(500, "Internal error encountered.")
        return answer

    sheets.perform = perform
    put(sink, prompt_of("a"), prompt_of("\u2603"), prompt_of("b"))

    assert sink.flush(20)
    assert lost
    assert messages(rows) == ["a", NOTE, "b"]
    assert sink.outbox.refused_count() == 1


def test_refusal_of_everything_sets_nothing_aside(sheets, sink, rows):
    """A protected tab is no bad row: all wait, and all arrive."""
    sheet_id = sheets.book().tab("Logs").sheet_id
    protected = {"protectedRangeId": 1, "range": {"sheetId": sheet_id}}
    sheets.edit("book", {"addProtectedRange": {"protectedRange": protected}})
    put(sink, *[prompt_of(str(number)) for number in range(30)])
    assert not sink.flush(1)
    assert len([*sink.outbox.waiting()]) == 30
    sheets.edit("book", {"deleteProtectedRange": {"protectedRangeId": 1}})

    assert sink.flush(20)
    assert messages(rows) == [str(number) for number in range(30)]
    assert sink.outbox.refused_count() == 0


def fail_on(sheets, is_failing):
    """Let Google answer with a server error to requests whose text is such; lists the requests."""
    real, failed = sheets.perform, []

    def perform(call, query):
        if is_failing(str(call.body)):
            failed.append(call)
            raise ApiError(500, "Internal error encountered.")
        return real(call, query)

    sheets.perform = perform
    return failed


@pytest.mark.parametrize("bad", [{0}, {37}, {59}, {3, 4}])
@pytest.mark.slow_after(1)
def test_row_that_is_answered_with_500_for_good_is_set_aside(sheets, sink, rows, tmp_path, bad):
    """All others arrive in order, each once; a note stands for it, and it is counted."""
    failed = fail_on(sheets, lambda body: "\u2603" in body)
    events = [
        prompt_of(f"{number} \u2603" if number in bad else f"{number}") for number in range(60)
    ]
    put(sink, *events)

    assert sink.flush(60)
    assert messages(rows) == [NOTE if number in bad else f"{number}" for number in range(60)]
    assert [row["event_id"] for row in rows()] == [event.event_id for event in events]
    assert len(failed) < len(bad) * 30
    (status,) = outbox_status(tmp_path / "outbox")
    assert (status.refused, status.waiting, status.stopped) == (len(bad), 0, None)
    assert "Internal error encountered." in status.problem
    kept = sink.outbox.refused_path.read_bytes()
    assert kept == b"".join(events[number].encode() + b"\n" for number in sorted(bad))


def test_row_that_is_answered_with_500_a_few_times_is_sent_whole(sheets, sink, rows):
    """It is not set aside before it was tried alone several times."""
    failed = fail_on(sheets, lambda body: "\u2603" in body and len(failed) < 5)
    put(sink, prompt_of("\u2603"))

    assert sink.flush(20)
    assert len(failed) == 5
    assert messages(rows) == ["\u2603"]
    assert sink.outbox.refused_count() == 0


@pytest.mark.slow
def test_server_errors_to_every_write_set_nothing_aside(sheets, sink, rows):
    """Not even a note is tried in an outage, whenever that ends: all wait, and all arrive."""
    outage = [True]
    failed = fail_on(sheets, lambda body: bool(outage) and "requests" in body)
    put(sink, *[prompt_of(str(number)) for number in range(3)])
    assert not sink.flush(6)
    assert any("addSheet" in str(call.body) for call in failed)
    assert not any(NOTE in str(call.body) for call in failed)
    outage.clear()

    assert sink.flush(20)
    assert messages(rows) == ["0", "1", "2"]
    assert sink.outbox.refused_count() == 0


@pytest.mark.slow
def test_server_errors_to_every_row_of_a_tab_set_nothing_aside(sheets, sink, rows):
    """Where even a note fails, no row is the reason: all wait, and all arrive."""
    noted = []

    def is_failing(body):
        if noted or "appendCells" not in body:
            return False
        noted.extend([body] if NOTE in body else [])
        return True

    fail_on(sheets, is_failing)
    put(sink, *[prompt_of(str(number)) for number in range(3)])

    assert sink.flush(30)
    assert len(noted) == 1
    assert messages(rows) == ["0", "1", "2"]
    assert sink.outbox.refused_count() == 0


def test_protection_that_is_lifted_sets_no_row_aside(sheets, sink, rows, monkeypatch):
    """However soon it is lifted after whole rows were refused."""
    sheet_id = sheets.book().tab("Logs").sheet_id
    protected = {"protectedRangeId": 7, "range": {"sheetId": sheet_id}}
    sheets.edit("book", {"addProtectedRange": {"protectedRange": protected}})
    perform, appends = sheets.perform, []

    def performed(call, query):
        if call.kind == "write":
            appends.append(call)
            if len(appends) == 4:
                sheets.edit("book", {"deleteProtectedRange": {"protectedRangeId": 7}})
        return perform(call, query)

    monkeypatch.setattr(sheets, "perform", performed)
    put(sink, prompt_of("a"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["a"]
    assert sink.outbox.refused_count() == 0

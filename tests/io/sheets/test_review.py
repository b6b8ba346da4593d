"""What reviewers write in the sheet comes back, once each."""

from __future__ import annotations

from unittest import mock

import pytest

from hilt.core.event import Actor, Content, Event, Metrics
from hilt.core.exceptions import ConfigurationError
from hilt.io.session import Session
from hilt.testing.sheets import Cell, Tab

from .conftest import prompt_of, put

REVIEWED = [
    "timestamp",
    "conversation_id",
    "event_id",
    "message",
    "rating",
    "comment",
    "correction",
]


@pytest.fixture
def reviewed(sheets, sink_of):
    """A log of two events with columns for reviewers, and a way to fill them in."""
    sink = sink_of(columns=REVIEWED)
    sink.open()
    events = [prompt_of("one"), prompt_of("two")]
    put(sink, *events)
    assert sink.flush(10)

    def fill(row: int, *cells: object) -> None:
        sheets.type_in("book", f"Logs!E{row + 2}", *cells)

    return sink, events, fill


def test_reviews_come_back_linked_to_their_event(reviewed):
    """Rating, comment and correction of a row are one feedback event."""
    sink, (first, _), fill = reviewed
    fill(0, 5, "Nice", "One!")

    (event,) = sink.feedback()
    said_there = {"rating": 5, "comment": "Nice", "correction": "One!"}
    assert event.to_dict() == {
        "hilt_version": "1.0.0",
        "event_id": event.event_id,
        "timestamp": event.timestamp,
        "session_id": "conv_1",
        "actor": {"type": "human", "id": "reviewer"},
        "action": "feedback",
        "content": {"text": "Nice", "feedback": said_there},
        "provenance": {"source": "google_sheets"},
        "extensions": {"reply_to": first.event_id, **said_there},
    }


def test_review_is_pulled_once_and_an_edit_is_new(reviewed):
    """Reading again brings nothing; changing the cells does, and so does changing them back."""
    sink, _, fill = reviewed
    log: list[Event] = []

    def pull() -> list[object]:
        new = [*sink.feedback(log)]
        log.extend(new)
        return [event.extensions["rating"] for event in new]

    fill(0, 1)
    assert pull() == [1]
    assert pull() == []
    fill(0, 2)
    fill(1, "good")
    assert pull() == [2, "good"]
    fill(0, 1)
    assert pull() == [1]
    assert pull() == []
    assert len({event.event_id for event in log}) == 4
    assert all(len(event.event_id) == 36 and event.event_id[16] == "7" for event in log)


def test_conversation_is_looked_up_in_the_log(sheets, sink_of):
    """A sheet without the conversation's column still gives linked feedback."""
    sink = sink_of(columns=["message", "rating"])
    sink.open()
    event = prompt_of("one")
    put(sink, event)
    sink.flush(10)
    sheets.type_in("book", "Logs!B2", 4)

    assert [each.session_id for each in sink.feedback([event])] == ["conv_1"]
    assert [each.session_id for each in sink.feedback()] == ["unknown"]


def test_sorted_and_deleted_rows_keep_their_reviews(sheets, reviewed):
    """Reviews go by the event's id, not by the row's number."""
    sink, (_, second), fill = reviewed
    fill(1, 3)
    tab = sheets.book().tab("Logs")
    gone = {"sheetId": tab.sheet_id, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    sheets.edit("book", {"deleteDimension": {"range": gone}})

    assert [event.extensions["reply_to"] for event in sink.feedback()] == [second.event_id]


def test_session_reads_rows_and_reviews(reviewed, sink_of):
    """`Session.read()` gives what is in the sheet, and then reviewers' feedback."""
    sink, events, fill = reviewed
    fill(1, 2, "=1+1")
    session = Session(sink)

    found = [*session.read()]
    assert [event.event_id for event in found[:2]] == [event.event_id for event in events]
    assert [event.content.text for event in found[:2]] == ["one", "two"]
    assert found[2].action == "feedback"
    assert len(found) == 3


def test_read_gives_back_what_the_columns_hold(sink_of):
    """With all columns a row is the event again, but for what has no column."""
    sink = sink_of(rows="events")
    sink.open()
    event = Event(
        session_id="conv_1",
        actor=Actor(type="agent", id="openai"),
        action="completion",
        content=Content(text="=A1"),
        metrics=Metrics(tokens={"prompt": 5, "completion": 87}, cost_usd=0.5),
        extensions={"reply_to": "evt_1", "model": "m", "latency_ms": 842.5, "status_code": 200},
    )
    put(sink, event)
    sink.flush(10)

    assert [each.to_dict() for each in sink.read()] == [event.to_dict()]


def test_read_includes_what_still_waits_once(sheets, sink_of):
    """Events on their way are read too, and those in both places once."""
    sink = sink_of(columns=["message"])
    sink.open()
    put(sink, prompt_of("sent"))
    sink.flush(10)
    sheets.books["book"].shared_with = set()
    put(sink, prompt_of("waits"))
    sink.flush(0.5)
    sheets.books["book"].shared_with = None

    assert [event.content.text for event in sink.read()] == ["sent", "waits"]


def test_rows_of_people_are_passed_over(sheets, sink_of):
    """Notes and totals below or beside the log are no events."""
    sink = sink_of(columns=["event_id", "message"])
    sink.open()
    put(sink, prompt_of("one"))
    sink.flush(10)
    sheets.edit("book", {"appendDimension": {"sheetId": sheets.book().tab("Logs").sheet_id, "dimension": "ROWS", "length": 3}})  # fmt: skip
    sheets.type_in("book", "Logs!B4", "total: 1")

    assert len([*sink.read()]) == 1


@pytest.mark.parametrize("typed", ["4/5", "1-2", "good", "=5", "5 stars", "0.50", "TRUE"])
def test_what_a_reviewer_types_stays_what_was_typed(reviewed, typed):
    """No date, number or formula is made of it, in any of the columns."""
    sink, _, fill = reviewed
    fill(0, typed, typed, typed)

    (event,) = sink.feedback()
    wanted = 0.5 if typed == "0.50" else typed
    review = {"rating": wanted, "comment": typed, "correction": typed}
    assert event.content.extra == {"feedback": review}


def test_number_that_is_typed_is_a_number(reviewed):
    """Though the column is text."""
    sink, _, fill = reviewed
    fill(0, "5")
    fill(1, " 4.5 ")

    assert [event.extensions["rating"] for event in sink.feedback()] == [5, 4.5]


def test_rating_is_a_drop_down_in_every_row(sheets, reviewed, sink_of):
    """Of numbers, or of the words that a program names; others are marked and kept."""
    tab = sheets.book().tab("Logs")
    shown = [each["userEnteredValue"] for each in tab.cell(1, 4).validation["condition"]["values"]]
    assert shown == ["1", "2", "3", "4", "5"]
    assert tab.cell(1, 4).validation["strict"] is False
    assert tab.validations[0]["range"]["startColumnIndex"] == 4
    words = sink_of(columns=["message"], review=True, ratings=["good", "bad"], worksheet_name="W")
    words.open()
    put(words, prompt_of("x"))
    assert words.flush(10)

    cell = sheets.book().tab("W").cell(1, 1)
    assert [each["userEnteredValue"] for each in cell.validation["condition"]["values"]] == ["good", "bad"]  # fmt: skip


@pytest.mark.parametrize("ratings", [[], "good", ["good", " "]])
def test_ratings_that_are_none_are_refused(sink_of, ratings):
    """At once."""
    with pytest.raises(ConfigurationError, match="not a list of ratings"):
        sink_of(ratings=ratings)


@pytest.mark.parametrize("error", ["#ERROR!", "#REF!", "#N/A", "#DIV/0!", "#NAME?"])
def test_error_of_a_formula_is_no_review(sheets, reviewed, caplog, error):
    """It is said where it is, nothing is pulled, and nothing counts as taken back."""
    sink, _, fill = reviewed
    fill(0, 5, "good")
    log = [*sink.feedback()]
    sheets.books["book"].tab("Logs").put(1, {5: Cell(error)})

    assert [*sink.feedback(log)] == []
    assert f"the comment in row 2 of 'Logs' is {error}" in caplog.text
    fill(0, 5, "better")
    assert [event.content.text for event in sink.feedback(log)] == ["better"]


def test_withdrawn_review_is_an_event_that_says_so(reviewed):
    """Once, and a new review after it is new again."""
    sink, (first, _), fill = reviewed
    log: list[Event] = []

    def pull() -> list[dict]:
        new = [*sink.feedback(log)]
        log.extend(new)
        return [event.extensions for event in new]

    fill(0, 5, "good")
    assert pull() == [{"reply_to": first.event_id, "rating": 5, "comment": "good"}]
    fill(0, "", "")
    assert pull() == [{"reply_to": first.event_id, "withdrawn": True}]
    assert log[-1].session_id == "conv_1"
    assert pull() == []
    fill(0, 5, "good")
    assert pull() == [{"reply_to": first.event_id, "rating": 5, "comment": "good"}]
    fill(0, "", "")
    assert pull() == [{"reply_to": first.event_id, "withdrawn": True}]
    assert len({event.event_id for event in log}) == 4


def test_copy_of_a_row_withdraws_nothing(sheets, reviewed):
    """A person copies a row elsewhere before it is reviewed; then both have its id."""
    sink, (first, _), fill = reviewed
    sheets.edit("book", {"appendDimension": {"sheetId": sheets.book().tab("Logs").sheet_id, "dimension": "ROWS", "length": 1}})  # fmt: skip
    sheets.type_in("book", "Logs!A4", *sheets.book().tab("Logs").values()[1][:4])
    fill(0, 5)
    (review,) = sink.feedback()
    assert review.extensions == {"reply_to": first.event_id, "rating": 5}
    assert [*sink.feedback([review])] == []


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\n"])
def test_blanks_are_no_review(reviewed, blank):
    """Nobody sees them; and a review that is overwritten with one is withdrawn."""
    sink, (first, _), fill = reviewed
    fill(0, blank, "good", blank)
    (review,) = sink.feedback()
    assert review.extensions == {"reply_to": first.event_id, "comment": "good"}
    fill(0, blank, blank, blank)
    (withdrawn,) = sink.feedback([review])
    assert withdrawn.extensions == {"reply_to": first.event_id, "withdrawn": True}


def test_number_without_end_stays_a_text(reviewed):
    """A log cannot have it as a number."""
    sink, _, fill = reviewed
    fill(0, "9" * 400)
    (review,) = sink.feedback()
    assert review.extensions["rating"] == "9" * 400


def test_deleted_row_withdraws_nothing(sheets, reviewed):
    """A person tidies the sheet; what was said is still said."""
    sink, _, fill = reviewed
    fill(0, 5)
    log = [*sink.feedback()]
    where = {"sheetId": sheets.book().tab("Logs").sheet_id, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}  # fmt: skip
    sheets.edit("book", {"deleteDimension": {"range": where}})

    assert [*sink.feedback(log)] == []


def test_feedback_that_was_given_elsewhere_is_no_review(reviewed):
    """`hilt.feedback()` and the sheet say what they say, each for itself."""
    sink, (first, _), fill = reviewed
    other = Event(
        session_id="conv_1",
        actor=Actor(type="human", id="user"),
        action="feedback",
        extensions={"reply_to": first.event_id, "rating": 1},
    )
    assert [*sink.feedback([other])] == []
    fill(0, 1)

    assert len([*sink.feedback([other])]) == 1


def test_pull_reads_the_columns_of_reviews_only(sheets, sink_of):
    """Prompts stay where they are."""
    sink = sink_of(columns=["timestamp", "message", "conversation_id"], review=True)
    sink.open()
    put(sink, prompt_of("x" * 40_000))
    assert sink.flush(10)
    with mock.patch.object(Tab, "cell", autospec=True, side_effect=Tab.cell) as read:
        list(sink.feedback())

    message = sheets.book().tab("Logs").values()[0].index("message")
    columns = {call.args[2] for call in read.call_args_list if call.args[1] > 0}
    assert message not in columns
    assert len(columns) == 5


def test_progress_ends_with_all_rows(sink, monkeypatch):
    """Page by page, and never beyond what there is."""
    monkeypatch.setattr("hilt.io.sheets.rows._PAGE", 3)
    put(sink, *(prompt_of(str(number)) for number in range(7)))
    assert sink.flush(10)
    seen: list[tuple[int, int]] = []

    assert [*sink.feedback(progress=lambda done, total: seen.append((done, total)))] == []

    dones, (total,) = [done for done, _ in seen], {total for _, total in seen}
    assert dones == [*range(3, total, 3), total]
    assert total >= 8

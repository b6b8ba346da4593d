"""Endings that come after a row has said that there was no answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hilt.core.event import Event
from hilt.io.sheets.sink import SheetsSink
from hilt.testing.sheets import Call, Fault, SheetsEmulator

from .conftest import answer_to, prompt_of, put


def rows_of(sheets: SheetsEmulator, title: str = "Logs") -> list[dict[str, Any]]:
    """The rows of a tab by their heads, with empty cells left out."""
    header, *table = sheets.book().tab(title).values()
    return [
        {name: cell for name, cell in zip(header, row, strict=False) if cell != ""} for row in table
    ]


def wait_for(condition: Callable[[], object]) -> None:
    """Until something is so, for ten seconds at most."""
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.fixture
def prompts() -> list[Event]:
    """Three questions whose program ends before there is an answer."""
    return [prompt_of(text) for text in ("a", "b", "c")]


@pytest.fixture
def following(
    sheets: SheetsEmulator, sink_of: Callable[..., SheetsSink], prompts: list[Event]
) -> Iterator[SheetsSink]:
    """The next program, which has written that there was no answer."""
    first = sink_of()
    first.open()
    put(first, *prompts)
    assert first.flush(10)
    first.close()
    sink = sink_of()
    sink.open()
    wait_for(lambda: len(rows_of(sheets)) == 3 and not sink.outbox.state.open_calls)
    assert [row["Outcome"] for row in rows_of(sheets)] == ["no answer"] * 3
    yield sink
    sheets.faults.clear()
    sink.close()


def check(sheets: SheetsEmulator, questions: str, answered: str) -> None:
    """Each call has one row, with its own answer."""
    rows = {row["Question"]: row for row in rows_of(sheets)}
    assert len(rows_of(sheets)) == len(questions)
    assert sorted(rows) == sorted(questions)
    for question in questions:
        row = rows[question]
        has_answer = question in answered
        assert row["Outcome"] == ("completed" if has_answer else "no answer")
        assert row.get("Answer") == ("A language." if has_answer else None)
        assert (row["Event id"] != row["Prompt id"]) is has_answer


def test_ending_of_a_prompt_with_a_long_id_fills_the_row(sheets, sink_of):
    """A program may give any id; it holds up nothing."""
    first, prompt = sink_of(), prompt_of("a", event_id="urn:example:" + "prompt:" * 20)
    first.open()
    put(first, prompt)
    assert first.flush(10)
    first.close()
    sink = sink_of()
    sink.open()
    wait_for(lambda: len(rows_of(sheets)) == 1 and not sink.outbox.state.open_calls)
    put(sink, answer_to(prompt))

    assert sink.flush(10)
    check(sheets, "a", answered="a")
    assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]


def test_ending_fills_the_row(sheets, following, prompts):
    """What the question has written stays, and so does a review beside it."""
    before = rows_of(sheets)[1]
    sheets.type_in("book", "Logs!L3", "4", "late")
    ending = answer_to(prompts[1])
    put(following, ending)

    assert following.flush(10)
    assert rows_of(sheets)[1] == {
        **before,
        "Outcome": "completed",
        "Cost (USD)": 0.000015,
        "Seconds": 0.842,
        "Answer": "A language.",
        "Tokens read": 5,
        "Tokens written": 87,
        "Rating": "4",
        "Comment": "late",
        "Event id": ending.event_id,
    }
    check(sheets, "abc", "b")
    assert following.outbox.state.without_answer == [prompts[0].event_id, prompts[2].event_id]


def test_endings_and_new_calls_go_together(sheets, following, prompts):
    """One request fills rows and appends others; one more deletes the copies of the rows."""
    new = prompt_of("d")
    writes = len(sheets.calls_of("write"))
    lines = b"".join(
        event.encode() + b"\n"
        for event in (answer_to(prompts[2]), new, answer_to(new), answer_to(prompts[0]))
    )
    following.write(lines, 4)

    assert following.flush(10)
    check(sheets, "abcd", "acd")
    kinds = [
        {kind for request in call.body["requests"] for kind in request}
        for call in sheets.calls_of("write")[writes:]
    ]
    assert len(kinds) == 2
    assert kinds[0] >= {"appendCells", "copyPaste", "updateCells"}
    assert kinds[1] == {"deleteSheet"}


@pytest.mark.parametrize(
    "kind",
    ["status_after", "reset_before", "reset_after", "truncated", "timeout_after", "late", "html"],
)
@pytest.mark.slow_after(2)
def test_lost_answer_of_google_doubles_nothing(sheets, following, prompts, kind):
    """Whether the row was filled is looked up by the ending's id."""
    sheets.faults.add(Fault(kind, status=500, seconds=0.8))
    put(following, answer_to(prompts[1]))

    assert following.flush(30)
    check(sheets, "abc", "b")


def test_row_is_found_where_people_have_put_it(sheets, following, prompts):
    """The tab was sorted and renamed, and a column moved."""
    sheet_id = sheets.book().tab("Logs").sheet_id
    spec = {"dimensionIndex": 7, "sortOrder": "DESCENDING"}
    column = {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": 8, "endIndex": 9}
    properties = {"sheetId": sheet_id, "title": "Calls"}
    for kind, body in (
        ("sortRange", {"range": {"sheetId": sheet_id, "startRowIndex": 1}, "sortSpecs": [spec]}),
        ("moveDimension", {"source": column, "destinationIndex": 0}),
        ("updateSheetProperties", {"properties": properties, "fields": "title"}),
    ):
        sheets.edit("book", {kind: body})
    put(following, answer_to(prompts[0]))

    assert following.flush(10)
    rows = rows_of(sheets, "Calls")
    assert [(row["Question"], row.get("Answer")) for row in rows] == [
        ("c", None), ("b", None), ("a", "A language."),
    ]  # fmt: skip


def test_row_that_a_person_has_deleted_comes_back_with_its_ending(sheets, following, prompts):
    """The answer is not lost."""
    area = {
        "sheetId": sheets.book().tab("Logs").sheet_id,
        "dimension": "ROWS",
        "startIndex": 2,
        "endIndex": 3,
    }
    sheets.edit("book", {"deleteDimension": {"range": area}})
    put(following, answer_to(prompts[1]))

    assert following.flush(10)
    last = rows_of(sheets)[-1]
    assert len(rows_of(sheets)) == 3
    assert (last["Answer"], last["Prompt id"]) == ("A language.", prompts[1].event_id)


@pytest.mark.parametrize(
    "area",
    [
        {"endRowIndex": 3},
        {"startRowIndex": 2, "endRowIndex": 3, "startColumnIndex": 8, "endColumnIndex": 9},
    ],
)
def test_row_that_people_have_protected_holds_up_nothing(sheets, following, prompts, area):
    """Its answer gets a row of its own; the others go where they belong."""
    protected = {"range": {"sheetId": sheets.book().tab("Logs").sheet_id, **area}}
    sheets.edit("book", {"addProtectedRange": {"protectedRange": protected}})
    before, new = rows_of(sheets)[1], prompt_of("d")
    endings = [answer_to(prompts[1]), answer_to(prompts[2]), new, answer_to(new)]
    put(following, *endings)

    assert following.flush(20)
    rows = rows_of(sheets)
    assert rows[1] == before
    assert [(row.get("Question"), row["Outcome"]) for row in rows] == [
        ("a", "no answer"), ("b", "no answer"), ("c", "completed"), (None, "completed"),
        ("d", "completed"),
    ]  # fmt: skip
    assert rows[3]["Prompt id"] == prompts[1].event_id
    assert following.outbox.refused_count() == 0


def test_row_in_an_earlier_tab_is_filled_there(sheets, following, prompts, sink_of):
    """The log has gone on to another tab meanwhile."""
    following.close()
    later = sink_of(rollover_cells=20)
    later.open()
    put(later, answer_to(prompts[0]))

    assert later.flush(10)
    check(sheets, "abc", "a")
    assert len(sheets.book().tab("Logs (2)").values()) == 1


def sort(sheets: SheetsEmulator, order: str = "DESCENDING") -> None:
    """Sort the tab by question."""
    tab = sheets.book().tab("Logs")
    spec = {"dimensionIndex": tab.values()[0].index("Question"), "sortOrder": order}
    area = {"sheetId": tab.sheet_id, "startRowIndex": 1}
    sheets.edit("book", {"sortRange": {"range": area, "sortSpecs": [spec]}})


def move(sheets: SheetsEmulator, source: int, target: int) -> None:
    """Drag a column elsewhere."""
    area = {
        "sheetId": sheets.book().tab("Logs").sheet_id,
        "dimension": "COLUMNS",
        "startIndex": source,
        "endIndex": source + 1,
    }
    sheets.edit("book", {"moveDimension": {"source": area, "destinationIndex": target}})


def insert_row(sheets: SheetsEmulator) -> None:
    """Insert a row above all calls."""
    area = {"sheetId": sheets.book().tab("Logs").sheet_id, "dimension": "ROWS"}
    sheets.edit("book", {"insertDimension": {"range": {**area, "startIndex": 1, "endIndex": 2}}})


PEOPLE: dict[str, Callable[[SheetsEmulator, int], object]] = {
    "sort": lambda sheets, _: sort(sheets),
    "sort to and fro": lambda sheets, at: sort(sheets, ("DESCENDING", "ASCENDING")[at % 2]),
    "insert a row": lambda sheets, _: insert_row(sheets),
    "move a column to the left": lambda sheets, _: move(sheets, 15, 0),
    "move the answer": lambda sheets, _: move(sheets, 8, 3),
    "move the answer and back": lambda sheets, at: move(sheets, *((8, 3), (3, 9))[at % 2]),
    "sort and move a column": lambda sheets, _: (sort(sheets), move(sheets, 15, 0)),
}


@pytest.fixture
def people_act(sheets, following, prompts, monkeypatch) -> Callable[..., None]:
    """Answers some questions while a person acts, and checks what all rows hold then."""

    def run(questions: str, person: str, acts: Callable[[Call, int], bool]) -> None:
        perform, done, acted = sheets.perform, [0], [0]

        def performed(call, query):
            if acts(call, done[0]):
                PEOPLE[person](sheets, acted[0])
                acted[0] += 1
            done[0] += 1
            return perform(call, query)

        sheets.type_in("book", "Logs!L2", "4", "of a")
        sheets.type_in("book", "Logs!L4", "2", "of c")
        answers = [answer_to(each) for each in prompts if each.content.text in questions]
        monkeypatch.setattr(sheets, "perform", performed)
        following.write(b"".join(each.encode() + b"\n" for each in answers), len(answers))
        assert following.flush(20)
        rows = [row for row in rows_of(sheets) if row]
        assert {
            row["Question"]: (row.get("Answer"), row["Outcome"], row.get("Comment")) for row in rows
        } == {
            text: (
                *(("A language.", "completed") if text in questions else (None, "no answer")),
                {"a": "of a", "c": "of c"}.get(text),
            )
            for text in "abc"
        }
        assert len(rows) == 3
        ids = {each.content.text: each.event_id for each in prompts}
        ids |= {text: each.event_id for text, each in zip(questions, answers, strict=True)}
        assert {row["Question"]: row["Event id"] for row in rows} == ids
        assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]

    return run


@pytest.mark.parametrize("person", PEOPLE)
def test_what_people_do_right_before_an_ending_is_written_harms_no_row(people_act, person):
    """The answer is in its own row, and every other row has what it had."""
    writes = []

    def first_write(call, done):
        writes.extend([done] if call.kind == "write" else [])
        return bool(writes) and done <= writes[0] + ("and" in person or "fro" in person)

    people_act("ac", person, first_write)


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("first", range(14))
def test_what_people_do_at_any_request_of_an_ending_harms_no_row(people_act, first, person, times):
    """Once, or several times in a row, while rows are looked up, written and put back."""
    people_act("ac", person, lambda _, done: first <= done < first + times)

"""Endings that come after a row has said that there was no answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hilt.core.event import Event
from hilt.io.sheets.sink import SheetsSink
from hilt.testing.sheets import Fault, SheetsEmulator

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
    """One request fills rows and appends others."""
    new = prompt_of("d")
    writes = len(sheets.calls_of("write"))
    lines = b"".join(
        event.encode() + b"\n"
        for event in (answer_to(prompts[2]), new, answer_to(new), answer_to(prompts[0]))
    )
    following.write(lines, 4)

    assert following.flush(10)
    check(sheets, "abcd", "acd")
    assert len(sheets.calls_of("write")) == writes + 1


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


def test_row_in_an_earlier_tab_is_filled_there(sheets, following, prompts, sink_of):
    """The log has gone on to another tab meanwhile."""
    following.close()
    later = sink_of(rollover_cells=20)
    later.open()
    put(later, answer_to(prompts[0]))

    assert later.flush(10)
    check(sheets, "abc", "a")
    assert len(sheets.book().tab("Logs (2)").values()) == 1

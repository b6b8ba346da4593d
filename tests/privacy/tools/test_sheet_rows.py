"""Rows of a spreadsheet as events, and what becomes of their cells."""

from __future__ import annotations

from typing import Any

import pytest

from hilt import Event
from hilt.io.sheets.rows import Row
from hilt.privacy.tools.sheet_rows import RowChange, SheetRow, people_in
from tests.privacy.tools.conftest import ANN

CALL = {
    "event_id": "evt_c",
    "prompt_id": "evt_p",
    "time": 45000.5,
    "who": ANN,
    "question": "Hi",
    "answer": "Hello",
    "outcome": "completed",
    "conversation": "s",
    "model": "m",
}


def row(people: tuple[str, ...] = (), **values: Any) -> SheetRow:
    """A row of a call; a value that is None is an empty cell."""
    kept = {name: value for name, value in {**CALL, **values}.items() if value is not None}
    return SheetRow(Row("Logs", 2, kept, "calls"), people)


def parts(of: SheetRow) -> list[tuple[str, str, str, str | None]]:
    """Each event of a row: its id, who it is of, and its text."""
    events = [Event.from_json(line) for line in of.lines()]
    return [
        (each.event_id, each.actor.type, each.actor.id, each.content and each.content.text)
        for each in events
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (row(), [("evt_p", "human", ANN, "Hi"), ("evt_c", "agent", "m", "Hello")]),
        (
            row(question=None),
            [("evt_p", "human", ANN, ""), ("evt_c", "agent", "m", "Hello")],
        ),
        (
            row(("bob",), question="(result of rain) dry", who="rain"),
            [("evt_p", "human", "bob", "(result of rain) dry"), ("evt_c", "agent", "m", "Hello")],
        ),
        (
            row(("bob", "eve"), question="(result of rain) dry", who="rain"),
            [("evt_p", "tool", "rain", "(result of rain) dry"), ("evt_c", "agent", "m", "Hello")],
        ),
        (
            row(question="(result of rain) dry", who=None),
            [("evt_p", "tool", "tool", "(result of rain) dry"), ("evt_c", "agent", "m", "Hello")],
        ),
        (
            row(outcome="feedback", question=None, answer="Good"),
            [("evt_c", "human", ANN, "Good")],
        ),
        (row(prompt_id=None, question=None), [("evt_c", "agent", ANN, "Hello")]),
        (row(prompt_id=None, question=None, who=None), [("evt_c", "agent", "unknown", "Hello")]),
        (
            row(comment="Fine", rating="5"),
            [
                ("evt_p", "human", ANN, "Hi"),
                ("evt_c", "agent", "m", "Hello"),
                ("evt_c:comment", "system", "reviewer", "Fine"),
            ],
        ),
    ],
)
def test_a_row_is_the_events_that_it_stands_for(
    given: SheetRow, expected: list[tuple[str, str, str, str | None]]
) -> None:
    """A question and an answer; a tool's result is theirs who asks, if that is one person."""
    assert parts(given) == expected


def test_review_that_a_program_gave_leads_to_its_call() -> None:
    """By the id of the prompt, where the row has it."""
    lines = [*row(outcome="feedback", question=None, answer="Good").lines()]

    assert (Event.from_json(lines[0]).extensions or {})["reply_to"] == "evt_p"


def test_who_asks_in_a_row() -> None:
    """If a person does."""
    assert people_in(row().row) == ("s", ANN)
    assert people_in(row(prompt_id=None, question=None).row) is None


def test_change_of_an_event_is_one_of_its_cells() -> None:
    """Nothing, the cells of what went, or the whole row; reviews alone keep none."""
    one = row(comment="Fine")

    def without(*gone: bytes) -> RowChange | None:
        return one.changed(lambda line: None if any(each in line for each in gone) else line)

    assert without() is None
    assert without(b'"prompt"') == RowChange(False, {"question": "", "who": "erased"})
    assert without(b'"completion"') == RowChange(False, {"answer": ""})
    assert without(b'"feedback"') == RowChange(False, {"comment": ""})
    assert without(b'"prompt"', b'"completion"') == RowChange(True, {})
    assert one.changed(lambda line: line.replace(b'"Hi"', b'"Ho"')) == RowChange(
        False, {"question": "Ho"}
    )
    assert one.changed(lambda line: line.replace(ANN.encode(), b"user_1")) == RowChange(
        False, {"who": "user_1"}
    )
    assert one.changed(lambda line: line.replace(b'"s"', b'"conv_0123456789abcdef"')) == RowChange(
        False, {"conversation": "conv_0123456789abcdef"}
    )


@pytest.mark.parametrize("kind", ["calls", "events"])
@pytest.mark.parametrize("values", [{"event_id": "mine"}, {"event_id": 7}, {"event_id": True}])
def test_a_row_that_is_no_event_stays(kind: Any, values: dict[str, object]) -> None:
    """Its id has no time, or is none, and no column has one: no tool takes out what it cannot read."""
    odd = SheetRow(Row("Logs", 2, {**values, "message": "Hi", "answer": "Hi"}, kind))

    assert [*odd.lines()] == []
    assert odd.changed(lambda _: None) is None

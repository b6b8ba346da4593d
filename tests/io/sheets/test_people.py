"""A person's hour with the sheet, while programs write to it."""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import pytest

from hilt.core.event import Event
from hilt.io.session import Session
from hilt.io.sheets.pace import Pace
from hilt.testing.sheets import Cell, Fault, SheetsEmulator

from .conftest import HURRY, answer_to, prompt_of, put

COLUMNS = ["timestamp", "conversation_id", "message", "cost_usd"]
FAULTS = [
    Fault("status", on="any", status=503),
    Fault("status_after", status=500),
    Fault("reset_after"),
    Fault("truncated", on="any"),
    Fault("expired", on="any"),
]


class Person:
    """Somebody who works in the sheet."""

    def __init__(self, sheets: SheetsEmulator, seed: int) -> None:
        self.sheets = sheets
        self.chance = random.Random(seed)
        self.notes = 0

    @property
    def sheet_id(self) -> int:
        """The log's tab, whatever it is called now."""
        book = self.sheets.book()
        marked = [each for each in book.metadata if each["metadataKey"] == "hilt.log"]
        return marked[0]["location"]["sheetId"]

    def edit(self, kind: str, **body: object) -> None:
        """Do one thing."""
        self.sheets.edit("book", {kind: body})

    def span(self, dimension: str, start: int, end: int) -> dict:
        """Some rows or columns."""
        return {"sheetId": self.sheet_id, "dimension": dimension, "startIndex": start, "endIndex": end}  # fmt: skip

    def rename(self) -> None:
        """Give the tab another name."""
        properties = {"sheetId": self.sheet_id, "title": f"Name {self.chance.randrange(99)}"}
        self.edit("updateSheetProperties", properties=properties, fields="title")

    def move_column(self) -> None:
        """Drag a column elsewhere."""
        width = self.sheets.book().by_id(self.sheet_id).column_count
        at, to = self.chance.randrange(width), self.chance.randrange(width + 1)
        self.edit("moveDimension", source=self.span("COLUMNS", at, at + 1), destinationIndex=to)

    def add_column(self) -> None:
        """A column of one's own, with a name that a log's column has, too."""
        width = self.sheets.book().by_id(self.sheet_id).column_count
        at = self.chance.randrange(width)
        self.edit("insertDimension", range=self.span("COLUMNS", at, at + 1))
        start = {"sheetId": self.sheet_id, "rowIndex": 0, "columnIndex": at}
        rows = [{"values": [{"userEnteredValue": {"stringValue": "message"}}]}]
        self.edit("updateCells", start=start, rows=rows, fields="userEnteredValue")
        self.notes += 1

    def sort(self) -> None:
        """Sort by some column."""
        tab = self.sheets.book().by_id(self.sheet_id)
        column = self.chance.randrange(tab.column_count)
        spec = {"dimensionIndex": column, "sortOrder": self.chance.choice(["ASCENDING", "DESCENDING"])}  # fmt: skip
        self.edit("sortRange", range={"sheetId": self.sheet_id, "startRowIndex": 1}, sortSpecs=[spec])  # fmt: skip

    def filter(self) -> None:
        """Put a filter over it, or take it off."""
        if self.chance.random() < 0.5:
            self.edit("setBasicFilter", filter={"range": {"sheetId": self.sheet_id}})
        else:
            self.edit("clearBasicFilter", sheetId=self.sheet_id)

    def protect_header(self) -> None:
        """Let nobody change the first row."""
        area = {"sheetId": self.sheet_id, "startRowIndex": 0, "endRowIndex": 1}
        self.edit("addProtectedRange", protectedRange={"range": area})

    def change_locale(self) -> None:
        """Another country."""
        locale = self.chance.choice(["fr_FR", "de_DE", "en_US"])
        self.edit("updateSpreadsheetProperties", properties={"locale": locale}, fields="locale")

    def make_table(self) -> None:
        """Make all of it a table, once."""
        tab = self.sheets.book().by_id(self.sheet_id)
        if not tab.tables:
            area = {"sheetId": self.sheet_id, "startRowIndex": 0, "endRowIndex": max(2, tab.data_rows), "startColumnIndex": 0, "endColumnIndex": tab.column_count}  # fmt: skip
            self.edit("addTable", table={"range": area})

    @property
    def deeds(self) -> list[Callable[[], None]]:
        """Everything that people do."""
        return [
            self.rename, self.move_column, self.add_column, self.sort, self.filter,
            self.protect_header, self.change_locale, self.make_table,
        ]  # fmt: skip


@pytest.mark.parametrize("meanwhile", [False, True])
@pytest.mark.parametrize(
    ("rounds", "seed"),
    [(8, 1), *[pytest.param(30, seed, marks=pytest.mark.slow) for seed in (2, 3, 4, 6, 11)]],
)
@pytest.mark.slow_after(1)
def test_hour_of_a_person_loses_and_doubles_nothing(
    sheets, sink_of, tmp_path, rounds, seed, meanwhile
):
    """Two programs write, faults happen, a person does everything; every row is there once."""
    person = Person(sheets, seed)
    options = {
        "columns": COLUMNS,
        "review": True,
        "pace": replace(HURRY, look_s=0.0, reads_per_minute=600),
    }
    sinks = [sink_of(**options, outbox=tmp_path / str(number)) for number in range(2)]
    for sink in sinks:
        sink.open()
    sheets.faults.random(0.2, FAULTS, seed)
    events: list[Event] = []
    for number in range(rounds):
        for at, sink in enumerate(sinks):
            fresh = [prompt_of(f"{at} {number} {each}") for each in range(3)]
            put(sink, *fresh)
            events += fresh
        if not meanwhile:
            assert all(sink.flush(60) for sink in sinks)
        for deed in person.chance.sample(person.deeds, 3):
            deed()
            time.sleep(0.15 if meanwhile else 0)
    assert all(sink.flush(120) for sink in sinks)
    sheets.faults.clear()

    read = [event for event in sinks[0].read() if event.action != "feedback"]
    assert len(read) == len(events)
    assert {event.event_id for event in read} == {event.event_id for event in events}
    assert {event.content.text for event in read} == {event.content.text for event in events}
    tabs = [tab.title for tab in sheets.book() if tab.title != "Sheet1"]
    assert tabs == [sheets.book().by_id(person.sheet_id).title]
    # The person's own columns hold what the person wrote, and nothing else.
    tab = sheets.book().by_id(person.sheet_id)
    marks = [
        each["location"]["dimensionRange"]["startIndex"]
        for each in sheets.book().metadata
        if each["metadataKey"] == "hilt.column"
    ]
    own = [column for column in range(tab.column_count) if column not in marks]
    assert len(own) == person.notes
    assert all(tab.cell(row, at).is_empty for row in range(1, tab.data_rows) for at in own)


def test_reviews_of_that_hour_come_back(sheets, sink_of):
    """A review that was written before the columns moved is pulled after it."""
    sink = sink_of(columns=COLUMNS, review=True, pace=replace(HURRY, look_s=0.0))
    person = Person(sheets, 5)
    with Session(sink) as session:
        event = session.append(prompt_of("a"))
        assert session.flush(10)
    sheets.type_in("book", "Logs!E2", "4/5", "fine")
    for deed in person.deeds * 3:
        deed()

    (review,) = sink.feedback()
    assert review.extensions == {"reply_to": event.event_id, "rating": "4/5", "comment": "fine"}


@pytest.mark.parametrize("columns", [None, COLUMNS])
@pytest.mark.parametrize("deed", ["title above", "deleted", "sorted away"])
@pytest.mark.slow_after(2)
def test_log_is_read_wherever_its_header_is(sheets, sink_of, deed, columns):
    """No row is taken for the header, and the header is neither an event nor a review."""
    sink = sink_of(columns=columns, review=True, pace=replace(HURRY, look_s=0.0))
    sink.open()
    prompts = [prompt_of(text) for text in ("a", "b")]
    put(sink, *prompts, *map(answer_to, prompts))
    assert sink.flush(10)
    before = [(event.event_id, event.action) for event in sink.read()]
    person = Person(sheets, 1)
    if deed == "title above":
        person.edit("insertDimension", range=person.span("ROWS", 0, 1))
        sheets.type_in("book", "Logs!A1", "Our calls")
    elif deed == "deleted":
        person.edit("deleteDimension", range=person.span("ROWS", 0, 1))
    else:
        spec = {"dimensionIndex": 0, "sortOrder": "ASCENDING"}
        person.edit("sortRange", range={"sheetId": person.sheet_id}, sortSpecs=[spec])

    assert sorted((event.event_id, event.action) for event in sink.read()) == sorted(before)
    new = prompt_of("c")
    put(sink, new, answer_to(new))
    assert sink.flush(10)
    assert len([*sink.read()]) == len(before) + 2
    assert [*sink.feedback()] == []


@pytest.mark.slow
def test_pull_of_100_000_rows_needs_little_memory(sheets, sink_of):
    """Less than 100 MB, however long the texts beside the reviews are."""
    sink = sink_of(columns=COLUMNS, review=True, pace=Pace())
    sink.open()
    tab = sheets.books["book"].tab("Logs")
    header = tab.values()[0]
    positions = {name: header.index(name) for name in header}
    text = Cell("x" * 2000)
    tab.row_count = 100_001
    tab.rows.extend(
        {
            positions["event_id"]: Cell(f"evt_{number:032x}"),
            positions["conversation_id"]: Cell("conv_1"),
            positions["message"]: text,
            **({positions["rating"]: Cell("5")} if number % 100 == 0 else {}),
        }
        for number in range(100_000)
    )
    tracemalloc.start(1)
    events = [*sink.feedback()]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    print(f"{len(events)} reviews, {peak / 1e6:.0f} MB at most (the emulator's answers included)")
    assert len(events) == 1000
    assert peak < 100_000_000

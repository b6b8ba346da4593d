"""Marks say what a tab and a column is, and nothing else does."""

from __future__ import annotations

import pytest

from hilt.io.sheets.marks import (
    COLUMN_KEY,
    LOG_KEY,
    LogMark,
    column_mark_requests,
    log_mark_request,
    read_marks,
)
from hilt.testing.sheets import Tab


@pytest.fixture
def marks_of(sheets, sink_of):
    """The marks of a book with two tabs after some requests."""

    def read(*requests: dict):
        sheets.add_book("book", [Tab(5, "A"), Tab(6, "B")])
        sheets.edit("book", *requests)
        connection = sink_of().connect()
        try:
            return read_marks(connection)
        finally:
            connection.close()

    return read


def test_marks_come_back_as_they_were_written(marks_of):
    """Tabs by their ids, columns by their names."""
    mark = LogMark("Logs", 5, 2, ("timestamp", "message"))
    columns = column_mark_requests(5, {"timestamp": 0, "message": 3}, ["timestamp", "message"])
    found = marks_of(log_mark_request(mark), *columns)

    assert found.logs == {5: mark}
    assert found.columns == {5: {"timestamp": 0, "message": 3}}
    assert found.dashboards == {}


def test_mark_is_changed_in_place(marks_of):
    """More columns, one mark."""
    more = LogMark("Logs", 5, 1, ("a", "b"))
    found = marks_of(
        log_mark_request(LogMark("Logs", 5, 1, ("a",))),
        log_mark_request(LogMark("Other", 6)),
        log_mark_request(more, is_new=False),
    )

    assert found.logs == {5: more, 6: LogMark("Other", 6)}


@pytest.mark.parametrize("value", ["", "{", "[]", '{"log": 1, "sheet": 5}', '{"log": "Logs", "sheet": 6}'])  # fmt: skip
def test_what_others_have_written_marks_nothing(marks_of, value):
    """Nonsense, and the mark of a tab that this one is a copy of."""
    location = {"sheetId": 5}
    metadata = {"metadataKey": LOG_KEY, "metadataValue": value, "visibility": "DOCUMENT"}
    found = marks_of({"createDeveloperMetadata": {"developerMetadata": {**metadata, "location": location}}})  # fmt: skip

    assert found.logs == {}


def test_older_column_of_two_with_one_mark_counts(marks_of):
    """A copied column is a person's own."""
    found = marks_of(
        *column_mark_requests(5, {"message": 7}, ["message"]),
        *column_mark_requests(5, {"message": 2}, ["message"]),
    )

    assert found.columns == {5: {"message": 7}}
    assert COLUMN_KEY == "hilt.column"

"""Tables grow by their own id, and by nothing else."""

from __future__ import annotations

import pytest

from hilt.testing.sheets import ApiError

TABLE = {
    "sheetId": 0,
    "startRowIndex": 0,
    "endRowIndex": 2,
    "startColumnIndex": 1,
    "endColumnIndex": 3,
}


def append(text: str, **where: object) -> dict:
    """An appendCells request of one cell."""
    rows = [{"values": [{"userEnteredValue": {"stringValue": text}}]}]
    return {"appendCells": {**where, "rows": rows, "fields": "userEnteredValue"}}


@pytest.fixture
def table(sheets):
    """A table of a header and a row, in columns B and C."""
    sheets.type_in("book", "B1", "name", "age")
    sheets.type_in("book", "B2", "Ada", 36)
    sheets.edit("book", {"addTable": {"table": {"tableId": "t", "name": "People", "range": TABLE}}})
    return sheets


def area(sheets) -> dict:
    """The table's range."""
    return sheets.book().tab("Sheet1").tables[0]["range"]


def test_rows_below_a_table_do_not_join_it(table):
    """Appending to the tab leaves the table as it is."""
    table.edit("book", append("x", sheetId=0))

    assert area(table)["endRowIndex"] == 2
    assert table.book().tab("Sheet1").values()[2] == ["x"]


def test_rows_appended_to_a_table_are_in_it(table):
    """They begin in its first column, and its range grows."""
    table.edit("book", append("Eve", tableId="t"))

    assert area(table)["endRowIndex"] == 3
    assert table.book().tab("Sheet1").values()[2] == ["", "Eve"]


def test_rows_are_inserted_above_what_is_below_the_table(table):
    """Nothing is overwritten."""
    table.type_in("book", "B3", "a note")
    table.edit("book", append("Eve", tableId="t"))

    assert [row[1] for row in table.book().tab("Sheet1").values()] == ["name", "Ada", "Eve", "a note"]  # fmt: skip


def test_empty_last_rows_of_a_table_are_filled_first(table):
    """As a person would."""
    bigger = {"tableId": "t", "range": {**TABLE, "endRowIndex": 9}}
    table.edit("book", {"updateTable": {"table": bigger, "fields": "range"}})
    table.edit("book", append("Eve", tableId="t"))

    assert area(table)["endRowIndex"] == 9
    assert table.book().tab("Sheet1").values()[2] == ["", "Eve"]


def test_table_follows_the_columns_that_people_insert_and_delete(table):
    """Its range is where its cells are."""
    where = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    table.edit("book", {"insertDimension": {"range": where}})
    assert (area(table)["startColumnIndex"], area(table)["endColumnIndex"]) == (2, 4)
    table.edit("book", {"deleteDimension": {"range": where}})
    table.edit("book", {"deleteDimension": {"range": {**where, "startIndex": 2, "endIndex": 3}}})

    assert (area(table)["startColumnIndex"], area(table)["endColumnIndex"]) == (1, 2)


def test_unknown_and_overlapping_tables_are_refused(table):
    """As the service does."""
    with pytest.raises(ApiError, match="No table with id: x"):
        table.edit("book", append("Eve", tableId="x"))
    with pytest.raises(ApiError, match="cannot overlap"):
        table.edit("book", {"addTable": {"table": {"range": TABLE}}})


def test_tables_are_answered_with_their_tab(table, book):
    """A client learns their ids."""
    fields = {"fields": "sheets(tables(tableId,range))"}
    answer = book.client.fetch_sheet_metadata("book", fields)

    assert answer == {"sheets": [{"tables": [{"tableId": "t", "range": TABLE}]}]}

"""Developer metadata stays with its tab or column."""

from __future__ import annotations

import pytest

from hilt.testing.sheets import ApiError

ANY = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": "k"}}]}


def column(index: int, value: str = "", key: str = "k") -> dict:
    """A request that marks a column."""
    where = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": index, "endIndex": index + 1}
    made = {"metadataKey": key, "metadataValue": value, "visibility": "DOCUMENT"}
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {**made, "location": {"dimensionRange": where}}
        }
    }


@pytest.fixture
def search(book):
    """The positions of the columns by their values, as a client gets them."""

    def found() -> dict[str, int]:
        url = "https://sheets.googleapis.com/v4/spreadsheets/book/developerMetadata:search"
        answer = book.client.request("post", url, json=ANY).json()
        each = [one["developerMetadata"] for one in answer.get("matchedDeveloperMetadata", ())]
        return {
            one["metadataValue"]: one["location"]["dimensionRange"]["startIndex"] for one in each
        }

    return found


def test_metadata_follows_its_column(sheets, search):
    """Inserted, moved and deleted columns take it along."""
    sheets.edit("book", column(0, "a"), column(1, "b"), column(2, "c"), column(3, "x", key="other"))
    where = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    sheets.edit("book", {"insertDimension": {"range": where}})
    assert search() == {"a": 0, "b": 2, "c": 3}
    sheets.edit("book", {"moveDimension": {"source": {**where, "startIndex": 0, "endIndex": 1}, "destinationIndex": 4}})  # fmt: skip
    assert search() == {"a": 3, "b": 1, "c": 2}
    sheets.edit("book", {"deleteDimension": {"range": where}})
    assert search() == {"a": 2, "c": 1}


def test_metadata_of_a_deleted_tab_is_gone_and_a_copy_has_its_own(sheets, search):
    """The worst case for whoever marks tabs: the mark is there twice."""
    sheets.edit("book", column(0, "a"), {"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 5}})
    assert len(sheets.books["book"].metadata) == 2
    sheets.edit("book", {"deleteSheet": {"sheetId": 0}})

    places = [each["location"]["dimensionRange"] for each in sheets.books["book"].metadata]
    assert [place["sheetId"] for place in places] == [5]


def test_metadata_is_changed_and_deleted_by_filters(sheets, search):
    """One or many at once."""
    sheets.edit("book", column(0, "a"), column(1, "b"))
    lookup = {"developerMetadataLookup": {"metadataValue": "a"}}
    change = {"dataFilters": [lookup], "developerMetadata": {"metadataValue": "z"}, "fields": "metadataValue"}  # fmt: skip
    sheets.edit("book", {"updateDeveloperMetadata": change})
    assert search() == {"z": 0, "b": 1}
    sheets.edit("book", {"deleteDeveloperMetadata": {"dataFilter": ANY["dataFilters"][0]}})

    assert search() == {}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"visibility": "DOCUMENT"}, "metadataKey"),
        ({"metadataKey": "k"}, "visibility"),
        ({"metadataKey": "k", "visibility": "DOCUMENT", "location": {"sheetId": 9}}, "No grid"),
        (
            {"metadataKey": "k", "visibility": "DOCUMENT", "location": {"dimensionRange": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 2}}},
            "single row or column",
        ),
    ],
)  # fmt: skip
def test_incomplete_metadata_is_refused(sheets, given, message):
    """Key, visibility and one place are needed."""
    with pytest.raises(ApiError, match=message):
        sheets.edit("book", {"createDeveloperMetadata": {"developerMetadata": given}})


def test_search_counts_as_a_read(sheets, search):
    """It changes nothing."""
    search()

    assert sheets.calls[-1].kind == "read"

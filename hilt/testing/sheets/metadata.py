"""Developer metadata: keys and values that stay with a tab or a column wherever it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hilt.testing.sheets.book import Book
from hilt.testing.sheets.errors import invalid
from hilt.testing.sheets.request_fields import Body, mask_of, select

__all__ = [
    "create_developer_metadata",
    "delete_developer_metadata",
    "drop_tab_metadata",
    "move_column_metadata",
    "search",
    "update_developer_metadata",
]

_LOOKUP_FIELDS = ("metadataKey", "metadataValue", "metadataId", "visibility")


def create_developer_metadata(book: Book, body: Body) -> dict[str, Any]:
    """Add a key to the spreadsheet, a tab, or one row or column."""
    given = dict(body["developerMetadata"])
    if not given.get("metadataKey"):
        raise invalid("Developer metadata must specify a metadataKey.")
    if given.get("visibility") not in {"DOCUMENT", "PROJECT"}:
        raise invalid("Developer metadata must specify a visibility.")
    given["location"] = _checked_location(book, given.get("location", {}))
    taken = {each["metadataId"] for each in book.metadata}
    given.setdefault("metadataId", max(taken, default=0) + 1)
    if given["metadataId"] in taken:
        raise invalid(f"Developer metadata with id {given['metadataId']} already exists.")
    book.metadata.append(given)
    return {"developerMetadata": given}


def update_developer_metadata(book: Book, body: Body) -> dict[str, Any]:
    """Change what the filters find."""
    chosen = select(body["developerMetadata"], mask_of(body))
    matched = [
        each for each in book.metadata if any(_matches(each, one) for one in body["dataFilters"])
    ]
    if not matched and book.refuses_unmatched:
        raise invalid("No developer metadata matches the data filters.")
    for each in matched:
        each.update(chosen)
    return {"developerMetadata": matched}


def delete_developer_metadata(book: Book, body: Body) -> dict[str, Any]:
    """Remove what the filter finds."""
    matched = [each for each in book.metadata if _matches(each, body["dataFilter"])]
    book.metadata = [each for each in book.metadata if each not in matched]
    return {"deletedDeveloperMetadata": matched}


def search(book: Book, body: Body) -> dict[str, Any]:
    """The answer of ``developerMetadata:search``."""
    filters = body.get("dataFilters")
    if not filters:
        raise invalid("Must specify at least one data filter.")
    matched = [
        {"developerMetadata": each, "dataFilters": [one]}
        for each in book.metadata
        for one in filters
        if _matches(each, one)
    ]
    return {"matchedDeveloperMetadata": matched} if matched else {}


def drop_tab_metadata(book: Book, sheet_id: int) -> None:
    """Remove what belongs to a tab that is deleted."""
    book.metadata = [each for each in book.metadata if _sheet_of(each) != sheet_id]


def move_column_metadata(
    book: Book, sheet_id: int, position_of: Callable[[int], int | None]
) -> None:
    """Let metadata follow the columns of a tab; what belongs to a removed one is removed."""
    kept = []
    for each in book.metadata:
        area = each["location"].get("dimensionRange", {})
        if area.get("sheetId") != sheet_id or area.get("dimension") != "COLUMNS":
            kept.append(each)
        elif (column := position_of(area["startIndex"])) is not None:
            moved = {**area, "startIndex": column, "endIndex": column + 1}
            kept.append({**each, "location": {**each["location"], "dimensionRange": moved}})
    book.metadata = kept


def _checked_location(book: Book, location: Mapping[str, Any]) -> dict[str, Any]:
    if location.get("spreadsheet"):
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    if "sheetId" in location:
        return {
            "locationType": "SHEET",
            "sheetId": book.by_id(location["sheetId"]).sheet_id,
        }
    area = location.get("dimensionRange", {})
    tab = book.by_id(area.get("sheetId"))
    start, end = area.get("startIndex"), area.get("endIndex")
    if start is None or end != start + 1:
        raise invalid("Developer metadata must be on a single row or column.")
    columns = area.get("dimension") == "COLUMNS"
    if end > (tab.column_count if columns else tab.row_count):
        raise invalid(f"endIndex {end} is outside the grid.")
    kind = "COLUMN" if columns else "ROW"
    return {"locationType": kind, "dimensionRange": dict(area)}


def _matches(metadata: Body, data_filter: Body) -> bool:
    lookup = data_filter.get("developerMetadataLookup", {})
    if any(name in lookup and metadata.get(name) != lookup[name] for name in _LOOKUP_FIELDS):
        return False
    location, wanted = metadata["location"], lookup.get("metadataLocation")
    if wanted is not None and any(location.get(name) != value for name, value in wanted.items()):
        return False
    kind = lookup.get("locationType")
    return kind is None or location["locationType"] == kind


def _sheet_of(metadata: Body) -> object:
    location = metadata["location"]
    return location.get("sheetId", location.get("dimensionRange", {}).get("sheetId"))

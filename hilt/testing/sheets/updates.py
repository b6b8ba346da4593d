"""The requests of ``spreadsheets.batchUpdate`` that this emulator understands.

Each one is a function from the book and the request's body to its reply. A batch is atomic: it is
tried on a copy (`apply`), and one refused request refuses them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hilt.testing.sheets import cell_edits, decorations, grid_edits, metadata, tables
from hilt.testing.sheets.book import MAX_TITLE, Book, Tab
from hilt.testing.sheets.cells import characters
from hilt.testing.sheets.errors import ApiError, invalid
from hilt.testing.sheets.request_fields import Body, mask_of, select

__all__ = ["KINDS", "apply"]

_FREE_IDS = range(100_000_000, 2**31)


def apply(
    book: Book, requests: object, account: str | None = None
) -> tuple[Book, list[dict[str, Any]]]:
    """The book after a batch, and the replies; the book that was given stays as it was.

    Args:
        book: The spreadsheet.
        requests: The requests of the batch.
        account: Who sends it, whom protected ranges may keep out; None is the owner.

    Raises:
        ApiError: If any of the requests is refused.
    """
    if not isinstance(requests, list) or not requests:
        raise invalid("Must specify at least one request.")
    trial = book.copy()
    trial.account = account
    replies = [_one(trial, number, request) for number, request in enumerate(requests)]
    trial.check_size()
    trial.account = None
    return trial, replies


def _one(book: Book, number: int, request: object) -> dict[str, Any]:
    if not isinstance(request, dict) or len(request) != 1:
        raise invalid(f"Invalid requests[{number}]: exactly one kind of request must be set.")
    kind, body = next(iter(request.items()))
    if kind not in KINDS:
        raise invalid(
            f'Invalid JSON payload received. Unknown name "{kind}" at '
            f"'requests[{number}]': Cannot find field."
        )
    try:
        reply = KINDS[kind](book, body)
    except ApiError as error:
        raise invalid(f"Invalid requests[{number}].{kind}: {error.message}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise invalid(f"Invalid requests[{number}].{kind}: {error!r}") from error
    return {kind: reply} if reply else {}


def add_sheet(book: Book, body: Body) -> dict[str, Any]:
    """Add a tab; its title and id must be new."""
    wanted = body.get("properties", {})
    title = wanted.get("title") or f"Sheet{len(book.tabs) + 1}"
    _check_title(book, title)
    tab = Tab(_new_id(book, wanted.get("sheetId")), title)
    book.tabs.insert(wanted.get("index", len(book.tabs)), tab)
    _set_properties(tab, {key: wanted[key] for key in wanted if key not in {"title", "index"}})
    return {"properties": tab.properties(book.tabs.index(tab))}


def delete_sheet(book: Book, body: Body) -> dict[str, Any]:
    """Remove a tab with its metadata; the last tab stays."""
    tab = book.by_id(body["sheetId"])
    if len(book.tabs) == 1:
        raise invalid("You can't remove all the sheets in a document.")
    book.tabs.remove(tab)
    metadata.drop_tab_metadata(book, tab.sheet_id)
    return {}


def duplicate_sheet(book: Book, body: Body) -> dict[str, Any]:
    """Copy a tab with all that is in it, metadata too."""
    source = book.by_id(body["sourceSheetId"])
    title = body.get("newSheetName") or f"Copy of {source.title}"
    _check_title(book, title)
    sheet_id = _new_id(book, body.get("newSheetId"))
    tab = replace(source.copy(), sheet_id=sheet_id, title=title)
    book.tabs.insert(body.get("insertSheetIndex", len(book.tabs)), tab)
    for each in [each for each in book.metadata if _is_on(each, source.sheet_id)]:
        location = {**each["location"]}
        if "sheetId" in location:
            location["sheetId"] = sheet_id
        else:
            location["dimensionRange"] = {**location["dimensionRange"], "sheetId": sheet_id}
        copied = {**each, "location": location}
        del copied["metadataId"]
        metadata.create_developer_metadata(book, {"developerMetadata": copied})
    return {"properties": tab.properties(book.tabs.index(tab))}


def update_sheet_properties(book: Book, body: Body) -> dict[str, Any]:
    """Rename, resize, freeze, hide or move a tab."""
    wanted = body["properties"]
    tab = book.by_id(wanted["sheetId"])
    chosen = select(wanted, mask_of(body))
    if "title" in chosen and chosen["title"].casefold() != tab.title.casefold():
        _check_title(book, chosen["title"])
    tab.title = chosen.get("title", tab.title)
    if "index" in chosen:
        book.tabs.remove(tab)
        book.tabs.insert(chosen["index"], tab)
    _set_properties(tab, chosen)
    return {}


def update_spreadsheet_properties(book: Book, body: Body) -> dict[str, Any]:
    """Change the title, locale or time zone of the spreadsheet."""
    chosen = select(body["properties"], mask_of(body))
    book.title = chosen.get("title", book.title)
    book.locale = chosen.get("locale", book.locale)
    book.time_zone = chosen.get("timeZone", book.time_zone)
    return {}


KINDS: dict[str, Callable[[Book, Body], dict[str, Any]]] = {
    "addChart": decorations.add_chart,
    "addConditionalFormatRule": decorations.add_conditional_format_rule,
    "addFilterView": decorations.add_filter_view,
    "addProtectedRange": decorations.add_protected_range,
    "addSheet": add_sheet,
    "addTable": tables.add_table,
    "appendCells": cell_edits.append_cells,
    "appendDimension": grid_edits.append_dimension,
    "clearBasicFilter": decorations.clear_basic_filter,
    "copyPaste": cell_edits.copy_paste,
    "createDeveloperMetadata": metadata.create_developer_metadata,
    "deleteDeveloperMetadata": metadata.delete_developer_metadata,
    "deleteDimension": grid_edits.delete_dimension,
    "deleteProtectedRange": decorations.delete_protected_range,
    "deleteSheet": delete_sheet,
    "deleteTable": tables.delete_table,
    "duplicateSheet": duplicate_sheet,
    "findReplace": cell_edits.find_replace,
    "insertDimension": grid_edits.insert_dimension,
    "moveDimension": grid_edits.move_dimension,
    "repeatCell": cell_edits.repeat_cell,
    "setBasicFilter": decorations.set_basic_filter,
    "setDataValidation": cell_edits.set_data_validation,
    "sortRange": grid_edits.sort_range,
    "updateCells": cell_edits.update_cells,
    "updateDeveloperMetadata": metadata.update_developer_metadata,
    "updateDimensionProperties": grid_edits.update_dimension_properties,
    "updateSheetProperties": update_sheet_properties,
    "updateSpreadsheetProperties": update_spreadsheet_properties,
    "updateTable": tables.update_table,
}
"""Every kind of request, by its name in the API."""


def _check_title(book: Book, title: str) -> None:
    if not title or characters(title) > MAX_TITLE:
        raise invalid(f"The sheet name must have 1 to {MAX_TITLE} characters.")
    if any(tab.title.casefold() == title.casefold() for tab in book):
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')


def _new_id(book: Book, wanted: int | None) -> int:
    taken = {tab.sheet_id for tab in book}
    if wanted in taken:
        raise invalid(f"A sheet with the ID {wanted} already exists. Please enter another ID.")
    return next(each for each in _FREE_IDS if each not in taken) if wanted is None else wanted


def _set_properties(tab: Tab, wanted: Mapping[str, Any]) -> None:
    grid = wanted.get("gridProperties", {})
    rows = int(grid.get("rowCount", tab.row_count))
    columns = int(grid.get("columnCount", tab.column_count))
    frozen = int(grid.get("frozenRowCount", tab.frozen_rows))
    if rows < 1 or columns < 1:
        raise invalid("A sheet must have at least one row and one column.")
    if frozen >= rows:
        raise invalid("You can't freeze all visible rows on the sheet.")
    tab.row_count, tab.column_count, tab.frozen_rows = rows, columns, frozen
    tab.hidden = bool(wanted.get("hidden", tab.hidden))
    tab.tab_color = wanted.get("tabColor", tab.tab_color)
    tab.sheet_id = int(wanted.get("sheetId", tab.sheet_id))
    del tab.rows[rows:]


def _is_on(each: Body, sheet_id: int) -> bool:
    location = each["location"]
    return sheet_id in {location.get("sheetId"), location.get("dimensionRange", {}).get("sheetId")}

"""The requests of ``spreadsheets.batchUpdate`` that this emulator understands.

Each one is a function from the book and the request's body to its reply. A batch is atomic: it is
tried on a copy (`apply`), and one refused request refuses them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hilt.testing.sheets.book import MAX_TITLE, Book, Tab
from hilt.testing.sheets.cells import Cell, typed
from hilt.testing.sheets.errors import ApiError, invalid
from hilt.testing.sheets.fields import paths
from hilt.testing.sheets.ranges import Box

__all__ = ["KINDS", "apply"]

Body = Mapping[str, Any]
_FREE_IDS = range(100_000_000, 2**31)


def apply(book: Book, requests: object) -> tuple[Book, list[dict[str, Any]]]:
    """The book after a batch, and the replies; the book that was given stays as it was.

    Raises:
        ApiError: If any of the requests is refused.
    """
    if not isinstance(requests, list) or not requests:
        raise invalid("Must specify at least one request.")
    trial = book.copy()
    replies = [_one(trial, number, request) for number, request in enumerate(requests)]
    trial.check_size()
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
    sheet_id = wanted.get("sheetId")
    taken = {tab.sheet_id for tab in book}
    if sheet_id in taken:
        raise invalid(f"A sheet with the ID {sheet_id} already exists. Please enter another ID.")
    if sheet_id is None:
        sheet_id = next(number for number in _FREE_IDS if number not in taken)
    tab = Tab(sheet_id, title)
    book.tabs.insert(wanted.get("index", len(book.tabs)), tab)
    _set_properties(tab, {key: wanted[key] for key in wanted if key not in {"title", "index"}})
    return {"properties": tab.properties(book.tabs.index(tab))}


def delete_sheet(book: Book, body: Body) -> dict[str, Any]:
    """Remove a tab; the last one stays."""
    tab = book.by_id(body["sheetId"])
    if len(book.tabs) == 1:
        raise invalid("You can't remove all the sheets in a document.")
    book.tabs.remove(tab)
    return {}


def update_sheet_properties(book: Book, body: Body) -> dict[str, Any]:
    """Rename, resize, freeze, hide or move a tab."""
    wanted = body["properties"]
    tab = book.by_id(wanted["sheetId"])
    chosen = _chosen(wanted, _fields(body))
    if "title" in chosen and chosen["title"].casefold() != tab.title.casefold():
        _check_title(book, chosen["title"])
    tab.title = chosen.get("title", tab.title)
    if "index" in chosen:
        book.tabs.remove(tab)
        book.tabs.insert(chosen["index"], tab)
    _set_properties(tab, chosen)
    return {}


def append_cells(book: Book, body: Body) -> dict[str, Any]:
    """Add rows after the last one with data, and rows to the grid where needed."""
    tab = book.by_id(body["sheetId"])
    fields = _fields(body)
    start = tab.data_rows
    rows = body.get("rows", [])
    tab.row_count = max(tab.row_count, start + len(rows))
    for offset, row in enumerate(rows):
        _write_row(tab, start + offset, 0, row.get("values", []), fields)
    return {}


def update_cells(book: Book, body: Body) -> dict[str, Any]:
    """Write cells at a place in the grid."""
    fields = _fields(body)
    start = body.get("start") or {}
    area = body.get("range")
    if area is not None:
        start = {
            "sheetId": area["sheetId"],
            "rowIndex": area.get("startRowIndex", 0),
            "columnIndex": area.get("startColumnIndex", 0),
        }
    tab = book.by_id(start.get("sheetId", 0))
    top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
    _check_protected(tab, top, left)
    for offset, row in enumerate(body.get("rows", [])):
        _write_row(tab, top + offset, left, row.get("values", []), fields)
    return {}


def repeat_cell(book: Book, body: Body) -> dict[str, Any]:
    """Give a whole range one value or format."""
    fields = _fields(body)
    tab, rows, columns = _area(book, body["range"])
    cell = body.get("cell", {})
    # A format on rows without data is not kept: the grid is sparse, and a column may be long.
    bottom = min(rows.stop, max(len(tab.rows), rows.start + 1))
    for row in range(rows.start, bottom):
        tab.put(row, {column: _merged(tab.cell(row, column), cell, fields) for column in columns})
    return {}


def append_dimension(book: Book, body: Body) -> dict[str, Any]:
    """Add rows or columns at the end of the grid."""
    tab = book.by_id(body["sheetId"])
    if body["dimension"] == "COLUMNS":
        tab.column_count += int(body["length"])
    else:
        tab.row_count += int(body["length"])
    return {}


def insert_dimension(book: Book, body: Body) -> dict[str, Any]:
    """Insert rows or columns, as a person does."""
    area = body["range"]
    tab = book.by_id(area["sheetId"])
    start, count = area["startIndex"], area["endIndex"] - area["startIndex"]
    if area["dimension"] == "ROWS":
        if start < len(tab.rows):
            tab.rows[start:start] = [{} for _ in range(count)]
        tab.row_count += count
        return {}
    tab.column_count += count
    tab.rows[:] = [
        {column + (count if column >= start else 0): cell for column, cell in row.items()}
        for row in tab.rows
    ]
    tab.hidden_columns = {at + (count if at >= start else 0) for at in tab.hidden_columns}
    tab.widths = {at + (count if at >= start else 0): wide for at, wide in tab.widths.items()}
    return {}


def delete_dimension(book: Book, body: Body) -> dict[str, Any]:
    """Delete rows or columns, as a person does."""
    area = body["range"]
    tab = book.by_id(area["sheetId"])
    start, end = area["startIndex"], area["endIndex"]
    if area["dimension"] == "ROWS":
        _check_left(tab.row_count, start, end)
        del tab.rows[start:end]
        tab.row_count -= end - start
        return {}
    _check_left(tab.column_count, start, end)
    tab.column_count -= end - start
    tab.rows[:] = [
        {
            column - (end - start if column >= end else 0): cell
            for column, cell in row.items()
            if not start <= column < end
        }
        for row in tab.rows
    ]
    return {}


def sort_range(book: Book, body: Body) -> dict[str, Any]:
    """Sort rows by one column, as a person does."""
    tab, rows, _ = _area(book, body["range"])
    spec = body["sortSpecs"][0]
    end = min(rows.stop, tab.data_rows)
    tab.rows[rows.start : end] = sorted(
        tab.rows[rows.start : end],
        key=lambda row: str(row.get(spec["dimensionIndex"], Cell()).shown()),
        reverse=spec.get("sortOrder") == "DESCENDING",
    )
    return {}


def update_dimension_properties(book: Book, body: Body) -> dict[str, Any]:
    """Set the width of columns, or hide them."""
    area = body["range"]
    tab = book.by_id(area["sheetId"])
    chosen = _chosen(body["properties"], _fields(body))
    if area.get("dimension") != "COLUMNS":
        return {}
    if area["endIndex"] > tab.column_count:
        raise invalid(f"endIndex {area['endIndex']} is outside the grid of {tab.column_count}")
    for column in range(area.get("startIndex", 0), area["endIndex"]):
        if "pixelSize" in chosen:
            tab.widths[column] = chosen["pixelSize"]
        if "hiddenByUser" in chosen:
            (tab.hidden_columns.add if chosen["hiddenByUser"] else tab.hidden_columns.discard)(
                column
            )
    return {}


def add_protected_range(book: Book, body: Body) -> dict[str, Any]:
    """Protect a range; with ``warningOnly`` false, nobody but its owner may write there."""
    protected = dict(body["protectedRange"])
    tab = book.by_id(protected["range"].get("sheetId", 0))
    protected_id = protected.setdefault("protectedRangeId", len(tab.protected) + 1)
    tab.protected[protected_id] = protected
    return {"protectedRange": protected}


def add_chart(book: Book, body: Body) -> dict[str, Any]:
    """Add a chart; its sources and its place must be in a grid."""
    chart = dict(body["chart"])
    spec = chart["spec"]
    if not {"basicChart", "pieChart", "scorecardChart"} & set(spec):
        raise invalid("A chart needs a basicChart, pieChart or scorecardChart spec.")
    for source in _sources(spec):
        _area(book, source)
    anchor = chart["position"]["overlayPosition"]["anchorCell"]
    tab = book.by_id(anchor.get("sheetId", 0))
    chart.setdefault("chartId", 1_000 + sum(len(each.charts) for each in book))
    tab.charts.append(chart)
    return {"chart": chart}


def set_data_validation(book: Book, body: Body) -> dict[str, Any]:
    """Set the rule for what may be typed into a range; the API itself is not held to it."""
    tab, _, _ = _area(book, body["range"])
    tab.validations.append(dict(body))
    return {}


KINDS: dict[str, Callable[[Book, Body], dict[str, Any]]] = {
    "addChart": add_chart,
    "addProtectedRange": add_protected_range,
    "addSheet": add_sheet,
    "appendCells": append_cells,
    "appendDimension": append_dimension,
    "deleteDimension": delete_dimension,
    "deleteSheet": delete_sheet,
    "insertDimension": insert_dimension,
    "repeatCell": repeat_cell,
    "setDataValidation": set_data_validation,
    "sortRange": sort_range,
    "updateCells": update_cells,
    "updateDimensionProperties": update_dimension_properties,
    "updateSheetProperties": update_sheet_properties,
}
"""Every kind of request, by its name in the API."""


def _check_title(book: Book, title: str) -> None:
    if not title or len(title) > MAX_TITLE:
        raise invalid(f"The sheet name must have 1 to {MAX_TITLE} characters.")
    if any(tab.title.casefold() == title.casefold() for tab in book):
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')


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


def _fields(body: Body) -> list[str]:
    """The field mask of a request, which must not be empty."""
    return paths(str(body.get("fields", "")))


def _chosen(value: Mapping[str, Any], fields: Sequence[str], prefix: str = "") -> dict[str, Any]:
    """The part of an object that a field mask names."""
    if "*" in fields:
        return dict(value)
    result: dict[str, Any] = {}
    for key, item in value.items():
        path = f"{prefix}{key}"
        if path in fields or any(path.startswith(f"{name}.") for name in fields):
            result[key] = item
        elif isinstance(item, dict) and any(name.startswith(f"{path}.") for name in fields):
            result[key] = _chosen(item, fields, f"{path}.")
    return result


def _write_row(
    tab: Tab, row: int, left: int, values: Sequence[Body], fields: Sequence[str]
) -> None:
    tab.put(
        row,
        {
            left + offset: _merged(tab.cell(row, left + offset), value, fields)
            for offset, value in enumerate(values)
        },
    )


def _merged(cell: Cell, data: Body, fields: Sequence[str]) -> Cell:
    """The cell after a ``CellData`` has been written to it through a field mask."""
    everything = "*" in fields
    if everything or any(name.startswith("userEnteredValue") for name in fields):
        new = typed(data.get("userEnteredValue", {}))
        cell = replace(cell, value=new.value, formula=new.formula)
    if everything or any(name.startswith("userEnteredFormat") for name in fields):
        chosen = _chosen({"userEnteredFormat": data.get("userEnteredFormat", {})}, fields)
        cell = replace(cell, format={**cell.format, **chosen.get("userEnteredFormat", {})})
    return cell


def _area(book: Book, area: Body) -> tuple[Tab, range, range]:
    """The tab, rows and columns of a ``GridRange``."""
    tab = book.by_id(area.get("sheetId", 0))
    box = Box(
        area.get("startRowIndex", 0),
        area.get("endRowIndex"),
        area.get("startColumnIndex", 0),
        area.get("endColumnIndex"),
    )
    return tab, *tab.box(box)


def _check_left(count: int, start: int, end: int) -> None:
    if not 0 <= start < end <= count:
        raise invalid(f"Cannot delete {start} to {end} of {count}.")
    if end - start == count:
        raise invalid("You can't delete all the rows or columns on the sheet.")


def _check_protected(tab: Tab, row: int, column: int) -> None:
    for protected in tab.protected.values():
        area = protected["range"]
        inside = area.get("startRowIndex", 0) <= row < area.get("endRowIndex", tab.row_count) and (
            area.get("startColumnIndex", 0) <= column < area.get("endColumnIndex", tab.column_count)
        )
        if inside and not protected.get("warningOnly"):
            raise invalid("You are trying to edit a protected cell or object.")


def _sources(value: object) -> Iterator[Body]:
    """Every grid range below a chart's spec."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "sources":
                yield from item
            else:
                yield from _sources(item)
    elif isinstance(value, list):
        for item in value:
            yield from _sources(item)

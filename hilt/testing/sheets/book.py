"""Spreadsheets and their tabs: grids of cells, with the service's limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hilt.testing.sheets.cells import Cell, Scalar
from hilt.testing.sheets.errors import invalid
from hilt.testing.sheets.ranges import Box, column_letters, parse_range, quoted

__all__ = ["MAX_CELLS", "MAX_COLUMNS", "MAX_TITLE", "Book", "Tab"]

Json = dict[str, Any]


MAX_CELLS = 10_000_000
"""How many cells a spreadsheet may have, empty ones included."""

MAX_COLUMNS = 18_278
"""How many columns a tab may have: up to ZZZ."""

MAX_TITLE = 100

_EMPTY = Cell()


@dataclass
class Tab:
    """One tab: a grid of cells and its format.

    A row is a dict from column to cell and is never changed in place, so that a copy for a
    transaction shares it.
    """

    sheet_id: int
    title: str
    row_count: int = 1000
    column_count: int = 26
    frozen_rows: int = 0
    hidden: bool = False
    tab_color: Mapping[str, Any] | None = None
    rows: list[dict[int, Cell]] = field(default_factory=list)
    widths: dict[int, int] = field(default_factory=dict)
    hidden_columns: set[int] = field(default_factory=set)
    protected: dict[int, dict[str, Any]] = field(default_factory=dict)
    charts: list[dict[str, Any]] = field(default_factory=list)
    validations: list[dict[str, Any]] = field(default_factory=list)
    tables: list[dict[str, Any]] = field(default_factory=list)
    conditional_formats: list[dict[str, Any]] = field(default_factory=list)
    filter_views: list[dict[str, Any]] = field(default_factory=list)
    basic_filter: dict[str, Any] | None = None
    column_formats: dict[int, tuple[int, Mapping[str, Any]]] = field(default_factory=dict)
    """The format of cells without data, by column: from a row on."""

    @property
    def cell_count(self) -> int:
        """The cells that the grid has, which is what the limit counts."""
        return self.row_count * self.column_count

    @property
    def data_rows(self) -> int:
        """How many rows there are up to the last one with data."""
        count = len(self.rows)
        while count and all(cell.is_empty for cell in self.rows[count - 1].values()):
            count -= 1
        return count

    def copy(self) -> Tab:
        """A copy to try a transaction on."""
        return replace(
            self,
            rows=list(self.rows),
            widths=dict(self.widths),
            hidden_columns=set(self.hidden_columns),
            protected=dict(self.protected),
            charts=list(self.charts),
            validations=list(self.validations),
            tables=[dict(table) for table in self.tables],
            conditional_formats=list(self.conditional_formats),
            filter_views=list(self.filter_views),
            column_formats=dict(self.column_formats),
        )

    def cell(self, row: int, column: int) -> Cell:
        """A cell, counted from 0."""
        cell = self.rows[row].get(column) if row < len(self.rows) else None
        if cell is not None:
            return cell
        first, given = self.column_formats.get(column, (0, None))
        return Cell(format=given) if given and row >= first else _EMPTY

    def move_columns(self, position_of: Callable[[int], int | None]) -> None:
        """Move every column, with all that belongs to it, or remove those without a position."""

        def moved(by_column: Mapping[int, Any]) -> dict[int, Any]:
            pairs = ((position_of(column), value) for column, value in by_column.items())
            return {column: value for column, value in pairs if column is not None}

        self.rows[:] = [moved(row) for row in self.rows]
        self.widths = moved(self.widths)
        self.column_formats = moved(self.column_formats)
        self.hidden_columns = set(moved(dict.fromkeys(self.hidden_columns)))

    def put(self, row: int, cells: Mapping[int, Cell]) -> None:
        """Replace some cells of a row that is in the grid.

        Raises:
            ApiError: If one is outside the grid.
        """
        if row >= self.row_count or max(cells, default=-1) >= self.column_count:
            raise invalid(
                f"Attempting to write outside the grid: row {row}, "
                f"column {max(cells, default=0)} of {self.row_count} x {self.column_count}"
            )
        while len(self.rows) <= row:
            self.rows.append({})
        self.rows[row] = {**self.rows[row], **cells}

    def box(self, wanted: Box, *, clip: bool = False) -> tuple[range, range]:
        """The rows and columns of a rectangle.

        Raises:
            ApiError: If it is not inside the grid.
        """
        bottom = self.row_count if wanted.bottom is None else wanted.bottom
        right = self.column_count if wanted.right is None else wanted.right
        shown_right, shown_bottom = right, bottom
        if clip:
            bottom, right = min(bottom, self.row_count), min(right, self.column_count)
        outside = bottom > self.row_count or right > self.column_count
        if outside or wanted.top >= self.row_count or wanted.left >= self.column_count:
            raise invalid(
                f"Range ({quoted(self.title)}!{column_letters(wanted.left)}{wanted.top + 1}:"
                f"{column_letters(shown_right - 1)}{shown_bottom}) exceeds grid limits. "
                f"Max rows: {self.row_count}, max columns: {self.column_count}"
            )
        return range(wanted.top, bottom), range(wanted.left, right)

    def values(self) -> list[list[Scalar]]:
        """The values, row by row, without trailing empty cells."""
        return [self.row_values(row) for row in range(self.data_rows)]

    def row_values(self, row: int) -> list[Scalar]:
        """The values of one row, without trailing empty cells."""
        filled = [number for number, cell in self.rows[row].items() if not cell.is_empty]
        return [self.cell(row, column).shown() for column in range(max(filled, default=-1) + 1)]

    def formulas(self) -> list[tuple[int, int, str]]:
        """Every formula with its row and column: an injection would be here."""
        return [
            (number, column, cell.formula)
            for number, row in enumerate(self.rows)
            for column, cell in row.items()
            if cell.formula is not None
        ]

    def properties(self, index: int) -> dict[str, Any]:
        """A ``SheetProperties`` object."""
        grid: dict[str, Any] = {"rowCount": self.row_count, "columnCount": self.column_count}
        if self.frozen_rows:
            grid["frozenRowCount"] = self.frozen_rows
        result: dict[str, Any] = {
            "sheetId": self.sheet_id,
            "title": self.title,
            "index": index,
            "sheetType": "GRID",
            "gridProperties": grid,
        }
        if self.hidden:
            result["hidden"] = True
        if self.tab_color:
            result["tabColor"] = dict(self.tab_color)
        return result


class Book:
    """A spreadsheet.

    Args:
        book_id: Its id, which is in its address.
        title: Its title.
        tabs: Its tabs; one empty ``Sheet1`` if none are given.
        shared_with: The e-mail addresses that may edit it; None is everybody.
        readers: The e-mail addresses that may only read.
        locale: Whose way to write dates and numbers is understood.
        time_zone: Where its days begin.
        is_office_file: Whether it is an uploaded Excel file, which the API does not open.
    """

    def __init__(
        self,
        book_id: str,
        title: str = "Untitled spreadsheet",
        tabs: list[Tab] | None = None,
        *,
        shared_with: set[str] | None = None,
        readers: set[str] | None = None,
        locale: str = "en_US",
        time_zone: str = "Etc/UTC",
        is_office_file: bool = False,
    ) -> None:
        self.book_id = book_id
        self.title = title
        self.tabs = [Tab(0, "Sheet1")] if tabs is None else tabs
        self.shared_with = shared_with
        self.readers = readers or set()
        self.locale = locale
        self.time_zone = time_zone
        self.is_office_file = is_office_file
        self.metadata: list[Json] = []
        """``DeveloperMetadata`` objects of the spreadsheet, its tabs and columns."""
        self.refuses_unmatched = True
        """Whether updating metadata that no filter matches is refused."""
        self.account: str | None = None
        """Who changes it now; None is the owner, whom no protection holds."""

    def __iter__(self) -> Iterator[Tab]:
        return iter(self.tabs)

    def copy(self) -> Book:
        """A copy to try a transaction on."""
        copied = Book(
            self.book_id,
            self.title,
            [tab.copy() for tab in self.tabs],
            shared_with=self.shared_with,
            readers=self.readers,
            locale=self.locale,
            time_zone=self.time_zone,
            is_office_file=self.is_office_file,
        )
        copied.metadata = [{**each} for each in self.metadata]
        copied.refuses_unmatched = self.refuses_unmatched
        return copied

    def tab(self, title: str) -> Tab:
        """The tab of a title; upper and lower case are the same.

        Raises:
            KeyError: If there is none.
        """
        for tab in self.tabs:
            if tab.title.casefold() == title.casefold():
                return tab
        raise KeyError(title)

    def by_id(self, sheet_id: object) -> Tab:
        """The tab of a sheet id.

        Raises:
            ApiError: If there is none.
        """
        for tab in self.tabs:
            if tab.sheet_id == sheet_id:
                return tab
        raise invalid(f"No grid with id: {sheet_id}")

    def range(self, text: str) -> tuple[Tab, Box]:
        """The tab and rectangle of a range in A1 notation.

        Raises:
            ApiError: If it cannot be understood, or names no tab.
        """
        title, box = parse_range(text)
        if title is None:
            return self.tabs[0], box
        try:
            return self.tab(title), box
        except KeyError:
            raise invalid(f"Unable to parse range: {text}") from None

    def check_size(self) -> None:
        """Refuse what has grown beyond the service's limits.

        Raises:
            ApiError: If it has.
        """
        if sum(tab.cell_count for tab in self.tabs) > MAX_CELLS:
            raise invalid(
                "This action would increase the number of cells in the workbook "
                f"above the limit of {MAX_CELLS} cells."
            )
        for tab in self.tabs:
            if tab.column_count > MAX_COLUMNS:
                raise invalid(f"A sheet may have at most {MAX_COLUMNS} columns.")

    def to_dict(self) -> dict[str, Any]:
        """A ``Spreadsheet`` object without grid data, as `account` gets it."""
        return {
            "spreadsheetId": self.book_id,
            "properties": {
                "title": self.title,
                "locale": self.locale,
                "timeZone": self.time_zone,
            },
            "sheets": [self._sheet(index, tab) for index, tab in enumerate(self.tabs)],
            "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{self.book_id}/edit",
            **({"developerMetadata": self.metadata} if self.metadata else {}),
        }

    def _sheet(self, index: int, tab: Tab) -> dict[str, Any]:
        result: dict[str, Any] = {"properties": tab.properties(index)}
        if tab.charts:
            result["charts"] = tab.charts
        if tab.protected:
            result["protectedRanges"] = [
                {**each, "requestingUserCanEdit": self._may_edit(each)}
                for each in tab.protected.values()
            ]
        if tab.tables:
            result["tables"] = tab.tables
        if tab.conditional_formats:
            result["conditionalFormats"] = tab.conditional_formats
        if tab.filter_views:
            result["filterViews"] = tab.filter_views
        if tab.basic_filter:
            result["basicFilter"] = tab.basic_filter
        return result

    def _may_edit(self, protected: Mapping[str, Any]) -> bool:
        editors = protected.get("editors", {}).get("users", ())
        return self.account is None or self.account in editors

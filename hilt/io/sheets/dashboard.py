"""The dashboard of a log: a tab of figures, charts and tables over all of the log's tabs.

Figures are at the top, charts below, and the tables that they are drawn from at the end.
Everything is a formula over the log (`hilt.io.sheets.dashboard_formulas`), so it follows the log by
itself; and a table has as many rows as there are days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hilt.io.sheets.cells import MONEY_PATTERN, TIME_PATTERN, update_request
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.dashboard_formulas import DAYS, NEWEST, SLOWEST, TOP, Formulas
from hilt.io.sheets.header import column_request
from hilt.io.sheets.marks import (
    DASHBOARD_KEY,
    LogMark,
    log_mark_request,
    new_sheet_id,
    read_marks,
)
from hilt.io.sheets.tabs import LogTab, find_tabs, fitting_title

__all__ = ["dashboard_title", "make_dashboard", "requests_for"]

_NUMBERS = {"Day", "Calls", "Cost (USD)", "Error rate", "Seconds", "Milliseconds", "Time"}
"""The heads of columns whose cells are aligned to the right."""
_CHARTS = 6
"""The row, from 0, where the charts begin."""
_CHART_ROWS = 16
_HEAD = _CHARTS + 2 * _CHART_ROWS + 2
"""The row, from 0, with the heads of the tables."""
_SUMMARY = ("$N", "$O", "$P", "$Q", "$R")
_GRID = {"rowCount": 1000, "columnCount": 18}
_WIDE = 130
_WIDER = {10: 320, 11: 170}
"""Widths of the columns with questions and times of the slowest calls, in pixels."""
_MONEY = {"numberFormat": {"type": "NUMBER", "pattern": MONEY_PATTERN}}
_SHARE = {"numberFormat": {"type": "PERCENT", "pattern": "0.0%"}}
_SECONDS = {"numberFormat": {"type": "NUMBER", "pattern": "#,##0.00"}}
_DAY = {"numberFormat": {"type": "DATE", "pattern": "yyyy-mm-dd"}}
_TIME = {"numberFormat": {"type": "DATE_TIME", "pattern": TIME_PATTERN}}
_COUNT = {"numberFormat": {"type": "NUMBER", "pattern": "#,##0"}}
_BOLD = {"textFormat": {"bold": True}}
_RIGHT = {**_BOLD, "horizontalAlignment": "RIGHT"}
_BIG = {"fontSize": 16, "bold": True}
_TITLE = {"textFormat": _BIG}

Cell = tuple[int, int, str, Mapping[str, object]]
"""Row, column, text or formula, format."""


@dataclass(frozen=True, slots=True)
class _Chart:
    """A chart of two columns of a table."""

    title: str
    kind: str
    domain: int
    series: int
    rows: int


def dashboard_title(title: str) -> str:
    """The title of the dashboard's tab for a log."""
    return fitting_title(title, " dashboard")


def make_dashboard(connection: Connection, tab: LogTab, log: str) -> bool:
    """Make the dashboard of a log; return False if there is one that covers all of its tabs.

    If one lacks tabs, because the log has gone on to a new one, its formulas are written again;
    what people have changed otherwise is left alone.

    Args:
        connection: The spreadsheet.
        tab: The tab that rows are written to.
        log: The worksheet's name.

    Raises:
        CallError: If the service refuses.
    """
    tabs = _tabs_of_kind(find_tabs(connection, log), tab)
    marks, title = read_marks(connection), dashboard_title(log)
    covered = tuple(str(each.sheet_id) for each in tabs)
    for each in connection.tabs():
        mark = marks.dashboards.get(each["sheetId"])
        if mark is not None and mark.is_of(log):
            if mark.columns == covered:
                return False
            connection.batch(_renewed(tabs, _mark(log, mark.sheet, covered)))
            return True
        if mark is None and each["title"].casefold() == title.casefold():
            return False
    sheet_id = new_sheet_id()
    connection.batch(requests_for(tabs, sheet_id, _free(connection, title), log))
    return True


def requests_for(tabs: Sequence[LogTab], sheet_id: int, title: str, log: str) -> list[Json]:
    """The requests that make the tab, its cells and its charts; one batch."""
    formulas = _formulas(tabs)
    added = {
        "sheetId": sheet_id,
        "title": title,
        "gridProperties": _GRID,
        "tabColor": {"red": 0.2, "green": 0.5, "blue": 0.9},
    }
    covered = tuple(str(each.sheet_id) for each in tabs)
    return [
        {"addSheet": {"properties": added}},
        column_request(sheet_id, 0, 13, {"pixelSize": _WIDE}),
        *(
            column_request(sheet_id, at, at + 1, {"pixelSize": width})
            for at, width in _WIDER.items()
        ),
        column_request(sheet_id, 13, 18, {"pixelSize": _WIDE, "hiddenByUser": True}),
        *_table_formats(sheet_id, formulas),
        *(_write(sheet_id, cell) for cell in _cells(formulas, log)),
        *(_chart(sheet_id, slot, chart) for slot, chart in enumerate(_charts(formulas))),
        log_mark_request(_mark(log, sheet_id, covered), DASHBOARD_KEY),
    ]


def _mark(log: str, sheet_id: int, covered: tuple[str, ...]) -> LogMark:
    """A dashboard's mark, which has the ids of the tabs that it covers in place of columns."""
    return LogMark(log, sheet_id, columns=covered)


def _renewed(tabs: Sequence[LogTab], mark: LogMark) -> list[Json]:
    """The requests that write the formulas again."""
    cells = [cell for cell in _cells(_formulas(tabs), mark.log) if cell[2].startswith("=")]
    return [
        *(_write(mark.sheet, cell) for cell in cells),
        log_mark_request(mark, DASHBOARD_KEY, is_new=False),
    ]


def _tabs_of_kind(tabs: Sequence[LogTab], tab: LogTab) -> list[LogTab]:
    """The tabs whose columns can be stacked, one tab below the other."""
    needed = set(tab.positions)
    return [
        each for each in tabs if each.rows_are == tab.rows_are and needed.issubset(each.positions)
    ] or [tab]


def _free(connection: Connection, title: str) -> str:
    taken = {str(each["title"]).casefold() for each in connection.tabs()}
    return title if title.casefold() not in taken else fitting_title(title, " of HILT")


def _formulas(tabs: Sequence[LogTab]) -> Formulas:
    first = _HEAD + 2
    return Formulas(tabs, [f"{letter}${first}:{letter}" for letter in _SUMMARY])


def _cells(formulas: Formulas, log: str) -> Iterator[Cell]:
    yield 0, 0, f"HILT: {log}", _TITLE
    if formulas.has_time:
        text, *needed = formulas.last_row()
        yield 1, 0, text, {}
        row, first = NEWEST
        yield from ((row, first + at, formula, {}) for at, formula in enumerate(needed))
    yield from _figures(formulas)
    yield _HEAD - 1, 13, "Summary, for the tables", _BOLD
    yield _HEAD + 1, 13, formulas.summary(), {}
    if formulas.has_time and (formulas.has_cost or formulas.has_outcome):
        yield from _table(
            0, "Per day", ["Day", "Calls", "Cost (USD)", "Error rate"], formulas.per_day()
        )
    if formulas.has_model and formulas.has_cost:
        yield from _table(5, "Cost per model", ["Model", "Cost (USD)"], formulas.per_model())
    if formulas.has_duration:
        heads, query = formulas.slowest()
        yield from _table(8, "Slowest calls", heads, query)


def _figures(formulas: Formulas) -> Iterator[Cell]:
    """The row of figures: calls, errors, error rate, cost, median, and the first day."""
    calls, errors = f"SUM({formulas.calls})", f"SUM({formulas.errors})"
    figures: list[tuple[str, str, Mapping[str, object]]] = []
    if formulas.has_outcome:
        figures = [
            ("Calls", f"={calls}", _COUNT),
            ("Errors", f"={errors}", _COUNT),
            ("Error rate", f"=IF({calls}=0;0;{errors}/{calls})", _SHARE),
        ]
    if formulas.has_cost:
        figures.append(("Cost (USD)", f"=SUM({formulas.cost})", _MONEY))
    if formulas.has_duration:
        unit = "s" if formulas.is_of_calls else "ms"
        figures.append((f"Median time ({unit})", formulas.median(), _SECONDS))
    if formulas.has_time:
        figures.append(("Since", formulas.first_day(), _DAY))
    for column, (name, formula, cell_format) in enumerate(figures):
        yield 3, column, name, _BOLD
        look = {"textFormat": _BIG, "horizontalAlignment": "LEFT"}
        yield 4, column, formula, {**cell_format, **look}


def _table(column: int, title: str, heads: Sequence[str], formula: str) -> Iterator[Cell]:
    yield _HEAD - 1, column, title, _BOLD
    for at, head in enumerate(heads):
        yield _HEAD, column + at, head, _RIGHT if head in _NUMBERS else _BOLD
    yield _HEAD + 1, column, formula, {}


def _table_formats(sheet_id: int, formulas: Formulas) -> Iterator[Json]:
    """Number formats for people; these come before the cells, which keep them."""
    formats = {1: _COUNT, 2: _MONEY, 3: _SHARE, 6: _MONEY, 8: _SECONDS}
    if formulas.is_of_calls:
        formats |= {0: _DAY, 11: _TIME, 13: _DAY}
    for column, cell_format in formats.items():
        area = {
            "sheetId": sheet_id,
            "startRowIndex": _HEAD + 1,
            "startColumnIndex": column,
            "endColumnIndex": column + 1,
        }
        yield {
            "repeatCell": {
                "range": area,
                "cell": {"userEnteredFormat": cell_format},
                "fields": "userEnteredFormat.numberFormat",
            }
        }


def _charts(formulas: Formulas) -> Iterator[_Chart]:
    unit = "s" if formulas.is_of_calls else "ms"
    if formulas.has_time and formulas.has_cost:
        yield _Chart("Cost per day (USD)", "COLUMN", 0, 2, DAYS)
    if formulas.has_model and formulas.has_cost:
        yield _Chart("Cost per model (USD)", "BAR", 5, 6, TOP)
    if formulas.has_time and formulas.has_outcome:
        yield _Chart("Error rate per day", "LINE", 0, 3, DAYS)
    if formulas.has_time and formulas.has_duration:
        yield _Chart(f"Slowest calls ({unit})", "BAR", formulas.label_column, 8, SLOWEST)


def _write(sheet_id: int, cell: Cell) -> Json:
    row, column, text, cell_format = cell
    kind = "formulaValue" if text.startswith("=") else "stringValue"
    data: Json = {"userEnteredValue": {kind: text}}
    fields = ["userEnteredValue"]
    if cell_format:
        data["userEnteredFormat"] = dict(cell_format)
        fields += [f"userEnteredFormat.{name}" for name in cell_format]
    return update_request(sheet_id, row, column, [data], ",".join(fields))


def _chart(sheet_id: int, slot: int, chart: _Chart) -> Json:
    basic: Json = {
        "chartType": chart.kind,
        "legendPosition": "NO_LEGEND",
        "headerCount": 1,
        "domains": [{"domain": _source(sheet_id, chart.domain, chart.rows)}],
        "series": [{"series": _source(sheet_id, chart.series, chart.rows)}],
    }
    if chart.kind == "LINE":
        # Otherwise the axis begins near the lowest value, and each day looks like a disaster.
        basic["axis"] = [{"position": "LEFT_AXIS", "viewWindowOptions": {"viewWindowMin": 0}}]
    if chart.kind == "BAR":
        basic["series"][0]["targetAxis"] = "BOTTOM_AXIS"
    position = {
        "anchorCell": {
            "sheetId": sheet_id,
            "rowIndex": _CHARTS + _CHART_ROWS * (slot // 2),
            "columnIndex": 5 * (slot % 2),
        },
        "widthPixels": 620,
        "heightPixels": 320,
    }
    spec = {"title": chart.title, "basicChart": basic, "hiddenDimensionStrategy": "SHOW_ALL"}
    return {"addChart": {"chart": {"spec": spec, "position": {"overlayPosition": position}}}}


def _source(sheet_id: int, column: int, rows: int) -> Json:
    area = {
        "sheetId": sheet_id,
        "startRowIndex": _HEAD,
        "endRowIndex": _HEAD + 1 + rows,
        "startColumnIndex": column,
        "endColumnIndex": column + 1,
    }
    return {"sourceRange": {"sources": [area]}}

"""The dashboard of a log: a tab of figures, tables and charts over the log's tab.

Everything in it is a formula over the log, so it follows the log by itself. Formulas use ``;``,
which Google understands in every language of a spreadsheet.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

from hilt.io.sheets.a1 import column_letters, quote_title
from hilt.io.sheets.connection import Connection, Json
from hilt.io.sheets.tabs import LogTab

__all__ = ["dashboard_title", "make_dashboard", "requests_for"]

_DAYS = 60
_TOP = 20
_SLOWEST = 10
_HEAD = 7
"""The row, from 0, with the heads of the tables."""
_GRID = {"rowCount": 110, "columnCount": 16}
_WIDE = {"pixelSize": 130}
_MONEY = {"numberFormat": {"type": "NUMBER", "pattern": "0.0000"}}
_SHARE = {"numberFormat": {"type": "PERCENT", "pattern": "0.0%"}}
_BOLD = {"textFormat": {"bold": True}}
_TITLE = {"textFormat": {"bold": True, "fontSize": 16}}

Cell = tuple[int, int, str, Mapping[str, object]]
"""Row, column, text or formula, format."""


def dashboard_title(title: str) -> str:
    """The dashboard's tab for a log's tab."""
    return f"{title} dashboard"


def make_dashboard(connection: Connection, tab: LogTab) -> bool:
    """Make the dashboard of a log's tab; False if there is one, which is left as it is.

    Raises:
        CallError: If the service refuses.
    """
    title = dashboard_title(tab.title)
    if any(each["title"].casefold() == title.casefold() for each in connection.tabs()):
        return False
    connection.batch(requests_for(tab, random.randrange(1, 2**31)))  # noqa: S311 - an id
    return True


def requests_for(tab: LogTab, sheet_id: int) -> list[Json]:
    """The requests that make the tab, its cells and its charts; one batch."""
    added = {
        "sheetId": sheet_id,
        "title": dashboard_title(tab.title),
        "gridProperties": _GRID,
        "tabColor": {"red": 0.2, "green": 0.5, "blue": 0.9},
    }
    widths = {
        "range": {
            "sheetId": sheet_id,
            "dimension": "COLUMNS",
            "startIndex": 0,
            "endIndex": _GRID["columnCount"],
        },
        "properties": _WIDE,
        "fields": "pixelSize",
    }
    log = _Log(tab)
    return [
        {"addSheet": {"properties": added}},
        {"updateDimensionProperties": widths},
        *(_write(sheet_id, cell) for cell in _cells(log)),
        *(_chart(sheet_id, *chart) for chart in _charts(log)),
    ]


class _Log:
    """How formulas refer to a log's columns."""

    def __init__(self, tab: LogTab) -> None:
        self._tab = quote_title(tab.title)
        self._positions = tab.positions
        self.title = tab.title

    def has(self, *names: str) -> bool:
        return all(name in self._positions for name in names)

    def letter(self, name: str) -> str:
        return column_letters(self._positions[name])

    def column(self, name: str) -> str:
        letter = self.letter(name)
        return f"{self._tab}!${letter}$2:${letter}"

    def table(self) -> str:
        return f"{self._tab}!$A$1:${column_letters(max(self._positions.values()))}"


def _cells(log: _Log) -> Iterator[Cell]:
    yield 0, 0, f"HILT: {log.title}", _TITLE
    yield (
        1,
        0,
        f"Formulas over the tab {log.title}. Change them as you like: HILT writes here no more.",
        {},
    )
    yield from _figures(log)
    if log.has("timestamp"):
        yield from _per_day(log)
    if log.has("model", "cost_usd"):
        model, cost = log.letter("model"), log.letter("cost_usd")
        yield _HEAD - 1, 5, "Cost per model", _BOLD
        yield from _query(
            log,
            5,
            f"select {model}, sum({cost}) where {cost} is not null group by {model} "
            f"order by sum({cost}) desc limit {_TOP} "
            f"label {model} 'model', sum({cost}) 'cost_usd'",
        )
    if log.has("latency_ms"):
        wanted = ("timestamp", "latency_ms", "model", "conversation_id", "message", "event_id")
        names = [log.letter(name) for name in wanted if log.has(name)]
        latency = log.letter("latency_ms")
        yield _HEAD - 1, 8, "Slowest calls", _BOLD
        yield from _query(
            log,
            8,
            f"select {', '.join(names)} where {latency} is not null order by {latency} desc "
            f"limit {_SLOWEST}",
        )


def _figures(log: _Log) -> Iterator[Cell]:
    """The row of figures: calls, cost, errors, error rate."""
    figures: list[tuple[str, str, Mapping[str, object]]] = []
    if log.has("status_code"):
        status = log.column("status_code")
        figures = [
            ("Calls", f"=COUNT({status})", {}),
            ("Errors", f'=COUNTIF({status};">=400")', {}),
            (
                "Error rate",
                f'=IF(COUNT({status})=0;0;COUNTIF({status};">=400")/COUNT({status}))',
                _SHARE,
            ),
        ]
    if log.has("cost_usd"):
        figures.append(("Cost (USD)", f"=SUM({log.column('cost_usd')})", _MONEY))
    if log.has("latency_ms"):
        latency = log.column("latency_ms")
        figures.append(("Median latency (ms)", f"=IF(COUNT({latency})=0;0;MEDIAN({latency}))", {}))
    for column, (name, formula, cell_format) in enumerate(figures):
        yield 3, column, name, _BOLD
        yield 4, column, formula, cell_format


def _per_day(log: _Log) -> Iterator[Cell]:
    """One row for each of the newest days: timestamps are text that begins with the day."""
    timestamps = log.column("timestamp")
    yield _HEAD - 1, 0, "Per day", _BOLD
    heads = ["day", "calls", "cost_usd", "error rate"]
    for column, head in enumerate(heads):
        yield _HEAD, column, head, _BOLD
    days = f'ARRAYFORMULA(LEFT(FILTER({timestamps};{timestamps}<>"");10))'
    yield _HEAD + 1, 0, f'=IFERROR(SORT(SORTN(UNIQUE({days});{_DAYS};0;1;FALSE));"")', {}
    for row in range(_HEAD + 1, _HEAD + 1 + _DAYS):
        day = f"$A{row + 1}"
        on_day = f'{timestamps};{day}&"*"'
        status = f";{log.column('status_code')};" if log.has("status_code") else ""
        if status:
            ended = f'COUNTIFS({on_day}{status}">0")'
            yield row, 1, f'=IF({day}="";"";{ended})', {}
            failed = f'COUNTIFS({on_day}{status}">=400")'
            yield row, 3, f'=IF({day}="";"";{failed}/MAX(1;{ended}))', _SHARE
        if log.has("cost_usd"):
            yield row, 2, f'=IF({day}="";"";SUMIF({on_day};{log.column("cost_usd")}))', _MONEY


def _query(log: _Log, column: int, text: str) -> Iterator[Cell]:
    yield _HEAD, column, f'=IFERROR(QUERY({log.table()};"{text}";1);"")', {}


def _charts(log: _Log) -> Iterator[tuple[str, str, int, int, int, int]]:
    """Title, kind, columns of domain and series, rows, and the position in a row of charts."""
    if log.has("timestamp", "cost_usd"):
        yield "Cost per day (USD)", "COLUMN", 0, 2, _DAYS, 0
    if log.has("model", "cost_usd"):
        yield "Cost per model (USD)", "BAR", 5, 6, _TOP, 1
    if log.has("timestamp", "status_code"):
        yield "Error rate per day", "LINE", 0, 3, _DAYS, 2
    if log.has("timestamp", "latency_ms"):
        yield "Slowest calls (ms)", "BAR", 8, 9, _SLOWEST, 3


def _write(sheet_id: int, cell: Cell) -> Json:
    row, column, text, cell_format = cell
    kind = "formulaValue" if text.startswith("=") else "stringValue"
    data: Json = {"userEnteredValue": {kind: text}, "userEnteredFormat": dict(cell_format)}
    return {
        "updateCells": {
            "start": {"sheetId": sheet_id, "rowIndex": row, "columnIndex": column},
            "rows": [{"values": [data]}],
            "fields": "userEnteredValue,userEnteredFormat",
        }
    }


def _chart(sheet_id: int, title: str, kind: str, *layout: int) -> Json:
    domain, series, rows, slot = layout
    basic: Json = {
        "chartType": kind,
        "legendPosition": "NO_LEGEND",
        "headerCount": 1,
        "domains": [{"domain": _source(sheet_id, domain, rows)}],
        "series": [{"series": _source(sheet_id, series, rows)}],
    }
    if kind == "BAR":
        basic["series"][0]["targetAxis"] = "BOTTOM_AXIS"
    position = {
        "anchorCell": {
            "sheetId": sheet_id,
            "rowIndex": _HEAD + 2 + _DAYS,
            "columnIndex": 4 * slot,
        },
        "widthPixels": 500,
        "heightPixels": 320,
    }
    spec = {"title": title, "basicChart": basic}
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

"""The dashboard: formulas and charts over the log, made once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hilt.core.event import Metrics
from hilt.core.exceptions import ConfigurationError

from .conftest import answer_to, prompt_of, put

DOCS = Path(__file__).parents[3] / "docs"


def test_setup_makes_figures_tables_and_charts(sheets, sink_of):
    """A person who would rather look than read finds a tab with all of it."""
    lines = [*sink_of().setup()]

    assert lines == ["Logs: made ready", "Logs dashboard: made"]
    tab = sheets.book().tab("Logs dashboard")
    assert [chart["spec"]["title"] for chart in tab.charts] == [
        "Cost per day (USD)",
        "Cost per model (USD)",
        "Error rate per day",
        "Slowest calls (s)",
    ]
    assert tab.values()[3] == [
        "Calls", "Errors", "Error rate", "Cost (USD)", "Median time (s)", "Since",
    ]  # fmt: skip
    formulas = {(row, column): text for row, column, text in tab.formulas()}
    assert formulas[4, 3] == "=SUM($R$42:$R)"
    assert formulas[41, 13] == (
        "=IFERROR(QUERY(ARRAYFORMULA(HSTACK(IFERROR(INT('Logs'!$A$2:$A);0);'Logs'!$F$2:$F;"
        """N('Logs'!$C$2:$C<>"");('Logs'!$C$2:$C="failed")+('Logs'!$C$2:$C="timeout")"""
        """+('Logs'!$C$2:$C="cancelled");'Logs'!$D$2:$D));"select Col1, Col2, sum(Col3), """
        "sum(Col4), sum(Col5) where Col1 > 0 group by Col1, Col2 order by Col1 label "
        """sum(Col3) '', sum(Col4) '', sum(Col5) ''";0))"""
    )


def test_charts_are_right_below_the_figures(sheets, sink_of):
    """Two rows of charts, on the first screen; and the tables below them."""
    for _ in sink_of().setup():
        pass
    charts = sheets.book().tab("Logs dashboard").charts
    anchors = [chart["position"]["overlayPosition"]["anchorCell"] for chart in charts]

    assert [(each["rowIndex"], each["columnIndex"]) for each in anchors] == [
        (6, 0), (6, 5), (22, 0), (22, 5),
    ]  # fmt: skip


def test_line_of_the_error_rate_begins_at_zero(sheets, sink_of):
    """A day with one error more is no disaster."""
    for _ in sink_of().setup():
        pass
    charts = sheets.book().tab("Logs dashboard").charts
    (line,) = [each["spec"]["basicChart"] for each in charts if each["spec"]["basicChart"]["chartType"] == "LINE"]  # fmt: skip

    assert line["axis"] == [{"position": "LEFT_AXIS", "viewWindowOptions": {"viewWindowMin": 0}}]


def test_few_formulas_read_the_log(sheets, sink_of):
    """Google computes them again with every append, so there are four, however many days."""
    for _ in sink_of().setup():
        pass

    formulas = [text for _, _, text in sheets.book().tab("Logs dashboard").formulas()]
    assert len([text for text in formulas if "'Logs'!" in text]) == 4
    assert len(formulas) < 15


def test_dashboard_is_about_all_tabs_of_a_log(sheets, sink_of):
    """When the log has gone on to another tab, a second setup takes it in."""
    for _ in sink_of().setup():
        pass
    properties = {"sheetId": sheets.book().tab("Logs dashboard").sheet_id, "title": "Figures"}
    sheets.edit("book", {"updateSheetProperties": {"properties": properties, "fields": "title"}})

    assert [*sink_of(rollover_cells=20).setup()] == [
        "Logs (2): made ready, because the tab 'Logs' is full: it has 34 cells",
        "Logs dashboard: made",
    ]
    assert [*sink_of().setup()] == ["Logs: is ready", "Logs dashboard: exists"]
    tab = sheets.book().tab("Figures")
    (summary,) = [text for row, column, text in tab.formulas() if (row, column) == (41, 13)]
    assert "INT(VSTACK('Logs'!$A$2:$A;'Logs (2)'!$A$2:$A))" in summary
    assert [each.title for each in sheets.book()] == ["Sheet1", "Logs", "Figures", "Logs (2)"]


def test_second_setup_changes_nothing(sheets, sink_of):
    """What is there is left as it is, with what a person has changed in it."""
    for _ in sink_of().setup():
        pass
    before = sheets.book()
    writes = len(sheets.calls_of("write"))

    assert [*sink_of().setup()] == ["Logs: is ready", "Logs dashboard: exists"]
    assert len(sheets.calls_of("write")) == writes
    assert sheets.book().to_dict() == before.to_dict()


def test_formulas_are_balanced_and_use_no_comma_as_separator(sheets, sink_of):
    """They must hold in every language of a spreadsheet: arguments are separated by ``;``."""
    for _ in sink_of().setup():
        pass
    for _, _, formula in sheets.book().tab("Logs dashboard").formulas():
        bare = re.sub(r'"[^"]*"', "", formula)
        assert "," not in bare
        assert bare.count("(") == bare.count(")")
        assert formula.count('"') % 2 == 0


def test_dashboard_has_only_what_the_columns_allow(sheets, sink_of):
    """Panels whose columns were not chosen are left out."""
    for _ in sink_of(columns=["timestamp", "message", "cost_usd"]).setup():
        pass

    tab = sheets.book().tab("Logs dashboard")
    assert [chart["spec"]["title"] for chart in tab.charts] == ["Cost per day (USD)"]
    assert tab.values()[3] == ["Cost (USD)", "Since"]


def test_setup_without_a_dashboard_makes_none(sheets, sink_of):
    """It is optional."""
    assert [*sink_of().setup(dashboard=False)] == ["Logs: made ready"]
    assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]


def test_figures_and_tables_are_those_of_the_log(sheets, sink_of, monkeypatch):
    """The formulas, computed as Google computes them, give what was logged."""
    monkeypatch.syspath_prepend(DOCS)
    from formulas import compute

    sink = sink_of()
    sink.open()
    for day, outcome in ((1, "completed"), (1, "failed"), (3, "completed")):
        prompt = prompt_of("Why?", timestamp=f"2026-11-0{day}T10:00:00.000000Z")
        answer = answer_to(prompt)
        answer.metrics = Metrics(cost_usd=0.25)
        answer.extensions |= {"model": "gpt-4o", "outcome": outcome, "latency_ms": 500 * day}
        put(sink, prompt, answer)
    assert sink.flush(10)
    for _ in sink.setup():
        pass

    book = sheets.book()
    cells = compute(book, book.tab("Logs dashboard"), 46329.5)
    assert cells[1, 0] == "Last row 120 minutes ago"
    assert [cells[4, column] for column in range(6)] == [3, 1, 1 / 3, 0.75, 0.5, 46327]
    rows = [[cells.get((row, column)) for column in range(4)] for row in range(40, 44)]
    assert rows == [
        ["Day", "Calls", "Cost (USD)", "Error rate"],
        [46327, 2, 0.5, 0.5],
        [46329, 1, 0.25, 0],
        [None, None, None, None],
    ]
    assert [cells[41, column] for column in range(5, 7)] == ["gpt-4o", 0.75]
    assert [cells[41, column] for column in range(8, 11)] == [1.5, "gpt-4o", "Why?"]


@pytest.mark.parametrize(
    ("rows", "time_zone", "hours"),
    [
        ("calls", "Europe/Berlin", 2),
        ("events", "Europe/Berlin", 2),
        ("events", "America/New_York", -4),
        ("events", "Asia/Kolkata", 5.5),
        ("events", "Nowhere/At_all", 0),
    ],
)
def test_age_of_the_newest_row_is_right_in_every_time_zone(
    sheets, sink_of, monkeypatch, time_zone, hours, rows
):
    """Whether rows have dates, as calls, or timestamps in UTC, as events."""
    monkeypatch.syspath_prepend(DOCS)
    from formulas import compute

    properties = {"timeZone": time_zone}
    sheets.edit(
        "book", {"updateSpreadsheetProperties": {"properties": properties, "fields": "timeZone"}}
    )
    sink = sink_of(rows=rows)
    for _ in sink.setup():
        pass
    book = sheets.book()
    assert compute(book, book.tab("Logs dashboard"), 46234)[1, 0] == "No rows yet"
    sink.open()
    for day, minute in (("06-30", "59"), ("07-31", "30"), ("07-01", "00")):
        prompt = prompt_of("Why?", timestamp=f"2026-{day}T10:{minute}:00.000000Z")
        ending = answer_to(prompt)
        ending.timestamp = prompt.timestamp
        put(sink, prompt, ending)
    assert sink.flush(10)

    book = sheets.book()
    now = 46234 + (10 + 37 / 60 + hours) / 24  # 10:37 UTC on 31 July
    assert compute(book, book.tab("Logs dashboard"), now)[1, 0] == "Last row 7 minutes ago"


@pytest.mark.parametrize("name", ["x" * 94, "😀" * 47])
def test_dashboard_of_a_log_with_the_longest_name(sheets, sink_of, name):
    """Its title is cut, as the service would refuse it; and it is found again."""
    sink = sink_of(worksheet_name=name)
    for _ in range(2):
        assert len([*sink.setup()]) == 2
    titles = [each.title for each in sheets.book()]
    assert titles[:2] == ["Sheet1", name]
    assert len(titles) == 3
    assert titles[2].endswith(" dashboard")


def test_name_that_is_too_long_for_a_tab_is_refused_at_once(sink_of):
    """Emoji count twice, as for the service."""
    with pytest.raises(ConfigurationError, match="cannot be the name of a tab"):
        sink_of(worksheet_name="😀" * 48)

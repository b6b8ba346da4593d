"""The dashboard: formulas and charts over the log, made once."""

from __future__ import annotations

import re


def test_setup_makes_figures_tables_and_charts(sheets, sink_of):
    """A person who would rather look than read finds a tab with all of it."""
    lines = [*sink_of().setup()]

    assert lines == ["Logs: made ready", "Logs dashboard: made"]
    tab = sheets.book().tab("Logs dashboard")
    assert [chart["spec"]["title"] for chart in tab.charts] == [
        "Cost per day (USD)",
        "Cost per model (USD)",
        "Error rate per day",
        "Slowest calls (ms)",
    ]
    assert tab.values()[3][:5] == ["Calls", "Errors", "Error rate", "Cost (USD)", "Median latency (ms)"]  # fmt: skip
    formulas = {(row, column): text for row, column, text in tab.formulas()}
    assert formulas[4, 3] == "=SUM('Logs'!$L$2:$L)"
    assert formulas[8, 2] == """=IF($A9="";"";SUMIF('Logs'!$A$2:$A;$A9&"*";'Logs'!$L$2:$L))"""


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
    assert tab.values()[3] == ["Cost (USD)"]


def test_setup_without_a_dashboard_makes_none(sheets, sink_of):
    """It is optional."""
    assert [*sink_of().setup(dashboard=False)] == ["Logs: made ready"]
    assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]

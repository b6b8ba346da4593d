"""Bar charts."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hilt.cli.charts import bar_chart


def bars(chart: str) -> list[tuple[str, str]]:
    """The title and height of each bar of a chart, which is well-formed XML."""
    svg = ET.fromstring(chart).find("svg")
    assert svg is not None
    return [(each.findtext("title", ""), each.get("height", "")) for each in svg.iter("rect")]


def test_bars_are_as_high_as_their_share():
    """The highest one fills the chart, and each says its figure."""
    assert bars(bar_chart("Calls", [("a", 1), ("<b>", 4)])) == [
        ("a: 1", "30.0"),
        ("<b>: 4", "120.0"),
    ]


def test_bars_of_no_finite_number_are_full_or_empty():
    """The others keep their share of the highest one, and none is below the chart."""
    values = [("a", 1), ("b", 4), ("c", float("inf")), ("d", float("nan")), ("e", -9e307)]

    heights = [height for _, height in bars(bar_chart("Cost", values))]
    assert heights == ["30.0", "120.0", "120.0", "0.0", "0.0"]


def test_too_many_bars_are_left_out_and_said():
    """The last ones stay."""
    chart = bar_chart("Calls", [(str(number), 1.0) for number in range(130)])

    assert len(bars(chart)) == 120
    assert "the last 120, 10 left out" in chart


def test_nothing_is_an_empty_chart():
    """As are bars without height."""
    assert bars(bar_chart("Calls", [])) == []
    assert bars(bar_chart("Calls", [("a", 0)])) == [("a: 0", "0.0")]

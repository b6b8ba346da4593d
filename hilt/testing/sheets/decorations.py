"""Requests of a batch about what lies over cells: protection, charts, filters, colours by rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hilt.testing.sheets.book import Book
from hilt.testing.sheets.errors import invalid
from hilt.testing.sheets.request_fields import Body, area_of

__all__ = [
    "add_chart",
    "add_conditional_format_rule",
    "add_filter_view",
    "add_protected_range",
    "clear_basic_filter",
    "delete_protected_range",
    "set_basic_filter",
]


def add_protected_range(book: Book, body: Body) -> dict[str, Any]:
    """Protect a range or a tab; without ``warningOnly`` only its editors may write there."""
    protected = dict(body["protectedRange"])
    tab = book.by_id(protected["range"].get("sheetId", 0))
    protected_id = protected.setdefault("protectedRangeId", len(tab.protected) + 1)
    tab.protected[protected_id] = protected
    return {"protectedRange": protected}


def delete_protected_range(book: Book, body: Body) -> dict[str, Any]:
    """Take a protection off."""
    for tab in book:
        if tab.protected.pop(body["protectedRangeId"], None) is not None:
            return {}
    raise invalid(f"No protected range with id: {body['protectedRangeId']}")


def add_chart(book: Book, body: Body) -> dict[str, Any]:
    """Add a chart; its sources and its anchor must be in a grid."""
    chart = dict(body["chart"])
    spec = chart["spec"]
    if not {"basicChart", "pieChart", "scorecardChart"} & set(spec):
        raise invalid("A chart needs a basicChart, pieChart or scorecardChart spec.")
    for source in _sources(spec):
        area_of(book, source)
    anchor = chart["position"]["overlayPosition"]["anchorCell"]
    tab = book.by_id(anchor.get("sheetId", 0))
    chart.setdefault("chartId", 1_000 + sum(len(each.charts) for each in book))
    tab.charts.append(chart)
    return {"chart": chart}


def add_conditional_format_rule(book: Book, body: Body) -> dict[str, Any]:
    """Add a rule that gives cells a format by their values."""
    rule = dict(body["rule"])
    if not {"booleanRule", "gradientRule"} & set(rule):
        raise invalid("A rule must have a booleanRule or a gradientRule.")
    tabs = {area_of(book, area, clip=True)[0].sheet_id for area in rule["ranges"]}
    if len(tabs) != 1:
        raise invalid("All ranges of a rule must be on one sheet.")
    book.by_id(tabs.pop()).conditional_formats.insert(int(body.get("index", 0)), rule)
    return {}


def set_basic_filter(book: Book, body: Body) -> dict[str, Any]:
    """Put a filter over a range; a tab has one at most."""
    tab, _, _ = area_of(book, body["filter"]["range"], clip=True)
    tab.basic_filter = dict(body["filter"])
    return {}


def clear_basic_filter(book: Book, body: Body) -> dict[str, Any]:
    """Take the filter off."""
    book.by_id(body["sheetId"]).basic_filter = None
    return {}


def add_filter_view(book: Book, body: Body) -> dict[str, Any]:
    """Add a named filter, which shows its choice only to whoever opens it."""
    view = dict(body["filter"])
    tab, _, _ = area_of(book, view["range"], clip=True)
    view.setdefault("filterViewId", 1 + sum(len(each.filter_views) for each in book))
    tab.filter_views.append(view)
    return {"filter": view}


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

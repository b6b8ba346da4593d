"""Parts that many requests of a batch share: field masks, ranges, protection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hilt.testing.sheets.book import Book, Tab
from hilt.testing.sheets.errors import invalid
from hilt.testing.sheets.fields import paths
from hilt.testing.sheets.ranges import Box

__all__ = ["Body", "area_of", "check_protection", "mask_of", "select"]

Body = Mapping[str, Any]


def mask_of(body: Body) -> list[str]:
    """The field mask of a request, which must not be empty."""
    return paths(str(body.get("fields", "")))


def select(value: Body, fields: Sequence[str], prefix: str = "") -> dict[str, Any]:
    """The part of an object that a field mask names."""
    if "*" in fields:
        return dict(value)
    result: dict[str, Any] = {}
    for key, item in value.items():
        path = f"{prefix}{key}"
        if path in fields or any(path.startswith(f"{name}.") for name in fields):
            result[key] = item
        elif isinstance(item, dict) and any(name.startswith(f"{path}.") for name in fields):
            result[key] = select(item, fields, f"{path}.")
    return result


def area_of(book: Book, area: Body, *, clip: bool = False) -> tuple[Tab, range, range]:
    """The tab, rows and columns of a ``GridRange``.

    Raises:
        ApiError: If it is not inside a grid.
    """
    tab = book.by_id(area.get("sheetId", 0))
    box = Box(
        area.get("startRowIndex", 0),
        area.get("endRowIndex"),
        area.get("startColumnIndex", 0),
        area.get("endColumnIndex"),
    )
    return tab, *tab.box(box, clip=clip)


def check_protection(book: Book, tab: Tab, rows: range, columns: range) -> None:
    """Refuse a write of an account that a protected range keeps out.

    Raises:
        ApiError: If it does.
    """
    if book.account is None or not rows or not columns:
        return
    for protected in tab.protected.values():
        area = protected.get("range", {})
        top, bottom = area.get("startRowIndex", 0), area.get("endRowIndex", rows.stop)
        left, right = area.get("startColumnIndex", 0), area.get("endColumnIndex", columns.stop)
        inside = top < rows.stop and rows.start < bottom
        inside = inside and left < columns.stop and columns.start < right
        editors = protected.get("editors", {}).get("users", ())
        if inside and not protected.get("warningOnly") and book.account not in editors:
            raise invalid(
                "You are trying to edit a protected cell or object. Please contact the "
                "spreadsheet owner to remove protection if you need to edit."
            )

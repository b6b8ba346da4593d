"""Field masks of a GET: ``spreadsheetId,sheets(properties(title,sheetId),charts)``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hilt.testing.sheets.errors import invalid

__all__ = ["masked", "paths"]

_TOKEN = re.compile(r"[\w*]+|[(),./]")
_Mask = dict[str, Any]


def paths(mask: str) -> list[str]:
    """The dotted paths of a write mask: ``a(b,c.d),e`` is ``a.b``, ``a.c.d`` and ``e``.

    Raises:
        ApiError: If it is empty, or cannot be understood.
    """
    found = list(_flat(_tree(mask))) if mask.strip() else []
    if not found:
        raise invalid("At least one field must be listed in 'fields'. (Use '*' for all fields.)")
    return found


def masked(value: dict[str, Any], mask: str | None) -> dict[str, Any]:
    """The part of an answer that a mask asks for; all of it without a mask or for ``*``.

    Raises:
        ApiError: If the mask cannot be understood.
    """
    if not mask or mask == "*":
        return value
    picked: dict[str, Any] = _picked(value, _tree(mask))
    return picked


def _tree(mask: str) -> _Mask:
    tokens = _TOKEN.findall(mask)
    whole = "".join(tokens) == mask.replace(" ", "")
    tree = _parsed(tokens)
    if tokens or not whole:
        raise invalid(f"Invalid field selection {mask}")
    return tree


def _flat(tree: _Mask, prefix: str = "") -> Iterator[str]:
    for name, below in tree.items():
        if below:
            yield from _flat(below, f"{prefix}{name}.")
        else:
            yield prefix + name


def _parsed(tokens: list[str]) -> _Mask:
    """Read names up to the closing parenthesis, taking them from the list."""
    tree: _Mask = {}
    while tokens and tokens[0] != ")":
        name = tokens.pop(0)
        below: _Mask = {}
        if tokens and tokens[0] in "./":
            tokens.pop(0)
            below = _first(tokens)
        elif tokens and tokens[0] == "(":
            tokens.pop(0)
            below = _parsed(tokens)
            del tokens[:1]
        tree.setdefault(name, {}).update(below)
        if tokens and tokens[0] == ",":
            tokens.pop(0)
    return tree


def _first(tokens: list[str]) -> _Mask:
    """Read one path only: what stands after a dot goes no further than the next comma."""
    end = depth = 0
    for end, token in enumerate([*tokens, ","]):  # noqa: B007
        depth += (token == "(") - (token == ")")  # noqa: S105
        if depth < 0 or (depth == 0 and token == ","):  # noqa: S105
            break
    path = tokens[:end]
    del tokens[:end]
    return _parsed(path)


def _picked(value: Any, tree: _Mask) -> Any:
    if not tree or "*" in tree:
        return value
    if isinstance(value, list):
        return [_picked(item, tree) for item in value]
    if isinstance(value, dict):
        return {key: _picked(item, tree[key]) for key, item in value.items() if key in tree}
    return value

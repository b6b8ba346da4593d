"""Lists of objects that are flattened into attributes: ``prefix.0.role``, ``prefix.1.role``."""

from __future__ import annotations

from typing import Any

from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["numbered"]


def numbered(record: SpanRecord, prefix: str) -> list[dict[str, Any]]:
    """``prefix.N.a.b`` attributes as a list of nested dicts, lists where keys are numbers."""
    tree: dict[str, Any] = {}
    for name, value in record.attributes.items():
        if name.startswith(prefix):
            _put(tree, name[len(prefix) :].split("."), value)
    nested = _lists_of({key: inner for key, inner in tree.items() if key.isdecimal()})
    return nested if isinstance(nested, list) else []


def _put(tree: dict[str, Any], path: list[str], value: object) -> None:
    for step in path[:-1]:
        inner = tree.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        tree = inner
    tree[path[-1]] = value


def _lists_of(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    if tree and all(key.isdecimal() for key in tree):
        return [_lists_of(tree[key]) for key in sorted(tree, key=int)]
    return {key: _lists_of(value) for key, value in tree.items()}

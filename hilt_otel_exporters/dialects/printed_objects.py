"""Values that an emitter printed as Python does: ``{'messages': [Message(role='user')]}``."""

from __future__ import annotations

import ast
import re
from typing import Any

__all__ = ["CLASS", "value_of_printed"]

CLASS = "class"
"""The key under which an object's class stands, beside its fields."""

_MEMBER = re.compile(r"<[\w.]+: ('(?:[^'\\]|\\.)*'|-?\d+)>")
_OPAQUE = re.compile(r"<(?:[^<>]|<[^<>]*>)*>")
_LONGEST = 200_000


def value_of_printed(text: str) -> Any:
    """The value that was printed: dicts, lists, and objects as dicts; None if it cannot be read.

    Members of enumerations are their values. What has no readable form is None.
    """
    if len(text) > _LONGEST:
        return None
    for readable in (text, _OPAQUE.sub("None", _MEMBER.sub(r"\1", text))):
        try:
            return _value(ast.parse(readable, mode="eval").body)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
    return None


def _value(node: ast.expr) -> Any:
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [_value(each) for each in node.elts]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {_value(key): _value(value) for key, value in pairs if isinstance(key, ast.Constant)}
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        return {CLASS: name, **{each.arg: _value(each.value) for each in node.keywords if each.arg}}
    return node.value if isinstance(node, ast.Constant) else None

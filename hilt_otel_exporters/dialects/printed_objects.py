"""Values that an emitter printed as Python does: ``{'messages': [Message(role='user')]}``."""

from __future__ import annotations

import ast
import re
from typing import Any

__all__ = ["CLASS", "fields_of_printed", "value_of_printed"]

CLASS = "class"
"""The key under which an object's class stands, beside its fields."""

_MEMBER = re.compile(r"<[\w.]+: ('(?:[^'\\]|\\.)*'|-?\d+)>")
_OPAQUE = re.compile(r"<(?:[^<>]|<[^<>]*>)*>")
_LONGEST = 200_000
_FIELD = re.compile(r"(\w+)=('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s'\"]+)(?: |$)")


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


def fields_of_printed(text: str) -> dict[str, Any] | None:
    """The fields of a Pydantic model that was printed: ``status='success' result='14 C'``.

    None if anything in the text is not a field. A field that cannot be read is None.
    """
    if len(text) > _LONGEST:
        return None
    fields, end = dict[str, Any](), 0
    for match in _FIELD.finditer(text):
        if match.start() != end:
            return None
        fields[match[1]], end = value_of_printed(match[2]), match.end()
    return fields if fields and end == len(text) else None


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

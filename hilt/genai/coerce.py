"""A value as the type that a reader needs, whatever type it has: a list, a text, a count, a part.

Programs and hosts send more than APIs define. An adapter that asks for its values here reads the
rest of a body all the same, and what it cannot understand is in the log as it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from hilt.genai.json_values import get_path, text_or_json, to_plain_json
from hilt.genai.values import Part

__all__ = [
    "FIELDLESS",
    "as_list",
    "count_or_none",
    "length_or_none",
    "list_or_empty",
    "number_or_none",
    "role_of",
    "str_or_empty",
    "str_or_none",
    "text_or_none",
    "text_or_parts",
    "texts_of",
    "to_text",
    "unknown_part",
]

FIELDLESS = (str, int, float, bytes, list, tuple, type(None))
"""Types without fields: a value of one cannot be a message or a call."""


def list_or_empty(value: object) -> Sequence[Any]:
    """The value if it is a list or a tuple, else an empty one."""
    return value if isinstance(value, (list, tuple)) else ()


def as_list(value: object) -> Sequence[Any]:
    """A list as it is, and anything else as the only item of one; an empty one of nothing."""
    if isinstance(value, (list, tuple)):
        return value
    return () if value is None or value == "" else (value,)


def length_or_none(rows: object) -> int | None:
    """The length of a list; None of anything else."""
    return len(rows) if isinstance(rows, (list, tuple)) else None


def str_or_empty(value: object) -> str:
    """A kind, a status, a reason: the value if it is a text, else "", which names nothing."""
    return value if isinstance(value, str) else ""


def str_or_none(value: object) -> str | None:
    """A model, a user: the value if it is a text and not empty, else None."""
    return value if isinstance(value, str) and value else None


def count_or_none(value: object) -> int | None:
    """A whole number from 0 up, or None; a bool is not one."""
    if type(value) is int:
        return value if value >= 0 else None
    if isinstance(value, float) and 0 <= value < 1 << 62:
        return int(value)
    return None


def number_or_none(value: object) -> float | None:
    """A number, or None; a bool is not one."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def role_of(message: object, otherwise: str) -> str:
    """Who speaks in a message: the value of a member of an enumeration, as SDKs send it."""
    role = get_path(message, "role")
    if type(role) is str:
        return role or otherwise
    return str((role.value if isinstance(role, Enum) else role) or otherwise)


def text_or_none(value: object) -> str | None:
    """An id or a name: a text, whatever it was given as; None where there is none."""
    return text_or_json(value) if value else None


def to_text(value: object) -> str:
    """A text as it is, and anything else that is there as JSON."""
    if isinstance(value, str):
        return value
    return text_or_json(value) if value else ""


def texts_of(contents: object) -> list[str]:
    """The texts of some contents: the ``text`` of each, or the content itself."""
    return [
        to_text(each if isinstance(each, str) else get_path(each, "text"))
        for each in as_list(contents)
    ]


def unknown_part(value: object) -> Part:
    """The part for a value that is no valid part: it is in the log as it came."""
    return {"type": "unknown", "content": to_plain_json(value)}


def text_or_parts(parts: list[Part]) -> Any:
    """The texts of some parts, joined; the parts themselves where one is no text."""
    texts = [part["content"] for part in parts if part["type"] == "text"]
    return "".join(texts) if len(texts) == len(parts) else parts

"""Values that stand in texts: JSON, JSON that was quoted again, and what Python prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hilt.genai.coerce import number_or_none
from hilt.genai.json_values import json_or_text
from hilt_otel_exporters.dialects.printed_objects import value_of_printed

__all__ = ["has_content", "messages_in_text", "number_in_text", "value_in_text"]

_DEEPEST = 3
_PRINTED = re.compile(r"[\[{]+(?:'|[A-Z]\w*\()")
_OF_MESSAGES = ("content", "parts", "tool_calls", "contents")


def value_in_text(value: Any) -> Any:
    """The dict or list that a text holds, however often it was quoted; other values as they are."""
    inner = value
    for _ in range(_DEEPEST):
        if not isinstance(inner, str):
            break
        if inner[:1] not in ("{", "[", '"'):
            return value
        if _PRINTED.match(inner):
            inner = value_of_printed(inner)
            break
        decoded = json_or_text(inner)
        if decoded == inner:
            return value
        inner = decoded
    return inner if isinstance(inner, (dict, list)) else value


def number_in_text(value: Any) -> float | None:
    """A number, also one in a text, as stores have it that keep every attribute as a text."""
    return number_or_none(json_or_text(value) if isinstance(value, str) else value)


def messages_in_text(text: str) -> Any:
    """The messages that a text holds as JSON, or printed; None for any other text.

    An answer may be JSON itself, so it counts only what has a role and a content.
    """
    if text[:1] not in ("{", "[", '"') or "role" not in text:
        return None
    value = value_in_text(text)
    listed = value.get("messages") if isinstance(value, Mapping) and "role" not in value else value
    if not isinstance(listed, list):
        listed = [listed]
    return value if listed and all(map(_is_message, listed)) else None


def has_content(value: Mapping[str, Any]) -> bool:
    """Whether a dict with a role is a message, which has something in it."""
    return isinstance(value.get("role"), str) and any(name in value for name in _OF_MESSAGES)


def _is_message(value: Any) -> bool:
    return isinstance(value, Mapping) and has_content(value)

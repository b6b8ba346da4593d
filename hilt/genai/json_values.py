"""Values that SDKs and wires give, of any type, read by path and written as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import msgspec

from hilt.core.plain_json import digest_of, encodable, to_plain_json

__all__ = [
    "UNENCODABLE",
    "decode_json",
    "digest_of",
    "encode_json",
    "field_getter",
    "get_path",
    "json_or_text",
    "text_or_json",
    "to_plain_json",
]

UNENCODABLE = (TypeError, ValueError, RecursionError)
"""What the JSON encoder raises for what it has no form for."""
_UNDECODABLE = (ValueError, RecursionError)
_MAPPINGS: dict[type, bool] = {}
_HAS_NAME: dict[tuple[type, str], bool] = {}
_HAS_LIMIT = 10_000


def get_path(value: Any, *path: str | int) -> Any:
    """The value at a path, in dicts, lists and objects alike; None if there is none."""
    for step in path:
        kind = type(value)
        if kind is dict:
            value = value.get(step)
        elif value is None:
            return None
        elif type(step) is int:
            value = value[step] if isinstance(value, (list, tuple)) and len(value) > step else None
        elif _is_mapping(kind):
            value = value.get(step)
        else:
            value = _attribute(value, step)  # type: ignore[arg-type]  # not an int by now
    return value


def _attribute(value: object, name: str) -> Any:
    """A field of an object. A pydantic model raises slowly for one that it lacks, so look first."""
    try:
        fields = getattr(value, "__dict__", None)
        if fields is not None:
            if name in fields:
                return fields[name]
            extra = fields.get("__pydantic_extra__") or getattr(value, "__pydantic_extra__", None)
            if extra and name in extra:
                return extra[name]
            if not _has(type(value), name):
                return None
        return getattr(value, name, None)
    except Exception:  # a property, or a `__getattr__`: whatever it raises, there is no value
        return None


def _has(kind: type, name: str) -> bool:
    """Whether a class may have an attribute; looked up once for each."""
    has_name = _HAS_NAME.get((kind, name))
    if has_name is None:
        has_name = any(name in vars(each) for each in kind.__mro__)
        if not has_name and not hasattr(kind, "__pydantic_fields__"):
            has_name = any("__getattr__" in vars(each) for each in kind.__mro__)
        if len(_HAS_NAME) < _HAS_LIMIT:
            _HAS_NAME[kind, name] = has_name
    return has_name


def _is_mapping(kind: type) -> bool:
    is_mapping = _MAPPINGS.get(kind)
    if is_mapping is None:  # `issubclass` with an abstract class is slow: once for each type
        is_mapping = _MAPPINGS[kind] = issubclass(kind, Mapping)
    return is_mapping


def field_getter(value: object) -> Callable[[str], Any]:
    """A function that reads the fields of one value, the fastest for its type."""
    if type(value) is dict:
        return value.get
    if hasattr(value, "__dict__") and not _is_mapping(type(value)):
        return partial(_attribute, value)
    return partial(get_path, value)


def text_or_json(value: object) -> str:
    """A text as it is; anything else as JSON."""
    return value if isinstance(value, str) else encode_json(value).decode()


def encode_json(value: object, *, in_order: bool = False) -> bytes:
    """Compact JSON in UTF-8 of anything; what JSON has no form for becomes its text.

    Args:
        value: Anything.
        in_order: Sort the keys, so that equal values give equal bytes.
    """
    order: Literal["sorted"] | None = "sorted" if in_order else None
    try:
        return msgspec.json.encode(value, enc_hook=to_plain_json, order=order)
    except UNENCODABLE:
        return msgspec.json.encode(encodable(to_plain_json(value)), order=order)


def decode_json(data: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: If it is not JSON.
    """
    try:
        return msgspec.json.decode(data)
    except _UNDECODABLE:
        # Python's own writes, and reads, more than JSON: NaN, and half a character.
        return _decode_any(data)


def _decode_any(data: str | bytes) -> Any:
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("JSON that is nested too deeply") from error


def json_or_text(value: object) -> Any:
    """The value of a JSON text; the text itself if it is not valid JSON."""
    if not isinstance(value, (str, bytes)):
        return to_plain_json(value)
    try:
        return msgspec.json.decode(value)
    except _UNDECODABLE:
        return value if isinstance(value, str) else value.decode(errors="replace")

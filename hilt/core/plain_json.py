"""Turning any value into plain JSON: what a tool returned, what a program sent, an SDK's model.

What JSON cannot express becomes its fields, its items, its number or its text, and never an empty
object. Nothing is read that would affect the program: no iterator is advanced, no property called.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import hashlib
import math
import re
import uuid
import weakref
from collections import deque
from collections.abc import (
    Callable,
    ItemsView,
    KeysView,
    Mapping,
    Sequence,
    ValuesView,
)
from collections.abc import (
    Set as AbstractSet,
)
from pathlib import PurePath
from types import FunctionType, MemberDescriptorType, ModuleType
from typing import Any

import msgspec

__all__ = ["checked_json", "digest_of", "encodable", "to_plain_json", "to_sent_json"]

_MAX_DEPTH = 64
_MAX_VALUES = 1_000_000
_MAX_TEXT = 16_384
_MAX_ARRAY = 1_000
_OMITTED = "..."
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_SCALARS = frozenset((str, bool, type(None)))
_LONGEST = 14_284  #: bits: 4,300 digits, the most that Python writes or reads by default
_SURE = 2_100  #: bits: 640 digits, the lowest limit that a program can set
_INFINITE = {math.inf: "Infinity", -math.inf: "-Infinity"}
_ITEMS = (list, tuple, AbstractSet, Sequence, deque, KeysView, ValuesView, ItemsView)
_TEXTS = (decimal.Decimal, fractions.Fraction, uuid.UUID, PurePath, dt.timedelta, range)
_OPAQUE = (type, FunctionType, ModuleType)


def digest_of(data: bytes) -> dict[str, Any]:
    """What is logged of binary content: its size in bytes and its SHA-256."""
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def to_plain_json(value: object) -> Any:
    """A value as plain JSON: models become dicts, bytes become blobs, anything else its text."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is int:
        return value if value.bit_length() <= _SURE else _integer(value)  # type: ignore[attr-defined, arg-type]  # an int
    return _number(value) if kind is float else _Reader().read(value, 0)  # type: ignore[arg-type]  # a float


def to_sent_json(value: object) -> Any:
    """Plain JSON without nulls, since an SDK's object has more of them than were sent.

    This is for what an API defines. In what a model or a tool wrote, nulls may have a meaning.
    """
    return _without_nulls(to_plain_json(value))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def checked_json(value: Any) -> Any:
    """A program's own value as JSON that can be encoded in UTF-8; the same object if it is that.

    Raises:
        TypeError: If it is, or contains, a bare ``object()``, of which nothing can be said.
    """
    return value if _is_encodable(value, 0) else encodable(_Reader(checked=True).read(value, 0))


def encodable(value: Any) -> Any:
    """Plain JSON without what cannot be encoded in UTF-8."""
    if isinstance(value, str):
        # Two matching halves of a character become one; a single half becomes U+FFFD.
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {encodable(key): encodable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [encodable(item) for item in value]
    return value


def _is_encodable(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind is str:
        return value.isascii() or not _SURROGATES.search(value)
    if kind is float:
        return math.isfinite(value)
    if kind is dict and depth <= _MAX_DEPTH:
        return all(
            type(key) is str and _is_encodable(key, depth) and _is_encodable(item, depth + 1)
            for key, item in value.items()
        )
    if (kind is list or kind is tuple) and depth <= _MAX_DEPTH:
        return all(_is_encodable(item, depth + 1) for item in value)
    return kind in _SCALARS or (kind is int and _integer(value) is value)


class _Reader:
    """Reads one value, whose parts may refer to each other.

    A value within itself is omitted, as is what is nested too deeply, or is too much: objects that
    refer to each other would give more paths than memory can hold.
    """

    __slots__ = ("_checked", "_open", "_values")

    def __init__(self, *, checked: bool = False) -> None:
        self._checked = checked
        self._open: set[int] = set()
        self._values = 0

    def read(self, value: Any, depth: int) -> Any:
        """The value as plain JSON, at a depth of nesting."""
        kind = type(value)
        if kind in _SCALARS:
            return value
        if kind is int:
            return value if value.bit_length() <= _SURE else _integer(value)
        if kind is float:
            return _number(value)
        self._values += 1
        if depth > _MAX_DEPTH or self._values > _MAX_VALUES or id(value) in self._open:
            return _OMITTED
        self._open.add(id(value))
        try:
            if kind is dict:
                return {_key_of(key): self.read(item, depth + 1) for key, item in value.items()}
            if kind is list or kind is tuple:
                return [self.read(item, depth + 1) for item in value]
            return self._read_any(value, depth)
        finally:
            self._open.discard(id(value))

    def _read_any(self, value: Any, depth: int) -> Any:
        try:
            for kinds, convert in _CONVERSIONS:
                if isinstance(value, kinds):
                    return self.read(convert(value), depth + 1)
            if isinstance(value, Mapping):
                return {_key_of(key): self.read(value[key], depth + 1) for key in value}
            if hasattr(type(value), "__array__"):
                return self.read(_array_of(value), depth + 1)
            if isinstance(value, _ITEMS):
                return [self.read(item, depth + 1) for item in value]
            fields = _fields_of(value)
        except Exception:  # whatever the program's own code raises, the value has a text
            return _text_of(value)
        plain = {
            name: self.read(item, depth + 1) for name, item in fields.items() if item is not None
        }
        if plain or (fields and _is_model(value)):
            return plain
        if self._checked and type(value) is object:
            raise TypeError("Encoding objects of type object is unsupported")
        return _text_of(value)


def _number(value: float) -> float | str:
    """A number, or the name of one that JSON does not have."""
    return value if math.isfinite(value) else _INFINITE.get(value, "NaN")


def _integer(value: int) -> int | str:
    """A whole number; one with more digits than readers take becomes a text, in hexadecimal."""
    bits = value.bit_length()
    if bits <= _SURE or (bits <= _LONGEST and _has_digits(value)):
        return value
    return _shortened(hex(value))


def _has_digits(value: int) -> bool:
    """Whether the program's own limit on digits allows writing the number."""
    try:
        str(value)
    except ValueError:
        return False
    return True


def _is_model(value: object) -> bool:
    """Whether the class of a value declares its fields, so that none need be set."""
    declared = ("__pydantic_fields__", "__fields__", "__attrs_attrs__", "__struct_fields__")
    kind = type(value)
    return dataclasses.is_dataclass(kind) or any(hasattr(kind, name) for name in declared)


def _key_of(key: object) -> str:
    if type(key) is str:
        return key
    plain = key.value if isinstance(key, enum.Enum) else key
    return _text_of(_integer(plain) if type(plain) is int else plain)


def _text_of(value: object) -> str:
    """The text of a value, or its type if its own code fails."""
    try:
        text = str(value)
    except Exception:  # as above
        text = f"<{type(value).__qualname__}>"
    return _shortened(text)


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + _OMITTED


def _text_of_error(error: BaseException) -> str:
    text = _text_of(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _blob_of(data: bytes | bytearray | memoryview) -> dict[str, Any]:
    return {"type": "blob", **digest_of(bytes(data))}


_CONVERSIONS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    (enum.Enum, lambda value: value.value),
    (str, str.__str__),
    (bool, bool),
    (int, int),
    (float, lambda value: _number(float(value))),
    ((bytes, bytearray, memoryview), _blob_of),
    (BaseException, _text_of_error),
    ((dt.date, dt.time), lambda value: value.isoformat()),
    (_TEXTS, _text_of),
    (_OPAQUE, _text_of),
)
"""Types, and how to simplify their values; the first that matches counts."""


def _array_of(value: Any) -> Any:
    """An array of numpy and the like: as a number, as its items if they are few, else as text.

    A table of pandas or polars becomes its text, which these libraries keep short.
    """
    shape = getattr(value, "shape", None)
    if shape is not None and len(shape) == 0:
        return value.item()
    is_array = hasattr(value, "tolist") and not hasattr(value, "iloc")
    size = getattr(value, "size", None)
    if is_array and type(size) is int and size <= _MAX_ARRAY:
        return value.tolist()
    return _text_of(value)


def _fields_of(value: Any) -> dict[str, Any]:
    """The public fields of an object, by name: its attributes and slots, but no properties."""
    attributes = getattr(value, "__dict__", {})
    message = attributes.get("_pb", value)  # protobuf, and Google's wrapper around it
    if hasattr(type(message), "ListFields"):
        return {field.name: item for field, item in message.ListFields()}
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.asdict(value)
    elif dataclasses.is_dataclass(value):
        fields = {each.name: getattr(value, each.name, None) for each in dataclasses.fields(value)}
        fields.update(attributes)
    else:
        fields = _slots_of(value)
        fields.update(attributes)
        fields.update(getattr(value, "__pydantic_extra__", None) or ())
    return {name: item for name, item in fields.items() if not name.startswith("_")}


def _slots_of(value: object) -> dict[str, Any]:
    names = _SLOTS.get(type(value))
    if names is None:
        names = _SLOTS[type(value)] = tuple(
            name
            for cls in type(value).__mro__
            if "__slots__" in vars(cls)
            for name, member in vars(cls).items()
            if type(member) is MemberDescriptorType and not name.startswith("_")
        )
    return {name: getattr(value, name, None) for name in names}


_SLOTS: weakref.WeakKeyDictionary[type, tuple[str, ...]] = weakref.WeakKeyDictionary()
"""The public slots of classes, cached: a Pydantic model has a hundred members that are none."""

"""Replacing the texts of calls' events while these are still plain dicts: the fast way.

`hilt.core.texts` defines what is a text; this does the same for dicts that are not encoded yet, and
a test compares the two. Values that JSON would change, such as objects of an SDK, are left to the
other: then `NotPlain` is raised.

Everything is copied in the same pass, so that what a program changes meanwhile in its own dicts is
not in the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Protocol

import msgspec

from hilt.core.event import Content
from hilt.core.json_types import JsonObject
from hilt.core.member_texts import MemberRule, has_options, name_of, named
from hilt.core.texts import (
    ADDRESS,
    FIELD,
    FREE,
    LONG_NUMBER,
    LONGEST_FIELD,
    LONGEST_ID,
    NOT_TEXTS,
    SIZES,
    other_name,
)

__all__ = ["IdRule", "NotPlain", "map_actor", "map_content", "map_fields", "plain_metrics"]

_NOTHING: frozenset[str] = frozenset()
_MAX_DEPTH = 50
_CONTENT = {name: NOT_TEXTS.get(f"content.{name}", _NOTHING) for name in Content.__struct_fields__}
_CONTENT.update({name: NOT_TEXTS[f"content.{name}"] for name in ("parts", "tools", "feedback")})
_RANKS = {name: rank for rank, name in enumerate(Content.__struct_fields__[1:])}
_LAST = len(_RANKS)
_KINDS: dict[str, type] = {
    **dict.fromkeys(("text", "reasoning"), str),
    **dict.fromkeys(("messages", "choices", "documents", "images", "media"), list),
    **dict.fromkeys(("tool", "metadata"), dict),
}
_OTHERS = frozenset((float, bool, type(None)))
_PARTS: dict[str, tuple[int, type | None, frozenset[str]]] = {
    name: (_RANKS.get(name, _LAST), _KINDS.get(name), _CONTENT.get(name, _NOTHING))
    for name in (*_RANKS, *_CONTENT)
}
"""For each part of ``content``: its rank, its type, and the names below it that hold no text."""
_PARTS.update(dict.fromkeys(NOT_TEXTS["content"], (_LAST, type(None), _NOTHING)))
_OTHER_PART = (_LAST, None, _NOTHING)
_ACTOR = frozenset(("type", "id", "name"))

_MOST_FIELDS = 2_000
_LONGEST_NAME = 64
_fields_seen: set[str] = set()
"""A cache of names that look like names of fields, as most do."""

_Function = Callable[[str], str]


class IdRule(MemberRule, Protocol):
    """What to put in place of an id."""

    clean: set[str]
    """Ids that stay as they are, in any field."""
    is_plain: Callable[[str], object]
    """Whether an id is one that programs make, which stays, too."""
    is_plain_by_name: Mapping[str, Callable[[str], object]]
    """The same test for fields with some names."""
    names: set[str]
    """Names of members that stay as they are."""
    plain_members: set[str]
    """Names of members that say nothing about their texts."""

    def explains(self, name: str) -> bool:
        """Whether the name of a member may say something about its text."""
        ...

    def __call__(self, value: str, name: str) -> str:
        """What to put in place of an id in a field with this name."""
        ...


class NotPlain(Exception):  # noqa: N818 # no error: a reason to go the other way
    """The event has something that is no plain JSON, or that only `hilt.core.texts` handles."""


def map_fields(values: object, part: str, function: _Function, ids: IdRule) -> JsonObject | None:
    """``provenance`` or ``extensions`` with their texts replaced; None if nothing is left.

    Raises:
        NotPlain: If there is anything but plain JSON in it.
    """
    if type(values) is not dict:
        if not isinstance(values, msgspec.Struct):
            raise NotPlain
        given: dict[str, Any] = msgspec.structs.asdict(values)
        values = {name: value for name, value in given.items() if value is not None}
    return _fields(values, NOT_TEXTS[part], function, ids, 0) or None


def map_content(content: object, function: _Function, ids: IdRule) -> JsonObject | None:
    """``content`` with its texts replaced, in the order of the format; None if nothing is left.

    Raises:
        NotPlain: As for `map_fields`.
    """
    if type(content) is not dict:
        raise NotPlain
    result: JsonObject = {}
    last, is_in_order = 0, True
    for name, value in content.items():
        if value is None:
            continue
        rank, kind, names = _PARTS.get(name, _OTHER_PART)
        if kind is not None and type(value) is not kind:
            raise NotPlain
        new = function(value) if kind is str else _value(value, names, function, ids, 0)
        if new is not None:
            result[name] = new
            is_in_order, last = is_in_order and rank >= last, rank
    if not is_in_order:
        result = dict(sorted(result.items(), key=lambda item: _RANKS.get(item[0], _LAST)))
    return result or None


def map_actor(actor: object, function: _Function) -> JsonObject:
    """``actor`` with its name replaced; its type and id stay.

    Raises:
        NotPlain: As for `map_fields`.
    """
    if type(actor) is not dict or not _ACTOR.issuperset(actor):
        raise NotPlain
    kind, who, name = actor["type"], actor["id"], actor.get("name")
    if type(kind) is not str or type(who) is not str or not who:
        raise NotPlain
    if name is None:
        return {"type": kind, "id": who}
    if type(name) is not str:
        raise NotPlain
    return {"type": kind, "id": who, "name": function(name)}


def plain_metrics(metrics: object) -> JsonObject:
    """A copy of ``metrics``, which have no texts.

    Raises:
        NotPlain: If they have anything but HILT's own counts, or a value that is no number.
    """
    if type(metrics) is not dict:
        raise NotPlain
    result: JsonObject = {}
    for name, value in metrics.items():
        if name == "tokens" and "cost_usd" not in result:
            result[name] = _counts(value)
        elif name == "cost_usd" and type(value) in (int, float) and isfinite(value):
            result[name] = value
        else:
            raise NotPlain
    return result


def _counts(value: object) -> JsonObject:
    counts: JsonObject = {}
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    elif type(value) is not dict:
        raise NotPlain
    for name, count in value.items():
        if type(count) is int and count >= 0 and type(name) is str:
            counts[name] = count
        elif count is not None:
            raise NotPlain
    return counts


def _value(value: Any, names: frozenset[str], function: _Function, ids: IdRule, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        return function(value)
    if kind is dict:
        return _fields(value, names, function, ids, depth + 1) or None
    if kind is list or kind is tuple:
        if depth > _MAX_DEPTH:
            raise NotPlain
        items: list[Any] = []
        for item in value:
            if type(item) is dict:
                items.append(_fields(item, names, function, ids, depth + 2) or None)
            else:
                items.append(_value(item, names, function, ids, depth + 1))
        return ids.arguments(items) if items and has_options(items) else items
    return _number(value, kind, function)


def _fields(
    values: JsonObject, names: frozenset[str], function: _Function, ids: IdRule, depth: int
) -> JsonObject:
    if depth > _MAX_DEPTH:
        raise NotPlain
    result: JsonObject = {}
    clean, is_plain, by_name = ids.clean, ids.is_plain, ids.is_plain_by_name
    for name, value in values.items():
        kind, new = type(value), value
        if name in names:
            if (
                (kind is str and (value in clean or by_name.get(name, is_plain)(value)))
                or (kind is int and -LONG_NUMBER < value < LONG_NUMBER)
                or kind in _OTHERS
            ):
                result[name] = value
                continue
            new = _other_id(value, kind, name, function, ids)
            if new is not NotPlain:
                result[name] = new
                continue
            new = value
        if kind is str:
            new = function(value)
            if new == value and name not in ids.plain_members:
                new = ids.member(value, name_of(name, values))
        elif kind is dict or kind is list or kind is tuple:
            free = _NOTHING if name in FREE else names
            new = _value(value, free, function, ids, depth)
            if name not in ids.plain_members and ids.explains(name):
                new = named(new, name, ids.member)
        elif kind not in _OTHERS and not (kind is int and -LONG_NUMBER < value < LONG_NUMBER):
            new = named(_number(value, kind, function), name_of(name, values), ids.member)
        if new is not None or value is None:
            if name not in _fields_seen and name not in ids.names and not _is_field(name):
                name = _other_name(name, function, ids, result)  # noqa: PLW2901
            result[name] = new
    return result


def _other_id(value: Any, kind: type, name: str, function: _Function, ids: IdRule) -> Any:
    """A value in a field that holds no text, as it may be; raises `NotPlain` if it is a text."""
    if kind is str and len(value) <= LONGEST_ID:
        is_address = "@" in value and ADDRESS.search(value)
        return function(value) if is_address else ids(value, name)
    if name == "finish_reasons" or (kind is list and _is_vector(value)):
        return _listed(value, name, function, ids)
    if kind is int:
        new = value if name in SIZES else ids(str(value), name)
        return value if new == str(value) else new
    return NotPlain


def _is_field(name: object) -> bool:
    if type(name) is not str:
        raise NotPlain
    if len(name) >= LONGEST_FIELD or FIELD.fullmatch(name) is None:
        return False
    if len(_fields_seen) < _MOST_FIELDS:
        _fields_seen.add(name)
    return True


def _other_name(name: str, function: _Function, ids: IdRule, others: JsonObject) -> str:
    new = function(name)
    if new != name or name in others:
        return other_name(new, others)
    # A label in place of a name may occur twice, so it is checked each time.
    if len(name) <= _LONGEST_NAME and "[" not in name and len(ids.names) < _MOST_FIELDS:
        ids.names.add(name)
    return name


def _number(value: Any, kind: type, function: _Function) -> Any:
    """A number as it may be: a long one may be that of a card or a phone."""
    if kind is int:
        if -LONG_NUMBER < value < LONG_NUMBER:
            return value
        shown = str(value)
        new = function(shown)
        return value if new == shown else new
    if kind in _OTHERS:
        return value
    raise NotPlain


def _is_vector(values: list[Any]) -> bool:
    return all(type(each) is float or _is_short(each) for each in values)


def _is_short(value: object) -> bool:
    return type(value) is int and -LONG_NUMBER < value < LONG_NUMBER


def _listed(values: object, name: str, function: _Function, ids: IdRule) -> list[Any]:
    if type(values) is not list:
        raise NotPlain
    result: list[Any] = []
    for each in values:
        if type(each) is str and len(each) <= LONGEST_ID:
            is_address = "@" in each and ADDRESS.search(each)
            result.append(function(each) if is_address else ids(each, name))
        elif type(each) is float or _is_short(each):
            result.append(each)
        else:
            raise NotPlain
    return result

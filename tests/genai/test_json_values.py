"""Tests for reading what SDKs and wires give."""

from __future__ import annotations

from types import MappingProxyType, SimpleNamespace
from typing import Any, ClassVar

import pytest

from hilt.genai.json_values import (
    decode_json,
    encode_json,
    field_getter,
    get_path,
    json_or_text,
    text_or_json,
    to_plain_json,
)

THING = {"a": [{"b": SimpleNamespace(c=1)}]}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("a", 0, "b", "c"), 1),
        (("a", 1), None),
        (("a", "x"), None),
        (("x", "y", "z"), None),
        ((), THING),
    ],
)
def test_get_path(path: tuple[Any, ...], found: Any) -> None:
    """Dicts, lists and objects alike; None for what is missing."""
    assert get_path(THING, *path) == found


def test_plain_reads_models_and_hides_what_is_private() -> None:
    """An object is its fields; bytes are a blob; deep nesting ends."""
    deep: list[Any] = []
    deep.append(deep)

    assert to_plain_json(SimpleNamespace(x=1, _y=2, z=None)) == {"x": 1}
    assert to_plain_json({1: b"ab"})["1"]["type"] == "blob"
    assert "..." in str(to_plain_json(deep))


def test_anything_can_be_encoded() -> None:
    """Sets, objects, half characters, numbers beyond 64 bits."""
    value = {"s": {1}, "o": SimpleNamespace(x=1), "t": "a\ud800", "n": 1 << 80}

    assert decode_json(encode_json(value)) == {
        "s": [1],
        "o": {"x": 1},
        "t": "a\ufffd",
        "n": 1 << 80,
    }


@pytest.mark.parametrize(
    ("text", "value"), [('{"a": 1}', {"a": 1}), ("not json", "not json"), (b'{"a"', '{"a"'), ([1], [1])]
)  # fmt: skip
def test_arguments_are_objects_where_they_can_be(text: Any, value: Any) -> None:
    """Invalid JSON stays text."""
    assert json_or_text(text) == value


def test_json_that_python_writes() -> None:
    """``json.dumps`` writes what is no JSON, such as half a character: it is read all the same."""
    assert decode_json('{"a":"\\ud83d"}') == {"a": "\ud83d"}
    assert decode_json(b"[1e999, Infinity]") == [float("inf")] * 2


def test_json_that_is_nested_too_deeply() -> None:
    """It is no JSON to us, and as the arguments of a tool a text."""
    deep = "[" * 100_000

    assert json_or_text(deep) == deep
    with pytest.raises(ValueError, match="deep"):
        decode_json(deep)


def test_object_whose_own_code_fails_has_no_value() -> None:
    """What a tool returned may be anything; it is no reason to lose the rest."""

    class Hostile:
        @property
        def content(self) -> str:
            raise RuntimeError("not now")

        def __getattr__(self, name: str) -> str:
            raise RuntimeError(name)

    assert [get_path(Hostile(), name) for name in ("content", "tool_call_id")] == [None, None]


SLOWLY: list[str] = []
"""What models were asked for that have to look it up, and raise."""


class Model:
    """As pydantic's: what an API sends beyond the class's fields is kept apart."""

    __pydantic_fields__: ClassVar[dict[str, object]] = {}
    __slots__ = ("__dict__", "__pydantic_extra__")
    kind = "of the class"

    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)
        self.__pydantic_extra__ = {"more": 1, "nothing": None}

    def __getattr__(self, name: str) -> object:
        SLOWLY.append(name)
        raise AttributeError(name)


class Lazy:
    """Makes its fields when they are asked for, and has none in its own dict."""

    def __getattr__(self, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        return f"made {name}"


class Slotted:
    """Has no dict."""

    __slots__ = ("a",)

    def __init__(self) -> None:
        self.a = 1


class Fields(dict[str, int]):
    """A mapping of a type of its own, with an attribute of the same name as a key."""

    a = 2


@pytest.mark.parametrize(
    ("value", "name", "found"),
    [
        (Model(a=1), "a", 1),
        (Model(a=None), "a", None),
        (Model(), "more", 1),
        (Model(), "nothing", None),
        (Model(), "kind", "of the class"),
        (Model(), "absent", None),
        (SimpleNamespace(__pydantic_extra__={"more": 2}), "more", 2),
        (SimpleNamespace(__pydantic_extra__=None), "more", None),
        (Lazy(), "a", "made a"),
        (Slotted(), "a", 1),
        (Slotted(), "b", None),
        (Fields(a=1), "a", 1),
        (Fields(), "a", None),
        (MappingProxyType({"a": 1}), "a", 1),
        ({"a": 1}, "a", 1),
        ("text", "upper_", None),
        (None, "a", None),
        ([1], "a", None),
    ],
)
def test_field_of_anything(value: Any, name: str, found: object) -> None:
    """By whichever way its type keeps it; read twice, since what a class has is remembered."""
    for _ in range(2):
        assert get_path(value, name) == found
        assert field_getter(value)(name) == found
    assert name not in SLOWLY


@pytest.mark.parametrize(
    ("path", "found"),
    [((0,), 1), ((1,), 2), ((2,), None), (("0",), None)],
)
@pytest.mark.parametrize("kind", [list, tuple])
def test_item_of_a_list(path: tuple[Any, ...], found: object, kind: type) -> None:
    """The first and the last, and none behind it."""
    assert get_path(kind([1, 2]), *path) == found
    assert get_path("12", 0) is None


def test_encoded_in_order() -> None:
    """Equal values give equal bytes, also those that JSON has no form for."""
    for odd in (1, {2}, "\ud800"):
        one, other = {"b": odd, "a": {"d": 1, "c": 2}}, {"a": {"c": 2, "d": 1}, "b": odd}
        assert encode_json(one, in_order=True) == encode_json(other, in_order=True)
        assert encode_json(one, in_order=True).startswith(b'{"a":{"c":2,"d":1},"b":')
        assert encode_json(one).startswith(b'{"b":')


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), ("", ""), (5, "5"), (None, "null"), ({"a": [1]}, '{"a":[1]}')]
)
def test_text_or_json(value: object, text: str) -> None:
    """A text has no quotes."""
    assert text_or_json(value) == text


def test_text_that_is_no_json() -> None:
    """It is said, whatever is wrong with it."""
    for text in ("", "{", b"\xff", "{'a': 1}"):
        with pytest.raises(ValueError):  # its message is the parser's
            decode_json(text)
    assert json_or_text(b"\xff{") == "\ufffd{"
    assert json_or_text(SimpleNamespace(a=1)) == {"a": 1}

"""Tests for reading what SDKs and wires give."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.json_values import (
    decode_json,
    encode_json,
    get_path,
    json_or_text,
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

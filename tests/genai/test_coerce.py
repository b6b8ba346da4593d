"""Values in the shape that is asked for."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from hilt.genai import coerce

TEXT = {"type": "text", "content": "Hi"}


@pytest.mark.parametrize(
    ("value", "rows", "things", "count"),
    [
        ([1, 2], [1, 2], [1, 2], 2),
        ((), (), (), 0),
        (None, (), (), None),
        ("", (), (), None),
        ("Hi", (), ("Hi",), None),
        (0, (), (0,), None),
        ({"a": 1}, (), ({"a": 1},), None),
    ],
)
def test_lists(value: Any, rows: Any, things: Any, count: int | None) -> None:
    """What is no list is no rows, and has no count; as content it is one thing."""
    assert coerce.list_or_empty(value) == rows
    assert coerce.as_list(value) == things
    assert coerce.length_or_none(value) == count


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [("a", "a", "a"), (None, "", ""), ([], "", ""), (5, "", "5"), ({"a": [1]}, "", '{"a":[1]}')],
)
def test_texts(value: Any, kind: str, text: str) -> None:
    """Only a text is a kind of something; anything says something."""
    assert coerce.str_or_empty(value) == kind
    assert coerce.str_or_none(value) == (kind or None)
    assert coerce.to_text(value) == text


@pytest.mark.parametrize(
    ("value", "count", "number"),
    [
        (3, 3, 3),
        (3.0, 3, 3.0),
        (2.5, 2, 2.5),
        (-1, None, -1),
        (0, 0, 0),
        (-0.5, None, -0.5),
        (0.0, 0, 0.0),
        (1 << 70, 1 << 70, 1 << 70),
        (float(1 << 62), None, float(1 << 62)),
        (float((1 << 62) - 512), (1 << 62) - 512, float((1 << 62) - 512)),
        (True, None, None),
        ("3", None, None),
        (None, None, None),
        (float("inf"), None, float("inf")),
    ],
)
def test_numbers(value: Any, count: int | None, number: float | None) -> None:
    """A count is a whole number from 0 up; a bool or a text is no number."""
    assert coerce.count_or_none(value) == count
    assert coerce.number_or_none(value) == number


def test_not_a_number_is_no_count() -> None:
    """NaN compares with nothing, and counts nothing."""
    assert coerce.count_or_none(float("nan")) is None


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), ("", None), (None, None), ([], None), (5, "5"), ({"a": 1}, '{"a":1}')]
)  # fmt: skip
def test_text_or_none(value: Any, text: str | None) -> None:
    """An id of any type is a text; what is empty is none."""
    assert coerce.text_or_none(value) == text


class Role(str, Enum):
    """Roles as programs define them."""

    USER = "user"


class Name(str):
    """A text of a type of its own."""

    __slots__ = ()


@pytest.mark.parametrize("given", ["user", Role.USER, Name("user"), "", None])
def test_role_of_a_message(given: Any) -> None:
    """A plain text, in whatever type a program has it; the usual one where there is none."""
    role = coerce.role_of({"role": given}, "user")

    assert (role, type(role)) == ("user", str)
    assert coerce.role_of("Hi", "tool") == "tool"
    assert coerce.role_of({"role": given}, "tool") == ("user" if given else "tool")
    assert coerce.role_of({"role": 5}, "tool") == "5"


def test_texts_of_contents() -> None:
    """Contents are texts, or have one; one content may stand by itself."""
    assert coerce.texts_of([{"text": "a"}, "b", {"text": 5}, {}]) == ["a", "b", "5", ""]
    assert coerce.texts_of("a") == ["a"]
    assert coerce.texts_of(None) == []


def test_text_or_parts() -> None:
    """Texts are joined where nothing else is among them."""
    assert coerce.text_or_parts([TEXT, TEXT]) == "HiHi"
    assert coerce.text_or_parts([TEXT, coerce.unknown_part(5)]) == [
        TEXT,
        {"type": "unknown", "content": 5},
    ]

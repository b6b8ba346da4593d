"""Tests for values of any type as plain JSON."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import math
import pathlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from hilt.core.plain_json import checked_json, digest_of, to_plain_json
from hilt.genai.json_values import encode_json


class Colour(enum.Enum):
    """An enum whose values are no JSON by themselves."""

    RED = "red"
    SIZE = decimal.Decimal("1.5")


class Level(str, enum.Enum):
    """An enum that is text."""

    HIGH = "high"


@dataclasses.dataclass
class Point:
    """A dataclass."""

    x: int = 1
    name: str | None = None


@dataclasses.dataclass(slots=True)
class Slotted:
    """A dataclass without ``__dict__``."""

    x: int = 1


class Slots:
    """A class with slots, one of which is empty."""

    __slots__ = ("_hidden", "a", "unset")

    def __init__(self) -> None:
        self.a, self._hidden = 1, 2


class Half(float):
    """A number that is a float, as numpy's are."""


class Empty:
    """An object whose only field has no value."""

    def __init__(self) -> None:
        self.a = None

    def __repr__(self) -> str:
        return "<empty>"


class Number:
    """A number of an array library: it has a shape without axes, and ``item``."""

    shape = ()

    def __array__(self) -> object:
        raise AssertionError("it is not converted")

    def item(self) -> float:
        """The number."""
        return 1.5


class Array(Number):
    """An array."""

    def __init__(self, size: int) -> None:
        self.shape = (size,)  # type: ignore[assignment]  # an array has an axis
        self.size = size

    def tolist(self) -> list[int]:
        """The items."""
        return [0] * self.size

    def __str__(self) -> str:
        return "[0 0 ... 0]"


class Silent:
    """An object that has no text, and whose property must not be called."""

    @property
    def boom(self) -> int:
        """Raise."""
        raise RuntimeError("called")

    def __str__(self) -> str:
        raise RuntimeError("no text")


class Text(str):
    """A subclass of text."""

    __slots__ = ()


class Field:
    """The descriptor of a field of a protobuf message."""

    name = "args"


class Proto:
    """A protobuf message."""

    def ListFields(self) -> list[tuple[Field, Any]]:  # noqa: N802 # protobuf's own name
        """The fields that are set."""
        return [(Field(), [1])]


class ProtoPlus:
    """Google's wrapper around one."""

    def __init__(self) -> None:
        self._pb = Proto()


VALUES: list[tuple[Any, Any]] = [
    (Colour.RED, "red"),
    (Colour.SIZE, "1.5"),
    (Level.HIGH, "high"),
    ({Colour.RED: Colour.RED, 1: 2}, {"red": "red", "1": 2}),
    (Point(), {"x": 1}),
    (Slotted(), {"x": 1}),
    (Slots(), {"a": 1}),
    (ValueError("out of stock"), "ValueError: out of stock"),
    (KeyError("k"), "KeyError: 'k'"),
    (StopIteration(), "StopIteration"),
    (dt.date(2026, 1, 2), "2026-01-02"),
    (dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc), "2026-01-02T00:00:00+00:00"),
    (dt.time(1, 2), "01:02:00"),
    (dt.timedelta(seconds=90), "0:01:30"),
    (decimal.Decimal("1.10"), "1.10"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (pathlib.PurePosixPath("/a/b"), "/a/b"),
    ({1}, [1]),
    (collections.deque([1]), [1]),
    (collections.UserDict({"a": {1}}), {"a": [1]}),
    (collections.UserList([1]), [1]),
    ({1: 2}.values(), [2]),
    (range(3), "range(0, 3)"),
    (Number(), 1.5),
    (Array(3), [0, 0, 0]),
    (Array(5000), "[0 0 ... 0]"),
    (Silent(), "<Silent>"),
    (Proto(), {"args": [1]}),
    (ProtoPlus(), {"args": [1]}),
    (Text("a"), "a"),
    (int, "<class 'int'>"),
    (float("nan"), "NaN"),
    ([math.inf, -math.inf, 1.5], ["Infinity", "-Infinity", 1.5]),
    (Half(math.nan), "NaN"),
    (Empty(), "<empty>"),
    (Point(None), {}),
]


@pytest.mark.parametrize(("value", "plain"), VALUES, ids=[type(v).__name__ for v, _ in VALUES])
def test_values_become_their_number_text_or_fields(value: Any, plain: Any) -> None:
    """And never an empty object."""
    result = to_plain_json(value)

    assert (result, type(result)) == (plain, type(plain))


def test_values_within_json_are_read_alike() -> None:
    """The encoder gives what it has no form for to the same function."""
    assert encode_json([Colour.RED, Slotted(), Number()]) == b'["red",{"x":1},1.5]'


def test_a_generator_is_not_advanced() -> None:
    """The program reads it, later."""

    def numbers() -> Iterator[int]:
        yield 1

    generator = numbers()

    assert to_plain_json(generator).startswith("<generator")
    assert list(generator) == [1]


def test_values_within_themselves_are_omitted() -> None:
    """However many ways lead round the circle."""
    circle: dict[str, Any] = {}
    circle.update(a=circle, b=[circle, circle])

    assert to_plain_json(circle) == {"a": "...", "b": ["...", "..."]}


def test_a_value_that_stands_twice_is_there_twice() -> None:
    """Only a circle is cut."""
    shared = {"x": 1}

    assert to_plain_json([shared, shared]) == [shared, shared]


def test_values_of_values_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of the same lists are short to write, and longer than any memory to read."""
    monkeypatch.setattr("hilt.core.plain_json._MAX_VALUES", 100)
    bomb: list[Any] = []
    for _ in range(40):
        bomb = [bomb, bomb]

    assert len(str(to_plain_json(bomb))) < 2000


def test_a_long_text_of_an_object_is_cut() -> None:
    """An object's text is no answer of a model: it may be a table of a million rows."""

    class Table:
        def __str__(self) -> str:
            return "x" * 100_000

    assert len(to_plain_json(Table())) < 20_000


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"a": b"x"}, {"a": {"type": "blob", **digest_of(b"x")}}),
        ({"a": [Point()]}, {"a": [{"x": 1}]}),
        ({1: "a"}, {"1": "a"}),
        ([math.nan], ["NaN"]),
        ({"a": chr(0xD83D)}, {"a": "\N{REPLACEMENT CHARACTER}"}),
        ({"a": chr(0xD83D) + chr(0xDE00)}, {"a": "\U0001f600"}),
    ],
)
def test_values_of_a_program_become_json(value: Any, plain: Any) -> None:
    """Whatever an encoder would refuse, or write in a form that is not in a log."""
    assert checked_json(value) == plain


def test_json_is_checked_only() -> None:
    """The same object comes back."""
    value = {"a": ["\u00e9", 1, 1.5, None, True, (1, 2)]}

    assert checked_json(value) is value


def test_bare_object_is_refused() -> None:
    """Nothing can be said of it."""
    with pytest.raises(TypeError, match="of type object is unsupported"):
        checked_json({"a": [object()]})

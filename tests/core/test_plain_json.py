"""Tests for values of any type as plain JSON."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import math
import pathlib
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from hilt.core.plain_json import checked_json, digest_of, to_plain_json, to_sent_json
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


class Table(Array):
    """A table of pandas: it has rows."""

    iloc = 0


class Bare(Array):
    """An array that has no list."""

    tolist = property()  # type: ignore[assignment]  # as if it were not there


class Uncounted(Array):
    """An array whose size is a function, as that of torch."""

    def __init__(self) -> None:
        super().__init__(1)
        self.size = lambda: 1  # type: ignore[assignment]  # as torch has it


class Struct(msgspec.Struct):
    """A structure of msgspec, which has no ``__dict__``."""

    a: int | None = None
    _own: int = 2


class Pydantic:
    """A model of Pydantic, with a field that its class does not have."""

    __pydantic_fields__ = ("a",)
    __pydantic_extra__ = {"b": 2, "_c": 3}  # noqa: RUF012 # as Pydantic has it

    def __init__(self) -> None:
        self.a = None


class OldPydantic:
    """One of Pydantic 1, whose fields have no value."""

    __fields__ = ("a",)

    def __init__(self) -> None:
        self.a = None


class Attrs:
    """A class made by attrs, whose fields have no value."""

    __attrs_attrs__ = ("a",)

    def __init__(self) -> None:
        self.a = None


class Declared:
    """A class that declares fields, of which an object has none."""

    __fields__ = ("a",)

    def __str__(self) -> str:
        return "<declared>"


class MoreSlots(Slots):
    """Slots of a base, and a value beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.b = 3


def point_with_more() -> Point:
    """A dataclass whose object was given another attribute."""
    point = Point()
    point.more = 2  # type: ignore[attr-defined]
    return point


class Silent:
    """An object that has no text, and whose property must not be called."""

    @property
    def boom(self) -> int:
        """Raise."""
        raise RuntimeError("called")

    def __str__(self) -> str:
        raise RuntimeError("no text")


class Refusing(collections.UserDict[str, int]):
    """A mapping that cannot be read now, as one of a database that is gone."""

    def __getitem__(self, key: str) -> int:
        raise RuntimeError("gone")

    def __repr__(self) -> str:
        return "<refusing>"


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
    ("a", "a"),
    (7, 7),
    (True, True),
    (None, None),
    (1.5, 1.5),
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
    (Array(1000), [0] * 1000),
    (Array(1001), "[0 0 ... 0]"),
    (Table(3), "[0 0 ... 0]"),
    (Bare(3), "[0 0 ... 0]"),
    (Uncounted(), "[0 0 ... 0]"),
    (bytearray(b"x"), {"type": "blob", **digest_of(b"x")}),
    (memoryview(b"x"), {"type": "blob", **digest_of(b"x")}),
    (fractions.Fraction(1, 3), "1/3"),
    (collections.OrderedDict(a={1: None}), {"a": {"1": None}}),
    ((1, (2,)), [1, [2]]),
    ({Level.HIGH: 1, Text("b"): 2, None: 3}, {"high": 1, "b": 2, "None": 3}),
    (Struct(1), {"a": 1}),
    (Struct(), {}),
    (Pydantic(), {"b": 2}),
    (OldPydantic(), {}),
    (Attrs(), {}),
    (Declared(), "<declared>"),
    (MoreSlots(), {"a": 1, "b": 3}),
    (point_with_more(), {"x": 1, "more": 2}),
    (Refusing(a=1), "<refusing>"),
    (ValueError(Silent()), "ValueError: <ValueError>"),
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


_LONG = 10**4300  #: one digit more than Python writes


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (_LONG, hex(_LONG)),
        (-_LONG, hex(-_LONG)),
        ({"n": _LONG, "b": "kept"}, {"n": hex(_LONG), "b": "kept"}),
        ([(_LONG,)], [[hex(_LONG)]]),
        ({_LONG: "kept"}, {hex(_LONG): "kept"}),
        ({(_LONG,): "kept"}, {"<tuple>": "kept"}),
        (1 << 80_000, "0x1" + "0" * 16_381 + "..."),
        (2**14_284 - 1, 2**14_284 - 1),
    ],
    ids=["bare", "negative", "value", "item", "key", "in a key", "cut", "longest"],
)
def test_whole_numbers_that_no_reader_takes_are_texts(value: Any, plain: Any) -> None:
    """Python refuses to write, and to read, more than 4,300 digits."""
    assert to_plain_json(value) == plain
    assert checked_json([value]) == [plain]
    assert msgspec.json.decode(encode_json([value])) == [plain]


@pytest.mark.skipif(not hasattr(sys, "set_int_max_str_digits"), reason="a Python without a limit")
def test_whole_numbers_keep_to_a_limit_of_the_program() -> None:
    """It may be lower, down to 640 digits, and one that is higher is that of no reader."""
    limit = sys.get_int_max_str_digits()
    try:
        sys.set_int_max_str_digits(640)
        assert [to_plain_json(10**639), to_plain_json(10**640)] == [10**639, hex(10**640)]
        sys.set_int_max_str_digits(0)
        assert [to_plain_json(10**640), to_plain_json(_LONG)] == [10**640, hex(_LONG)]
    finally:
        sys.set_int_max_str_digits(limit)


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

    class Wide(Table):
        def __str__(self) -> str:
            return "x" * 16_384

    assert to_plain_json(Table()) == "x" * 16_384 + "..."
    assert to_plain_json(Wide()) == "x" * 16_384


def test_very_deep_values_are_cut() -> None:
    """No reader goes so deep, and no program ends of it; what JSON is made of is cut alike."""
    nested: list[tuple[Any, str]] = [("Hi", '"Hi"')] * 2
    for _ in range(64):
        nested = [([nested[0][0]], f"[{nested[0][1]}]"), ({"a": nested[1][0]}, "")]
    deep_list, deep_dict = nested[0][0], nested[1][0]

    assert to_plain_json([deep_list]) == [deep_list]
    assert to_plain_json([[deep_list]]) != [[deep_list]]
    assert str(to_plain_json([[deep_list]])) == "[" * 65 + "'...'" + "]" * 65
    assert str(to_plain_json({"a": {"a": deep_dict}})).count("a") == 65
    assert checked_json([deep_list]) == [deep_list]
    for deep in ([[deep_list]], ({"a": {"a": deep_dict}})):
        assert checked_json(deep) == to_plain_json(deep)


def test_what_was_sent_has_no_nulls() -> None:
    """An SDK's object has a null for each field that nobody has set."""
    sent = {"a": None, "b": [{"c": None, "d": 0}, None], "e": Point()}

    assert to_sent_json(sent) == {"b": [{"d": 0}, None], "e": {"x": 1}}
    assert to_sent_json(None) is None


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"a": b"x"}, {"a": {"type": "blob", **digest_of(b"x")}}),
        ({"a": [Point()]}, {"a": [{"x": 1}]}),
        ({1: "a"}, {"1": "a"}),
        ([math.nan], ["NaN"]),
        ([[math.inf], {"a": [chr(0xDE00)]}], [["Infinity"], {"a": ["\N{REPLACEMENT CHARACTER}"]}]),
        ({chr(0xD83D): 1}, {"\N{REPLACEMENT CHARACTER}": 1}),
        ((1, b"x"), [1, {"type": "blob", **digest_of(b"x")}]),
        ({"a": {None: 1}}, {"a": {"None": 1}}),
        ({"a": chr(0xD83D)}, {"a": "\N{REPLACEMENT CHARACTER}"}),
        ({"a": chr(0xD83D) + chr(0xDE00)}, {"a": "\U0001f600"}),
    ],
)
def test_values_of_a_program_become_json(value: Any, plain: Any) -> None:
    """Whatever an encoder would refuse, or write in a form that is not in a log."""
    assert checked_json(value) == plain


def test_json_is_checked_only() -> None:
    """The same object comes back."""
    value = {"a": ["\u00e9", 1, 1.5, None, True, (1, 2)], "\u00e9": {"b": {}}}

    assert checked_json(value) is value
    for scalar in ("\u00e9", 1, 1.5, None, True, (1, "a"), []):
        assert checked_json(scalar) is scalar


def test_bare_object_is_refused() -> None:
    """Nothing can be said of it."""
    with pytest.raises(TypeError, match="of type object is unsupported"):
        checked_json({"a": [object()]})
    assert to_plain_json(object()).startswith("<object object")
    assert checked_json([Empty()]) == ["<empty>"]

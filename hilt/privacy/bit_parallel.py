"""Where a regular expression matches, for all places of a text at once.

The places where a class of characters stands are the bits of one integer, and a step of the
expression is a shift and an AND of such integers (R. Cameron et al., "Bitwise data parallel regular
expression matching", PACT 2014). For a text with a number at every second character, none of which
has a known form, this is several times faster than `re`, which tries each place by itself. Where
much matches, `re` is faster.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import lru_cache, reduce
from importlib import import_module
from operator import or_
from typing import Any, Protocol

__all__ = ["BitParallel"]

# What `re` itself reads a pattern with; it has no public name.
_parser = import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")

_ALL_BYTES = frozenset(range(256))
_BITS = 3
"""Bits for each place, of which only the lowest is used. So `int` can read a text as an octal
number, which gives three integers in the time of one."""
_OCTAL = 7


class BitParallel:
    """A regular expression for bytes, without back-references and unlimited repetitions.

    Args:
        pattern: The expression, as for `re.VERBOSE`.

    Raises:
        ValueError: If the pattern has anything that is not supported.
    """

    def __init__(self, pattern: str) -> None:
        classes: dict[frozenset[int], int] = {}
        self._steps = _sequence(_parser.parse(pattern, re.VERBOSE), classes)
        # Bytes that no class tells apart have one number; each bit of it becomes a row of its own.
        numbers: dict[tuple[bool, ...], int] = {}
        number_of = [
            numbers.setdefault(tuple(byte in each for each in classes), len(numbers))
            for byte in range(256)
        ]
        self._bits = (len(numbers) - 1).bit_length()
        self._tables = [
            bytes(ord("0") + (number >> bit & _OCTAL) for number in number_of)
            for bit in range(0, self._bits, _BITS)
        ]
        self._classes = [sorted({number_of[byte] for byte in each}) for each in classes]

    def ends(self, data: bytes, most: int) -> list[int] | None:
        """The places where matches end, in order.

        Args:
            data: The text. Lookaheads find nothing beyond its end.
            most: After how many steps to give up; a step counts only while anything still matches.

        Returns:
            The places, from 0 to the length of the text; None after too many steps.
        """
        window = _Window(data + b"\n", self._bits, self._tables, self._classes, most)
        try:
            places = self._steps.ends(window, window.all)
        except _GivenUpError:
            return None
        shown = f"{places:0{len(data) + 1}o}" if places else ""
        return [each.start() for each in re.finditer("1", shown)]


class _GivenUpError(Exception):
    """There were too many steps."""


@lru_cache(maxsize=1)
def _all_of(count: int) -> int:
    """The bits of `count` places; one result is cached, as windows have the same length."""
    return ((1 << _BITS * count) - 1) // _OCTAL


class _Window:
    """The places of a text as the bits of integers; the highest bit is the first place."""

    def __init__(
        self, data: bytes, bits: int, tables: list[bytes], classes: list[list[int]], most: int
    ) -> None:
        self.all = _all_of(len(data))
        """Every place."""
        self._of_number = [self.all]
        for first, table in zip(range(0, bits, _BITS), tables, strict=True):
            octal = int(data.translate(table), 8)
            for bit in range(min(_BITS, bits - first)):
                ones = octal >> bit & self.all
                with_bit = [each & ones for each in self._of_number]
                without = [each ^ bit for each, bit in zip(self._of_number, with_bit, strict=True)]
                self._of_number = without + with_bit
        self._classes = classes
        self._rows: dict[int, int] = {}
        self._looks: dict[int, int] = {}
        self._left = most

    def of_class(self, index: int) -> int:
        """The places where a character of a class stands."""
        self._left -= 1
        if self._left < 0:
            raise _GivenUpError
        row = self._rows.get(index)
        if row is None:
            row = reduce(or_, (self._of_number[number] for number in self._classes[index]), 0)
            self._rows[index] = row
        return row

    def of_look(self, look: _Look) -> int:
        """The places where the expression in a lookahead or lookbehind matches."""
        row = self._looks.get(id(look))
        if row is None:
            steps = look.steps
            row = (steps.ends if look.is_back else steps.starts)(self, self.all)
            self._looks[id(look)] = row
        return row


class _Step(Protocol):
    def ends(self, window: _Window, places: int) -> int:
        """Where the step ends if it starts at some places."""

    def starts(self, window: _Window, places: int) -> int:
        """Where the step starts if it ends at some places."""


class _Character:
    def __init__(self, index: int) -> None:
        self._class = index

    def ends(self, window: _Window, places: int) -> int:
        return (places & window.of_class(self._class)) >> _BITS

    def starts(self, window: _Window, places: int) -> int:
        return (places << _BITS) & window.of_class(self._class)


class _Sequence:
    def __init__(self, steps: list[_Step]) -> None:
        self._steps = steps

    def ends(self, window: _Window, places: int) -> int:
        for step in self._steps:
            if not places:
                break
            places = step.ends(window, places)
        return places

    def starts(self, window: _Window, places: int) -> int:
        for step in reversed(self._steps):
            if not places:
                break
            places = step.starts(window, places)
        return places


class _Branch:
    def __init__(self, branches: list[_Sequence]) -> None:
        self._branches = branches

    def ends(self, window: _Window, places: int) -> int:
        return reduce(or_, (each.ends(window, places) for each in self._branches))

    def starts(self, window: _Window, places: int) -> int:
        return reduce(or_, (each.starts(window, places) for each in self._branches))


class _Repeat:
    def __init__(self, fewest: int, most: int, steps: _Sequence) -> None:
        self._fewest, self._more, self._steps = fewest, most - fewest, steps

    def ends(self, window: _Window, places: int) -> int:
        for _ in range(self._fewest):
            places = self._steps.ends(window, places)
        return self._and_more(self._steps.ends, window, places)

    def starts(self, window: _Window, places: int) -> int:
        places = self._and_more(self._steps.starts, window, places)
        for _ in range(self._fewest):
            places = self._steps.starts(window, places)
        return places

    def _and_more(self, step: Callable[[_Window, int], int], window: _Window, places: int) -> int:
        """The places, and those that the optional repetitions lead to."""
        last = places
        for _ in range(self._more):
            last = step(window, last)
            if not last:
                break
            places |= last
        return places


class _Look:
    """A lookahead or a lookbehind."""

    def __init__(self, steps: _Sequence, *, is_back: bool, is_wanted: bool) -> None:
        self.steps, self.is_back, self._is_wanted = steps, is_back, is_wanted

    def ends(self, window: _Window, places: int) -> int:
        there = places & window.of_look(self)
        return there if self._is_wanted else places ^ there

    starts = ends


def _sequence(parsed: Any, classes: dict[frozenset[int], int]) -> _Sequence:
    return _Sequence([_step(str(kind), value, classes) for kind, value in parsed])


def _step(kind: str, value: Any, classes: dict[frozenset[int], int]) -> _Step:
    if kind in ("LITERAL", "ANY", "IN"):
        return _Character(classes.setdefault(_members(kind, value), len(classes)))
    if kind == "SUBPATTERN":
        return _sequence(value[-1], classes)
    if kind == "BRANCH":
        return _Branch([_sequence(each, classes) for each in value[1]])
    if kind == "MAX_REPEAT":
        fewest, most, repeated = value
        if most == _parser.MAXREPEAT:
            raise ValueError("A repetition has no end")
        return _Repeat(fewest, most, _sequence(repeated, classes))
    if kind in ("ASSERT", "ASSERT_NOT"):
        direction, asked_for = value
        steps = _sequence(asked_for, classes)
        return _Look(steps, is_back=direction < 0, is_wanted=kind == "ASSERT")
    raise ValueError(f"{kind} is no step that is known here")


def _members(kind: str, items: Any) -> frozenset[int]:
    """The bytes of a class."""
    if kind == "LITERAL":
        return frozenset((items,))
    if kind == "ANY":
        return _ALL_BYTES - {ord("\n")}
    members: set[int] = set()
    is_negated = False
    for item, value in items:
        if str(item) == "NEGATE":
            is_negated = True
        elif str(item) == "LITERAL":
            members.add(value)
        elif str(item) == "RANGE":
            members.update(range(value[0], value[1] + 1))
        else:
            raise ValueError(f"{item} is no class that is known here")
    return _ALL_BYTES - members if is_negated else frozenset(members)

"""Lines of a body that comes in pieces."""

from __future__ import annotations

import pytest

from hilt.instrumentation import body_lines
from hilt.instrumentation.body_lines import BodyLines


def in_pieces(data: bytes, size: int) -> list[bytes]:
    """The lines of a body that comes in pieces of a size."""
    lines = BodyLines()
    pieces = (data[start : start + size] for start in range(0, len(data), size))
    return [line for piece in pieces for line in lines.feed(piece)]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_lines_end_in_any_of_three_ways(size, end):
    """However the bytes are cut; the rest is no line yet."""
    data = end.join([b"one", b"", b"two", b"three", b"rest"])

    assert in_pieces(data, size) == [b"one", b"", b"two", b"three"]


def test_other_separators_are_part_of_a_line():
    """Those of Unicode, and the control characters that a text may be split at."""
    line = "a\x0b\x0c\x1c\x85\u2028b".encode()

    assert in_pieces(line + b"\n", 3) == [line]


def test_a_line_that_is_too_long_is_passed_over(monkeypatch):
    """It is not kept, and the lines around it are whole."""
    monkeypatch.setattr(body_lines, "LONGEST_LINE", 10)
    lines = BodyLines()
    pieces = [b"a\n", *[b"xxxx"] * 5, b"x\nb\n"]

    assert [line for piece in pieces for line in lines.feed(piece)] == [b"a", b"", b"b"]
    assert lines.dropped == 1


def test_a_line_that_is_too_long_is_counted_before_it_ends(monkeypatch):
    """The body may end, or be left, in the middle of it."""
    monkeypatch.setattr(body_lines, "LONGEST_LINE", 10)
    lines = BodyLines()
    counts = []
    for piece in (b"a\n", b"x" * 10, b"x", b"xxx", b"\n"):
        lines.feed(piece)
        counts.append(lines.dropped)

    assert counts == [0, 0, 1, 1, 1]


def test_nothing_is_no_line():
    """Not even between the two bytes of one line end."""
    lines = BodyLines()

    assert [lines.feed(piece) for piece in (b"a\r", b"", b"\n", b"b\n")] == [[b"a"], [], [], [b"b"]]

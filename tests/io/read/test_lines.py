"""Bytes as lines."""

from __future__ import annotations

import gzip
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilt.io.read import lines as module
from hilt.io.read.lines import LineSplitter, chunks_of, line_blocks


def split(*chunks: bytes, max_bytes: int = 1000) -> list[bytes | None]:
    """All lines of some chunks, with the last one whether or not it ended."""
    splitter = LineSplitter(max_bytes)
    lines = [line for chunk in chunks for line in splitter.feed(chunk)]
    return [*lines, splitter.finish()] if splitter.has_rest else lines


@given(st.lists(st.text("ab", max_size=5)), st.integers(1, 7))
def test_lines_do_not_depend_on_where_chunks_are_cut(lines, size):
    """The same lines come whatever the chunks."""
    data = b"".join(line.encode() + b"\n" for line in lines)

    cut = [data[start : start + size] for start in range(0, len(data), size)]
    assert split(*cut) == split(data) == [line.encode() for line in lines]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"a\r\nb\r\n", [b"a", b"b"]),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", [b"a", b"\xef\xbb\xbfb"]),
        (b"\0\0\0a\0\n\0\0\n", [b"a", b""]),
        (b"a\n\n \nb", [b"a", b"", b"", b"b"]),
        (b"", []),
    ],
)
def test_what_is_not_text_is_taken_away(data, lines):
    """CRLF, a byte order mark at the beginning, NULs and blanks do not count."""
    assert split(data) == lines


def test_a_line_that_is_too_long_does_not_hide_the_next():
    """It is None, and is not kept in memory."""
    splitter = LineSplitter(max_bytes=10)

    for _ in range(5):
        assert list(splitter.feed(b"x" * 8)) == []
        assert sum(map(len, splitter._parts)) <= 10
    assert list(splitter.feed(b"\nb\n")) == [None, b"b"]
    assert splitter.number == 2


def test_a_long_run_of_nuls_is_not_a_long_line():
    """What a crash leaves before a line is no part of it, however long."""
    assert split(b"\0" * 600, b"\0" * 600 + b"a\n") == [b"a"]


def test_a_compressed_file_is_read_like_a_plain_one():
    """Also one that was made of two."""
    data = b"x" * 1_000_000
    packed = gzip.compress(data) + gzip.compress(b"more") + b"\0\0"

    assert b"".join(chunks_of(io.BytesIO(packed))) == data + b"more"
    assert b"".join(chunks_of(io.BytesIO(data))) == data


def test_a_cut_compressed_file_gives_what_it_has():
    """All that can be unpacked comes before the error."""
    data = bytes(range(256)) * 1000
    chunks = chunks_of(io.BytesIO(gzip.compress(data)[:-20]))
    unpacked: list[bytes] = []

    with pytest.raises(EOFError):
        unpacked.extend(chunks)
    assert len(b"".join(unpacked)) > 200_000
    assert data.startswith(b"".join(unpacked))


def test_a_damaged_compressed_file_gives_what_comes_before():
    """The error of zlib comes after what could be read."""
    packed = bytearray(gzip.compress(b"x" * 100))
    packed[-8] ^= 1

    with pytest.raises(zlib.error):
        list(chunks_of(io.BytesIO(bytes(packed))))


def test_a_small_file_that_unpacks_to_a_huge_one_comes_in_pieces():
    """No chunk is longer than its bound, so memory stays constant."""
    packed = gzip.compress(b"\n" * 20_000_000)

    assert max(map(len, chunks_of(io.BytesIO(packed)))) <= 1 << 18


@pytest.mark.parametrize(
    ("first", "blocks"),
    [
        (b"aaaa", [b"aaaa\nbb\n", b"c"]),
        (b"aaaaaaaa", [9, b"bb\n", b"c"]),
        (b"aaaaaaaaaaaa", [13, b"bb\n", b"c"]),
    ],
)
def test_only_a_line_beyond_the_limit_is_left_out(monkeypatch, first, blocks):
    """One that is exactly as long as may be is given, and what follows a longer one is, too."""
    monkeypatch.setattr(module, "_CHUNK", 4)

    assert list(line_blocks(io.BytesIO(first + b"\nbb\nc"), 4)) == blocks

"""Going through logs by bytes."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from hilt.io.read import scan as scan_module
from hilt.io.read.scan import AnyOf, LogScan, Selection

CHUNK = b'{"action":"completion_chunk","content":{"text":"a"}}'
PROMPT = b'{"action":"prompt","content":{"text":"completion_chunk"}}'
CALL = b'{"action":"tool_call","content":{"tool":{"arguments":{"action":"completion_chunk"}}}}'


def scan(*lines: bytes, end: bytes = b"\n", **selection) -> LogScan:
    """A scan of a file with these lines."""
    file = io.BufferedReader(io.BytesIO(end.join([*lines, b""])))
    return LogScan([(Path("app.jsonl"), file)], Selection(**selection))


def lines_of(each: LogScan) -> list[bytes]:
    """All the lines that matter."""
    return [line for block in each for line in block.lines]


def test_errors_are_in_the_order_of_the_lines(monkeypatch):
    """Torn lines are found before others of their block are decoded; the first ones are kept."""
    monkeypatch.setattr(scan_module, "_ERRORS_KEPT", 3)
    each = scan(PROMPT, b"[", PROMPT, b"[", PROMPT, b"[")
    for block in each:
        for line in block.lines:
            each.skip(block.path, block.number_of(line), "no event")
    assert (each.skipped, [error.number for error in each.errors]) == (6, [1, 2, 3])

    each.skip(Path("later.jsonl"), 1, "no event")
    assert [error.number for error in each.errors] == [1, 2, 3]


def test_all_lines_matter_unless_chosen():
    """Without a selection each line is given."""
    assert lines_of(scan(PROMPT, CHUNK)) == [PROMPT, CHUNK]


def test_chunks_are_left_out_by_their_action_alone():
    """A text or an argument that looks like a chunk's action is no chunk."""
    assert lines_of(scan(PROMPT, CHUNK, CALL, chunks=False)) == [PROMPT, CALL]


def test_lines_have_one_of_the_needles():
    """Others are left out without being decoded."""
    assert lines_of(scan(PROMPT, CHUNK, CALL, query=AnyOf(b'"prompt"', b"tool_call"))) == [
        PROMPT,
        CALL,
    ]
    assert lines_of(scan(PROMPT, CHUNK, CALL, query=AnyOf(b"tool"))) == [CALL]
    assert lines_of(scan(PROMPT, CHUNK, CALL, query=AnyOf(b"nowhere"))) == []


def test_lines_may_keep_their_ends():
    """Where all of a block are whole; their numbers are the same."""
    each = scan(PROMPT, CHUNK, CALL, chunks=False)
    each.keep_ends = True

    (block,) = each
    assert block.lines == [PROMPT + b"\n", CALL + b"\n"]
    assert [block.number_of(line) for line in block.lines] == [1, 3]


@pytest.mark.parametrize("between", [b"", b" ", b"\r"])
def test_an_empty_line_between_whole_ones_is_passed_over(between):
    """It is neither given nor counted."""
    each = scan(PROMPT, between, CALL)

    assert lines_of(each) == [PROMPT, CALL]
    assert each.skipped == 0


def test_only_a_line_feed_ends_a_line():
    """Other characters that end lines elsewhere stand in texts."""
    line = b'{"text":"\x0b \x0c \x1c \xc2\x85 \xe2\x80\xa8"}'

    assert lines_of(scan(line, PROMPT)) == [line, PROMPT]


@pytest.mark.parametrize("count", [1, 64, 65, 500])
def test_few_lines_and_many_are_chosen_alike(count):
    """Whether they are looked for in a block at once, or one by one."""
    lines = [b'{"number":%d,"text":"%s"}' % (n, b"xxx" if n < count else b"y") for n in range(600)]

    assert lines_of(scan(*lines, query=AnyOf(b"yx"))) == []
    assert lines_of(scan(*lines, query=AnyOf(b'"xxx"', b'"number":599,'))) == [
        *lines[:count],
        lines[599],
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_line():
    """Nor do lines behind it lose their numbers."""
    (block,) = scan(b"\xef\xbb\xbf" + PROMPT, CALL)

    assert block.lines == [PROMPT, CALL]
    assert [block.number_of(line) for line in block.lines] == [1, 2]


def test_torn_lines_are_counted_with_their_numbers():
    """A line that is no whole object costs itself only."""
    each = scan(PROMPT, b'{"torn', b"", CALL, b"nonsense", query=AnyOf(b"action"))

    assert lines_of(each) == [PROMPT, CALL]
    assert (each.skipped, [error.number for error in each.errors]) == (2, [2, 5])


def test_what_stands_around_a_line_is_no_part_of_it():
    """A byte order mark, NULs and carriage returns do no harm."""
    each = scan(b"\xef\xbb\xbf" + PROMPT, b"\0\0" + CALL, end=b"\r\n")

    assert lines_of(each) == [PROMPT, CALL]
    assert each.skipped == 0


@pytest.mark.parametrize("chosen", [{}, {"query": AnyOf(b"action")}])
def test_nuls_before_an_event_are_no_part_of_it(chosen):
    """A crash leaves them where data was not on the disk yet, and the next event follows them."""
    each = scan(PROMPT, b"\0" * 5000 + CALL, PROMPT, **chosen)
    (block,) = each

    assert (block.lines, each.skipped) == ([PROMPT, CALL, PROMPT], 0)
    assert [block.number_of(line) for line in block.lines] == [1, 2, 3]


def test_a_line_beyond_all_bounds_is_counted(monkeypatch):
    """It is passed over without being kept in memory."""
    monkeypatch.setattr(scan_module, "MAX_EVENT_BYTES", 1 << 19)
    long = b'{"text":"' + b"x" * (1 << 20) + b'"}'
    each = scan(PROMPT, long, CALL)

    assert lines_of(each) == [PROMPT, CALL]
    assert str(each.errors[0]) == "app.jsonl:2: the line is too long: 1,048,588 bytes"


def test_lines_know_their_numbers():
    """Of lines that are alike, each has its own number."""
    (block,) = scan(PROMPT, CHUNK, CALL, CHUNK, query=AnyOf(CHUNK))

    assert [block.number_of(line) for line in block.lines] == [2, 4]

    (block,) = scan(b"x" + PROMPT, PROMPT, query=AnyOf(b"prompt"))
    assert block.number_of(block.lines[1]) == 2


def test_blocks_follow_each_other():
    """Numbers go on from block to block, in a compressed file as well."""
    data = b"".join(b'{"number":%d}\n' % number for number in range(50_000))
    file = io.BytesIO(gzip.compress(data))

    blocks = list(LogScan([(Path("app.jsonl.gz"), io.BufferedReader(file))]))

    assert len(blocks) > 1
    assert b"".join(block.data for block in blocks) == data
    for block in blocks:
        assert block.lines[0] == b'{"number":%d}' % (block.number - 1)


def test_a_damaged_file_is_read_as_far_as_it_goes():
    """The rest is one thing that cannot be read."""
    data = gzip.compress(b"".join(b'{"number":%d}\n' % number for number in range(50_000)))
    each = LogScan([(Path("a.gz"), io.BufferedReader(io.BytesIO(data[: len(data) // 2])))])

    assert len(lines_of(each)) > 1000
    assert each.skipped == 1
    assert "cannot be read any further" in each.errors[0].message


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\0\0\0", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_nothing_is_nothing(content):
    """A file without lines has neither blocks nor errors."""
    each = LogScan([(Path("a"), io.BufferedReader(io.BytesIO(content)))])

    assert list(each) == []
    assert each.skipped == 0

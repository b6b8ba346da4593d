"""Reading a log."""

from __future__ import annotations

import gzip
import logging
import os
import threading
import tracemalloc

import pytest

from hilt.core.exceptions import ConfigurationError, ReadError
from hilt.io.read.events import read_events
from hilt.io.session import Session


@pytest.fixture
def log(tmp_path, event):
    """Write a log: numbers stand for events, bytes for themselves."""

    def write(*lines: int | bytes, end: bytes = b"\n"):
        path = tmp_path / "log.jsonl"
        parts = [line if isinstance(line, bytes) else event(line).encode() for line in lines]
        path.write_bytes(end.join([*parts, b""]))
        return path

    return write


def numbers(events) -> list[int]:
    """The numbers that the events carry."""
    return [event.extensions["number"] for event in events]


def test_bad_lines_are_skipped_and_listed_by_number(log, caplog):
    """Torn, foreign and wrong lines cost themselves only, and one warning."""
    reader = read_events(log(1, b'{"torn', 2, b"[]", b'{"event_id":"x"}', b"\xff", 3))

    with caplog.at_level(logging.WARNING):
        assert numbers(reader) == [1, 2, 3]
    assert [error.number for error in reader.errors] == [2, 4, 5, 6]
    assert reader.skipped == 4
    assert str(reader.errors[2]).endswith("log.jsonl:5: timestamp: is missing")
    assert len(caplog.records) == 1


def test_a_bad_line_can_stop(log):
    """``on_error="raise"`` gives what comes before, and then an error with the number."""
    events = read_events(log(1, b"nonsense", 2), on_error="raise")

    assert next(events).extensions == {"number": 1}
    with pytest.raises(ReadError, match=r"log.jsonl:2: event: not JSON") as caught:
        next(events)
    assert caught.value.line == 2


def test_a_torn_last_line_is_listed(log, event):
    """The last line may lack its end, or its second half."""
    whole = log(1, event(2).encode(), end=b"\n")
    whole.write_bytes(whole.read_bytes()[:-1])
    assert numbers(read_events(whole)) == [1, 2]

    whole.write_bytes(whole.read_bytes()[:-10])
    reader = read_events(whole)
    assert numbers(reader) == [1]
    assert [error.number for error in reader.errors] == [2]


def test_other_line_ends_blank_lines_and_a_byte_order_mark_do_no_harm(log, event):
    """Files that went through an editor are read."""
    path = log(
        b"\xef\xbb\xbf" + event(1).encode(), b"", b"  ", 2, b"\0\0" + event(3).encode(), end=b"\r\n"
    )
    reader = read_events(path)

    assert numbers(reader) == [1, 2, 3]
    assert reader.errors == []


def test_a_compressed_log_is_read(log, tmp_path):
    """Whatever its name; of one that was cut off, what there is."""
    packed = tmp_path / "packed"
    data = gzip.compress(log(*range(500)).read_bytes())
    packed.write_bytes(data)
    assert numbers(read_events(packed)) == list(range(500))

    packed.write_bytes(data[: len(data) // 2])
    reader = read_events(packed)
    result = numbers(reader)
    assert result == list(range(len(result)))
    assert 100 < len(result) < 500
    assert "cannot be read any further" in reader.errors[-1].message


def test_a_line_beyond_all_bounds_is_skipped(log, monkeypatch):
    """A line that would not fit in memory is a bad line."""
    monkeypatch.setattr("hilt.io.read.lines.MAX_LINE_BYTES", 2000)
    monkeypatch.setattr("hilt.io.read.lines._CHUNK", 1000)
    reader = read_events(log(1, b"x" * 3000, 2, b"x"))

    assert numbers(reader) == [1, 2]
    assert [error.number for error in reader.errors] == [2, 4]
    assert reader.errors[0].message == "the line is too long"


def test_rotated_files_come_first(tmp_path, event):
    """With ``include_rotated``, plain and compressed ones, oldest first."""
    path = tmp_path / "log.jsonl"
    with Session(path, rotate_bytes=2000) as session:
        for number in range(50):
            session.append(event(number))

    assert numbers(read_events(path, include_rotated=True)) == list(range(50))
    assert 0 < len(numbers(read_events(path))) < 10


def test_a_log_that_is_rotated_while_it_is_read_is_read_once(tmp_path, event):
    """The file that was opened is the one that is read, whatever its name is by then."""
    path = tmp_path / "log.jsonl"
    with Session(path, rotate_bytes=2000, compress=False) as session:
        session.append(event(0))
        events = read_events(path, include_rotated=True)
        for number in range(1, 50):
            session.append(event(number))

    result = numbers(events)
    assert result == list(range(len(result)))


def test_what_is_not_there_cannot_be_read(tmp_path):
    """A missing log and a folder are refused before anything is read."""
    with pytest.raises(ReadError, match="there is no such log"):
        read_events(tmp_path / "none.jsonl")
    with pytest.raises(ReadError, match="is a folder; name a log in it"):
        read_events(tmp_path)


def test_an_unknown_way_to_go_on_is_refused(tmp_path):
    """``on_error`` is one of two words."""
    with pytest.raises(ConfigurationError, match="on_error: 'ignore' is not"):
        read_events(tmp_path / "log.jsonl", on_error="ignore")


def test_a_reader_can_be_left_early(log):
    """Closing it closes the file; a ResourceWarning would fail this test."""
    reader = read_events(log(1, 2, 3))
    next(reader)

    reader.close()

    assert list(reader) == []


def test_memory_is_constant(tmp_path, event):
    """A log of 20 MB is read in less than 4."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(event(n, "x" * 10_000).encode() + b"\n" for n in range(2000)))

    tracemalloc.start()
    count = sum(1 for _ in read_events(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 2000
    assert peak < 4_000_000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_read(tmp_path, event):
    """What another program writes, as it comes."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    data = event(1).encode() + b"\n" + event(2).encode()
    writer = threading.Thread(target=fifo.write_bytes, args=(data,))
    writer.start()

    assert numbers(read_events(fifo)) == [1, 2]
    writer.join()


def test_so_many_bad_lines_are_listed(log, monkeypatch):
    """The first ones; all are counted."""
    monkeypatch.setattr("hilt.io.read.events._ERRORS_KEPT", 2)
    reader = read_events(log(b"x", 1, b"x", b"x"))

    assert numbers(reader) == [1]
    assert ([error.number for error in reader.errors], reader.skipped) == ([1, 3], 3)


def test_a_file_that_is_cut_off_is_a_bad_line_behind_the_last(log, tmp_path):
    """Its number is where reading ended, and rotated files are numbered each from one."""
    data = gzip.compress(log(1, 2, b"x").read_bytes())
    packed = tmp_path / "log.20260101T000000000000Z.jsonl.gz"
    packed.write_bytes(data[:-4])

    reader = read_events(log(3, b"x"), include_rotated=True)

    assert numbers(reader) == [1, 2, 3]
    assert [(error.path.name, error.number) for error in reader.errors] == [
        (packed.name, 3),
        (packed.name, 4),
        ("log.jsonl", 2),
    ]

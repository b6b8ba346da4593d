"""The end of a log, and the offset from which it is followed."""

from __future__ import annotations

import gzip

import pytest

from hilt.core.event import Event
from hilt.core.exceptions import ReadError
from hilt.io.read import newest
from hilt.io.read.following import LogFollower
from hilt.io.read.newest import last_events, start_of_last_line


def line(number, pad=0):
    """The line of an event with a number."""
    event = Event(
        session_id="s",
        actor={"type": "human", "id": "user"},
        action="prompt",
        content={"text": "x" * pad},
        extensions={"number": number},
    )
    return event.encode() + b"\n"


def numbers(events):
    """The numbers of events."""
    return [event.extensions["number"] for event in events]


@pytest.fixture
def log(tmp_path):
    """A path for a log."""
    return tmp_path / "app.jsonl"


@pytest.mark.parametrize("count", [0, 1, 3, 100])
def test_last_events(log, count):
    """The last events come oldest first."""
    log.write_bytes(b"".join(map(line, range(10))))

    assert numbers(last_events(log, count)) == list(range(10))[len(range(10)) - min(count, 10) :]


def test_last_events_of_a_long_log(log, monkeypatch):
    """However small the window at first, enough events are read, and bad lines skipped."""
    monkeypatch.setattr(newest, "_WINDOW", 100)
    log.write_bytes(b"".join(line(n, pad=n) + b"\n{torn\n" for n in range(200)))

    assert numbers(last_events(log, 50)) == list(range(150, 200))


def test_wanted_events_are_counted(log):
    """Only what is wanted counts, as far back as it takes."""
    log.write_bytes(b"".join(map(line, range(1000))))

    events = last_events(log, 3, lambda event: event.extensions["number"] < 10)

    assert numbers(events) == [7, 8, 9]


def test_last_line_without_end(log):
    """A last line that lacks its end is an event all the same."""
    log.write_bytes(line(1) + line(2)[:-1])

    assert numbers(last_events(log, 5)) == [1, 2]


def test_compressed_log(tmp_path):
    """A compressed log is read too."""
    path = tmp_path / "old.jsonl.gz"
    path.write_bytes(gzip.compress(line(1) + line(2)))

    assert numbers(last_events(path, 1)) == [2]


def test_missing_log(log):
    """A log that is not there is named."""
    with pytest.raises(ReadError, match="there is no such log"):
        last_events(log, 1)


def append(path, data):
    """Add to a log."""
    with path.open("ab") as file:
        file.write(data)


def test_follow_from_the_end_that_was_shown(log):
    """Between what was shown and what follows, no event is lost or doubled."""
    log.write_bytes(line(1) + line(2))
    follower = LogFollower(log, from_end=True)
    append(log, line(3))

    assert numbers(last_events(log, 9, before=follower.position)) == [1, 2]
    events = follower.events(poll_seconds=0.01)
    assert numbers([next(events)]) == [3]
    append(log, line(4))
    assert numbers([next(events)]) == [4]


@pytest.mark.parametrize("window", [100, 1000, 100_000])
def test_what_follows_the_offset_is_not_read(log, monkeypatch, window):
    """Wherever reading begins, it ends where the log is taken to end."""
    monkeypatch.setattr(newest, "_WINDOW", window)
    first = b"".join(line(number, pad=50) for number in range(20))
    log.write_bytes(first + line(20) + line(21))
    passed_over: list[str] = []

    events = last_events(log, 3, before=len(first), passed_over=passed_over)

    assert numbers(events) == [17, 18, 19]
    assert passed_over == []


def test_line_that_is_being_written(log):
    """Half a line is waited for."""
    whole = line(2)
    log.write_bytes(line(1) + whole[:20])
    follower = LogFollower(log, from_end=True)
    append(log, whole[20:])

    assert numbers(last_events(log, 9, before=follower.position)) == [1]
    assert numbers([next(follower.events())]) == [2]


def test_what_cannot_be_opened_is_named(tmp_path):
    """A folder is no log."""
    with pytest.raises(ReadError) as error:
        last_events(tmp_path, 1)
    assert str(error.value) == f"{tmp_path}: cannot be read: Is a directory"


@pytest.mark.parametrize(
    ("content", "offset"),
    [(b"", 0), (b"x" * 50, 0), (b"\n", 1), (b"ab\n", 3), (b"ab\ncd", 3), (b"ab\n" + b"c" * 50, 3)],
)
def test_a_last_line_begins_behind_the_last_line_end(tmp_path, monkeypatch, content, offset):
    """However far it is from the end; without one, with the file."""
    monkeypatch.setattr(newest, "_CHUNK", 10)
    path = tmp_path / "log"
    path.write_bytes(content)

    with path.open("rb") as file:
        assert start_of_last_line(file) == offset


@pytest.mark.parametrize(("count", "found"), [(1, [2]), (2, [1, 2]), (0, []), (-1, [])])
def test_the_last_events_of_a_compressed_log(tmp_path, count, found):
    """With what is wrong with the other lines."""
    path, problems = tmp_path / "old.jsonl.gz", []
    path.write_bytes(gzip.compress(line(0) + b"torn\n" + line(1) + line(2)))

    assert numbers(last_events(path, count, passed_over=problems)) == found
    assert len(problems) == (1 if count > 0 else 0)


def test_a_file_that_is_compressed_since_it_was_listed_is_read(log, monkeypatch):
    """Its plain name leads nowhere by then."""
    rotated = log.with_name("app.20261101T000000000000Z.jsonl")
    rotated.with_name(f"{rotated.name}.gz").write_bytes(gzip.compress(line(1) + line(2)))
    monkeypatch.setattr(newest, "rotated_files", lambda _: [rotated])

    assert numbers(last_events(log, 5, include_rotated=True)) == [1, 2]

"""The names that rotated files have."""

from __future__ import annotations

import pytest

from hilt.io.jsonl.rotation import rotated_files
from hilt.io.read.events import read_events
from hilt.io.session import Session
from hilt.testing import fixed

DAY = 86_400


@pytest.fixture
def path(tmp_path):
    """A path for a log."""
    return tmp_path / "log.jsonl"


def numbers(path, **options) -> list[int]:
    """The numbers that the events of a log carry."""
    return [event.extensions["number"] for event in read_events(path, **options)]


def names(path) -> list[str]:
    """The names of a log's rotated files."""
    return [file.name for file in rotated_files(path)]


def test_a_log_is_rotated_at_midnight(path, event):
    """Each file has the events of one day, UTC; its name has the time of the rotation."""
    with fixed("2026-03-01T23:59:58Z") as time:
        session = Session(path, rotate_daily=True, compress=False)
        for number in range(6):
            session.append(event(number))
            time.advance(1)
        time.advance(DAY)
        session.append(event(6))
        session.close()

    assert names(path) == [
        "log.20260302T000000000000Z.jsonl",
        "log.20260303T000004000000Z.jsonl",
    ]
    assert [numbers(file) for file in rotated_files(path)] == [[0, 1], [2, 3, 4, 5]]
    assert numbers(path) == [6]


def test_names_sort_by_rotation_even_if_the_clock_goes_back(path, event):
    """A name is later than all that are there."""
    with fixed("2026-03-01T12:00:00Z") as time:
        session = Session(path, rotate_bytes=300, compress=False).open()
        for number in range(6):
            session.append(event(number))
            time.advance(-60)
        session.close()

    assert names(path) == sorted(names(path))
    assert numbers(path, include_rotated=True) == list(range(6))


def test_files_of_others_are_left_alone(path, event):
    """Only names of rotated files of this log count."""
    others = ["log.jsonl.bak", "log.2026.jsonl", "log2.20260301T120000000000Z.jsonl", "log.txt"]
    for name in others:
        (path.parent / name).touch()
    with Session(path, rotate_bytes=300, keep=0) as session:
        session.append(event(0))
        session.append(event(1))

    assert set(others) <= {file.name for file in path.parent.iterdir()}

"""The names that rotated files have."""

from __future__ import annotations

import gzip

import pytest

from hilt.core import clock
from hilt.io.jsonl.rotation import Rotation, foreign_files, log_of_rotated, rotated_files
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
        time.advance(3600)
        session = Session(path, rotate_bytes=300, compress=False).open()
        for number in range(4):
            session.append(event(number))
            time.advance(-60)
        session.close()

    assert names(path) == [
        "log.20260301T125900000000Z.jsonl",
        "log.20260301T125900000001Z.jsonl",
        "log.20260301T125900000002Z.jsonl",
    ]
    assert numbers(path, include_rotated=True) == list(range(4))


@pytest.mark.parametrize(
    ("rotation", "size", "adding", "is_due"),
    [
        (Rotation(), 100, 1, False),
        (Rotation(100), 99, 1, False),
        (Rotation(100), 99, 2, True),
        (Rotation(100), 0, 200, False),
        (Rotation(daily=True), 1, 10**9, False),
    ],
)
def test_a_log_is_rotated_before_it_exceeds_its_size(rotation, size, adding, is_due):
    """Not at that size, and not when it is empty."""
    with fixed():
        assert rotation.is_due(size, adding, day_ends=clock.unix_nanos() + 1) is is_due


@pytest.mark.parametrize("later", [-1, 0, 1])
def test_a_daily_log_is_rotated_when_its_day_is_over(later):
    """At midnight, and at any time after it."""
    with fixed():
        day_ends = clock.unix_nanos() - later

        assert Rotation(daily=True).is_due(1, 1, day_ends) is (later >= 0)
        assert not Rotation(100).is_due(1, 1, day_ends)


def test_files_of_others_are_left_alone(path, event):
    """Only names of rotated files of this log count."""
    others = ["log.jsonl.bak", "log.2026.jsonl", "log2.20260301T120000000000Z.jsonl", "log.txt"]
    for name in others:
        (path.parent / name).touch()
    with Session(path, rotate_bytes=300, keep=0) as session:
        session.append(event(0))
        session.append(event(1))

    assert set(others) <= {file.name for file in path.parent.iterdir()}


def test_a_file_that_is_compressed_just_now_is_one(path):
    """Whoever compressed it was killed before the plain one was deleted; that is read."""
    plain = [path.with_name(f"{path.stem}.2026010{day}T000000000000Z.jsonl") for day in (2, 1, 3)]
    packed = [each.with_name(f"{each.name}.gz") for each in plain]
    for each in (plain[0], packed[0], packed[1], plain[2]):
        each.touch()

    assert rotated_files(path) == [packed[1], plain[0], plain[2]]


def test_a_file_that_another_program_has_compressed_is_said(path, event):
    """Unless there is one that can be read; it is neither counted nor deleted."""
    with Session(path) as session:
        session.append(event(1))
    for name in (
        "01T000000000000Z.jsonl.zst",
        "02T000000000000Z.jsonl.xz",
        "02T000000000000Z.jsonl.gz",
    ):
        (path.parent / f"{path.stem}.202601{name}").write_bytes(b"\x28\xb5\x2f\xfd...")
    (path.parent / f"{path.stem}.20260102T000000000000Z.jsonl.gz").write_bytes(gzip.compress(b""))

    reader = read_events(path, include_rotated=True)

    assert [file.suffix for file in foreign_files(path)] == [".zst"]
    assert [file.suffix for file in rotated_files(path)] == [".gz"]
    assert len(list(reader)) == 1
    assert [(line.path.suffix, line.message) for line in reader.errors] == [
        (
            ".zst",
            "the file cannot be read any further: it is compressed with zstd, and only gzip is read",
        )
    ]


@pytest.mark.parametrize("log", ["logs/app.jsonl", "app", "logs/app.v2.jsonl"])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_the_log_of_a_rotated_file(tmp_path, log, ending):
    """Its name without the time; any other file is of no log."""
    path = tmp_path / log
    path.parent.mkdir(exist_ok=True)
    name = f"{path.stem}.20261101T000000000000Z{path.suffix}{ending}"
    path.with_name(name).write_bytes(b"")

    assert [log_of_rotated(str(file)) for file in path.parent.iterdir()] == [str(path)]
    assert len(rotated_files(path)) == 1
    assert log_of_rotated(str(path)) is None

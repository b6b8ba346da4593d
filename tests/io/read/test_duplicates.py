"""Ids that are there more than once."""

from __future__ import annotations

import pytest

from hilt.io.read.duplicates import DuplicateFinder


@pytest.mark.parametrize("in_memory", [1000, 7])
def test_each_repetition_is_given_with_the_first_position(in_memory):
    """In memory and through files, an id that is there three times is given twice."""
    ids = [f"evt_{number % 40}" for number in range(100)]
    with DuplicateFinder(in_memory) as finder:
        for number, each in enumerate(ids, 1):
            finder.add_all([each], range(number, number + 1))

        found = sorted(finder.duplicates())

    assert found == [(number, (number - 1) % 40 + 1) for number in range(41, 101)]


def test_files_are_removed(tmp_path, monkeypatch):
    """Nothing is left on disk."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with DuplicateFinder(2) as finder:
        finder.add_all(["a", "b", "c"], range(3))
        assert list(tmp_path.iterdir())

    assert not list(tmp_path.iterdir())


def test_ids_that_differ_are_none():
    """Nothing is given for a log as it should be."""
    with DuplicateFinder() as finder:
        finder.add_all([f"evt_{number}" for number in range(1000)], range(1000))

        assert list(finder.duplicates()) == []

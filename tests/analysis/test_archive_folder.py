"""What is an archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilt.analysis.archive_folder import address_of, is_archive


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("s3://bucket/hilt", "s3://bucket/hilt"),
        (Path("s3://bucket/hilt/"), "s3://bucket/hilt"),
        ("gs://bucket/", "gs://bucket"),
        ("memory://a//b", "memory://a//b"),
        ("/var/archive/", "/var/archive"),
    ],
)
def test_an_address_is_as_it_was_given(place, address):
    """A path that was made of one has lost a slash."""
    assert address_of(place) == str(address)


def test_a_folder_is_an_archive_and_a_file_is_a_log(tmp_path, monkeypatch):
    """So is an address, and what is not there is a log that is missing."""
    monkeypatch.chdir(tmp_path)
    Path("app.jsonl").touch()

    assert is_archive(tmp_path)
    assert is_archive(Path("s3://bucket/hilt"))
    assert not is_archive("app.jsonl")
    assert not is_archive("nothing")
    assert address_of("archive") == str(tmp_path / "archive")

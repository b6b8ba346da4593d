"""What is an archive."""

from __future__ import annotations

from pathlib import Path

from hilt.analysis.archive_folder import is_archive


def test_a_folder_is_an_archive_and_a_file_is_a_log(tmp_path, monkeypatch):
    """So is an address, and what is not there is a log that is missing."""
    monkeypatch.chdir(tmp_path)
    Path("app.jsonl").touch()

    assert is_archive(tmp_path)
    assert is_archive(Path(tmp_path.as_uri()))
    assert is_archive(Path("s3://bucket/hilt"))
    assert not is_archive("app.jsonl")
    assert not is_archive("nothing")

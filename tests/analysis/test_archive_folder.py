"""What is an archive."""

from __future__ import annotations

import os
import time
from pathlib import Path

from hilt.analysis.archive_folder import ArchiveFolder, is_archive


def test_a_folder_is_an_archive_and_a_file_is_a_log(tmp_path, monkeypatch):
    """So is an address, and what is not there is a log that is missing."""
    monkeypatch.chdir(tmp_path)
    Path("app.jsonl").touch()

    assert is_archive(tmp_path)
    assert is_archive(Path(tmp_path.as_uri()))
    assert is_archive(Path("s3://bucket/hilt"))
    assert not is_archive("app.jsonl")
    assert not is_archive("nothing")


def test_only_what_a_killed_run_has_left_is_deleted(tmp_path):
    """After an hour; a run that goes on may still write to what is newer."""
    day = tmp_path / "day=2026-11-28"
    day.mkdir()
    names = ("old", "new")
    left, fresh = (day / f".{name}.parquet.x1" for name in names)
    whole = day / "old.parquet"
    for path in (left, fresh, whole):
        path.touch()
    for path, age in ((left, 3700), (whole, 3700), (fresh, 3500)):
        os.utime(path, (time.time() - age,) * 2)

    ArchiveFolder(str(tmp_path), None).clear_unfinished()
    ArchiveFolder("s3://bucket/hilt", None).clear_unfinished()

    assert sorted(day.iterdir()) == [fresh, whole]

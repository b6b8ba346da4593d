"""Folders for logs."""

from __future__ import annotations

import os
import stat

import pytest

from hilt.io.folders import make_folders


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
@pytest.mark.parametrize(("mode", "expected"), [(None, 0o700), (0o777, 0o777), (0o750, 0o750)])
def test_folders_are_made_with_their_permissions(tmp_path, mode, expected):
    """All that are missing, whatever the umask; one that is there keeps its own."""
    there = tmp_path / "there"
    there.mkdir(0o755)
    make_folders(str(there / "a" / "b"), mode)

    folders = (there, there / "a", there / "a" / "b")
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [
        0o755,
        expected,
        expected,
    ]


def test_a_folder_that_another_process_makes_meanwhile_is_as_good(tmp_path, monkeypatch):
    """It came between the look and the making."""
    monkeypatch.setattr(os.path, "isdir", lambda path: path == str(tmp_path))
    (tmp_path / "logs").mkdir()

    make_folders(str(tmp_path / "logs"), 0o700)
    assert (tmp_path / "logs").exists()


def test_a_file_in_the_way_is_an_error(tmp_path):
    """The caller learns why the folder cannot be made."""
    (tmp_path / "logs").touch()

    with pytest.raises(NotADirectoryError):
        make_folders(str(tmp_path / "logs" / "today"))

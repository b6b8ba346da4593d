"""Folders for logs."""

from __future__ import annotations

import os
import stat

import pytest

from hilt.core.whole_writes import sync_folder
from hilt.io.folders import make_folders, shared_with


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


@pytest.fixture
def log(tmp_path):
    """A private log in a private folder."""
    tmp_path.chmod(0o700)
    log = tmp_path / "log.jsonl"
    log.touch(0o600)
    return log


posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")


@posix
@pytest.mark.parametrize(
    ("folder_mode", "mode", "expected"),
    [
        (0o700, 0o600, ""),
        (0o775, 0o664, ""),
        (0o1777, 0o600, ""),
        (0o700, 0o602, "everybody may write to it"),
        (0o777, 0o600, "everybody may write to its folder"),
        (0o777, 0o666, "everybody may write to its folder, everybody may write to it"),
    ],
)
def test_who_may_change_a_log_is_named(log, folder_mode, mode, expected):
    """Not the group, and not who has a sticky folder in common, as in ``/tmp``."""
    log.chmod(mode)
    log.parent.chmod(folder_mode)

    assert shared_with(str(log)) == expected


@posix
def test_nobody_changes_what_goes_to_a_device():
    """Tests of a program that logs may send their log there."""
    assert shared_with("/dev/null") == ""


@posix
def test_who_a_log_belongs_to_is_named(log, monkeypatch):
    """And its folder, and the link that leads to it."""
    owner = log.stat().st_uid or 1000
    os.chown(log, owner, -1)
    os.chown(log.parent, owner, -1)
    link = log.with_name("link")
    link.symlink_to(log)
    os.chown(link, owner, -1, follow_symlinks=False)
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)

    assert shared_with(str(link)) == (
        f"its folder belongs to user {owner}, it belongs to user {owner}, "
        f"its link belongs to user {owner}"
    )


@posix
def test_who_may_change_what_is_not_there_is_nobody(tmp_path):
    """The log may have been deleted since it was opened."""
    assert shared_with(str(tmp_path / "gone" / "log.jsonl")) == ""


def test_a_folder_is_synced(tmp_path):
    """As far as the system can."""
    sync_folder(str(tmp_path))

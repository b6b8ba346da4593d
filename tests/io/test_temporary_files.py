"""Files in temporary folders."""

from __future__ import annotations

import errno
import tempfile

import pytest

from hilt.core.exceptions import SinkError
from hilt.io.temporary_files import temporary_file


def test_a_full_disk_is_said_with_the_folder(tmp_path):
    """What is written last may be the output of a command, on another disk."""
    said = f"{tempfile.gettempdir()}: cannot hold the temporary files: No space left on device; "

    with pytest.raises(SinkError, match=said), temporary_file(tmp_path / "file"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_an_error_of_another_file_stays(tmp_path):
    """As of a log that is read meanwhile."""
    with pytest.raises(FileNotFoundError), temporary_file(tmp_path / "file"):
        (tmp_path / "log").open()


def test_a_file_that_cannot_be_made_is_said_with_the_folder(tmp_path):
    """As where the disk has room, but no inodes."""
    said = "cannot hold the temporary files: No such file"

    with pytest.raises(SinkError, match=said), temporary_file(tmp_path / "gone" / "file"):
        pass

"""Files that appear when they are whole."""

from __future__ import annotations

import stat

import pytest

from hilt.core.exceptions import SinkError
from hilt.io.whole_files import whole_file


def test_file_appears_at_the_end_and_is_private(tmp_path):
    """Until then, what was there stays."""
    final = tmp_path / "a.txt"
    final.write_text("old")
    with whole_file(final) as path:
        path.write_text("new")
        assert final.read_text() == "old"

    assert final.read_text() == "new"
    assert stat.S_IMODE(final.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [final]


def test_error_leaves_nothing(tmp_path):
    """No file under either name."""
    writing = whole_file(tmp_path / "a.txt")
    writing.__enter__().write_text("half")
    interrupt = KeyboardInterrupt()

    assert not writing.__exit__(KeyboardInterrupt, interrupt, None)

    assert list(tmp_path.iterdir()) == []


def test_folder_is_refused(tmp_path):
    """The error names it."""
    with pytest.raises(SinkError, match="it is a folder"), whole_file(tmp_path):
        pass

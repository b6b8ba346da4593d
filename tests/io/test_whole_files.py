"""Files that appear when they are whole."""

from __future__ import annotations

import os
import stat
import sys

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


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such folders")
@pytest.mark.parametrize("mode", [0o700, 0o1777])
def test_links_of_other_users(tmp_path, monkeypatch, mode):
    """A link that another user left in a folder for all is not followed; one's own link is."""
    (tmp_path / "victim").write_text("old")
    (tmp_path / "all").mkdir()
    (tmp_path / "all").chmod(mode)
    link = tmp_path / "all" / "a.txt"
    link.symlink_to(tmp_path / "victim")
    with whole_file(link) as path:
        path.write_text("mine")
    monkeypatch.setattr(os, "geteuid", lambda: link.lstat().st_uid + 1)
    monkeypatch.setattr("hilt.io.whole_files._owner_of", lambda _folder: os.geteuid())

    if mode == 0o700:
        with whole_file(link) as path:
            path.write_text("new")
    else:
        with pytest.raises(SinkError, match="it is a link that belongs to user"):
            whole_file(link).__enter__()
    assert (tmp_path / "victim").read_text() == ("new" if mode == 0o700 else "mine")


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="needs names of open files")  # noqa: PTH112
def test_a_pipe_by_its_name_is_written_to():
    """As /dev/stdout is one before `| head`: a link to no path."""
    end, start = os.pipe()
    try:
        with whole_file(f"/dev/fd/{start}") as path:
            path.write_text("whole")
        assert os.read(end, 100) == b"whole"
    finally:
        os.close(end)
        os.close(start)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), OSError("odd")])
def test_an_error_while_writing_names_the_file(tmp_path, error):
    """And nothing is left of it; what was there stays."""
    final = tmp_path / "a.txt"
    final.write_text("old")

    with pytest.raises(SinkError) as raised, whole_file(final):
        raise error

    assert str(raised.value) == f"{final}: cannot be made: {error.strerror or error}"
    assert [(each, each.read_text()) for each in tmp_path.iterdir()] == [(final, "old")]


def test_errors_of_ones_own_stay_what_they_are(tmp_path):
    """What refuses the place or writes to it knows better what is wrong."""
    own = SinkError("the outbox is full")

    with pytest.raises(SinkError) as raised, whole_file(tmp_path / "a.txt"):
        raise own

    assert raised.value is own


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="Python takes it for the file itself")
def test_a_link_to_itself_is_refused(tmp_path):
    """Which Python says as no error of the system's."""
    link = tmp_path / "a.txt"
    link.symlink_to(link)

    with pytest.raises(SinkError, match=r"a\.txt: cannot be made: "), whole_file(link):
        pass


def test_a_device_is_written_to_as_it_is(tmp_path):
    """Nothing takes its place."""
    with whole_file(os.devnull) as path:
        assert str(path) == os.devnull

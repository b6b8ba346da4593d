"""Standard input and pipes, which can be read once."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from hilt.core.exceptions import ReadError
from hilt.io.read.parts import STDIN
from hilt.io.read.streams import Streams


@pytest.fixture
def streams(monkeypatch):
    """Standard input with two lines."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"one\ntwo\n")))
    return Streams([Path("app.jsonl"), STDIN])


def test_a_file_is_no_stream(streams, tmp_path):
    """Nor is one that is not there."""
    (tmp_path / "app.jsonl").touch()

    assert [log in streams for log in (STDIN, Path("app.jsonl"), tmp_path)] == [True, False, False]
    assert tmp_path / "app.jsonl" not in Streams([tmp_path / "app.jsonl"])


def test_without_a_copy_it_is_read_once(streams):
    """The second time is an error rather than an empty log."""
    with streams.opened(STDIN) as file:
        assert file.read() == b"one\ntwo\n"

    with pytest.raises(ReadError, match="-: can be read once"), streams.opened(STDIN):
        pass
    with pytest.raises(ReadError, match="-: can be read once"):
        streams.keep()


def test_a_copy_is_read_any_number_of_times(streams):
    """Also by two readers in turns, and from a place in it."""
    streams.keep()
    streams.keep()

    with streams.opened(STDIN) as first, streams.opened(STDIN) as second:
        assert (first.readline(), second.readline(), first.read()) == (b"one\n", b"one\n", b"two\n")
        assert (second.seek(4), second.read()) == (4, b"two\n")


def test_no_place_for_a_copy(streams, monkeypatch):
    """It is said."""
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: (_ for _ in ()).throw(OSError("no")))

    with pytest.raises(ReadError, match=r"^-: cannot be copied to .*: no$"):
        streams.keep()

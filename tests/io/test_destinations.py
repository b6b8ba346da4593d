"""Destinations, and the sinks that are made for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hilt.analysis.log import open_log
from hilt.core.exceptions import ConfigurationError, ReadError
from hilt.io.destinations import FileOptions, SheetOptions, sinks_of
from hilt.testing import MemorySink

FILE = FileOptions(
    mode="a",
    columns=None,
    fsync=False,
    rotate_bytes=None,
    rotate_daily=False,
    keep=None,
    compress=True,
    file_mode=None,
    folder_mode=None,
)
SHEET = SheetOptions(
    sheet_id="book",
    credentials_path=None,
    credentials_json=None,
    worksheet_name="Logs",
    columns=None,
)


@pytest.mark.parametrize(
    ("destination", "filepath", "paths"),
    [
        ("a.jsonl", None, ["a.jsonl"]),
        (Path("a.jsonl"), "unused.jsonl", ["a.jsonl"]),
        ("local", None, ["logs/hilt.jsonl"]),
        ("local", "named.jsonl", ["named.jsonl"]),
        (["local", "a.jsonl"], "named.jsonl", ["named.jsonl", "a.jsonl"]),
    ],
)
def test_a_file_is_named_in_several_ways(destination, filepath, paths):
    """A path as text or as a path, and the backend's name."""
    sinks = sinks_of(destination, filepath, FILE, SHEET)

    assert [sink.path for sink in sinks] == [Path(path) for path in paths]


def test_a_ready_sink_is_taken_as_it_is():
    """Alone or beside others."""
    ready = MemorySink()

    assert sinks_of(ready, None, FILE, SHEET) == (ready,)
    assert sinks_of((ready, "a.jsonl"), None, FILE, SHEET)[0] is ready


def test_options_reach_the_sinks():
    """A wrong one is refused by the sink that it is for."""
    with pytest.raises(ConfigurationError, match="keep: -1 is not"):
        sinks_of("a.jsonl", None, {**FILE, "keep": -1}, SHEET)
    with pytest.raises(ConfigurationError, match="credentials"):
        sinks_of("sheets", None, FILE, {**SHEET, "credentials_path": "none.json"})


def test_a_local_session_loads_no_google():
    """What Sheets needs is imported by those who use it only."""
    code = (
        "import sys; from hilt.io.session import Session; Session('local'); "
        "print([name for name in ('gspread', 'google.auth', 'hilt.io.sheets.sink') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.stdout == "[]\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the current folder")
@pytest.mark.parametrize(
    ("destination", "filepath"), [("rel.jsonl", None), ("local", "rel.jsonl"), ("local", None)]
)
def test_a_folder_that_is_gone(tmp_path, monkeypatch, destination, filepath):
    """A path that begins in the current folder is refused if that was deleted."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    with pytest.raises(ConfigurationError, match="give the whole path"):
        sinks_of(destination, filepath, FILE, SHEET)
    with pytest.raises(ConfigurationError, match=r"archive: rel: .* give the whole path"):
        sinks_of(tmp_path / "log.jsonl", None, FileOptions(**{**FILE, "archive": "rel"}), SHEET)
    with pytest.raises(ReadError, match="there is no such log"):
        open_log("rel.jsonl")

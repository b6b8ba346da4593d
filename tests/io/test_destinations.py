"""What stands for which sink."""

from __future__ import annotations

import subprocess
import sys

from hilt.io.destinations import sinks_of
from hilt.io.jsonl.sink import JsonlSink
from hilt.testing import MemorySink


def test_each_way_to_name_a_destination(tmp_path):
    """A path as text or as a path, a backend's name, a ready sink."""
    ready = MemorySink()
    local = {"path": tmp_path / "named.jsonl"}

    sinks = sinks_of((str(tmp_path / "a"), tmp_path / "b", "local", ready), local=local, sheets={})

    assert [sink.path.name for sink in sinks if isinstance(sink, JsonlSink)] == [
        "a",
        "b",
        "named.jsonl",
    ]
    assert sinks[3] is ready


def test_a_local_session_loads_no_google():
    """What Sheets needs is imported by those who use it only."""
    code = (
        "import sys; from hilt.io.session import Session; Session('local'); "
        "print([name for name in ('gspread', 'google.auth', 'hilt.io.sheets.sink') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.stdout == "[]\n"

"""``hilt archive``."""

from __future__ import annotations

import json
import sys

import pytest

from tests.cli.conftest import make_event


def test_says_what_it_wrote(hilt, log, tmp_path):
    """And what had not changed."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    path = log(make_event(1), make_event(2))

    assert hilt("archive", path, "--to", "archive") == (
        0, "", "Wrote 2 events to 1 file in archive; 0 files of the log had not changed\n",
    )  # fmt: skip
    code, out, err = hilt("archive", path, "--to", "archive", "--json")
    assert (code, err) == (
        0, "Wrote 0 events to 0 files in archive; 1 file of the log had not changed\n",
    )  # fmt: skip
    (name,) = (each.stem for each in tmp_path.rglob("*.parquet"))
    assert json.loads(out) == {
        "path": str(path), "name": name, "events": 0, "days": [], "skipped": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("to", "message"),
    [("nothing://there", "neither DuckDB nor fsspec can use nothing"), ("app.jsonl", "app.jsonl/")],
)
def test_where_it_cannot_write_is_wrong_usage(hilt, log, to, message):
    """The message names the place."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    path = log(make_event(1))

    code, out, err = hilt("archive", path, "--to", to)

    assert (code, out) == (2, "")
    assert message in err


def test_missing_duckdb_says_what_to_install(hilt, log, monkeypatch):
    """Exit code 2."""
    monkeypatch.setitem(sys.modules, "duckdb", None)

    assert hilt("archive", log(make_event(1)), "--to", "x") == (
        2, "", 'hilt: hilt archive needs the package duckdb: pip install "hilt[sql]"\n',
    )  # fmt: skip

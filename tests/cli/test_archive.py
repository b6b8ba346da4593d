"""``hilt archive``."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

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


def test_says_what_it_skipped(hilt, log):
    """Also of a file in which nothing is an event."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    path = log(make_event(1, text="Half"), make_event(2, text="Hi"))
    sound = path.read_bytes()
    path.write_bytes(sound.replace(b"Half", rb"\ud800"))
    code, out, err = hilt("archive", path, "--to", "archive")

    assert (code, out) == (0, "")
    skipped, wrote = err.splitlines()
    assert skipped.startswith(f"1 line skipped; the first is {path}:1: event: not JSON: ")
    assert wrote == "Wrote 1 event to 1 file in archive; 0 files of the log had not changed"
    assert hilt("convert", path, "--to", "jsonl", "-o", "out.jsonl")[2].splitlines()[0] == skipped

    path.write_bytes(sound.splitlines()[0].replace(b"Half", b"\xff") + b"\n")
    code, out, err = hilt("archive", path, "--to", "archive", "--json")

    assert json.loads(out) == {
        "path": str(path), "name": "", "events": 0, "days": [], "skipped": 1,
    }  # fmt: skip
    assert err.startswith(f"1 line skipped; the first is {path}:1: event: not JSON: ")
    assert err.endswith(
        "Wrote 0 events to 0 files in archive; 0 files of the log had not changed\n"
    )


@pytest.mark.parametrize("command", ["archive", "view", "sql"])
def test_help_names_standard_input_where_it_is_read(hilt, command):
    """An archive and a page need files."""
    assert ("standard input" in hilt(command, "--help")[1]) == (command == "sql")


def test_the_receipts_of_an_archive(hilt, log):
    """They are shown by the command that the documentation has."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    page = Path(__file__).parents[2] / "docs" / "privacy.md"
    (query,) = re.findall(
        r"`hilt (sql [^`]*conv_privacy[^`]*ARCHIVE[^`]*)`", page.read_text("utf-8")
    )
    hilt("archive", log(make_event(1)), "--to", "ARCHIVE")
    assert hilt("retain", "ARCHIVE", "--older-than", "2026-02-01")[0] == 0

    code, out, _ = hilt(*shlex.split(query))

    assert code == 0
    receipt = json.loads(json.loads(out)["event"])["extensions"]["receipt"]
    assert receipt["tool"] == "retain"


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("nothing://there", "neither DuckDB nor fsspec can use nothing: Protocol not known"),
        ("dbfs://there", "neither DuckDB nor fsspec can use dbfs: "),
        ("data://there", "data://there: ValueError: "),
        ("app.jsonl", "--to: app.jsonl: "),
        ("app.jsonl/there", "app.jsonl is a file; expected a folder, or an address such as"),
        ("/dev/null", "--to: /dev/null: /dev/null is no folder; expected a folder"),
        ("s3://", "--to: s3:// names no bucket or host; expected a folder, or an address"),
        ("s3:bucket", "--to: s3:bucket is no address; expected s3://..."),
        ("file://there/x", "--to: file://there/x names no folder of this machine; expected"),
        ("https://there/x", "--to: nobody can write to https://there/x; expected a folder"),
        ("-", "--to: an archive is no stream that '-' could be; expected a folder"),
        (" ", "--to: is empty; expected a folder or an address"),
    ],
)
def test_where_it_cannot_write_is_wrong_usage(hilt, log, to, message):
    """One line names the place, what is wrong with it, and what is right."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    pytest.importorskip("fsspec", reason="what DuckDB does not know needs it")
    path = log(make_event(1))

    code, out, err = hilt("archive", path, "--to", to)

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_missing_fsspec_says_what_to_install(hilt, log, monkeypatch):
    """For an address that DuckDB does not know by itself."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    monkeypatch.setitem(sys.modules, "fsspec", None)

    assert hilt("archive", log(make_event(1)), "--to", "ftp://there/x") == (
        2,
        "",
        (
            "hilt: ftp://there/x: DuckDB does not know ftp, and fsspec, which may, is not installed: "
            "pip install fsspec\n"
        ),
    )


def test_an_archive_is_shown_as_its_log_is(hilt, log):
    """By the commands that read calls; the others say how to make a log of it."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    path = log(make_event(1), make_event(2, action="completion", extensions={"reply_to": "e1"}))
    hilt("archive", path, "--to", "archive")

    for command in (
        ("show", "--last"),
        ("tail",),
        ("tail", "--events"),
        ("convert", "--to", "csv"),
    ):
        assert hilt(*command, "archive") == hilt(*command, path), command
    assert hilt("convert", "archive", "-o", "again.jsonl")[0] == 0
    assert Path("again.jsonl").read_bytes() == path.read_bytes()
    refused = "hilt: archive: is an archive, which this command does not read; "
    others = ("view", "reprice", "archive --to x", "watch --once --limit total=1/day")
    for command in map(str.split, others):
        code, _, err = hilt(*command, "archive")
        assert (code, err.startswith(refused)) == (2, True), command


def test_folder_by_its_address(hilt, log, tmp_path):
    """What a file manager shows of it."""
    pytest.importorskip("duckdb", reason='pip install "hilt[sql]"')
    address = (tmp_path / "archive").as_uri()

    assert hilt("archive", log(make_event(1)), "--to", address)[0] == 0
    assert len(list(tmp_path.glob("archive/day=*/*.parquet"))) == 1
    assert hilt("stats", address, "--json")[0] == 0


def test_missing_duckdb_says_what_to_install(hilt, log, monkeypatch):
    """Exit code 2."""
    monkeypatch.setitem(sys.modules, "duckdb", None)

    assert hilt("archive", log(make_event(1)), "--to", "x") == (
        2, "", 'hilt: hilt archive needs the package duckdb: pip install "hilt[sql]"\n',
    )  # fmt: skip

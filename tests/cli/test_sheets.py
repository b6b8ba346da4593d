"""``hilt sheets``, from the command line to a sheet."""

from __future__ import annotations

import json

import pytest

from hilt.cli.main import run
from hilt.core.event import Actor, Content, Event
from hilt.io.read.events import read_events
from hilt.io.sheets.sink import SheetsSink
from hilt.testing.sheets import Limits, SheetsEmulator


@pytest.fixture
def sheets(tmp_path, monkeypatch):
    """An emulator that the command finds through the environment."""
    with SheetsEmulator(limits=Limits(None, None, None, None)) as emulator:
        emulator.add_book("book")
        (tmp_path / "key.json").write_text(json.dumps(emulator.service_account()))
        monkeypatch.setenv("HILT_SHEETS_API_ROOT", emulator.api_root)
        monkeypatch.setenv("GOOGLE_SHEET_ID", "book")
        monkeypatch.setenv("GOOGLE_CREDENTIALS_PATH", str(tmp_path / "key.json"))
        monkeypatch.setenv("HILT_OUTBOX", str(tmp_path / "outbox"))
        monkeypatch.chdir(tmp_path)
        yield emulator


def test_setup_makes_the_tab_the_review_columns_and_the_dashboard(sheets, capsys):
    """One command, and the address of the sheet on stdout."""
    assert run(["sheets", "setup", "--columns", "timestamp, message", "--review"]) == 0

    assert capsys.readouterr().out == "https://docs.google.com/spreadsheets/d/book/edit\n"
    header = ["timestamp", "message", "rating", "comment", "correction", "event_id"]
    assert sheets.book().tab("Logs").values() == [header]
    assert sheets.book().tab("Logs dashboard").values()


@pytest.mark.parametrize("way", ["option", "environment"])
def test_key_where_a_path_is_expected_is_taken_as_it_is(sheets, monkeypatch, tmp_path, capsys, way):
    """Its addresses have two slashes, and so may its private key."""
    key = (tmp_path / "key.json").read_text()
    arguments = ["--credentials", key] if way == "option" else []
    monkeypatch.setenv("GOOGLE_CREDENTIALS_PATH", key if way == "environment" else "no-such-file")
    assert run(["sheets", "check", *arguments]) == 0
    out = capsys.readouterr()
    assert "PRIVATE KEY" not in out.out + out.err


def test_pull_adds_reviews_to_the_log_once(sheets, capsys, tmp_path):
    """A second run finds nothing new."""
    sink = SheetsSink(columns=["event_id", "message"], review=True)
    sink.open()
    event = Event(session_id="conv_1", actor=Actor(type="human", id="user"), action="prompt",
                  content=Content(text="Hi"))  # fmt: skip
    sink.write(event.encode() + b"\n", 1)
    assert sink.flush(10)
    sink.close()
    sheets.type_in("book", "Logs!C2", 5, "good")
    log = tmp_path / "logs" / "hilt.jsonl"

    assert run(["sheets", "pull", "--into", str(log), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["extensions"] == {
        "reply_to": event.event_id, "rating": 5, "comment": "good",
    }  # fmt: skip
    assert run(["sheets", "pull", "--into", str(log)]) == 0
    assert "0 new reviews" in capsys.readouterr().err
    assert [each.to_dict() for each in read_events(log)] == [printed]


def test_status_says_what_waits_and_what_is_wrong(sheets, capsys):
    """Exit code 1 while nothing is delivered."""
    assert run(["sheets", "status"]) == 0
    assert "Nothing was ever sent" in capsys.readouterr().err
    sink = SheetsSink(columns=["message"])
    sink.open()
    sheets.books["book"].shared_with = set()
    event = Event(session_id="c", actor=Actor(type="human", id="user"), action="prompt")
    sink.write(event.encode() + b"\n", 1)
    assert not sink.flush(1)

    assert run(["sheets", "status", "--json"]) == 1
    status = json.loads(capsys.readouterr().out)
    assert status["waiting"] == 1
    assert "click Share" in status["problem"]
    assert run(["doctor", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert any("click Share" in problem for problem in report["problems"])
    sheets.books["book"].shared_with = None
    sink.close()


def test_check_prints_a_line_each_and_fails_at_the_first_failure(sheets, capsys):
    """With the way out, and as JSON."""
    assert run(["sheets", "check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0].split() for line in lines] == [
        ["ok", name] for name in ("clock", "credentials", "API", "sharing", "writing", "quota")
    ]
    sheets.books["book"].shared_with = set()

    assert run(["sheets", "check", "--json"]) == 1
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["name"], last["ok"]) == ("sharing", False)
    assert "click Share" in last["text"]


def test_wrong_usage_is_explained(sheets, capsys, monkeypatch):
    """The way out is on stderr, and the exit code is 2."""
    monkeypatch.delenv("GOOGLE_CREDENTIALS_PATH")
    assert run(["sheets", "pull"]) == 2
    assert "no credentials" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["setup", "check", "pull"])
def test_a_command_without_a_spreadsheet_names_the_ways_to_name_one(
    sheets, capsys, monkeypatch, command
):
    """The option and the environment variables, not the name of an argument."""
    monkeypatch.delenv("GOOGLE_SHEET_ID")

    assert run(["sheets", command]) == 2
    assert "".join(capsys.readouterr().err.split()) == (
        "hilt: no spreadsheet is named: give its address or id with --sheet-id, or set "
        "GOOGLE_SHEET_ID (or HILT_SHEET_ID)"
    ).replace(" ", "")


def test_pull_from_a_worksheet_that_is_not_there_is_an_error(sheets, capsys, tmp_path):
    """The name is in the message, and no log is made."""
    log = tmp_path / "new.jsonl"

    assert run(["sheets", "pull", "--worksheet", "Nope", "--into", str(log)]) == 2
    assert "Nope" in capsys.readouterr().err
    assert not log.exists()


def test_status_for_people(sheets, capsys):
    """A line for each outbox, and what is wrong with it on stderr."""
    sink = SheetsSink(columns=["message"])
    sink.open()
    event = Event(session_id="c", actor=Actor(type="human", id="user"), action="prompt")
    sink.write(event.encode() + b"\n", 1)
    assert sink.flush(10)

    assert run(["sheets", "status"]) == 0
    out, err = capsys.readouterr()
    assert " ".join(out.split()).startswith("Logs in book: 0 events waiting (0 of ")
    assert "last delivery 20" in " ".join(out.split())
    assert err == ""

    sheets.books["book"].shared_with = set()
    sink.write(event.encode() + b"\n", 1)
    assert not sink.flush(1)

    assert run(["sheets", "status"]) == 1
    out, err = capsys.readouterr()
    assert " ".join(out.split()).startswith("Logs in book: 1 event waiting (")
    assert err.startswith("  ")
    assert "click Share" in " ".join(err.split())
    sheets.books["book"].shared_with = None
    sink.close()

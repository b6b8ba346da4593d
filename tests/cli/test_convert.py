"""``hilt convert``."""

from __future__ import annotations

from hilt.cli import convert as command
from tests.cli.conftest import make_event


def test_to_stdout(hilt, log):
    """Without an output file the table goes to stdout."""
    path = log(make_event(1, text="=1+1"), make_event(2, text="é"))

    assert hilt("convert", path, "--to", "csv", "--fields", "message, actor.id") == (
        0,
        "message,actor.id\r\n'=1+1,user\r\né,user\r\n",
        "",
    )


def test_to_a_file(hilt, log, tmp_path):
    """An output file is made, and its rows are counted on stderr."""
    path = log(*(make_event(number) for number in range(1234)))

    code, out, err = hilt("convert", path, "--to", "csv", "-o", tmp_path / "app.csv")

    assert (code, out) == (0, "")
    assert err == f"Wrote 1,234 rows to {tmp_path / 'app.csv'}\n"
    assert (tmp_path / "app.csv").read_bytes().count(b"\r\n") == 1235


def test_wrong_fields_are_wrong_usage(hilt, log):
    """An unknown field or format ends with 2 and says what there is."""
    path = log(make_event(1))

    code, out, err = hilt("convert", path, "--to", "csv", "--fields", "nothing")

    assert (code, out) == (2, "")
    assert "'nothing'" in err
    assert hilt("convert", path, "--to", "xls")[2] == ("hilt: to: no format 'xls'; there are csv\n")


def test_progress_on_long_logs(hilt, log, monkeypatch):
    """A long log on a terminal shows a bar, which leaves nothing behind on stdout."""
    monkeypatch.setattr(command, "_PROGRESS_FROM_BYTES", 1)
    monkeypatch.setattr(command.errors, "_force_terminal", True)
    monkeypatch.setattr(command.errors, "is_interactive", True)
    path = log(make_event(1))

    code, out, err = hilt("convert", path, "--to", "csv", "--fields", "message")

    assert (code, out) == (0, "message\r\nHi\r\n")
    assert "Converting app.jsonl" in err

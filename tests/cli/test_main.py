"""The command as a whole: help, version, exit codes, what it loads."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from hilt.cli import main
from tests.cli.conftest import make_event


def test_version(hilt):
    """``--version`` says the installed version."""
    assert hilt("--version") == (0, f"hilt {version('hilt')}\n", "")


def test_help_names_the_commands(hilt):
    """``--help`` names every command."""
    code, out, _ = hilt("--help")

    assert code == 0
    for command in ("tail", "demo", "doctor", "validate", "convert", "import", "replay", "sheets"):
        assert f" {command} " in out


@pytest.mark.parametrize("arguments", [["nonsense"], ["tail", "--nonsense"], ["convert"]])
def test_wrong_usage_ends_with_2(hilt, arguments):
    """An unknown command or option, or one that is missing, is wrong usage, reported on stderr."""
    code, out, err = hilt(*arguments)

    assert code == 2
    assert out == ""
    assert err


def test_interrupted(hilt, monkeypatch, tmp_path):
    """Ctrl-C ends a command with 130 and without a traceback."""

    def interrupt(_path, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("hilt.io.read.validating.check_log", interrupt)

    code, out, err = hilt("validate", tmp_path)

    assert (code, out) == (130, "")
    assert "Traceback" not in err


def test_errors_are_one_line(hilt):
    """What is wrong with the data is one line on stderr, without a traceback."""
    assert hilt("tail", "no [red].jsonl") == (2, "", "hilt: no [red].jsonl: there is no such log\n")


@pytest.mark.parametrize("arguments", [("search", "\udcff"), ("tail", "-s", "\udcff")])
def test_an_argument_in_another_encoding_is_refused(hilt, log, arguments):
    """As bytes that were pasted, or UTF-8 where the locale is ASCII."""
    encoding = sys.getfilesystemencoding()
    said = f"hilt: '\\udcff' is not text in {encoding}, the encoding of the locale\n"

    assert hilt(*arguments, log(make_event(1))) == (2, "", said)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
@pytest.mark.parametrize("arguments", [("--version",), ("convert", "--to", "jsonl")])
def test_output_that_cannot_be_written_is_one_line(log, arguments):
    """A full disk is said once, and a program that has stopped reading not at all."""
    path = [] if arguments == ("--version",) else [str(log(make_event(1)))]
    command = [sys.executable, "-m", "hilt", *arguments, *path]
    reader, closed = os.pipe()
    os.close(reader)
    with Path("/dev/full").open("w") as full:
        on_full = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    unread = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, text=True)
    os.close(closed)

    assert (on_full.returncode, on_full.stderr) == (
        2, f"hilt: the output cannot be written: {os.strerror(errno.ENOSPC)}\n",
    )  # fmt: skip
    assert (unread.returncode, unread.stderr) == (1, "")


def test_output_whose_reader_goes_before_the_end(monkeypatch, capsys):
    """What a command has not flushed yet is dropped without a word."""

    class Unread(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(main, "app", lambda **_: None)
    monkeypatch.setattr(sys, "stdout", Unread())

    assert (main.run(["stats"]), capsys.readouterr().err) == (1, "")


def test_output_that_was_closed(log):
    """As by ``>&-``: the command ends as it would."""
    path = log(make_event(1), make_event(2, action="completion"))
    command = [sys.executable, "-m", "hilt", "stats", "--json", str(path)]

    ended = subprocess.run(
        command, preexec_fn=lambda: os.close(1), stderr=subprocess.PIPE, text=True
    )

    assert (ended.returncode, ended.stderr) == (0, "")


def test_input_that_was_closed():
    """As by ``<&-``, or by what starts a job at night: it is empty."""
    command = [sys.executable, "-m", "hilt", "stats", "-"]

    ended = subprocess.run(
        command, preexec_fn=lambda: os.close(0), capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "No calls.\n")


def test_runs_as_a_module():
    """``python -m hilt`` is the command, and it loads no SDK."""
    code = (
        "import sys; sys.argv = ['hilt', '--version']\n"
        "import runpy\n"
        "try: runpy.run_module('hilt', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'openai', 'anthropic', 'google.genai', 'gspread', 'opentelemetry.sdk'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("hilt ")


def test_help_names_the_command_as_it_was_called(hilt):
    """Whatever the program is that runs it."""
    assert hilt("tail", "--help")[1].split()[:3] == ["Usage:", "hilt", "tail"]


@pytest.mark.parametrize(
    ("group", "commands"),
    [
        ([], ["tail", "doctor"]),
        (["sheets"], ["setup", "check", "pull", "status"]),
        (["subject"], ["find", "export", "erase"]),
        (["privacy"], ["check"]),
    ],
)
def test_a_group_alone_names_its_commands(hilt, group, commands):
    """On stderr, as it is wrong usage."""
    code, out, err = hilt(*group)

    assert code == 2
    shown = [line.split()[0] for line in (out + err).splitlines() if line.startswith("  ")]
    assert set(commands) <= set(shown)

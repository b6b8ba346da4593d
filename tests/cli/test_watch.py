"""``hilt watch``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from hilt.analysis.limits import Excess, parse_limit
from hilt.cli.watch import _check_log, _report
from hilt.core.exceptions import ReadError
from tests.analysis.conftest import LogWriter

WRITE = """
import os, sys

with open(sys.argv[1], "w") as file:
    print(*[os.environ[name] for name in sys.argv[2:]], file=file)
"""


@pytest.fixture
def spent(tmp_path):
    """A log in which two people have spent something."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call(user="$(touch owned)", cost=6.0)
    log.call(user="bob", cost=2.0)
    return log.path


OF_THE_DAY = ("--since", "2026-11-01", "--utc")


def test_a_limit_that_is_passed(hilt, spent):
    """A line for each, and exit code 1."""
    code, out, _ = hilt(
        "watch", spent, "--limit", "user=1/day", "--limit", "total=7/month", "--once", *OF_THE_DAY
    )

    assert code == 1
    assert out.splitlines() == [
        "user $(touch owned): $6.00 in 2026-11-28, more than $1.00 a day",
        "user bob: $2.00 in 2026-11-28, more than $1.00 a day",
        "total: $8.00 in 2026-11, more than $7.00 a month",
    ]


def test_it_ends_with_the_first_one(hilt, spent):
    """Following a log ends as soon as a limit is passed."""
    code, out, _ = hilt("watch", spent, "--limit", "user=1/day", *OF_THE_DAY)

    assert (code, len(out.splitlines())) == (1, 1)


def test_no_limit_is_passed(hilt, spent):
    """Exit code 0, and stdout is empty."""
    assert hilt("watch", spent, "--limit", "user=9/day", "--once", *OF_THE_DAY) == (
        0,
        "",
        "No limit is passed.\n",
    )


def test_names_that_nothing_has(hilt, spent):
    """A filter's is an error; a limit's is said, since its call may be still to come."""
    limit = ("--limit", "user=9/day", "--once", *OF_THE_DAY)

    assert hilt("watch", spent, *limit, "-m", "x") == (1, "", "hilt: no call matches --model x\n")
    assert hilt("watch", spent, *limit, "--limit", "user:eve=1/day") == (
        0,
        "",
        "No limit is passed.\nuser:eve=1/day: no call of this day has this user\n",
    )


def test_name_of_another_day_is_no_error(hilt, spent):
    """A limit for today, on a model that was called yesterday, is not passed."""
    code, _, err = hilt("watch", spent, "--once", "--limit", "total=9/day", "-m", "gpt-5*",
                        "--since", "2030-01-01")  # fmt: skip

    assert (code, err) == (0, "No limit is passed.\n")


def test_calls_without_a_cost_are_those_of_hilt_cost(hilt, tmp_path):
    """By the same reasons, failed ones among them."""
    log = LogWriter(tmp_path / "app.jsonl")
    for outcome in ("completed", "failed"):
        log.call(cost=None, cost_unknown="no price for it", outcome=outcome)

    watched = hilt("watch", log.path, "--limit", "total=1/day", "--once", *OF_THE_DAY)[2]

    assert watched.splitlines()[1] == "2 calls without a cost: no price for it"
    assert watched.splitlines()[1] in hilt("cost", log.path)[1]


def test_torn_lines_are_counted(hilt, spent):
    """They cost themselves only."""
    with spent.open("ab") as file:
        file.write(b'{"torn\n')

    code, _, err = hilt("watch", spent, "--limit", "user=9/day", "--once", *OF_THE_DAY)

    assert code == 0
    assert err.splitlines()[1].startswith("1 line skipped; the first is ")


def test_json(hilt, spent):
    """One object a line."""
    _, out, _ = hilt("watch", spent, "--limit", "total=7/day", "--once", "--json", *OF_THE_DAY)

    shown = json.loads(out)
    assert (shown["name"], shown["sum"], shown["period"]) == ("all", 8.0, "2026-11-28")


def test_a_command(hilt, spent, tmp_path):
    """It has the facts in its environment, and no shell reads what is in the log."""
    (tmp_path / "write.py").write_text(WRITE)
    command = f"{sys.executable} write.py facts HILT_NAME HILT_SUM HILT_KEY"

    hilt("watch", spent, "--limit", "user=5/day", "--once", "--run", command, *OF_THE_DAY)

    assert (tmp_path / "facts").read_text() == "$(touch owned) 6 user\n"
    assert not (tmp_path / "owned").exists()


def test_with_a_command_it_goes_on_after_the_first_limit(monkeypatch, tmp_path, capsys):
    """The command is told each; what no variable can have is left out of it."""
    limit = parse_limit("user=1/day")
    excesses = [Excess(limit, name, "2026-11-28", 1.5, "evt_1") for name in ("a\0b", "Zoë")]
    told: list[dict[str, str]] = []
    monkeypatch.setattr("hilt.cli.watch._run", lambda _, facts: told.append(facts))

    passed = _report(iter(excesses), tmp_path, ["notify"], as_json=False, first_only=True)

    assert passed
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert [facts["HILT_NAME"] for facts in told] == ["ab", "Zoë"]
    assert told[0] == {
        "HILT_LIMIT": "user=1/day",
        "HILT_KEY": "user",
        "HILT_NAME": "ab",
        "HILT_SUM": "1.5",
        "HILT_AMOUNT": "1",
        "HILT_MEASURE": "usd",
        "HILT_PERIOD": "2026-11-28",
        "HILT_CALL_ID": "evt_1",
        "HILT_LOG": str(tmp_path),
    }


def test_a_command_that_cannot_be_run_any_more(hilt, spent, monkeypatch):
    """One line says so, and the rest goes on."""
    monkeypatch.setattr("shutil.which", lambda program: program)
    code, out, err = hilt(
        "watch", spent, "--limit", "user=1/day", "--once", "--run", "no-such-program", *OF_THE_DAY
    )

    assert (code, len(out.splitlines())) == (1, 2)
    assert err.splitlines()[0].startswith("--run: no-such-program cannot be run: No such file")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--limit", "user"], "hilt: --limit: 'user' is not a limit; expected one as user=5/day"),
        (["--limit", "user=1/day", "--run", "'"], 'hilt: --run: "\'" is not a command: No clos'),
        (["--limit", "user=1/day", "--run", "no-such x"], "hilt: --run: there is no program 'no-"),
        (["--limit", "user=1/day", "--run", ""], "hilt: --run: is empty; expected a program"),
    ],
)
def test_wrong_usage(hilt, spent, arguments, said):
    """One line, and exit code 2."""
    code, out, err = hilt("watch", spent, "--once", *arguments)

    assert (code, out) == (2, "")
    assert err.startswith(said)


@pytest.mark.parametrize("content", [b"\x00\x01\x02" * 50, "{}\n".encode("utf-16"), None])
def test_what_is_no_log(hilt, tmp_path, content):
    """One line says what is wrong."""
    if content is not None:
        (tmp_path / "a.jsonl").write_bytes(content)

    code, out, err = hilt("watch", "a.jsonl", "--limit", "total=1/day", "--once")

    assert (code, out, len(err.splitlines())) == (2, "", 1)


def test_interrupted(spent):
    """Ctrl-C ends it with exit code 130 and no traceback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hilt", "watch", str(spent), "--limit", "total=1000/day"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ},
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline() == f"Watching {spent}\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


def test_standard_input_cannot_be_watched(hilt):
    """It has no end to wait at."""
    assert hilt("watch", "-", "--limit", "total=1/day") == (
        2, "", "hilt: -: standard input cannot be watched; name a log\n",
    )  # fmt: skip


def test_a_log_that_is_not_there_can_be_waited_for(tmp_path, capsys):
    """Unless it is to be checked once."""
    _check_log(tmp_path / "new.jsonl", once=False)
    assert " ".join(capsys.readouterr().err.split()).endswith(
        "new.jsonl does not exist yet; waiting for it"
    )

    with pytest.raises(ReadError, match="there is no such log"):
        _check_log(tmp_path / "new.jsonl", once=True)


def test_a_command_that_fails_is_named(hilt, spent):
    """With its exit code; watching goes on."""
    arguments = ["--run", f"{sys.executable} -c 'raise SystemExit(3)'", "--once", *OF_THE_DAY]

    code, out, err = hilt("watch", spent, "--limit", "user=1/day", *arguments)

    assert (code, len(out.splitlines())) == (1, 2)
    assert "".join(err.split()).count(f"--run:{sys.executable}endedwithexitcode3") == 2

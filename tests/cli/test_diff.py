"""``hilt diff``."""

from __future__ import annotations

import json

import pytest

from tests.analysis.conftest import LogWriter


@pytest.fixture
def logs(tmp_path):
    """Two logs: the second answers one question in other words, and costs more."""
    first, second = LogWriter(tmp_path / "a.jsonl"), LogWriter(tmp_path / "b.jsonl")
    for log, answer, cost in ((first, "Blue", 1.0), (second, "Grey and wet", 1.5)):
        log.call("How are you?", "Fine", cost=1.0)
        log.call("What colour is the sky?", answer, cost=cost)
    return first.path, second.path


def test_table(hilt, logs):
    """Figures, what was answered in other words, and which calls these are."""
    code, out, _ = hilt("diff", *logs)

    lines = out.splitlines()
    assert code == 0
    assert lines[3].split() == ["cost", "$2.00", "$2.50", "+$0.50", "+25.0%"]
    assert (
        "2 calls in which the same was asked: 1 answered alike, 1 in other words, "
        "0 with other tools, 0 with another outcome"
    ) in lines
    assert lines[-1].startswith("What colour is the sky?       0.0 %  +$0.50")


def test_more_than_is_allowed(hilt, logs):
    """A line for each, and exit code 1."""
    code, out, _ = hilt("diff", *logs, "--fail-over", "cost=5%,errors=0,p95=20%")

    assert code == 1
    assert out.splitlines()[-1] == "cost grew from $2.00 to $2.50, more than cost=5%"


def test_json(hilt, logs):
    """One object."""
    code, out, _ = hilt("diff", *logs, "--fail-over", "cost=0.4", "--json")

    shown = json.loads(out)
    assert (code, shown["over"]) == (1, ["cost=0.4"])
    assert shown["figures"]["cost"] == {"before": 2.0, "after": 2.5, "difference": 0.5}
    assert [pair["after"]["answer"] for pair in shown["changed"]] == ["Grey and wet"]


def test_two_days_of_a_log(hilt, logs):
    """One log, and two days of it."""
    days = ("--day", "2026-11-28", "--day", "2026-11-29", "--utc")

    _, out, _ = hilt("diff", logs[0], *days, "--json")

    assert json.loads(out)["figures"]["calls"] == {"before": 2, "after": 0, "difference": -2}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.jsonl"], "hilt: diff: give two logs, or one log and two of --day or --commit\n"),
        (["a.jsonl", "--day", "today"], "hilt: --day: give one log and --day A --day B"),
        (["a.jsonl", "b.jsonl", "--fail-over", "x=1"], "hilt: --fail-over: 'x=1' is not an allow"),
        (["a.jsonl", "none.jsonl"], "hilt: none.jsonl: there is no such log"),
        (["-", "-"], "hilt: -: standard input can be read once"),
    ],
)
def test_wrong_usage(hilt, logs, arguments, said):
    """One line, and exit code 2."""
    code, out, err = hilt("diff", *arguments)

    assert (code, out) == (2, "")
    assert err.startswith(said)


def test_no_calls(hilt, logs):
    """A time without calls is no error."""
    assert hilt("diff", *logs, "--since", "2030-01-01") == (0, "", "No calls.\n")


@pytest.fixture
def commits(tmp_path):
    """A log of two commits, of which the second answers in other words."""
    log = LogWriter(tmp_path / "a.jsonl")
    for commit, answer in (("1a2b", "Blue"), ("1a3c", "Grey")):
        prompt = log.prompt("What colour is the sky?")
        log.write(
            actor=("agent", "openai"),
            action="completion",
            content={"text": answer},
            provenance={"commit": commit},
            extensions={"reply_to": prompt},
        )
    return log.path


def test_side_that_was_not_clean_is_named(hilt, tmp_path):
    """How many calls of it were made by files that no commit has."""
    log = LogWriter(tmp_path / "a.jsonl")
    for commit, clean in (("1a2b", True), ("1a3c", False), ("1a3c", None)):
        prompt = log.prompt("What colour is the sky?")
        log.write(
            actor=("agent", "openai"),
            action="completion",
            content={"text": "Blue"},
            provenance={"commit": commit, **({} if clean is None else {"commit_clean": clean})},
            extensions={"reply_to": prompt},
        )
    sides = ("diff", log.path, "--commit", "1a2", "--commit", "1a3")

    _, out, _ = hilt(*sides)
    assert out.splitlines()[-2:] == [
        "0 only before, 1 only after",
        "After: 1 of 2 calls by a program whose files were not as its git commit has them",
    ]
    _, out, _ = hilt(*sides, "--json")
    assert json.loads(out)["not_clean"] == {"before": 0, "after": 1}


def test_two_commits_of_a_log(hilt, commits):
    """Each is named by its beginning."""
    code, out, _ = hilt("diff", commits, "--commit", "1a2", "--commit", "1a3", "--json")

    shown = json.loads(out)
    assert code == 0
    assert shown["figures"]["calls"] == {"before": 1, "after": 1, "difference": 0}
    assert [pair["after"]["answer"] for pair in shown["changed"]] == ["Grey"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--commit", "1a2"), "--commit: give one log and --commit A --commit B"),
        (
            ("--commit", "1a", "--commit", "1a3"),
            "--commit: '1a' could be any of 1a2b, 1a3c",
        ),
        (
            ("--commit", "1a2", "--commit", "1a3", "--day", "today", "--day", "today"),
            "diff: give --day or --commit, not both",
        ),
    ],
)
def test_wrong_commits_are_wrong_usage(hilt, commits, options, message):
    """The message says what is wrong."""
    code, _, err = hilt("diff", commits, *options)

    assert code == 2
    assert err.startswith(f"hilt: {message}")


def test_commit_that_no_call_has(hilt, commits):
    """Exit code 1, as for every name that nothing has."""
    answer = hilt("diff", commits, "--commit", "1a2", "--commit", "f")

    assert answer == (1, "", "hilt: --commit: no call has a commit that begins with 'f'\n")

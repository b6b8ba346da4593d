"""Two sets of calls side by side."""

from __future__ import annotations

import pytest

from hilt.analysis.comparing import Allowance, compare, parse_allowances
from hilt.core.exceptions import ConfigurationError
from tests.analysis.conftest import LogWriter


@pytest.fixture
def logs(tmp_path):
    """Two logs to write calls to."""
    return LogWriter(tmp_path / "a.jsonl"), LogWriter(tmp_path / "b.jsonl")


def compared(logs):
    """Their comparison."""
    first, second = logs
    return compare(first.open().calls(), second.open().calls())


def test_calls_in_which_the_same_was_asked(logs):
    """Each occurrence belongs to one, and what has no like is counted."""
    first, second = logs
    for text in ("Hi", "Hi", "Only here"):
        first.call(text, "Good day")
    second.call("hi ", "good  day")
    second.call("Hi", "Good night", outcome="length")
    second.call("Hi", "Good day")

    result = compared(logs)

    assert (result.pairs, result.same, result.only_before, result.only_after) == (2, 1, 1, 1)
    (pair,) = result.changed
    assert pair.changes == ["words", "outcome"]
    assert pair.same_words == 0.5


def test_program_that_nobody_looked_at_is_not_called_unclean(logs):
    """Where git did not say whether files were changed, nothing is said of them."""
    for log, cleans in zip(logs, ([None, True, False], [None, None, False]), strict=True):
        for clean in cleans:
            log.write(
                "s", ("agent", "openai"), "completion", extensions={"outcome": "completed"},
                provenance={"commit": "1a2b", "commit_clean": clean},
            )  # fmt: skip

    result = compared(logs)

    assert (result.not_clean_before, result.not_clean_after) == (1, 1)


@pytest.mark.parametrize(("answer", "share"), [("", 1.0), ("Well", 0.0)])
def test_answers_without_words(logs, answer, share):
    """Two that only call tools have the same words; none are not those of a text."""
    first, second = logs
    first.tool_call(first.call("Rain?", ""), name="get_weather")
    second.tool_call(second.call("Rain?", answer), name="search")

    (pair,) = compared(logs).changed

    assert pair.same_words == share


def test_calls_without_text_are_not_the_same(logs):
    """Nobody can say what was asked in them: it was not captured, or is sealed."""
    for log in logs:
        prompt = log.write(actor=("human", "ann"), action="prompt")
        log.write(actor=("agent", "openai"), action="completion", extensions={"reply_to": prompt})

    result = compared(logs)

    assert (result.without_text, result.pairs, result.only_before, result.only_after) == (
        2,
        0,
        0,
        0,
    )
    assert result.figures()["calls"] == (1, 1)


def test_tools(logs):
    """Other tools are a difference."""
    first, second = logs
    first.tool_call(first.call("Rain?", ""), "get_weather")
    second.tool_call(second.call("Rain?", ""), "search")

    assert [pair.changes for pair in compared(logs).changed] == [["tools"]]


def test_figures(logs):
    """Sums and percentiles of both."""
    first, second = logs
    first.call(cost=1.0)
    second.call(cost=1.5, latency_ms=3000.0)
    second.failure(second.prompt())

    assert compared(logs).figures() == {
        "calls": (1, 2), "errors": (0, 1), "cost": (1.0, 1.5), "p50": (2000.0, 3000.0),
        "p95": (2000.0, 3000.0), "p99": (2000.0, 3000.0), "tokens_in": (10, 10),
        "tokens_out": (4, 4),
    }  # fmt: skip


def test_allowances():
    """In percent of the first, or in the unit of the figure."""
    cost, errors = parse_allowances("cost=5%, errors=0")

    assert (cost, errors) == (Allowance("cost", 5.0, is_percent=True),
                              Allowance("errors", 0.0, is_percent=False))  # fmt: skip
    assert [cost.is_exceeded(1, after) for after in (1.05, 1.06)] == [False, True]
    assert [errors.is_exceeded(2, after) for after in (1, 2, 3)] == [False, False, True]
    assert cost.is_exceeded(0, 0.1)


@pytest.mark.parametrize("text", ["", "cost", "price=5%", "cost=-5", "cost=5%;errors=0"])
def test_what_is_no_allowance(text):
    """The error has the text, and says what is right."""
    with pytest.raises(ConfigurationError, match=r"is not an allowance; expected one as cost=5%"):
        parse_allowances(text)

"""Arguments that many functions take."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from hilt.core.arguments import (
    count_checked,
    flag_checked,
    millis_checked,
    names_checked,
    path_checked,
    seconds_checked,
    session_checked,
    text_checked,
    texts_checked,
)
from hilt.core.exceptions import ConfigurationError, SessionError
from hilt.io.session import Session
from hilt.testing import MemorySink


@pytest.mark.parametrize("least", [0, 1])
def test_counts_begin_at_the_least(least: int) -> None:
    """What is given comes back; less is refused, and so is what is no whole number."""
    assert [count_checked("keep", each, least) for each in (least, 7)] == [least, 7]
    for wrong in (least - 1, True, 1.5, "1", None):
        with pytest.raises(ConfigurationError) as raised:
            count_checked("keep", wrong, least)
        assert str(raised.value) == f"keep: {wrong!r} is not a whole number from {least} up"


def test_flags_are_true_or_false() -> None:
    """A number is none, although Python calls 1 and True equal."""
    assert [flag_checked("wire", each) for each in (True, False)] == [True, False]
    for wrong in (1, 0, None, "true"):
        with pytest.raises(ConfigurationError) as raised:
            flag_checked("wire", wrong)
        assert str(raised.value) == f"wire: {wrong!r} is neither True nor False"


def test_names_are_those_that_there_are() -> None:
    """The message has the nearest one, if there is any that is near, and all."""
    names = ("openai", "gemini")
    names_checked("provider", names, names)
    names_checked("provider", [], names)
    for wrong, hint in (("opnai", " (did you mean openai?)"), ("x", "")):
        with pytest.raises(ConfigurationError) as raised:
            names_checked("provider", ["openai", wrong], names)
        assert str(raised.value) == f"no provider {wrong!r}{hint}; there are openai, gemini"


def test_milliseconds_are_numbers() -> None:
    """Of any kind, as a float; less than none is a matter of who asks."""
    given = [millis_checked("latency_ms", each) for each in (2, 0.5, Fraction(1, 2), -1)]

    assert given == [2.0, 0.5, 0.5, -1.0]
    assert {type(each) for each in given} == {float}
    for wrong in (True, "2", None, 1j):
        with pytest.raises(ConfigurationError) as raised:
            millis_checked("latency_ms", wrong)
        assert str(raised.value) == f"latency_ms: {wrong!r} is not a number of milliseconds"


def test_texts_may_be_left_out() -> None:
    """An empty one is a text."""
    assert [text_checked("user", each) for each in ("ann", "", None)] == ["ann", "", None]
    with pytest.raises(ConfigurationError, match=r"^user: 5 is not text$"):
        text_checked("user", 5)  # type: ignore[arg-type]  # wrong


@pytest.mark.parametrize("given", [["a", "b"], ("a", "b"), dict.fromkeys("ab")])
def test_lists_of_texts_come_in_any_form(given: Any) -> None:
    """A list comes back, also of none."""
    assert texts_checked("documents", given) == ["a", "b"]
    assert texts_checked("documents", iter(given)) == ["a", "b"]
    assert texts_checked("documents", []) == []


@pytest.mark.parametrize("wrong", ["ab", None, 5, ["a", 5], [None]])
def test_one_text_is_no_list_of_texts(wrong: Any) -> None:
    """Its letters are not what was meant."""
    with pytest.raises(ConfigurationError) as raised:
        texts_checked("documents", wrong)

    assert str(raised.value) == f"documents: {wrong!r} is not a list of texts"


def test_paths_and_texts_are_paths() -> None:
    """As they were given."""
    assert path_checked("log", "a.jsonl") == path_checked("log", Path("a.jsonl")) == Path("a.jsonl")


@pytest.mark.parametrize("wrong", [5, None, b"a", "", "a\0b", ["a"]])
def test_anything_else_is_no_path(wrong: Any) -> None:
    """The message has its name and its value."""
    with pytest.raises(ConfigurationError) as raised:
        path_checked("log", wrong)

    assert str(raised.value) == f"log: {wrong!r} is not a path"


def test_seconds_are_never_less_than_none() -> None:
    """A time that is over is a time of no length."""
    assert [seconds_checked("timeout", each) for each in (2, 0.5, -1)] == [2, 0.5, 0]


@pytest.mark.parametrize("wrong", ["1", None, True, float("nan")])
def test_anything_else_is_no_number_of_seconds(wrong: Any) -> None:
    """Neither is a flag, which is a number in Python."""
    with pytest.raises(ConfigurationError, match=r"^timeout: .* is not a number of seconds$"):
        seconds_checked("timeout", wrong)


def test_what_cannot_be_written_to_is_no_session() -> None:
    """The message says how one is made."""
    session = Session(MemorySink())
    assert session_checked(session) is session
    with pytest.raises(SessionError, match=r"^session: 'a' is not a hilt.Session; open one: "):
        session_checked("a")  # type: ignore[type-var]  # wrong

"""Arguments that many functions take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hilt.core.arguments import path_checked, seconds_checked, session_checked
from hilt.core.exceptions import ConfigurationError, SessionError


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
    with pytest.raises(SessionError, match=r"^session: 'a' is not a hilt.Session; open one: "):
        session_checked("a")  # type: ignore[type-var]  # wrong

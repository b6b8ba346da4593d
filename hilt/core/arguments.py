"""Checks for the arguments that many functions take, with one message for each kind."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from numbers import Real
from pathlib import Path
from typing import TypeVar

from hilt.core.event_writer import EventWriter
from hilt.core.exceptions import ConfigurationError, SessionError

__all__ = [
    "count_checked",
    "flag_checked",
    "millis_checked",
    "names_checked",
    "path_checked",
    "seconds_checked",
    "session_checked",
    "text_checked",
    "texts_checked",
]

_Writer = TypeVar("_Writer", bound=EventWriter)


def count_checked(name: str, value: object, least: int) -> int:
    """A whole number that a user gave.

    Raises:
        ConfigurationError: If it is not one, or less than ``least``.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigurationError(f"{name}: {value!r} is not a whole number from {least} up")
    return value


def flag_checked(name: str, value: object) -> bool:
    """A bool that a user gave.

    Raises:
        ConfigurationError: If it is neither.
    """
    if value is not True and value is not False:
        raise ConfigurationError(f"{name}: {value!r} is neither True nor False")
    return value


def names_checked(what: str, given: Iterable[str], names: Sequence[str]) -> None:
    """Check that all names that a user gave are known.

    Raises:
        ConfigurationError: If one is not; the message has the nearest, and all.
    """
    for name in given:
        if name not in names:
            nearest = get_close_matches(name, names, 1)
            hint = f" (did you mean {nearest[0]}?)" if nearest else ""
            raise ConfigurationError(f"no {what} {name!r}{hint}; there are {', '.join(names)}")


def millis_checked(name: str, value: object) -> float:
    """A number of milliseconds that a user gave.

    Raises:
        ConfigurationError: If it is not a number.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ConfigurationError(f"{name}: {value!r} is not a number of milliseconds")
    return float(value)


def path_checked(name: str, value: object) -> Path:
    """A path that a user gave.

    Args:
        name: The argument, for the message.
        value: What was given.

    Raises:
        ConfigurationError: If it is no path, or empty, or has characters that no path can have.
    """
    path = value if isinstance(value, str | os.PathLike) else ""
    text = os.fspath(path)
    if not isinstance(text, str) or not text or "\0" in text:
        raise ConfigurationError(f"{name}: {value!r} is not a path")
    return Path(text)


def seconds_checked(name: str, value: object) -> float:
    """A number of seconds that a user gave; 0 if it is negative.

    Raises:
        ConfigurationError: If it is not a number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 # NaN
        raise ConfigurationError(f"{name}: {value!r} is not a number of seconds")
    return max(0.0, value)


def session_checked(session: _Writer) -> _Writer:
    """The session, if it is one.

    Raises:
        SessionError: If it is not.
    """
    if not isinstance(session, EventWriter):
        raise SessionError(f"session: {session!r} is not a hilt.Session; open one: Session(path)")
    return session


def text_checked(name: str, value: str | None) -> str | None:
    """The text, or None.

    Raises:
        ConfigurationError: If it is neither.
    """
    if value is not None and not isinstance(value, str):
        raise ConfigurationError(f"{name}: {value!r} is not text")
    return value


def texts_checked(name: str, value: object) -> list[str]:
    """The texts of a list that a user gave.

    Raises:
        ConfigurationError: If it is no list of texts.
    """
    given = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [None]
    texts = [each for each in given if isinstance(each, str)]
    if len(texts) != len(given):
        raise ConfigurationError(f"{name}: {value!r} is not a list of texts")
    return texts

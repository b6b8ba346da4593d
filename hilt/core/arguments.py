"""Arguments that many functions take: checked, with one message for each kind."""

from __future__ import annotations

import os
from numbers import Real
from pathlib import Path
from typing import TypeVar

from hilt.core.event_writer import EventWriter
from hilt.core.exceptions import ConfigurationError, SessionError

__all__ = ["count_checked", "millis_checked", "path_checked", "seconds_checked", "session_checked"]

_Writer = TypeVar("_Writer", bound=EventWriter)


def count_checked(name: str, value: object, least: int) -> int:
    """A whole number that a user gave.

    Raises:
        ConfigurationError: If it is not one, or less than ``least``.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigurationError(f"{name}: {value!r} is not a whole number from {least} up")
    return value


def millis_checked(name: str, value: object) -> float:
    """How many milliseconds a user gave.

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
        ConfigurationError: If it is no path, empty, or has what no path can have.
    """
    path = value if isinstance(value, str | os.PathLike) else ""
    text = os.fspath(path)
    if not isinstance(text, str) or not text or "\0" in text:
        raise ConfigurationError(f"{name}: {value!r} is not a path")
    return Path(text)


def seconds_checked(name: str, value: object) -> float:
    """How many seconds a user gave; none are less than 0.

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

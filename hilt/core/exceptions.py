"""The errors that HILT raises at set-up time and about data.

::

    HILTError
    ├── ConfigurationError (ValueError)   a wrong argument or environment variable
    │   ├── NoMatchError                  an id or a name that nothing in a log has
    │   ├── MissingDependencyError (ImportError)   an extra or an SDK that is not installed
    │   └── CredentialsError              credentials that are absent, unreadable or refused
    ├── EventError (ValueError)           a wrong event: names the field, the value, what is allowed
    ├── ReadError (ValueError)            a line of a log that is not an event
    ├── SinkError (OSError)               a destination that cannot be used
    └── SessionError (RuntimeError)       a session used in a way that its mode or state forbids

Nothing of this reaches the caller of an LLM: see "Errors" in CONTRIBUTING.md.
"""

from __future__ import annotations

from hilt.core.credentials import without_credentials
from hilt.core.known_credentials import environment_credentials

__all__ = [
    "ConfigurationError",
    "CredentialsError",
    "EventError",
    "HILTError",
    "MissingDependencyError",
    "NoMatchError",
    "ReadError",
    "SessionError",
    "SinkError",
]


class HILTError(Exception):
    """Any error that HILT raises on purpose."""


class ConfigurationError(HILTError, ValueError):
    """A wrong argument or environment variable; the message says what would be right.

    Args:
        message: What is wrong. Credentials in it are replaced: people paste a key where a path or
            a name belongs, and the message may end up in a log.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(without_credentials(message, environment_credentials()))


class NoMatchError(ConfigurationError):
    """An id, or a name of a filter, that nothing in a log has."""


class MissingDependencyError(ConfigurationError, ImportError):
    """A package that the request needs is not installed; the message says what to install."""


class CredentialsError(ConfigurationError):
    """Credentials that are missing, unreadable or refused."""


class EventError(HILTError, ValueError):
    """A wrong event: the message names the field, the value and what is allowed.

    Credentials are replaced when it is shown: a log may have millions of wrong lines.
    """

    def __str__(self) -> str:
        return without_credentials(super().__str__(), environment_credentials())


class ReadError(HILTError, ValueError):
    """A line of a log that cannot be read as an event.

    Args:
        message: What is wrong; credentials in it are replaced when it is shown.
        line: The line's number, from 1; None if there are no lines.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line

    def __str__(self) -> str:
        return without_credentials(super().__str__(), environment_credentials())


class SinkError(HILTError, OSError):
    """A file, folder or service that events cannot be written to."""


class SessionError(HILTError, RuntimeError):
    """A session that is closed, or open in a mode that forbids the call."""

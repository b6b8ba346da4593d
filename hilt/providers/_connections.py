"""Open connections on which both sides send events: what they carry, and how they end.

Nothing is received that the program does not receive: the events pass on their way to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from hilt.core.credentials import without_credentials
from hilt.core.guard import guard
from hilt.genai.json_values import decode_json
from hilt.genai.outcome import qualified_name
from hilt.genai.values import Failure, Request, Surface
from hilt.instrumentation.engine import Call
from hilt.instrumentation.observer import Ending

__all__ = ["Begin", "Connection", "Reading", "Receiving", "failure_of_close"]

Begin = Callable[[Request, Surface], Call | None]
"""Begins a call of a connection."""

_NO_CONNECTION = 503


class Connection(Protocol):
    """The calls of one connection."""

    def sent(self, event: Mapping[str, Any]) -> None:
        """The program sends an event."""
        ...

    def received(self, event: Mapping[str, Any]) -> None:
        """The server has sent an event, which goes on to the program."""
        ...

    def end(self, how: Ending, value: Any = None) -> None:
        """The connection ends, and with it all calls in progress."""
        ...


class Reading:
    """Observes a connection, which holds it: when that goes, this goes."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __del__(self) -> None:
        try:
            self.connection.end(Ending.ABANDONED)
        except Exception:
            guard.report("ending a connection that was dropped")

    def sent(self, event: object) -> None:
        """The program sends an event, or something else."""
        if isinstance(event, dict):
            self.connection.sent(event)


class Receiving:
    """Observes one message that is received.

    Args:
        reading: Of the connection.
        failure: The failure that the end of the connection is.
    """

    def __init__(
        self, reading: Reading, failure: Callable[[Exception], Exception | Failure] | None = None
    ) -> None:
        self._reading = reading
        self._failure = failure or failure_of_close

    def end(self, how: Ending, value: Any = None) -> None:
        """A message came, or an error; what is cancelled may be received later."""
        try:
            if how is Ending.RETURNED:
                event = decode_json(value)
                if isinstance(event, dict):
                    self._reading.connection.received(event)
            elif isinstance(value, Exception) and not isinstance(value, TimeoutError):
                self._reading.connection.end(how, self._failure(value))
        except Exception:
            guard.report("reading an event of a connection")


def failure_of_close(error: Exception) -> Exception | Failure:
    """Of a connection that ended: to look for a status there gives a deprecation warning."""
    if not type(error).__module__.startswith("websockets."):
        return error
    message = without_credentials(str(error))
    return Failure("connection", qualified_name(error), message, _NO_CONNECTION)

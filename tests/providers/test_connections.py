"""Connections on which both sides send events: what is read of them, and how they end."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any

from hilt.core.guard import guard
from hilt.genai.values import Failure
from hilt.instrumentation.observer import Ending
from hilt.providers._connections import Reading, Receiving, failure_of_close


class Noted:
    """A connection that notes what is said of it."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def sent(self, event: Mapping[str, Any]) -> None:
        """What the program sends."""
        self.told.append(("sent", event))

    def received(self, event: Mapping[str, Any]) -> None:
        """What the server has sent."""
        if event.get("is_odd"):
            raise RuntimeError("odd")
        self.told.append(("received", event))

    def end(self, how: Ending, value: Any = None) -> None:
        """How it ends."""
        self.told.append(("end", how, value))


def closed(module: str = "websockets.exceptions") -> Exception:
    """An error of a library, whose message quotes a header."""

    class ConnectionClosed(Exception):  # noqa: N818 # as the library calls it
        pass

    ConnectionClosed.__module__ = module
    return ConnectionClosed("closed: Authorization: Bearer abc.def")


def test_events_pass_and_other_messages_do_not() -> None:
    """Sound, half an event and a list are none; an event is text or bytes of JSON, or a dict."""
    connection = Noted()
    reading = Reading(connection)
    for message in ({"type": "a"}, b"sound", None, [1]):
        reading.sent(message)
    for message in ('{"type": "b"}', b'{"type": "c"}', b"\x00\xff", '{"type', "[1]", None):
        Receiving(reading).end(Ending.RETURNED, message)

    assert connection.told == [
        ("sent", {"type": "a"}),
        ("received", {"type": "b"}),
        ("received", {"type": "c"}),
    ]


def test_connection_ends_by_an_error_and_not_by_waiting() -> None:
    """A time-out or an interrupt ends one attempt to receive; the next one may succeed."""
    connection = Noted()
    receiving = Receiving(Reading(connection))
    receiving.end(Ending.RAISED, TimeoutError())
    receiving.end(Ending.RAISED, KeyboardInterrupt())
    receiving.end(Ending.ABANDONED)
    assert connection.told == []

    error, other = OSError("gone"), ValueError("other")
    receiving.end(Ending.RAISED, error)
    Receiving(receiving._reading, lambda _: other).end(Ending.RAISED, error)
    assert connection.told == [("end", Ending.RAISED, error), ("end", Ending.RAISED, other)]


def test_event_that_cannot_be_read_is_counted() -> None:
    """The program has it all the same, and the events after it are read."""
    connection, before = Noted(), guard.errors
    receiving = Receiving(Reading(connection))
    receiving.end(Ending.RETURNED, '{"is_odd": true}')
    receiving.end(Ending.RETURNED, '{"type": "a"}')

    assert guard.errors == before + 1
    assert connection.told == [("received", {"type": "a"})]


def test_connection_that_is_dropped_is_abandoned() -> None:
    """When nobody has it any more."""
    connection = Noted()
    reading = Reading(connection)
    assert connection.told == []
    del reading
    gc.collect()

    assert connection.told == [("end", Ending.ABANDONED, None)]


def test_close_of_a_websocket_is_no_connection() -> None:
    """Its message is without credentials; any other error is as it was raised."""
    found, other = closed(), closed("websocket.errors")

    assert failure_of_close(found) == Failure(
        "connection",
        f"websockets.exceptions.{type(found).__qualname__}",
        "closed: Authorization: Bearer [redacted]",
        503,
    )
    assert failure_of_close(other) is other

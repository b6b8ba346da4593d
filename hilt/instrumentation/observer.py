"""What observes a call or a stream, and how each may end.

A call has one ending, although more than one is reported: by the SDK's stream and by the HTTP
response below it, by a ``with`` block and by the garbage collector. `TRANSITIONS` has the ending
that counts in each state; every other is ignored. An observer that only forwards to a call needs
no memory of its own.
"""

from __future__ import annotations

import enum
from typing import Any, Protocol

__all__ = ["TRANSITIONS", "CallObserver", "Ending", "State", "StreamObserver"]


class Ending(str, enum.Enum):
    """How a call ends; the comments name the ``value`` that comes with it, if one does."""

    RETURNED = "returned"  #: the whole answer came: the answer, as JSON or as the SDK's object
    ANSWERED = "answered"  #: the answer was read elsewhere: a `hilt.genai.values.Response`
    EXHAUSTED = "exhausted"  #: the stream was read to its end
    CLOSED = "closed"  #: the caller closed the stream, or stopped reading it
    ABANDONED = "abandoned"  #: the stream was never finished, and was collected
    RAISED = "raised"  #: an exception, or the `hilt.genai.values.Failure` made of it


class State(str, enum.Enum):
    """The state of a call."""

    SENT = "sent"  #: the request is on its way
    STREAMING = "streaming"  #: the answer comes in pieces
    PENDING = "pending"  #: a later call will fetch the answer
    ENDED = "ended"


TRANSITIONS: dict[tuple[State, Ending], State] = {
    (State.SENT, Ending.RETURNED): State.ENDED,
    (State.SENT, Ending.ANSWERED): State.ENDED,
    (State.SENT, Ending.CLOSED): State.ENDED,
    (State.SENT, Ending.ABANDONED): State.ENDED,
    (State.SENT, Ending.RAISED): State.ENDED,
    (State.STREAMING, Ending.RETURNED): State.ENDED,
    (State.STREAMING, Ending.ANSWERED): State.ENDED,
    (State.STREAMING, Ending.EXHAUSTED): State.ENDED,
    (State.STREAMING, Ending.CLOSED): State.ENDED,
    (State.STREAMING, Ending.ABANDONED): State.ENDED,
    (State.STREAMING, Ending.RAISED): State.ENDED,
    (State.PENDING, Ending.ANSWERED): State.ENDED,
}
"""The state after an ending. Where the answer is pending, PENDING replaces ENDED. An ending
that is not in the table is ignored."""


class CallObserver(Protocol):
    """Learns what became of a call. Methods never raise."""

    def end(self, how: Ending, value: Any = None) -> None:
        """The call ended; only the first ending counts.

        Args:
            how: How it ended.
            value: What comes with such an ending.
        """
        ...


class StreamObserver(CallObserver, Protocol):
    """Is shown the items of a stream as they pass. Methods never raise."""

    advancing: bool  #: set while the SDK advances the stream: what it closes then is at its end

    def item(self, item: Any) -> None:
        """An item came, and goes on to the caller."""
        ...

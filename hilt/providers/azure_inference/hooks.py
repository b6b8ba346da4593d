"""Azure AI Inference's SDK: methods that return an answer, or a stream with items in a queue."""

from __future__ import annotations

from typing import Any

from hilt.core.guard import guard
from hilt.instrumentation.engine import Call
from hilt.instrumentation.hooks import WatchedFunction
from hilt.instrumentation.observer import Ending

__all__ = ["CLOSE", "COMPLETE", "NEXT"]


class _Complete:
    """A method that makes one call."""

    def observe(self, call: Call, result: Any) -> Any:
        """Complete the call, or observe the stream, which stays the same object."""
        try:
            if call.observation.request.stream:
                call.open_stream()
                result._hilt_stream = _Stream(call)  # noqa: SLF001 # goes when the stream goes
            else:
                call.end(Ending.RETURNED, result)
        except Exception:
            guard.report("observing an answer")
        return result


class _Stream:
    """Observes a stream as it is advanced. The stream holds it: when that goes, this goes."""

    __slots__ = ("_advancing", "_call")

    def __init__(self, call: Call) -> None:
        self._call = call
        self._advancing = False

    def advance(self) -> _Stream:
        """The stream is advanced."""
        self._advancing = True
        return self

    def end(self, how: Ending, value: Any = None) -> None:
        """One item was returned, or an exception raised."""
        self._advancing = False
        if how is Ending.RETURNED:
            self._call.item(value)
        elif isinstance(value, (StopIteration, StopAsyncIteration)):
            self._call.end(Ending.EXHAUSTED)
        else:
            self._call.end(how, value)

    def close(self) -> None:
        """The stream is closed: by the caller, unless it is being advanced."""
        if not self._advancing:
            self._call.end(Ending.CLOSED)

    def __del__(self) -> None:
        self._call.end(Ending.ABANDONED)


def _advance(args: tuple[Any, ...], _kwargs: dict[str, Any]) -> _Stream | None:
    stream: _Stream | None = vars(args[0]).get("_hilt_stream")
    return stream.advance() if stream is not None else None


def _close(args: tuple[Any, ...], _kwargs: dict[str, Any]) -> None:
    stream: _Stream | None = vars(args[0]).get("_hilt_stream")
    if stream is not None:
        stream.close()


COMPLETE = _Complete()
"""A method that makes one call."""

NEXT = WatchedFunction(_advance)
"""``__next__`` or ``__anext__`` of a stream."""

CLOSE = WatchedFunction(_close)
"""``close`` or ``aclose`` of a stream."""

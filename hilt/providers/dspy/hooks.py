"""DSPy's transports: a function that returns a response, whose body comes in pieces."""

from __future__ import annotations

from typing import Any

from hilt.core.guard import guard
from hilt.instrumentation.engine import Call
from hilt.instrumentation.http_bodies import ObservedBody
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.streams import AsyncTap, tap

__all__ = ["STREAM"]


class _Stream:
    """``stream``: its response is an iterator of bytes that gives its connection back."""

    def observe(self, call: Call, result: Any) -> Any:
        """Observe the pieces as they are read."""
        try:
            _observe_body(call, result)
        except Exception:
            guard.report("observing an answer")
            call.end(Ending.ABANDONED)
        return result


def _observe_body(call: Call, response: Any) -> None:
    # The readers of all providers' APIs are many modules: they are here since the request was read.
    from hilt.providers.wire.answers import Head, Inflated, body_of, inflating

    headers = {name.lower(): value for name, value in response.headers}
    body = body_of(call, Head(response.status, headers))
    pieces = _Pieces(body, Inflated(body, inflating(headers) or bytes))
    chunks, release = response._chunks, response._release  # noqa: SLF001 # every reader's
    if hasattr(chunks, "__anext__"):
        response._chunks = AsyncTap(chunks, pieces)  # noqa: SLF001

        async def release_async(body_consumed: bool) -> None:  # as the SDK calls it
            pieces.release()
            await release(body_consumed)

        response._release = release_async  # noqa: SLF001
        return

    def release_sync(body_consumed: bool) -> None:  # as the SDK calls it
        pieces.release()
        release(body_consumed)

    response._chunks, response._release = tap(chunks, pieces), release_sync  # noqa: SLF001


class _Pieces:
    """Shows a body its pieces, and how it ends."""

    def __init__(self, body: ObservedBody, inflated: Any) -> None:
        self._body = body
        self._inflated = inflated
        self.advancing = False

    def item(self, item: bytes) -> None:
        """A piece goes on to the SDK."""
        self._inflated.item(item)

    def end(self, how: Ending, value: Any = None) -> None:
        """The pieces ended; those that are not read are released."""
        if how in (Ending.EXHAUSTED, Ending.RAISED):
            self._inflated.end(how, value)

    def release(self) -> None:
        """The connection is given back: the SDK reads no further."""
        self._inflated.close()


STREAM = _Stream()
"""``stream`` of the transports."""

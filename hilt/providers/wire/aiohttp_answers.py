"""aiohttp's responses: the headers come in ``start``, the body by way of a `StreamReader`."""

from __future__ import annotations

import asyncio
import functools
import sys
import weakref
from collections.abc import Callable
from typing import Any

from hilt.core.guard import guard
from hilt.instrumentation.engine import Call
from hilt.instrumentation.observer import Ending
from hilt.providers.wire.answers import Head, Inflated, body_of, inflating

__all__ = ["observe_start", "showing_chunks"]

_GZIP = b"\x1f\x8b"
_READINGS: dict[int, weakref.ref[_Reading]] = {}
"""What observes the bodies that are read, by the identity of their readers, which have slots."""


class _Reading:
    """Observes the body of a response, which holds it: when that goes, this goes."""

    def __init__(self, response: Any, call: Call) -> None:
        self.content_id = id(response.content)
        self._response = weakref.ref(response)
        body = body_of(call, Head(response.status, response.headers))
        self._inflated = Inflated(body, _inflate(response.headers))

    def item(self, data: bytes, *, is_last: bool) -> None:
        """Bytes go on to the caller."""
        self._inflated.item(data)
        if is_last:
            self.end(Ending.EXHAUSTED)

    def on_eof(self) -> None:
        """All bytes came from the server; the caller may have read them all, too."""
        response = self._response()
        if response is not None and response.content.at_eof():
            self.end(Ending.EXHAUSTED)

    def close(self) -> None:
        """The response is closed or released: by the caller, or because reading failed."""
        response = self._response()
        error = None if response is None else response.content.exception() or _time_out()
        if error is not None:
            self.end(Ending.RAISED, error)
        else:
            _READINGS.pop(self.content_id, None)
            self._inflated.close()

    def end(self, how: Ending, value: Any = None) -> None:
        """The body ended."""
        _READINGS.pop(self.content_id, None)
        self._inflated.end(how, value)

    def __del__(self) -> None:
        _READINGS.pop(self.content_id, None)


def _time_out() -> BaseException | None:
    """Why the response is closed, where it is because the caller could not wait any longer."""
    error = sys.exc_info()[1]
    return error if isinstance(error, (asyncio.TimeoutError, asyncio.CancelledError)) else None


def _inflate(headers: Any) -> Callable[[bytes], bytes]:
    """The reader takes the compression off, unless the session was told not to."""
    inflate = inflating(headers)
    pieces: list[Callable[[bytes], bytes]] = []

    def decode(data: bytes) -> bytes:
        if not pieces:
            is_compressed = inflate is not None and data.startswith(_GZIP)
            pieces.append(inflate if inflate is not None and is_compressed else _unchanged)
        return pieces[0](data)

    return decode


def _unchanged(data: bytes) -> bytes:
    return data


def observe_start(call: Call, response: Any) -> None:
    """Observe a response whose headers are still to come."""
    reference, start = weakref.ref(response), type(response).start

    @functools.wraps(start)
    async def started(*args: Any, **kwargs: Any) -> Any:
        itself = reference()
        try:
            result = await start(itself, *args, **kwargs)
        except BaseException as error:
            call.end(Ending.RAISED, error)
            raise
        try:
            _observe_body(call, itself)
        except Exception:
            guard.report("observing an answer")
            call.end(Ending.ABANDONED)
        return result

    response.start = started


def _observe_body(call: Call, response: Any) -> None:
    reading = _Reading(response, call)
    response._hilt_body = reading  # noqa: SLF001 # goes when the response goes
    _READINGS[reading.content_id] = weakref.ref(reading)
    for name in ("close", "release"):
        setattr(response, name, _closing(reading, weakref.ref(response), name))
    response.content.on_eof(reading.on_eof)


def _closing(reading: _Reading, reference: weakref.ref[Any], name: str) -> Callable[[], Any]:
    def closed() -> Any:
        reading.close()
        response = reference()
        return getattr(type(response), name)(response)

    return closed


def showing_chunks(original: Callable[..., bytes]) -> Callable[..., bytes]:
    """A wrapper of the function that all reads of a `StreamReader` take their bytes from."""

    @functools.wraps(original)
    def read_chunk(*args: Any, **kwargs: Any) -> bytes:
        data = original(*args, **kwargs)
        if _READINGS:
            reference = _READINGS.get(id(args[0]))
            reading = None if reference is None else reference()
            if reading is not None:
                reading.item(data, is_last=args[0].at_eof())
        return data

    return read_chunk

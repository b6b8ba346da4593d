"""Raw responses: the caller reads the HTTP body, and HILT sees what the caller reads.

``with_raw_response`` and ``with_streaming_response`` hand out the HTTP response. Nothing is read
that the caller has not read, and the response object stays the same (T1, T2).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hilt.core.guard import guard
from hilt.genai.json_values import decode_json, json_or_text
from hilt.instrumentation.aws_frames import AwsFrameDecoder
from hilt.instrumentation.engine import Call

__all__ = ["EventStreamDecoder", "observe_raw"]

_LIMIT = 64 * 1024 * 1024


class EventStreamDecoder:
    """JSON events out of the bytes of a server-sent event stream (WHATWG HTML, 9.2.6)."""

    def __init__(self) -> None:
        self._rest = b""
        self.done = False  #: the provider said that nothing follows

    def feed(self, data: bytes) -> Iterator[Any]:
        """The JSON values of the events that are complete by now."""
        *lines, self._rest = (self._rest + data).replace(b"\r\n", b"\n").split(b"\n")
        for line in lines:
            if not line.startswith(b"data:"):
                continue
            said = line[5:].strip()
            if said.startswith(b"[DONE]"):
                self.done = True
                continue
            try:
                yield decode_json(said)
            except ValueError:
                continue


def observe_raw(http: Any, call: Call) -> None:
    """Complete the call from the body if it has been read; else watch it being read."""
    if http.is_closed and hasattr(http, "_content"):
        call.complete(_decoded(http.content, call))
        return
    watch = _Watch(call, _decoder_for(http.headers.get("content-type", "")))
    for name, wrap in (("iter_bytes", watch.over), ("aiter_bytes", watch.over_async)):
        setattr(http, name, wrap(getattr(http, name)))
    http.close, http.aclose = watch.closing(http.close), watch.closing(http.aclose)
    http._hilt_watch = watch  # noqa: SLF001 # goes when the response goes


def _decoder_for(content_type: str) -> EventStreamDecoder | AwsFrameDecoder | None:
    if "event-stream" in content_type:
        return EventStreamDecoder()
    return AwsFrameDecoder() if "amazon.eventstream" in content_type else None


def _decoded(body: bytes, call: Call) -> Any:
    if call.surface.binary:
        return body
    if call.observation.request.stream:
        return None
    return json_or_text(body)


class _Watch:
    """Sees the decoded body pass by."""

    def __init__(self, call: Call, events: EventStreamDecoder | AwsFrameDecoder | None) -> None:
        self._call = call
        self._events = events
        self._body: list[bytes] = []
        self._size = 0
        if events is not None:
            call.open_stream()

    def over(self, original: Any) -> Any:
        """The response's ``iter_bytes``, seen."""

        def iter_bytes(*args: Any, **kwargs: Any) -> Iterator[bytes]:
            self._call.reading = True
            try:
                for data in original(*args, **kwargs):
                    self._call.reading = False
                    self._take(data)
                    yield data
                    self._call.reading = True
            except GeneratorExit:
                raise
            except BaseException as error:
                self._call.fail(error)
                raise
            self._call.reading = False
            self._finish()

        return iter_bytes

    def over_async(self, original: Any) -> Any:
        """The response's ``aiter_bytes``, seen."""

        async def aiter_bytes(*args: Any, **kwargs: Any) -> Any:
            self._call.reading = True
            try:
                async for data in original(*args, **kwargs):
                    self._call.reading = False
                    self._take(data)
                    yield data
                    self._call.reading = True
            except GeneratorExit:
                raise
            except BaseException as error:
                self._call.fail(error)
                raise
            self._call.reading = False
            self._finish()

        return aiter_bytes

    def closing(self, original: Any) -> Any:
        """The response's ``close`` or ``aclose``, seen."""

        def close() -> Any:
            if not self._call.reading:
                self._call.left("closed")
            return original()

        return close

    def _take(self, data: bytes) -> None:
        try:
            if self._events is not None:
                for event in self._events.feed(data):
                    self._call.chunk(event)
                if self._events.done:  # the SDKs read no further
                    self._call.exhausted()
            elif self._size < _LIMIT:
                self._size += len(data)
                self._body.append(data)
        except Exception:
            guard.report("reading a raw response")

    def _finish(self) -> None:
        if self._events is not None:
            self._call.exhausted()
            return
        self._call.complete(_decoded(b"".join(self._body), self._call))

    def __del__(self) -> None:
        self._call.left("abandoned")

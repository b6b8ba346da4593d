"""Raw responses: the caller reads the HTTP body, and HILT observes what the caller reads.

``with_raw_response`` and ``with_streaming_response`` hand out the HTTP response. Nothing is read
that the caller has not read, and the response object stays the same (T1, T2).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from logging import getLogger
from typing import Any, Protocol

from hilt.core.guard import guard
from hilt.core.once_a_minute import OnceAMinute
from hilt.genai.json_values import decode_json, json_or_text
from hilt.instrumentation.aws_frames import AwsFrameDecoder
from hilt.instrumentation.body_lines import LONGEST_LINE, BodyLines
from hilt.instrumentation.engine import Call
from hilt.instrumentation.observer import CallObserver, Ending
from hilt.instrumentation.streams import copy_without_observers, tap, tap_async

__all__ = [
    "EventBody",
    "EventDecoder",
    "EventStreamDecoder",
    "JsonLinesDecoder",
    "ObservedBody",
    "WholeBody",
    "attach_body",
    "note_dropped_lines",
    "observe_body",
    "observe_raw",
]

_LIMIT = 64 * 1024 * 1024
_WARNINGS = OnceAMinute()
_logger = getLogger("hilt")


class EventDecoder(Protocol):
    """Finds the JSON events in the bytes of a body that comes in pieces."""

    done: bool  #: what came says that it was the last one

    @property
    def dropped(self) -> int:
        """How many were too long to be kept."""
        ...

    def feed(self, data: bytes) -> Iterable[Any]:
        """The JSON values of the events that are complete by now."""
        ...


class JsonLinesDecoder:
    """JSON values out of the bytes of a body that has one on each line."""

    done = False  #: no line marks the end

    def __init__(self) -> None:
        self._lines = BodyLines()

    @property
    def dropped(self) -> int:
        """How many lines were too long to be kept."""
        return self._lines.dropped

    def feed(self, data: bytes) -> Iterator[Any]:
        """The JSON values of the lines that are complete by now."""
        for line in self._lines.feed(data):
            yield from _json(line)


class EventStreamDecoder:
    """JSON events out of the bytes of a server-sent event stream (WHATWG HTML, 9.2.6)."""

    def __init__(self) -> None:
        self._lines = BodyLines()
        self._parts: list[bytes] = []  # the data of an event that is cut into lines
        self._size = 0
        self._dropped = 0
        self.done = False  #: the provider has sent ``[DONE]``

    @property
    def dropped(self) -> int:
        """How many lines were too long to be kept."""
        return self._lines.dropped + self._dropped

    def feed(self, data: bytes) -> Iterator[Any]:
        """The JSON values of the events that are complete by now."""
        for line in self._lines.feed(data):
            if line.startswith(b"data:"):
                yield from self._data(line[5:].strip())
            elif not line and self._parts:
                parts, self._parts, self._size = self._parts, [], 0
                yield from _json(b"\n".join(parts))

    def _data(self, data: bytes) -> Iterator[Any]:
        """One line of data, which is the whole event almost always."""
        if data.startswith(b"[DONE]"):
            self.done = True
            return
        whole = None if self._parts else next(_json(data), None)
        if whole is not None:
            yield whole
        elif self._size < LONGEST_LINE:
            self._size += len(data)
            self._parts.append(data)
        else:
            self._dropped += 1


def _json(data: bytes) -> Iterator[Any]:
    try:
        yield decode_json(data)
    except ValueError:
        return


def observe_raw(http: Any, call: Call) -> None:
    """Complete the call from the body if it has been read; else observe it being read."""
    decoder = _decoder_for(http.headers.get("content-type", ""))
    if decoder is None:
        observe_body(http, call, functools.partial(_decoded, call))
        return
    call.open_stream()
    body = EventBody(call, decoder)
    if _is_read(http):
        body.item(http.content)
        body.complete()
    else:
        attach_body(http, body)


def observe_body(http: Any, observer: CallObserver, decode: Callable[[bytes], object]) -> None:
    """Give the observer the decoded body, at once or when it has been read."""
    if _is_read(http):
        observer.end(Ending.RETURNED, decode(http.content))
    else:
        attach_body(http, WholeBody(observer, decode))


def _is_read(http: Any) -> bool:
    return http.is_closed and hasattr(http, "_content")


def _decoder_for(content_type: str) -> EventStreamDecoder | AwsFrameDecoder | None:
    if "event-stream" in content_type:
        return EventStreamDecoder()
    return AwsFrameDecoder() if "amazon.eventstream" in content_type else None


def _decoded(call: Call, body: bytes) -> object:
    if call.surface.binary:
        return body
    value = json_or_text(body)
    if call.observation.request.stream and type(value) is str and not value.startswith("<"):
        return None  # maybe events, whose type is not said
    return value


def attach_body(http: Any, body: ObservedBody) -> None:
    """Show a body what is read of an ``httpx`` response, and when that is closed."""
    iter_bytes, aiter_bytes = http.iter_bytes, http.aiter_bytes
    http.iter_bytes = lambda *args, **kwargs: tap(iter_bytes(*args, **kwargs), body)
    http.aiter_bytes = lambda *args, **kwargs: tap_async(aiter_bytes(*args, **kwargs), body)
    http.close, http.aclose = body.closing(http.close), body.closing(http.aclose)
    http._hilt_body = body  # noqa: SLF001 # goes when the response goes
    copy_without_observers(http)


class ObservedBody:
    """Is shown the decoded bytes of a body. The response holds it: when that goes, this goes."""

    def __init__(self, observer: CallObserver) -> None:
        self._observer = observer
        self.advancing = False

    def closing(self, close: Callable[[], Any]) -> Callable[[], Any]:
        """The response's ``close`` or ``aclose``, observed."""

        def closed() -> Any:
            self.closed()
            return close()

        return closed

    def closed(self) -> None:
        """The response is closed: by the caller, unless it is being read."""
        if not self.advancing:
            self._observer.end(Ending.CLOSED)

    def end(self, how: Ending, value: Any = None) -> None:
        """An iterator ended. If it was dropped, another may follow until the body is closed."""
        if how is Ending.EXHAUSTED:
            self.complete()
        elif how is Ending.RAISED:
            self._observer.end(how, value)

    def item(self, item: bytes) -> None:
        """Bytes came, and go on to the caller."""
        raise NotImplementedError

    def complete(self) -> None:
        """The body is at its end."""
        raise NotImplementedError

    def __del__(self) -> None:
        self._observer.end(Ending.ABANDONED)


class WholeBody(ObservedBody):
    """A body that is one answer."""

    def __init__(self, observer: CallObserver, decode: Callable[[bytes], object]) -> None:
        super().__init__(observer)
        self._decode = decode
        self._pieces: list[bytes] = []
        self._size = 0

    def item(self, item: bytes) -> None:
        """Keep the bytes, up to a limit."""
        if self._size < _LIMIT:
            self._size += len(item)
            self._pieces.append(item)

    def complete(self) -> None:
        """The whole answer came."""
        self._observer.end(Ending.RETURNED, self._decode(b"".join(self._pieces)))


class EventBody(ObservedBody):
    """A body that is a stream of events.

    Args:
        call: Is shown the events.
        decoder: Finds them in the bytes.
        observer: Learns how the body ends, if not the call itself.
    """

    def __init__(
        self, call: Call, decoder: EventDecoder, observer: CallObserver | None = None
    ) -> None:
        super().__init__(call if observer is None else observer)
        self._call = call
        self._decoder = decoder

    def item(self, item: bytes) -> None:
        """Give the call the events in the bytes."""
        try:
            for event in self._decoder.feed(item):
                self._call.item(event)
            if self._decoder.dropped:
                note_dropped_lines(self._call, self._decoder.dropped)
            if self._decoder.done:  # the SDKs read no further
                self._call.end(Ending.EXHAUSTED)
        except Exception:
            guard.report("reading a raw response")

    def complete(self) -> None:
        """The stream was read to its end."""
        self._call.end(Ending.EXHAUSTED)


def note_dropped_lines(call: Call, dropped: int) -> None:
    """Say in the call's ending, and once a minute by a warning, what was too long to be read."""
    extensions = call.observation.extensions or {}
    if extensions.get("dropped_lines", 0) >= dropped:
        return
    call.observation.extensions = {**extensions, "partial": True, "dropped_lines": dropped}
    if _WARNINGS.is_due():
        _logger.warning(
            "a line of a streamed answer is longer than %s MiB and is not logged; "
            "the ending of its call counts such lines in extensions.dropped_lines",
            LONGEST_LINE >> 20,
        )

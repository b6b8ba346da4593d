"""The bodies of answers, read as their callers read them, whoever's HTTP library it is."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hilt.core.guard import guard
from hilt.genai.json_values import get_path, json_or_text
from hilt.instrumentation.aws_frames import AwsFrameDecoder
from hilt.instrumentation.engine import Call
from hilt.instrumentation.headers import request_id_of
from hilt.instrumentation.http_bodies import (
    EventBody,
    EventDecoder,
    EventStreamDecoder,
    JsonLinesDecoder,
    ObservedBody,
    WholeBody,
)
from hilt.instrumentation.observer import Ending
from hilt.providers.wire.routes import StatusError

__all__ = ["Head", "Inflated", "body_of", "inflating"]

_FIRST_REDIRECT = 300
_MESSAGE = 500


class Head(NamedTuple):
    """What came before the body."""

    status_code: int
    headers: Mapping[str, str]


class _Observer:
    """Makes the ending of a call of how its body ended."""

    def __init__(self, call: Call, head: Head) -> None:
        self._call = call
        self._head = head

    def end(self, how: Ending, value: Any = None) -> None:
        """The body ended. Never raises."""
        try:
            self._end(how, value)
        except Exception:
            guard.report("ending a call")
            self._call.end(Ending.ABANDONED)

    def _end(self, how: Ending, value: Any) -> None:
        call, head = self._call, self._head
        left = how in (Ending.CLOSED, Ending.ABANDONED)
        if head.status_code >= _FIRST_REDIRECT and (left or how is Ending.RETURNED):
            call.end(Ending.RAISED, _status_error(head, None if left else value))
        elif left and is_whole(call):
            call.end(Ending.EXHAUSTED)  # the caller stops at the last event
        elif how is Ending.RETURNED and call.observation.request.stream:
            _end_stream(call, value)
        else:
            call.end(how, value)


def is_whole(call: Call) -> bool:
    """Whether all of a streamed answer came, with its reason to finish and its usage."""
    fold = call.fold
    return bool(fold and (fold.reasons or fold.response.finish_reasons) and fold.response.usage)


def _end_stream(call: Call, value: Any) -> None:
    """What was to be streamed came at once: as a list of chunks, or as one answer."""
    if not isinstance(value, list):
        call.end(Ending.RETURNED, value)
        return
    call.open_stream()
    for each in value:
        call.item(each)
    call.end(Ending.EXHAUSTED)


def _status_error(head: Head, body: Any) -> StatusError:
    details = body[0] if isinstance(body, list) and body else body
    message = get_path(details, "error", "message") or get_path(details, "message")
    if not isinstance(message, str):
        message = details if isinstance(details, str) else get_path(details, "error")
    text = message if isinstance(message, str) else f"HTTP status {head.status_code}"
    return StatusError(head, text[:_MESSAGE], body)


def body_of(call: Call, head: Head) -> ObservedBody:
    """What observes the body of an answer, which is shown its decoded bytes."""
    observation = call.observation
    observation.status_code = head.status_code
    observation.request_id = request_id_of(head)
    observer, decoder = _Observer(call, head), None
    if head.status_code < _FIRST_REDIRECT and not call.surface.binary:
        decoder = _decoder_of(head, is_stream=observation.request.stream)
    if decoder is None:
        as_bytes = call.surface.binary and head.status_code < _FIRST_REDIRECT
        return WholeBody(observer, bytes if as_bytes else json_or_text)
    observation.request.stream = True
    call.open_stream()
    return EventBody(call, decoder, observer)


def _decoder_of(head: Head, *, is_stream: bool) -> EventDecoder | None:
    kind = (head.headers.get("content-type") or "").lower()
    if "event-stream" in kind:
        return EventStreamDecoder()
    if "amazon.eventstream" in kind:
        return AwsFrameDecoder()
    if "ndjson" in kind or "stream+json" in kind or "jsonl" in kind:
        return JsonLinesDecoder()
    is_answer = "json" in kind or "html" in kind  # whatever was asked for
    return EventStreamDecoder() if is_stream and not is_answer else None


def inflating(headers: Mapping[str, str]) -> Callable[[bytes], bytes] | None:
    """Takes the compression off a body in pieces; None for one that is unknown."""
    encoding = (headers.get("content-encoding") or "").lower().strip()
    if encoding in ("", "identity"):
        return _unchanged
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return None
    return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress


def _unchanged(data: bytes) -> bytes:
    return data


class Inflated:
    """Shows a body the bytes of an answer that may be compressed. Never raises.

    Args:
        body: Is shown them without their compression.
        inflate: Takes it off.
    """

    def __init__(self, body: ObservedBody, inflate: Callable[[bytes], bytes]) -> None:
        self._body = body
        self._inflate = inflate
        self._is_over = False

    @property
    def advancing(self) -> bool:
        """Whether the body is advancing the response, and closes it itself."""
        return self._body.advancing

    @advancing.setter
    def advancing(self, is_advancing: bool) -> None:
        self._body.advancing = is_advancing

    def item(self, data: bytes) -> None:
        """Bytes came as they were sent."""
        try:
            self._body.item(self._inflate(data))
        except Exception:
            guard.report("reading an answer")

    def end(self, how: Ending, value: Any = None) -> None:
        """The body ended; only the first ending counts."""
        if self._is_over:
            return
        self._is_over = True
        try:
            self._body.end(how, value)
        except Exception:
            guard.report("reading an answer")

    def close(self) -> None:
        """The caller closes the response, and reads no further."""
        if not self._is_over:
            self._is_over = True
            self._body.closed()

"""A transport for Anthropic's clients that answers in the same process."""

from __future__ import annotations

import json
import struct
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anthropic

try:  # anthropic 1.x and later have an HTTP client of their own
    import httpx2 as httpx

    if not hasattr(anthropic._base_client, "httpx2"):
        raise ImportError
except ImportError:
    import httpx  # type: ignore[no-redef]

__all__ = ["ASK", "CANNED", "Canned", "aws_frames", "httpx"]

MODEL = "claude-haiku-4-5"
ASK: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hello"}],
}
CANNED = {"request-id": "req_1"}


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):  # type: ignore[misc]  # of one or two
    """A body that arrives in pieces."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.data), 97):
            yield self.data[start : start + 97]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


class Canned:
    """HTTP clients that get their answers from a function of the request.

    Args:
        answer: Gives bytes (a stream), a dict (JSON), or a status and a dict.
        content_type: Of bytes.
    """

    def __init__(
        self, answer: Callable[[Any], Any], content_type: str = "text/event-stream"
    ) -> None:
        self.answer, self.content_type = answer, content_type
        self.requests: list[Any] = []

    @property
    def client(self) -> Any:
        """A synchronous HTTP client."""
        return httpx.Client(transport=httpx.MockTransport(self._handle))

    @property
    def async_client(self) -> Any:
        """An asynchronous one."""
        return httpx.AsyncClient(transport=httpx.MockTransport(self._handle_async))

    def _handle(self, request: Any) -> Any:
        request.read()
        return self._response(request)

    async def _handle_async(self, request: Any) -> Any:
        await request.aread()
        return self._response(request)

    def _response(self, request: Any) -> Any:
        self.requests.append(request)
        made = self.answer(request)
        if isinstance(made, bytes):
            headers = {**CANNED, "content-type": self.content_type}
            return httpx.Response(200, headers=headers, stream=Body(made))
        status, body = made if isinstance(made, tuple) else (200, made)
        return httpx.Response(status, headers=CANNED, json=body)


def aws_frames(events: Iterator[dict[str, Any]]) -> bytes:
    """Events as Bedrock streams them: ``application/vnd.amazon.eventstream``."""
    return b"".join(_frame(event) for event in events)


def _frame(event: dict[str, Any]) -> bytes:
    payload = json.dumps({"bytes": b64encode(json.dumps(event).encode()).decode()}).encode()
    fields = {
        ":event-type": "chunk",
        ":content-type": "application/json",
        ":message-type": "event",
    }
    headers = b"".join(
        bytes([len(name)])
        + name.encode()
        + b"\x07"
        + struct.pack(">H", len(value))
        + value.encode()
        for name, value in fields.items()
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))

"""Requests to the servers of this package: from this computer, and read within limits.

What is wrong with a request ends its connection, and nothing else: it costs no more memory than
the largest body has, and no more time than a request may take.
"""

from __future__ import annotations

import io
import re
import socket
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from hilt.core import clock
from hilt.testing.local_hosts import is_local_host, is_local_origin

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["LocalRequestHandler"]

_LARGEST_BODY = 1 << 28
_DIGITS = 12
_PIECE = 1 << 20  # What is announced need not come, so no more is reserved at once.
_LONGEST_LINE = 1 << 16
_MOST_TRAILERS = 100
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


class _RefusedError(Exception):
    """A request that is not answered.

    Args:
        status: The status that says so.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _TimedReader(io.RawIOBase):
    """What a client sends, for as long as it may take.

    Args:
        connection: The socket.
        idle_s: How long the first byte of a request may take.
        request_s: How long the others may take, all together.
    """

    def __init__(self, connection: socket.socket, idle_s: float, request_s: float) -> None:
        self._connection = connection
        self._idle_s = idle_s
        self._request_s = request_s
        self._end: float | None = None

    def begin(self) -> None:
        """The next byte is the first one of a request."""
        self._end = None

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Read what is there, or wait for it."""
        left = self._idle_s if self._end is None else self._end - clock.steady_seconds()
        if left <= 0:
            raise TimeoutError("the request takes too long")
        self._connection.settimeout(left)
        try:
            count = self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(None)
        if self._end is None:
            self._end = clock.steady_seconds() + self._request_s
        return count


class LocalRequestHandler(BaseHTTPRequestHandler):
    """Reads requests within limits, and refuses those for other hosts and by pages of other sites.

    A subclass has the methods, such as ``do_GET``, which begin with `receive`.
    """

    protocol_version = "HTTP/1.1"
    idle_s = 600.0
    """How long a connection may be kept open without a request."""
    request_s = 60.0
    """How long a client may take to send a request."""

    def setup(self) -> None:
        """Read with a time limit."""
        super().setup()
        self.rfile.close()
        self._timed = _TimedReader(self.connection, self.idle_s, self.request_s)
        self.rfile = io.BufferedReader(self._timed)

    def handle_one_request(self) -> None:
        """Read a request and answer it."""
        self._timed.begin()
        super().handle_one_request()

    def receive(self) -> bytes | None:
        """The body of the request; None if it was refused, which ends the connection."""
        try:
            self._check_sender()
            return self._body()
        except _RefusedError as refused:
            self.close_connection = True
            self.send_response(refused.status)
            self.send_header("content-length", "0")
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.flush()
            return None

    def _check_sender(self) -> None:
        hosts = self.headers.get_all("host", [])
        if len(hosts) > 1 or (not hosts and self.request_version == "HTTP/1.1"):
            raise _RefusedError(400)
        host = next(iter(hosts), None)
        address: Any = self.server.server_address
        for each in (host, self._take_authority()):
            if not is_local_host(each, str(address[0])):
                raise _RefusedError(421)
        if not is_local_origin(self.headers.get("origin"), host):
            raise _RefusedError(403)

    def _take_authority(self) -> str | None:
        """The host in a request line that has a whole URL, as for a proxy; `path` loses it."""
        if self.path.startswith("/"):
            return None
        _, scheme_end, rest = self.path.partition("://")
        if not scheme_end:
            raise _RefusedError(400)
        authority, _, path = rest.partition("/")
        self.path = f"/{path}"
        return authority

    def _body(self) -> bytes:
        encodings = self.headers.get_all("transfer-encoding")
        lengths = set(self.headers.get_all("content-length", ["0"]))
        if encodings is None:
            if len(lengths) > 1:
                raise _RefusedError(400)
            return self._read(self._length(lengths.pop().strip()))
        if "content-length" in self.headers:
            raise _RefusedError(400)  # Which of the two holds is what request smuggling is made of.
        if [each.strip().lower() for each in encodings] != ["chunked"]:
            raise _RefusedError(501)
        return self._chunks()

    def _length(self, text: str) -> int:
        if not text.isdecimal() or len(text) >= _DIGITS or int(text) > _LARGEST_BODY:
            raise _RefusedError(413)
        return int(text)

    def _read(self, count: int) -> bytes:
        body = bytearray()
        while len(body) < count:
            piece = self.rfile.read(min(count - len(body), _PIECE))
            if not piece:
                raise ConnectionAbortedError("the client left while it sent a request")
            body += piece
        return bytes(body)

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := self._chunk_size():
            if len(body) + size > _LARGEST_BODY:
                raise _RefusedError(413)
            body += self._read(size)
            if self.rfile.readline(3) not in (b"\r\n", b"\n"):
                raise _RefusedError(400)
        for _ in range(_MOST_TRAILERS):
            if not self.rfile.readline(_LONGEST_LINE).strip():
                return bytes(body)
        raise _RefusedError(400)

    def _chunk_size(self) -> int:
        match = _CHUNK_SIZE.fullmatch(self.rfile.readline(_LONGEST_LINE))
        if match is None:
            raise _RefusedError(400)
        return int(match[1], 16)

"""The HTTP server of the embedded provider: threads, keep-alive, streams, faults."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

from hilt.testing.local_requests import LocalRequestHandler
from hilt.testing.threaded_server import ThreadedServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hilt.testing.provider.faults import Fault

__all__ = ["Application", "HTTPAnswer", "HTTPRequest", "HTTPServer"]

# A socket that is closed with SO_LINGER on and a time of 0 sends RST instead of FIN.
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class HTTPRequest:
    """A request."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class HTTPAnswer:
    """A response: a body, or the events of a stream."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    events: Iterable[bytes] | None = None


class Application(Protocol):
    """What handles the requests of the server."""

    chunk_delay: float
    stopping: threading.Event

    def handle(self, request: HTTPRequest) -> tuple[HTTPAnswer, Fault]:
        """The answer to a request, and the fault to apply to it."""
        ...


class HTTPServer(ThreadedServer):
    """Serves an application on a loopback port until it is closed."""

    request_queue_size = 512

    def __init__(self, host: str, port: int, application: Application) -> None:
        self.application = application
        self._connections: set[Any] = set()
        super().__init__((host, port), _Handler)

    def stop(self) -> None:
        """Accept no more connections, and end those that clients keep open."""
        super().stop()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection in a thread of its own."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End one connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that have closed the connection; show all other errors."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(LocalRequestHandler):
    disable_nagle_algorithm = True
    server_version = "hilt-provider"
    server: HTTPServer

    def _serve(self) -> None:
        body = self.receive()
        if body is None:
            return
        application = self.server.application
        answer, fault = application.handle(self._request(body))
        if fault.first_byte_delay:
            application.stopping.wait(fault.first_byte_delay)
        if fault.reset_after == 0:
            self._reset()
        elif answer.events is None:
            self._send(answer, fault)
        else:
            self._send_stream(answer, answer.events, fault)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: the provider keeps the requests."""

    def _request(self, body: bytes) -> HTTPRequest:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        return HTTPRequest(self.command, unquote(url.path), url.query, headers, body)

    def _start(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, answer: HTTPAnswer, fault: Fault) -> None:
        self._start(answer.status, {**answer.headers, "content-length": str(len(answer.body))})
        if self.command != "HEAD":
            self.wfile.write(answer.body[: fault.truncate_to])
        if fault.truncate_to is not None:
            self.close_connection = True

    def _send_stream(self, answer: HTTPAnswer, events: Iterable[bytes], fault: Fault) -> None:
        application = self.server.application
        self._start(answer.status, {**answer.headers, "transfer-encoding": "chunked"})
        for number, event in enumerate(events):
            if number == fault.end_after:
                break
            if number == fault.reset_after:
                self._reset()
                return
            if application.chunk_delay:
                application.stopping.wait(application.chunk_delay)
            self._send_chunk(_malformed(event) if number == fault.malformed_after else event)
        self.wfile.write(b"0\r\n\r\n")

    def _send_chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        socket.close(self.connection.detach())


def _malformed(event: bytes) -> bytes:
    """The event without its second half, so that it is no longer JSON."""
    return event.rstrip()[: len(event) // 2] + b"\n\n"


def json_body(value: Any) -> bytes:
    """A value as the JSON body of a response."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()

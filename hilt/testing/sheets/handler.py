"""HTTP: requests in, answers out, and whatever goes wrong between."""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from hilt.testing.local_requests import LocalRequestHandler
from hilt.testing.sheets.calls import Call
from hilt.testing.sheets.errors import ApiError, invalid
from hilt.testing.sheets.faults import Fault
from hilt.testing.sheets.oauth import TOKEN_PATHS, TokenError
from hilt.testing.threaded_server import ThreadedServer

if TYPE_CHECKING:
    from hilt.testing.sheets.server import SheetsEmulator

__all__ = ["Server"]

_MAX_BODY = 10 * 1024 * 1024


class Server(ThreadedServer):
    """The listening socket on loopback, with one thread a connection."""

    request_queue_size = 64

    def __init__(self, emulator: SheetsEmulator) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.emulator = emulator

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing about clients that went away."""


class _Handler(LocalRequestHandler):
    server: Server
    # Without this the head and the body of an answer go in two packets, and Nagle's algorithm
    # holds the second one back for 40 ms.
    wbufsize = -1

    def log_message(self, *_: object) -> None:
        """Print nothing: `SheetsEmulator.calls` has it all."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The ``Date`` header: the time as the service has it."""
        now = self.server.emulator.tokens.wall_clock() if timestamp is None else timestamp
        return super().date_time_string(now)

    def _serve(self) -> None:
        body = self.receive()
        if body is None:
            return
        emulator = self.server.emulator
        kind = self._kind()
        fault = emulator.faults.next(kind)
        if emulator.latency_s:
            emulator.closing.wait(emulator.latency_s)
        if fault is not None and self._fails_before(fault, kind, body):
            return
        status, answer, headers = self._answer(kind, body)
        if fault is not None and self._fails_after(fault, answer):
            return
        self._send(status, answer, headers)

    def _serve_head(self) -> None:
        if self.receive() is not None:
            self._send(404, b"", {})

    do_GET = do_POST = do_PUT = _serve  # noqa: N815 # its names
    do_HEAD = _serve_head  # noqa: N815 # its name

    def _kind(self) -> str:
        if self.path in TOKEN_PATHS or self.path.endswith(":generateAccessToken"):
            return "token"
        if self.path.endswith("/allowedLocations"):
            return "iam"
        read = self.command == "GET" or self.path.endswith("/developerMetadata:search")
        return "read" if read else "write"

    def _answer(self, kind: str, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        try:
            if kind == "token":
                return 200, self._token(body), {}
            return 200, json.dumps(self._perform(kind, body)).encode(), {}
        except TokenError as error:
            answer = {"error": error.error, "error_description": error.description}
            return 400, json.dumps(answer).encode(), {}
        except ApiError as error:
            return _refusal(error)
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            return _refusal(invalid(f"Invalid JSON payload received. {error}"))

    def _token(self, body: bytes) -> bytes:
        emulator = self.server.emulator
        emulator.note(Call("token", "POST", self.path, {}, "", time.monotonic()), len(body))
        if self.path.endswith(":generateAccessToken"):
            email = self.path.rpartition("/")[2].partition(":")[0]
            answer = emulator.tokens.impersonate(
                email, self.headers.get("Authorization"), json.loads(body)
            )
        else:
            form = {key: items[0] for key, items in parse_qs(body.decode()).items()}
            answer = emulator.tokens.token(form, f"{emulator.url}/token")
        return json.dumps(answer).encode()

    def _perform(self, kind: str, body: bytes) -> dict[str, Any]:
        emulator = self.server.emulator
        address = urlsplit(self.path)
        if address.path.endswith("/allowedLocations"):
            # google-auth asks the IAM service where a service account may be used: anywhere.
            return {"locations": [], "encodedLocations": "0x0"}
        account = emulator.authorize(self.headers.get("Authorization"))
        if len(body) > _MAX_BODY:
            raise ApiError(413, "Request Entity Too Large")
        try:
            read = json.loads(body) if body else {}
        except ValueError as error:
            raise invalid(f"Invalid JSON payload received. {error}") from error
        call = Call(kind, self.command, address.path, read, account, time.monotonic())
        emulator.note(call, len(body))
        query = {key: "\0".join(items) for key, items in parse_qs(address.query).items()}
        return emulator.perform(call, query)

    def _fails_before(self, fault: Fault, kind: str, body: bytes) -> bool:
        """Whether the request ends here, without taking place."""
        emulator = self.server.emulator
        if fault.kind == "slow":
            emulator.closing.wait(fault.seconds)
        elif fault.kind == "expired":
            emulator.tokens.expire()
        elif fault.kind == "hold_before":
            fault.hold()
        elif fault.kind == "reset_before":
            self._reset()
            return True
        elif fault.kind == "timeout_before":
            self._wait_for_hangup()
            return True
        elif fault.kind == "late":
            # What the service does with a request that it has taken and whose client has gone.
            threading.Timer(fault.seconds, self._answer, (kind, body)).start()
            self._wait_for_hangup()
            return True
        elif fault.kind == "status":
            self._send(*_refusal(fault.error()))
            return True
        elif fault.kind == "html":
            self._send(502, b"<html><title>502</title></html>", {"Content-Type": "text/html"})
            return True
        return False

    def _fails_after(self, fault: Fault, answer: bytes) -> bool:
        """Whether the request has taken place and its answer is lost."""
        if fault.kind == "hold_after":
            fault.hold()
        elif fault.kind == "reset_after":
            self._reset()
            return True
        elif fault.kind == "timeout_after":
            self._wait_for_hangup()
            return True
        elif fault.kind == "status_after":
            self._send(*_refusal(fault.error()))
            return True
        elif fault.kind == "truncated":
            self._send(200, answer, {}, cut=len(answer) // 2)
            self._reset()
            return True
        return False

    def _send(
        self, status: int, body: bytes, headers: Mapping[str, str], cut: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        self.wfile.flush()

    def _reset(self) -> None:
        """Close the connection with RST, as a crashing proxy does."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def _wait_for_hangup(self) -> None:
        """Answer nothing until the client hangs up."""
        self.close_connection = True
        while not self.server.emulator.closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return


def _refusal(error: ApiError) -> tuple[int, bytes, dict[str, str]]:
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = f"{error.retry_after:.3f}".rstrip("0").rstrip(".")
    return error.code, json.dumps(error.to_dict()).encode(), headers

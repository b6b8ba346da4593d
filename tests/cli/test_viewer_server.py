"""Clients that send nonsense to the viewer's server, or go away: nothing is printed of them."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hilt
from tests.cli.test_viewer import client_of, exchange, written

pytest.importorskip("starlette", reason='the viewer needs pip install "hilt[view]"')
uvicorn = pytest.importorskip("uvicorn")

from hilt.cli.view import server_config  # noqa: E402 # what it needs may be missing
from hilt.cli.viewer.app import Viewer, make_app  # noqa: E402

RESET = struct.pack("ii", 1, 0)
UPGRADE = "connection: upgrade\r\nupgrade: "
FORM = "POST /feedback HTTP/1.1\r\n{own}origin: http://{host}\r\n"


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a viewer that runs as by `hilt view`."""
    for name in ("asyncio", "uvicorn", "uvicorn.error", "uvicorn.access"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    log = written(tmp_path / "log.jsonl", *[exchange(number) for number in range(50)])
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        port = listening.getsockname()[1]
        app = make_app(Viewer(hilt.open_log(log), utc=True), [f"127.0.0.1:{port}"], "t0k")
        server = uvicorn.Server(server_config(app))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield port
        finally:
            server.should_exit = True
            thread.join()


GOOD = "GET / HTTP/1.1\r\n{own}connection: close\r\n\r\n"


def sent(port: int, request: str | bytes, *, reset: bool = False) -> bytes:
    """The first line of the answer; after a broken request nothing more comes."""
    host = f"127.0.0.1:{port}"
    own = f"host: {host}\r\ncookie: hilt-view-{port}=t0k\r\n"
    if isinstance(request, str):
        request = request.format(own=own, host=host).encode("latin-1")
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as client,
        contextlib.suppress(ConnectionError),
    ):
        client.sendall(request)
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return b""
        if b"connection: close" not in request:
            client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as answer:
            return answer.readline()
    return b""


BROKEN = {
    "bytes": bytes(range(256)),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(400),
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "half a request": "GET / HT",
    "no host": "GET / HTTP/1.1\r\n\r\n",
    "a header without a colon": "GET / HTTP/1.1\r\nhost {own}\r\n\r\n",
    "a long header": f"GET / HTTP/1.1\r\n{{own}}x: {'a' * 100_000}\r\n\r\n",
    "a length that is none": FORM + "content-length: abc\r\n\r\nx",
    "a negative length": FORM + "content-length: -5\r\n\r\nx",
    "two lengths": FORM + "content-length: 5\r\ncontent-length: 6\r\n\r\nxxxxxx",
    "less than its length": FORM + "content-length: 500\r\n\r\nrating=good",
    "a bad chunk": FORM + "transfer-encoding: chunked\r\n\r\nZZ\r\n",
    "a target of other bytes": "GET /\xff\xfe HTTP/1.1\r\n{own}\r\n",
    "a target of half a character": "GET /call/%ff%ed%a0%80 HTTP/1.1\r\n{own}\r\n",
    "a query of half a character": "GET /?model=%ff&n=%c2%b2&since=%00 HTTP/1.1\r\n{own}\r\n",
    "an address that is none": "GET //[::1 HTTP/1.1\r\n{own}\r\n",
    "a WebSocket": f"GET / HTTP/1.1\r\n{{own}}{UPGRADE}websocket\r\n\r\n",
    "another protocol": f"GET / HTTP/1.1\r\n{{own}}{UPGRADE}h2c\r\n\r\n",
}


@pytest.mark.parametrize("request_", BROKEN.values(), ids=BROKEN)
def test_nothing_is_said_of_a_broken_request(
    port: int, request_: str | bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whether its client waits for the answer or not; and the next request is answered."""
    sent(port, request_)
    sent(port, request_, reset=True)

    assert sent(port, GOOD) == b"HTTP/1.1 200 OK\r\n"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("path", ["/", "/conversation/order-42", "/charts", "/static/view.js"])
def test_nothing_is_said_of_a_client_that_leaves(
    port: int, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its answer is on the way, or was not begun."""
    for _ in range(5):
        sent(port, f"GET {path} HTTP/1.1\r\n{{own}}\r\n", reset=True)

    assert sent(port, GOOD) == b"HTTP/1.1 200 OK\r\n"
    assert capfd.readouterr() == ("", "")


def test_what_fails_in_the_viewer_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The page is an error of the server."""

    def fail(*_: Any) -> None:
        raise KeyError("what\x1b[31m\nis missing")

    monkeypatch.setattr(Viewer, "calls", fail)
    client = client_of(written(tmp_path / "log.jsonl", exchange(1)))

    assert client.get("/?model=secret").status_code == 500
    said = capfd.readouterr().err
    assert re.fullmatch(r"hilt: GET / failed: KeyError: .*missing'\n", said)

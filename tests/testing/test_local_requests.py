"""How the servers of this package read requests: from this computer, within limits."""

from __future__ import annotations

import socket
import time

import pytest

from hilt.testing import local_requests
from hilt.testing.local_requests import LocalRequestHandler
from hilt.testing.threaded_server import ThreadedServer

HOST = b"Host: 127.0.0.1\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


class Handler(LocalRequestHandler):
    """Answers with the path and the body."""

    def answer(self) -> None:
        """Answer."""
        body = self.receive()
        if body is not None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.path.encode() + b" " + body)
            self.close_connection = True

    do_POST = answer  # noqa: N815 # its name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # its name there
        """Say nothing."""


@pytest.fixture
def port():
    """The port of a server with this handler."""
    server = ThreadedServer(("127.0.0.1", 0), Handler)
    server.start()
    yield server.server_address[1]
    server.stop()


def answered(port: int, *pieces: bytes, pause_s: float = 0.0) -> bytes:
    """All that a server sends until it closes the connection."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        try:
            for piece in pieces:
                client.sendall(piece)
                time.sleep(pause_s)
            while piece := client.recv(65_536):
                received += piece
        except ConnectionError:
            pass
    return received


def outcome(answer: bytes) -> str:
    """The status of an answer, and its body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return f"{head[9:12].decode()} {body.decode()}".strip()


def request(*headers: bytes, body: bytes = b"", target: bytes = b"/a") -> bytes:
    """A request with these headers."""
    return b"POST %b HTTP/1.1\r\n%b\r\n%b" % (target, b"".join(headers), body)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(request(HOST), "200 /a", id="its own host"),
        pytest.param(b"POST /a HTTP/1.0\r\n\r\n", "200 /a", id="HTTP/1.0 has no host"),
        pytest.param(request(), "400", id="HTTP/1.1 without a host"),
        pytest.param(request(HOST, HOST), "400", id="two hosts"),
        pytest.param(request(b"Host: a.example\r\n"), "421", id="another host"),
        pytest.param(request(HOST, target=b"http://localhost/b"), "200 /b", id="a whole URL"),
        pytest.param(request(HOST, target=b"http://a.example/b"), "421", id="URL of another host"),
        pytest.param(request(HOST, target=b"a.example:443"), "400", id="no path"),
        pytest.param(request(HOST, b"Origin: https://a.example\r\n"), "403", id="another site"),
        pytest.param(request(HOST, b"Origin: null\r\n"), "403", id="a page without a site"),
        pytest.param(request(HOST, b"Origin: http://localhost:3000\r\n"), "200 /a", id="a site"),
    ],
)
def test_senders(port, sent, expected):
    """Only this computer's own requests, and those of its own pages, are answered."""
    assert outcome(answered(port, sent)) == expected


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        pytest.param(b"Content-Length: 2\r\n", b"hi", "200 /a hi", id="length"),
        pytest.param(b"Content-Length: 2\r\n" * 2, b"hi", "200 /a hi", id="the same length twice"),
        pytest.param(b"Content-Length: 2\r\nContent-Length: 3\r\n", b"hi", "400", id="two lengths"),
        pytest.param(b"Content-Length: -1\r\n", b"hi", "413", id="negative length"),
        pytest.param(b"Content-Length: 3000000000\r\n", b"hi", "413", id="too long"),
        pytest.param(
            CHUNKED, b"1\r\nh\r\n1;x=y\r\ni\r\n0\r\nA: b\r\n\r\n", "200 /a hi", id="chunks"
        ),
        pytest.param(CHUNKED, b"-5\r\nhi", "400", id="negative chunk"),
        pytest.param(CHUNKED, b"2\r\nhiXYZ", "400", id="longer chunk than said"),
        pytest.param(CHUNKED, b"0\r\n" + b"A: b\r\n" * 200, "400", id="trailers without end"),
        pytest.param(CHUNKED, b"fffffff0\r\nhi", "413", id="too long a chunk"),
        pytest.param(CHUNKED + b"Content-Length: 2\r\n", b"hi", "400", id="chunks and a length"),
        pytest.param(b"Transfer-Encoding: gzip, chunked\r\n", b"", "501", id="compressed"),
    ],
)
def test_bodies(port, headers, body, expected):
    """A body is read as HTTP has it, or its connection ends with what is wrong with it."""
    assert outcome(answered(port, request(HOST, headers, body=body))) == expected


def test_chunks_are_bounded_together(port, monkeypatch):
    """Many small ones make a large body, too."""
    monkeypatch.setattr(local_requests, "_LARGEST_BODY", 10)
    body = b"6\r\nabcdef\r\n" * 2
    assert outcome(answered(port, request(HOST, CHUNKED, body=body))) == "413"


def test_a_client_that_leaves_has_sent_no_request(port):
    """Half a body is none."""
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(request(HOST, b"Content-Length: 9\r\n", body=b"half"))
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""


def test_a_slow_request_ends_however_often_it_sends(port, monkeypatch):
    """The time is that of the whole request, not of each byte."""
    monkeypatch.setattr(Handler, "request_s", 0.05)
    sent = [bytes([byte]) for byte in request(HOST)]
    assert answered(port, *sent, pause_s=0.01) == b""


def test_a_connection_without_a_request_ends(port, monkeypatch):
    """After the time that it may be idle."""
    monkeypatch.setattr(Handler, "idle_s", 0.02)
    assert answered(port) == b""

"""The HTTP server of the embedded provider."""

from __future__ import annotations

import threading
from dataclasses import replace

import httpx
import pytest

from hilt.testing.provider.faults import NO_FAULT
from hilt.testing.provider.server import HTTPAnswer, HTTPRequest, HTTPServer, json_body


class Echo:
    """Keeps requests, and answers with what it is set to."""

    chunk_delay = 0.0

    def __init__(self):
        self.stopping = threading.Event()
        self.requests = []
        self.answer = HTTPAnswer(200, {"x-answer": "1"}, b"0123456789")
        self.fault = NO_FAULT

    def handle(self, request):
        """The answer that is set."""
        self.requests.append(request)
        return self.answer, self.fault


@pytest.fixture
def echo():
    """An application."""
    return Echo()


@pytest.fixture
def client(echo):
    """A client of a server that serves the application."""
    server = HTTPServer("127.0.0.1", 0, echo)
    server.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{server.server_address[1]}") as made:
        yield made
    server.stop()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_request(echo, client, method):
    """The application gets method, decoded path, query, headers in lower case, and body."""
    body = b"" if method == "GET" else b"Hi"
    client.request(method, "/a%20b?c=d", content=body, headers={"X-Name": "Value"})

    (request,) = echo.requests
    assert replace(request, headers={}) == HTTPRequest(method, "/a b", "c=d", {}, body)
    assert request.headers["x-name"] == "Value"


def test_answer(client):
    """Status, headers and body are sent, with the length of the body."""
    answer = client.get("/")

    assert (answer.status_code, answer.content) == (200, b"0123456789")
    assert (answer.headers["x-answer"], answer.headers["content-length"]) == ("1", "10")


def test_stream_is_chunked(echo, client):
    """The events of a stream are sent one by one."""
    echo.answer = HTTPAnswer(200, {}, events=[b"data: 1\n\n", b"data: 2\n\n"])

    with client.stream("GET", "/") as answer:
        chunks = list(answer.iter_raw())

    assert answer.headers["transfer-encoding"] == "chunked"
    assert b"".join(chunks) == b"data: 1\n\ndata: 2\n\n"


def test_truncated_body_breaks_the_connection(echo, client):
    """Fewer bytes than announced are an error of the protocol."""
    echo.fault = replace(NO_FAULT, truncate_to=4)

    with pytest.raises(httpx.RemoteProtocolError, match="received 4 bytes, expected 10"):
        client.get("/")


def test_reset_before_the_first_byte(echo, client):
    """A reset connection has no answer at all."""
    echo.fault = replace(NO_FAULT, reset_after=0)

    with pytest.raises(httpx.ReadError):
        client.get("/")


def test_malformed_event(echo, client):
    """An event loses its second half, and the stream goes on."""
    echo.answer = HTTPAnswer(200, {}, events=[b'data: {"a": 1}\n\n', b"data: 2\n\n"])
    echo.fault = replace(NO_FAULT, malformed_after=0)

    assert client.get("/").content == b'data: {"\n\ndata: 2\n\n'


def test_stream_that_ends_early(echo, client):
    """A stream that ends after an event is well formed."""
    echo.answer = HTTPAnswer(200, {}, events=[b"data: 1\n\n", b"data: 2\n\n"])
    echo.fault = replace(NO_FAULT, end_after=1)

    assert client.get("/").content == b"data: 1\n\n"


def test_error_of_the_application_is_shown(echo, client, capfd):
    """An error in the application ends the request, and is printed for whoever runs the test."""
    echo.answer = None

    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/")

    assert "AttributeError" in capfd.readouterr().err


def test_json_body():
    """JSON is compact, and not only ASCII."""
    assert json_body({"a": ["é"]}) == '{"a":["é"]}'.encode()

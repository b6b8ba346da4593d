"""Tests of `hilt.testing.threaded_server`."""

from __future__ import annotations

import socket
import time
from http.server import BaseHTTPRequestHandler

import pytest

from hilt.testing.threaded_server import ThreadedServer


class Handler(BaseHTTPRequestHandler):
    """Answers ``GET`` with nothing."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # its name there
        """Say nothing."""


def answer_of(server: ThreadedServer) -> bytes:
    """The beginning of what a server answers; empty if it closes the connection."""
    with socket.create_connection(("127.0.0.1", server.server_address[1]), 5) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return client.recv(12)


def test_it_answers_from_start_to_stop():
    """And its port is free afterwards."""
    server = ThreadedServer(("127.0.0.1", 0), Handler)
    server.start()
    assert answer_of(server) == b"HTTP/1.0 204"
    assert answer_of(server) == b"HTTP/1.0 204"
    server.stop()

    with pytest.raises(ConnectionRefusedError):
        answer_of(server)


def test_one_that_was_not_started_stops():
    """There is nothing to wait for."""
    server = ThreadedServer(("127.0.0.1", 0), Handler)
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        answer_of(server)


def test_one_that_cannot_connect_to_itself_stops_all_the_same(monkeypatch):
    """It looks from time to time; a firewall or a policy may forbid the connection."""

    def refused(*_: object) -> socket.socket:
        raise PermissionError

    monkeypatch.setattr(ThreadedServer, "timeout", 0.02)
    server = ThreadedServer(("127.0.0.1", 0), Handler)
    server.start()
    monkeypatch.setattr(socket, "create_connection", refused)
    server.stop()
    assert server.socket.fileno() == -1


def test_it_stops_before_it_looks_again(monkeypatch):
    """What it waits for is a connection, and stopping makes one."""
    looks = []
    monkeypatch.setattr(ThreadedServer, "timeout", 60)
    monkeypatch.setattr(ThreadedServer, "handle_timeout", lambda _: looks.append(1))
    server = ThreadedServer(("127.0.0.1", 0), Handler)
    server.start()
    server.stop()
    assert looks == []


def test_without_descriptors_it_waits_and_goes_on(monkeypatch):
    """A connection that cannot be accepted is there still, and is not tried without a pause."""
    accept, refusals = ThreadedServer.__mro__[1].get_request, [OSError(), OSError()]

    def refuse_twice(server: ThreadedServer) -> object:
        if refusals:
            raise refusals.pop()
        return accept(server)

    monkeypatch.setattr(ThreadedServer.__mro__[1], "get_request", refuse_twice)
    monkeypatch.setattr(ThreadedServer, "pause_s", 0.01)
    server = ThreadedServer(("127.0.0.1", 0), Handler)
    server.start()
    begin = time.monotonic()
    assert answer_of(server) == b"HTTP/1.0 204"
    server.stop()
    assert time.monotonic() - begin >= 0.02

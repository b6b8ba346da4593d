"""Which hosts the servers answer for."""

from __future__ import annotations

import http.client

import pytest

from hilt.testing.local_hosts import is_local_host, is_local_origin
from hilt.testing.provider import Provider
from hilt.testing.sheets import SheetsEmulator


@pytest.mark.parametrize(
    ("header", "host", "expected"),
    [
        ("127.0.0.1:80", "127.0.0.1", True),
        ("localhost", "127.0.0.1", True),
        ("[::1]:80", "::1", True),
        ("evil.example:80", "127.0.0.1", False),
        ("127.0.0.1.evil.example", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        (None, "127.0.0.1", True),
        ("evil.example", "0.0.0.0", True),
        ("10.0.0.5:80", "10.0.0.5", True),
        ("localhost", "10.0.0.5", False),
        ("[::1]evil.example", "127.0.0.1", False),
        ("127.0.0.1:80.evil.example", "127.0.0.1", False),
        ("me@127.0.0.1", "127.0.0.1", False),
    ],
)
def test_only_the_host_that_a_server_listens_on_is_its_own(header, host, expected):
    """Another name that leads here is that of a website."""
    assert is_local_host(header, host) is expected


@pytest.mark.parametrize(
    ("origin", "header", "expected"),
    [
        (None, "127.0.0.1:80", True),
        ("http://localhost:3000", "127.0.0.1:80", True),
        ("http://[::1]", "127.0.0.1:80", True),
        ("http://intranet:80", "intranet:80", True),
        ("https://evil.example", "127.0.0.1:80", False),
        ("https://127.0.0.1.evil.example", "127.0.0.1:80", False),
        ("null", "null", False),
        ("", None, False),
    ],
)
def test_only_pages_of_this_computer_may_ask(origin, header, expected):
    """Those of other sites reach it, too."""
    assert is_local_origin(origin, header) is expected


def status_of(port: int, **headers: str) -> int:
    """The status of a request with these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("GET", "/v1/models", skip_host=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_provider_refuses_another_host_and_a_body_without_end():
    """And answers its own."""
    with Provider() as provider:
        assert status_of(provider.port, host="evil.example") == 421
        assert status_of(provider.port, host="localhost", content_length="9" * 30) == 413
        assert status_of(provider.port, host="localhost", content_length="-1") == 413
        assert status_of(provider.port, host=f"127.0.0.1:{provider.port}") == 200


def test_the_emulator_of_sheets_refuses_another_host():
    """Its books may be copies of real ones."""
    with SheetsEmulator() as emulator:
        port = int(emulator.api_root.rpartition(":")[2].partition("/")[0])

        assert status_of(port, host="evil.example") == 421
        assert status_of(port, host="localhost") != 421


def test_the_provider_forgets_old_requests(monkeypatch):
    """A server that runs for days keeps the newest."""
    monkeypatch.setattr("hilt.testing.provider.provider._MAX_REQUESTS", 3)
    with Provider() as provider:
        for _ in range(20):
            status_of(provider.port, host="localhost")

    assert 3 <= len(provider.requests) <= 6

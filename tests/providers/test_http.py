"""Requests before they are sent, their routes and servers, and error responses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.values import Request, Surface
from hilt.providers import _http
from hilt.providers._http import (
    ErrorResponse,
    HttpRequest,
    Route,
    Routes,
    http_failure,
    retry_after_of,
    server_of_base_url,
    server_of_url,
    set_server,
)

SURFACE = Surface()


def read(sent: HttpRequest) -> Request:
    """A request of which nothing is read."""
    return Request("chat", "")


# -- servers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("https://api.example.com/v1?key=SECRET", ("api.example.com", 443)),
        ("http://api.example.com", ("api.example.com", 80)),
        ("http://user:password@localhost:8080/v1", ("localhost", 8080)),
        ("http://[::1]:8080/v1", ("::1", 8080)),
        ("https://[fe80::1]/v1", ("fe80::1", 443)),
        ("http://a.example.com:80/v1?to=https://b.example.com", ("a.example.com", 80)),
        ("http://a.example.com:x/v1", ("a.example.com", 80)),
        ("https://a.example.com:", ("a.example.com", 443)),
        ("https://u:p@[::1]", ("::1", 443)),
        ("https://a@b@c.example.com:8443", ("c.example.com", 8443)),
        ("/v1/chat", (None, None)),
        ("", (None, None)),
    ],
)
def test_server_of_url(url: str, server: tuple[str | None, int | None]) -> None:
    """Host and port; the port of the scheme where none is named."""
    assert server_of_url(url) == server


def url(**fields: Any) -> Any:
    """A URL object, as httpx has them."""
    return SimpleNamespace(**{"scheme": "https", "host": "api.example.com", "port": None, **fields})


@pytest.mark.parametrize(
    ("fields", "server"),
    [
        ({}, ("api.example.com", 443)),
        ({"scheme": "http"}, ("api.example.com", 80)),
        ({"port": 8080}, ("api.example.com", 8080)),
        ({"host": ""}, (None, None)),
        ({"host": None}, (None, None)),
    ],
)
def test_server_of_base_url(fields: Any, server: tuple[str | None, int | None]) -> None:
    """Host and port of an object; the port of the scheme where none is named."""
    assert server_of_base_url(url(**fields)) == server


def test_server_of_a_url_object_is_read_once() -> None:
    """A client's URL object is remembered; another one of the same address is not it."""
    base = url()
    server_of_base_url(base)
    base.host = "changed.example.com"

    assert server_of_base_url(base) == ("api.example.com", 443)
    assert server_of_base_url(url(host="changed.example.com")) == ("changed.example.com", 443)


def test_url_object_at_the_place_of_another_is_not_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python gives the identity of an object that is gone to a new one."""
    base = url()
    monkeypatch.setattr(_http, "SERVERS", {id(base): (object(), ("other.example.com", 443))})

    assert server_of_base_url(base) == ("api.example.com", 443)


def test_servers_are_kept_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program with many clients reads each URL once."""
    monkeypatch.setattr(_http, "SERVERS", {})
    bases = [url(port=number) for number in range(_http._SERVER_LIMIT)]
    for base in bases:
        server_of_base_url(base)

    assert len(_http.SERVERS) == _http._SERVER_LIMIT


def test_servers_are_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that makes clients all day does not fill the memory."""
    monkeypatch.setattr(_http, "SERVERS", {})
    for number in range(_http._SERVER_LIMIT + 1):
        server_of_base_url(url(port=number))

    assert len(_http.SERVERS) == 1


def test_set_server() -> None:
    """The host decides the provider; the fallback is for unknown hosts."""
    sent = HttpRequest(
        "post", "/chat", {}, stream=True, server_address="api.groq.com", server_port=443
    )
    request = Request("chat", "")

    set_server(request, sent, "fallback")

    assert request == Request(
        "chat", "groq", stream=True, server_address="api.groq.com", server_port=443
    )


# -- routes -----------------------------------------------------------------------------------


def test_routes_are_found_by_method_and_whole_path() -> None:
    """A prefix may stand before a path, and a slash after it; nothing else."""
    create = Route("/chat", read, SURFACE)
    fetch = Route("/chat/[^/]+", read, SURFACE, "get")
    routes = Routes(create, fetch, prefix=r"/v\d")

    assert [
        routes.find(*request)
        for request in (
            ("post", "/chat"),
            ("post", "/v2/chat/"),
            ("get", "/v1/chat/c1"),
            ("post", "/v1/chat/c1"),
            ("post", "/v1/v1/chat"),
            ("post", "/chats"),
        )
    ] == [create, create, fetch, None, None, None]


def test_first_route_that_fits_is_the_one() -> None:
    """Alternatives in a path do not reach beyond it."""
    first, second = Route("/a|/b", read, SURFACE), Route("/b", read, SURFACE)
    routes = Routes(first, second, prefix="/v1")

    assert routes.find("post", "/v1/b") is first
    assert routes.find("post", "/b") is first


# -- errors -----------------------------------------------------------------------------------


def test_error_response_has_what_the_sdks_exceptions_have() -> None:
    """Status, body, message and the response."""
    http = SimpleNamespace(status_code=429)
    error = ErrorResponse(http, "Too many", {"message": "Slow down"})

    assert (str(error), error.status_code, error.body, error.response) == (
        "Too many", 429, {"message": "Slow down"}, http,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"code": "rate_limit_exceeded", "type": "tokens"}}, "rate_limit_exceeded"),
        ({"code": "slow_down"}, "slow_down"),
        ({"error": {"code": None, "type": "overloaded_error"}}, "overloaded_error"),
        ({"error": "too many", "type": "limit"}, "limit"),
        ({"error": {"code": "", "type": "tokens"}}, "tokens"),
        ({"error": {"code": 429}}, None),
        ({"error": {"code": "", "type": ""}}, None),
        ("too many", None),
        (None, None),
    ],
)
def test_providers_own_code(body: Any, code: str | None) -> None:
    """It stands in the body, in an ``error`` or by itself; a number is no code."""
    error = Exception("Error code: 429")
    error.body, error.status_code = body, 429  # type: ignore[attr-defined]
    failure = http_failure(error)

    assert (failure.provider_code, failure.error_code, failure.status_code) == (
        code, "rate_limit", 429,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        ({"code": "server_error", "message": "x"}, "server_error", 200),
        ({"error": {"code": "rate_limit_exceeded", "type": "tokens"}}, "rate_limit", 200),
        ({"code": None, "type": "overloaded_error"}, "overloaded", 200),
        ({"code": 502, "message": "x"}, "server_error", 502),
        ({"code": "429"}, "rate_limit", 429),
        ({"error": {"status": "UNAVAILABLE"}}, "overloaded", 200),
        ({"code": "odd", "message": "x"}, "unknown", 200),
        ({}, "unknown", 200),
        ([{"code": 502}], "unknown", 200),
        ("server_error", "unknown", 200),
    ],
)
def test_error_in_a_stream(body: Any, code: str, status: int) -> None:
    """Its response began with status 200: its body says what went wrong, as that of a whole one."""
    error = Exception("x")
    error.body, error.status_code = body, 200  # type: ignore[attr-defined]

    failure = http_failure(error)

    assert (failure.error_code, failure.status_code) == (code, status)
    assert failure.outcome == "failed"


def test_error_in_a_stream_that_has_no_status() -> None:
    """None is made up for a name; and a cause that is known goes before what the body says."""
    error, slow = Exception("x"), TimeoutError("x")
    error.body = slow.body = {"code": "server_error"}  # type: ignore[attr-defined]

    assert (http_failure(error).error_code, http_failure(error).status_code) == (
        "server_error",
        None,
    )
    assert (http_failure(slow).error_code, http_failure(slow).status_code) == ("timeout", 408)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": 7}, None),
        ({}, None),
        (None, None),
        ([("retry-after", "7")], None),
    ],
)
def test_retry_after(headers: Any, seconds: float | None) -> None:
    """The seconds that an exception's own headers name; a date is not one."""
    error = Exception("Too many")
    error.headers = error.response_headers = headers  # type: ignore[attr-defined]

    assert retry_after_of(error) == seconds
    assert retry_after_of(error, "response_headers") == seconds
    assert retry_after_of(error, "no_such_attribute") is None

"""What the headers of an HTTP response say of an answer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from hilt.core.guard import guard
from hilt.instrumentation.headers import answer_headers, request_id_of


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (None, None)),
        ({"X-Request-Id": "r1"}, ("r1", None)),
        ({"request-id": "r1", "Helicone-Cache": "HIT"}, ("r1", "helicone-cache: HIT")),
        ({"helicone-cache": "MISS"}, (None, None)),
        ({"cf-aig-cache-status": "HIT"}, (None, "cf-aig-cache-status: HIT")),
        (
            {"x-portkey-cache-status": "SEMANTIC HIT"},
            (None, "x-portkey-cache-status: SEMANTIC HIT"),
        ),
        ({"X-OpenRouter-Cache-Status": "HIT"}, (None, "x-openrouter-cache-status: HIT")),
        ({"X-AI-Cache-Status": "HIT-L1"}, (None, "x-ai-cache-status: HIT-L1")),
        ({"X-Cache-Status": "Bypass", "x-cache": "Miss from cloudfront"}, (None, None)),
    ],
)
def test_id_and_cache_of_an_answer(headers: dict[str, str], expected: tuple[str, str]) -> None:
    """Gateways name their caches each in a way of its own."""
    response = httpx.Response(200, headers=headers)

    assert answer_headers(response) == expected
    assert request_id_of(response) == expected[0]


@pytest.mark.parametrize(
    ("extensions", "cache"),
    [
        ({"from_cache": True}, "hishel"),
        ({"hishel_from_cache": True}, "hishel"),
        ({"hishel_from_cache": False}, None),
        ({"http_version": b"HTTP/1.1"}, None),
    ],
)
def test_answer_from_a_cache_of_the_program(extensions: dict[str, Any], cache: str | None) -> None:
    """Hishel notes it on the response."""
    response = httpx.Response(200, headers={"request-id": "r1"}, extensions=extensions)

    assert answer_headers(response) == ("r1", cache)


def test_headers_of_another_library() -> None:
    """They are a dict, in which the id is looked up."""
    response: Any = type("Response", (), {"headers": {"request-id": "r2"}})

    assert answer_headers(response) == ("r2", None)


def test_headers_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported, and the call goes on."""
    reported: list[str] = []
    monkeypatch.setattr(guard, "report", reported.append)
    response: Any = type("Response", (), {"headers": 5})

    assert answer_headers(response) == (None, None)
    assert reported == ["reading the headers of a response"]

"""Requests and error responses of the Fern-made SDKs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.providers._http import HttpRequest
from hilt.providers.cohere.requests import FernErrorResponse, fern_request


def test_request() -> None:
    """Path, body and server."""
    url = "https://api.cohere.com/v2"

    assert fern_request("v2/chat", {"model": "m"}, url, stream=True) == HttpRequest(
        "post", "v2/chat", {"model": "m"}, True, None, "api.cohere.com", 443
    )


@pytest.mark.parametrize("url", [None, 5])
def test_request_without_a_server(url: Any) -> None:
    """A client of a program's own may have no URL."""
    assert fern_request("v1/chat", {}, url, stream=False) == HttpRequest("post", "v1/chat", {})


@pytest.mark.parametrize("body", [None, "text", [1]])
def test_body_that_is_no_object(body: Any) -> None:
    """There is nothing to observe."""
    assert fern_request("v1/chat", body, None, stream=False) is None


@pytest.mark.parametrize(
    ("content", "body", "is_json"),
    [('{"message": "No"}', {"message": "No"}, True), ("<html>", "<html>", False)],
)
def test_error_response(content: str, body: Any, is_json: bool) -> None:
    """The body is JSON where it is JSON, and its text else."""
    http = SimpleNamespace(status_code=400, text=content, content=content.encode())
    error = FernErrorResponse(http)

    assert (str(error), error.status_code, error.body, error.is_json) == (
        content, 400, body, is_json,
    )  # fmt: skip

"""Requests and error responses of the Speakeasy-made SDKs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.values import Arguments, Target
from hilt.providers._http import HttpRequest
from hilt.providers._speakeasy import SpeakeasyErrorResponse, _form_of, http_request_of


def call(request: Any) -> Arguments:
    """A call of ``BaseSDK.do_request``."""
    return Arguments(Target("sdk.basesdk", "BaseSDK.do_request"), None, (), {"request": request})


def request(content: bytes, kind: str = "application/json") -> Any:
    """A request as httpx has it."""
    url = SimpleNamespace(scheme="https", host="api.mistral.ai", port=None, path="/v1/chat")
    return SimpleNamespace(method="POST", url=url, headers={"content-type": kind}, content=content)


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (b'{"model": "m", "stream": true}', {"model": "m", "stream": True}),
        (b'{"model": "m", "stream": 1}', {"model": "m", "stream": 1}),
        (b"[1]", {}),
        (b"{", {}),
    ],
)
def test_request_is_read_from_its_bytes(content: bytes, body: dict[str, Any]) -> None:
    """Method, path, server and JSON; what is no object has no fields."""
    assert http_request_of(call(request(content))) == HttpRequest(
        "post", "/v1/chat", body, body.get("stream") is True, None, "api.mistral.ai", 443
    )


def test_form_is_not_read() -> None:
    """A file that is uploaded is no JSON."""
    sent = http_request_of(call(request(b'{"a": 1}', "multipart/form-data; boundary=x")))

    assert sent is not None
    assert sent.body == {}


def test_form_in_a_line_is_read() -> None:
    """Its fields are texts, and so is whether a stream is asked for."""
    for stream in ("true", "false"):
        content = f"model=m&stream={stream}&a=%20b".encode()
        sent = http_request_of(call(request(content, "application/x-www-form-urlencoded")))

        assert sent is not None
        assert sent.body == {"model": "m", "stream": stream, "a": " b"}
        assert sent.stream is (stream == "true")
    plain = http_request_of(call(request(b'{"a": 1}', "text/plain")))
    assert plain is not None
    assert plain.body == {}


def test_what_is_no_request() -> None:
    """Without a path there is nothing to recognise."""
    assert http_request_of(call(None)) is None
    assert http_request_of(call(SimpleNamespace(url=SimpleNamespace(path=None)))) is None


@pytest.mark.parametrize(
    ("body", "message", "parsed"),
    [
        (b'{"message": "No"}', 'Status 401. Body: {"message": "No"}', {"message": "No"}),
        ("No", "Status 401. Body: No", "No"),
        (b"\xff", "Status 401. Body: \ufffd", "\ufffd"),
        (None, "Status 401", None),
    ],
)
def test_error_response(body: Any, message: str, parsed: Any) -> None:
    """The message is the SDK's; the body is JSON where it is JSON."""
    error = SpeakeasyErrorResponse(SimpleNamespace(status_code=401), body)

    assert (str(error), error.status_code, error.body) == (
        f"API error occurred: {message}", 401, parsed,
    )  # fmt: skip


def test_form_that_is_not_bytes_yet() -> None:
    """Its fields by their names, and its files with what they are called and are."""
    fields = [
        SimpleNamespace(name="model", value="m"),
        SimpleNamespace(name="file", file=b"x", filename="a.mp3", headers={"Content-Type": "a/b"}),
        SimpleNamespace(name="other", file=b"y", filename=None, headers=None),
        SimpleNamespace(name=None, value="lost"),
    ]

    found = _form_of(SimpleNamespace(stream=SimpleNamespace(fields=fields)))

    assert found == (
        {"model": "m"},
        [("file", ("a.mp3", b"x", "a/b")), ("other", (None, b"y", None))],
    )
    assert _form_of(SimpleNamespace()) == ({}, [])

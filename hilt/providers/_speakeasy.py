"""What the Speakeasy-made SDKs share: mistralai, and the interactions of google-genai."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt.genai.json_values import decode_json, get_path, json_or_text
from hilt.genai.values import Arguments
from hilt.providers._http import ErrorResponse, HttpRequest, server_of_base_url

__all__ = ["SpeakeasyErrorResponse", "http_request_of"]


class SpeakeasyErrorResponse(ErrorResponse):
    """Stands for the exception that the SDK is about to raise for an HTTP response."""

    def __init__(self, http: Any, body: object) -> None:
        text = body.decode(errors="replace") if isinstance(body, bytes) else body
        suffix = "" if text is None else f". Body: {text}"
        super().__init__(
            http,
            f"API error occurred: Status {http.status_code}{suffix}",
            json_or_text(text) if isinstance(text, str) else body,
        )


def http_request_of(call: Arguments) -> HttpRequest | None:
    """What is about to be sent; None if it is no request."""
    request = call.get(1, "request")
    path = get_path(request, "url", "path")
    if not isinstance(path, str):
        return None
    body = _body_of(request) if "json" in request.headers.get("content-type", "") else {}
    address, port = server_of_base_url(request.url)
    return HttpRequest(
        method=str(request.method).lower(),
        path=path,
        body=body,
        stream=body.get("stream") is True,
        server_address=address,
        server_port=port,
    )


def _body_of(request: Any) -> Mapping[str, object]:
    try:
        body = decode_json(request.content)
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}

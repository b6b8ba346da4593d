"""What a Fern-made SDK, such as Cohere's, sends, and the errors that it gets back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt.genai.json_values import decode_json
from hilt.providers._http import ErrorResponse, HttpRequest, server_of_url

__all__ = ["FernErrorResponse", "fern_request"]


def fern_request(path: str, body: object, base_url: object, *, stream: bool) -> HttpRequest | None:
    """A request as the SDK is about to send it; None if its body is no JSON object."""
    if not isinstance(body, Mapping):
        return None
    address, port = server_of_url(base_url) if isinstance(base_url, str) else (None, None)
    return HttpRequest("post", path, body, stream, None, address, port)


class FernErrorResponse(ErrorResponse):
    """Stands for the exception that the SDK is about to raise for an HTTP response."""

    def __init__(self, http: Any) -> None:
        self.is_json = True
        body: object = http.text
        try:
            body = decode_json(http.content)
        except ValueError:
            self.is_json = False
        super().__init__(http, http.text, body)

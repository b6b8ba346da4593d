"""What the Speakeasy-made SDKs share: mistralai, and the interactions of google-genai."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from hilt.genai.coerce import list_or_empty
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
    kind, files = request.headers.get("content-type", ""), None
    if "multipart" in kind:
        body, files = _form_of(request)
    elif "form-urlencoded" in kind:
        body = dict(parse_qsl(request.content.decode()))
    else:
        body = _body_of(request) if "json" in kind else {}
    address, port = server_of_base_url(request.url)
    return HttpRequest(
        method=str(request.method).lower(),
        path=path,
        body=body,
        stream=body.get("stream") is True or body.get("stream") == "true",
        files=files,
        server_address=address,
        server_port=port,
    )


def _body_of(request: Any) -> Mapping[str, object]:
    try:
        body = decode_json(request.content)
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _form_of(request: Any) -> tuple[Mapping[str, object], list[tuple[object, ...]]]:
    """The fields and the files of a form, which ``httpx`` has not made bytes of yet."""
    fields: dict[str, object] = {}
    files: list[tuple[object, ...]] = []
    for field in list_or_empty(get_path(request, "stream", "fields")):
        name, file = get_path(field, "name"), get_path(field, "file")
        if file is not None:
            kind = (get_path(field, "headers") or {}).get("Content-Type")
            files.append((name, (get_path(field, "filename"), file, kind)))
        elif isinstance(name, str):
            fields[name] = get_path(field, "value")
    return fields, files

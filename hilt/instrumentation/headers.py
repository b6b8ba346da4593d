"""The headers of an HTTP response."""

from __future__ import annotations

from typing import Any

from hilt.core.guard import guard

__all__ = ["request_id_of"]

_ID_SIZES = (len("request-id"), len("x-request-id"))


def request_id_of(http: Any) -> str | None:
    """The provider's id of a request, from the headers of the response. Never raises."""
    try:
        headers = getattr(http, "headers", None) or {}
        raw = getattr(headers, "raw", None)
        if raw is None:
            return headers.get("x-request-id") or headers.get("request-id")
        # A look-up by name in httpx walks through all headers, and one of the two is missing.
        by_name = {name.lower(): value for name, value in raw if len(name) in _ID_SIZES}
        value = by_name.get(b"x-request-id") or by_name.get(b"request-id")
        return value.decode("latin-1") if value else None
    except Exception:
        guard.report("reading the headers of a response")
        return None

"""What the headers of an HTTP answer say."""

from __future__ import annotations

from typing import Any

from hilt.core.guard import guard

__all__ = ["request_id_of"]

_ID_SIZES = (len("request-id"), len("x-request-id"))


def request_id_of(http: Any) -> str | None:
    """The provider's id of a request, from the headers of its answer. Never raises."""
    try:
        headers = getattr(http, "headers", None) or {}
        raw = getattr(headers, "raw", None)
        if raw is None:
            return headers.get("x-request-id") or headers.get("request-id")
        # To ask httpx for a name walks through all headers, and one of them is missing.
        known = {name.lower(): value for name, value in raw if len(name) in _ID_SIZES}
        value = known.get(b"x-request-id") or known.get(b"request-id")
        return value.decode("latin-1") if value else None
    except Exception:
        guard.report("reading the headers of an answer")
        return None

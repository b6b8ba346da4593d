"""The headers of an HTTP response."""

from __future__ import annotations

from typing import Any

from hilt.core.guard import guard

__all__ = ["answer_headers", "request_id_of"]

_IDS = (b"x-request-id", b"request-id")
_CACHES = frozenset((
    b"cf-aig-cache-status", b"helicone-cache", b"x-ai-cache-status", b"x-cache",
    b"x-cache-status", b"x-openrouter-cache-status", b"x-portkey-cache-status",
))  # fmt: skip
"""Where gateways say that an answer comes from their cache, and no provider was asked."""
_SIZES = frozenset(len(name) for name in (*_IDS, *_CACHES))
_HTTP_CACHES = ("hishel_from_cache", "from_cache")  # what hishel notes on a response of httpx


def request_id_of(http: Any) -> str | None:
    """The provider's id of a request, from the headers of the response. Never raises."""
    return answer_headers(http)[0]


def answer_headers(http: Any) -> tuple[str | None, str | None]:
    """The provider's id of a request, and the cache that the answer came from. Never raises."""
    try:
        headers = getattr(http, "headers", None)
        if headers is None:
            return None, None
        raw = getattr(headers, "raw", None)
        if raw is None:
            return headers.get("x-request-id") or headers.get("request-id"), None
        # A look-up by name in httpx walks through all headers, and one of the two is missing.
        by_name = {name.lower(): value for name, value in raw if len(name) in _SIZES}
        value = by_name.get(b"x-request-id") or by_name.get(b"request-id")
        return value.decode("latin-1") if value else None, _cache_in(by_name, http)
    except Exception:
        guard.report("reading the headers of a response")
        return None, None


def _cache_in(headers: dict[bytes, bytes], http: Any) -> str | None:
    if not _CACHES.isdisjoint(headers):
        for name in sorted(_CACHES.intersection(headers)):
            if b"hit" in headers[name].lower():
                return f"{name.decode()}: {headers[name].decode('latin-1')}"
    extensions = getattr(http, "extensions", None)
    if extensions and any(extensions.get(name) for name in _HTTP_CACHES):
        return "hishel"
    return None

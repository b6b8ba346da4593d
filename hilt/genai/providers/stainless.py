"""What the Stainless-made SDKs share: OpenAI, Anthropic, Groq, Together, Writer, Cerebras, ...

Each of them sends everything through ``client.request(cast_to, options, ...)``, with the body as
plain JSON in ``options``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hilt.genai.outcome import failure_of
from hilt.genai.reading import pick
from hilt.genai.values import Arguments, Failure, Target

__all__ = ["Options", "attempts_of", "failure", "options_of", "server_of", "targets"]


@dataclass(slots=True)
class Options:
    """An HTTP request as the SDK has built it, before it is sent."""

    method: str  #: in lower case
    path: str
    body: Mapping[str, Any]
    stream: bool
    files: Any  #: of a multipart form
    address: str | None
    port: int | None


def targets(package: str) -> tuple[Target, ...]:
    """The two narrow places of an SDK, sync and async."""
    module = f"{package}._base_client"
    return tuple(
        Target(module, f"{client}.{name}", "stainless", optional=name != "request")
        for client in ("SyncAPIClient", "AsyncAPIClient")
        for name in ("request", "_process_response")
    )


def options_of(call: Arguments) -> Options | None:
    """What is about to be sent; None if it is not a request."""
    options = call.get(1, "options")
    path = pick(options, "url")
    if not isinstance(path, str):
        return None
    body = options.json_data
    extra = pick(options, "extra_json")
    if isinstance(extra, Mapping) and extra:
        body = {**(body if isinstance(body, Mapping) else {}), **extra}
    address, port = server_of(pick(call.instance, "_base_url"))
    return Options(
        method=str(pick(options, "method") or "").lower(),
        path=path,
        body=body if isinstance(body, Mapping) else {},
        stream=bool(call.get(2, "stream")),
        files=pick(options, "files"),
        address=address,
        port=port,
    )


@lru_cache(maxsize=256)
def server_of(url: Any) -> tuple[str | None, int | None]:
    """Host and port of a base URL, as an SDK's client has it."""
    host, port = pick(url, "host"), pick(url, "port")
    if not isinstance(host, str):
        return None, None
    secure = pick(url, "scheme") != "http"
    return host, port if isinstance(port, int) else (443 if secure else 80)


def failure(error: BaseException) -> Failure:
    """What an SDK's exception says; the provider's own code is in its parsed body."""
    found = failure_of(error)
    found.attempts = attempts_of(error)
    body = getattr(error, "body", None)
    details = pick(body, "error") if isinstance(pick(body, "error"), Mapping) else body
    for name in ("code", "type"):
        code = pick(details, name)
        if isinstance(code, str) and code:
            found.provider_code = code
            break
    return found


def attempts_of(error: BaseException) -> int | None:
    """How often the SDK tried, from the header that it counts its retries in."""
    request = getattr(error, "request", None) or pick(error, "response", "request")
    headers = getattr(request, "headers", None)
    try:
        return int(headers["x-stainless-retry-count"]) + 1 if headers is not None else None
    except (KeyError, ValueError, TypeError):
        return None

"""DSPy's own engine, which sends over sockets of its own to the API of any provider.

With ``engine="litellm"`` the calls are LiteLLM's, and its adapter has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hilt.genai.json_values import decode_json
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers._http import HttpRequest, server_of_url
from hilt.providers.dspy.hooks import STREAM

if TYPE_CHECKING:
    from hilt.providers.wire.routes import Wire

__all__ = ["DSPy"]

_TRANSPORTS = "dspy._vendor.lm15.transports"


class DSPy:
    """The ``dspy`` package: ``dspy.LM`` with its own engine."""

    name = "dspy"
    targets: tuple[Target, ...] = (
        Target(f"{_TRANSPORTS}._sync", "StdlibTransport.stream", STREAM, optional=True),
        Target(f"{_TRANSPORTS}._async", "StdlibAsyncTransport._do_stream", STREAM, optional=True),
    )
    surfaces: Mapping[str, str] = {"LM": "acall, forward, aforward"}

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request and what reads its answer, by its path; None if it calls no model."""
        sent = call.get(0, "request")
        try:
            body = decode_json(sent.body)
        except ValueError:
            return None
        if sent.method.upper() != "POST" or not isinstance(body, dict):
            return None
        host, port = server_of_url(sent.url)
        path = urlsplit(sent.url).path
        request = HttpRequest("post", path, body, server_address=host, server_port=port)
        return _wire().request(Arguments(call.target, None, (request,), {}))

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        return _wire().failure(error)


@cache
def _wire() -> Wire:
    """The readers of all providers' APIs, which are many modules: imported for the first call."""
    from hilt.providers.wire.routes import Wire

    return Wire()

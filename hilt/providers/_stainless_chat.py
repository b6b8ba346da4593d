"""What the Stainless-made SDKs with OpenAI's chat API share: Groq, Together, Writer, Cerebras."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers import _stainless
from hilt.providers._hosts import provider_of_host
from hilt.providers._stainless import Options, options_of
from hilt.providers.openai.adapter import chat_request, completion_request

__all__ = ["Route", "StainlessChat", "chat_request", "completion_request"]


@dataclass(frozen=True, slots=True)
class Route:
    """A path that is posted to, and what a call of it means."""

    path: str  #: how the path ends
    read: Callable[[Options], Request]
    surface: Surface


class StainlessChat:
    """An SDK whose calls are told apart by their paths."""

    name: str
    targets: tuple[Target, ...]
    surfaces: Mapping[str, str]
    routes: tuple[Route, ...]

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What a request asks for, by its path; None for one that calls no model."""
        sent = options_of(call)
        if sent is None or sent.method != "post":
            return None
        path = _VERSION.sub("", sent.path).rstrip("/")
        for route in self.routes:
            if path == route.path:
                request = route.read(sent)
                request.provider = provider_of_host(sent.address, sent.port, self.name)
                request.server_address, request.server_port = sent.address, sent.port
                request.stream = sent.stream
                return request, route.surface
        return None

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        return _stainless.failure(error)


_VERSION = re.compile(r"^(/openai)?/v\d+")

"""Fireworks' SDK: chat completions as OpenAI has them, and messages as Anthropic has them."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.values import Request, Target
from hilt.providers import _stainless
from hilt.providers._chat_completions import ChatCompletions, chat_request
from hilt.providers._completions import Completions, completion_request
from hilt.providers._http import HttpRequest, Route, Routes
from hilt.providers._stainless import StainlessAdapter
from hilt.providers.anthropic.adapter import messages_request
from hilt.providers.anthropic.messages import Messages

__all__ = ["Fireworks"]


def _messages_request(sent: HttpRequest) -> Request:
    return messages_request(sent.body)


class Fireworks(StainlessAdapter):
    """The ``fireworks`` package, from 1.0: earlier ones were made another way."""

    name = "fireworks"
    targets: tuple[Target, ...] = _stainless.targets("fireworks")
    surfaces: Mapping[str, str] = {
        "chat.completions": "create",
        "completions": "create",
        "messages": "create",
    }
    routes = Routes(
        Route("/chat/completions", chat_request, ChatCompletions()),
        Route("/completions", completion_request, Completions()),
        Route("/messages", _messages_request, Messages()),
        prefix=r"(?:https?://[^/]+)?(?:/inference)?/v1",  # a URL, unless the client has another
    )

"""Cerebras' SDK: chat completions and completions as OpenAI has them."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.values import Target
from hilt.providers import _stainless
from hilt.providers._chat_completions import ChatCompletions, chat_request
from hilt.providers._completions import Completions, completion_request
from hilt.providers._http import Route, Routes
from hilt.providers._stainless import VERSION_PREFIX, StainlessAdapter

__all__ = ["Cerebras"]


class Cerebras(StainlessAdapter):
    """The ``cerebras-cloud-sdk`` package."""

    name = "cerebras"
    targets: tuple[Target, ...] = _stainless.targets("cerebras.cloud.sdk")
    surfaces: Mapping[str, str] = {"chat.completions": "create", "completions": "create"}
    routes = Routes(
        Route("/chat/completions", chat_request, ChatCompletions()),
        Route("/completions", completion_request, Completions()),
        prefix=VERSION_PREFIX,
    )

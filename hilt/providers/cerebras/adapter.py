"""Cerebras' SDK: chat completions and completions as OpenAI has them."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.values import Target
from hilt.providers import _stainless_hooks
from hilt.providers._chat_completions import ChatCompletions, Completions
from hilt.providers._stainless_chat import (
    Route,
    StainlessChat,
    chat_request,
    completion_request,
)

__all__ = ["Cerebras"]


class Cerebras(StainlessChat):
    """The ``cerebras-cloud-sdk`` package."""

    name = "cerebras"
    targets: tuple[Target, ...] = _stainless_hooks.targets("cerebras.cloud.sdk")
    surfaces: Mapping[str, str] = {"chat.completions": "create", "completions": "create"}
    routes = (
        Route("/chat/completions", chat_request, ChatCompletions()),
        Route("/completions", completion_request, Completions()),
    )

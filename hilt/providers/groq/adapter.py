"""Groq's SDK: chat completions as OpenAI has them, with usage in ``x_groq`` at a stream's end."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.values import Target
from hilt.providers import _stainless_hooks
from hilt.providers._chat_completions import ChatCompletions, chat_request
from hilt.providers._embeddings import Embeddings, embeddings_request
from hilt.providers._http import Route, Routes
from hilt.providers._stainless import VERSION_PREFIX, StainlessAdapter

__all__ = ["Groq"]


class Groq(StainlessAdapter):
    """The ``groq`` package."""

    name = "groq"
    targets: tuple[Target, ...] = _stainless_hooks.targets("groq")
    surfaces: Mapping[str, str] = {"chat.completions": "create", "embeddings": "create"}
    routes = Routes(
        Route("/chat/completions", chat_request, ChatCompletions()),
        Route("/embeddings", embeddings_request, Embeddings()),
        prefix=VERSION_PREFIX,
    )

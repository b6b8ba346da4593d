"""Groq's SDK: chat completions as OpenAI has them, with usage in ``x_groq`` at a stream's end."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.values import Target
from hilt.providers import _stainless_hooks
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers._stainless_chat import Route, StainlessChat, chat_request
from hilt.providers.openai.embeddings import Embeddings, embeddings_request

__all__ = ["Groq"]


class Groq(StainlessChat):
    """The ``groq`` package."""

    name = "groq"
    targets: tuple[Target, ...] = _stainless_hooks.targets("groq")
    surfaces: Mapping[str, str] = {"chat.completions": "create", "embeddings": "create"}
    routes = (
        Route("/chat/completions", chat_request, ChatCompletions()),
        Route("/embeddings", embeddings_request, Embeddings()),
    )

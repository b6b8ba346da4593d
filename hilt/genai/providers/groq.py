"""Groq's SDK: chat completions as OpenAI has them, with usage in ``x_groq`` at a stream's end."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.providers import stainless
from hilt.genai.providers.chat_completions import ChatCompletions
from hilt.genai.providers.openai_embeddings import Embeddings, embeddings_request
from hilt.genai.providers.stainless_chat import Route, StainlessChat, chat_request
from hilt.genai.values import Target

__all__ = ["Groq"]


class Groq(StainlessChat):
    """The ``groq`` package."""

    name = "groq"
    package = "groq"
    distribution = "groq"
    targets: tuple[Target, ...] = stainless.targets("groq")
    surfaces: Mapping[str, str] = {"chat.completions": "create", "embeddings": "create"}
    routes = (
        Route("/chat/completions", chat_request, ChatCompletions()),
        Route("/embeddings", embeddings_request, Embeddings()),
    )

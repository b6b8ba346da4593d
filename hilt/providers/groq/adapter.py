"""Groq's SDK: chat and audio as OpenAI has them, with usage in ``x_groq`` at a stream's end."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.values import Target
from hilt.providers import _stainless
from hilt.providers._chat_completions import ChatCompletions, chat_request
from hilt.providers._embeddings import Embeddings, embeddings_request
from hilt.providers._http import Route, Routes
from hilt.providers._media import (
    Speech,
    Transcriptions,
    speech_request,
    transcription_request,
)
from hilt.providers._stainless import VERSION_PREFIX, StainlessAdapter

__all__ = ["Groq", "Translations"]


class Translations(Transcriptions):
    """Answers of ``audio.translations``."""

    name = "audio.translations"


class Groq(StainlessAdapter):
    """The ``groq`` package."""

    name = "groq"
    targets: tuple[Target, ...] = _stainless.targets("groq")
    surfaces: Mapping[str, str] = {
        "chat.completions": "create",
        "embeddings": "create",
        "audio.transcriptions": "create",
        "audio.translations": "create",
        "audio.speech": "create",
    }
    routes = Routes(
        Route("/chat/completions", chat_request, ChatCompletions()),
        Route("/embeddings", embeddings_request, Embeddings()),
        Route("/audio/transcriptions", transcription_request, Transcriptions()),
        Route("/audio/translations", transcription_request, Translations()),
        Route("/audio/speech", speech_request, Speech()),
        prefix=VERSION_PREFIX,
    )

"""Together's SDK: chat, images and audio as OpenAI has them, and completions nearly so."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Delta, Request, Response, Surface, Target
from hilt.providers import _rerank, _stainless
from hilt.providers._chat_completions import ChatCompletions, chat_request, usage_of
from hilt.providers._completions import Completions, completion_request
from hilt.providers._embeddings import Embeddings, embeddings_request
from hilt.providers._http import HttpRequest, Route, Routes
from hilt.providers._media import (
    Images,
    Speech,
    Transcriptions,
    images_request,
    speech_request,
    transcription_request,
)
from hilt.providers._rerank import ranked_documents
from hilt.providers._stainless import VERSION_PREFIX, StainlessAdapter

__all__ = ["Together", "TogetherCompletions", "TogetherRerank", "TogetherSpeech", "rerank_request"]


def rerank_request(sent: HttpRequest) -> Request:
    """A request of ``rerank.create``."""
    return _rerank.rerank_request(sent.body)


class TogetherRerank(Surface):
    """Answers of ``rerank``."""

    name = "rerank"

    def response(self, body: object) -> Response:
        """The documents by rank, with their scores."""
        usage = get_path(body, "usage")
        return Response(
            id=get_path(body, "id"),
            model=get_path(body, "model"),
            usage=usage_of(usage),
            raw_usage=to_plain_json(usage),
            documents=ranked_documents(get_path(body, "results")),
        )


class TogetherCompletions(Completions):
    """Answers of Together's ``completions``, whose chunks are built like those of a chat."""

    def delta(self, chunk: object) -> Delta | None:
        """What a chunk adds; its finish reason may stand outside the choices."""
        delta = super().delta(chunk)
        if delta is not None:
            delta.add_finish_reason(get_path(chunk, "finish_reason"))
        return delta

    def _add_choice_delta(self, delta: Delta, choice: object) -> None:
        if get_path(choice, "text"):
            super()._add_choice_delta(delta, choice)
        else:
            ChatCompletions._add_choice_delta(self, delta, choice)  # noqa: SLF001 # its grandparent's


class TogetherSpeech(Speech):
    """Answers of ``audio.speech``, whose streams have no event at their end."""

    sends_finish_reason = False


class Together(StainlessAdapter):
    """The ``together`` package, from 2.0: earlier ones were made another way."""

    name = "together"
    targets: tuple[Target, ...] = _stainless.targets("together")
    surfaces: Mapping[str, str] = {
        "chat.completions": "create",
        "completions": "create",
        "embeddings": "create",
        "rerank": "create",
        "images": "generate",
        "audio.transcriptions": "create",
        "audio.translations": "create",
        "audio.speech": "create",
    }
    routes = Routes(
        Route("/chat/completions", chat_request, ChatCompletions()),
        Route("/completions", completion_request, TogetherCompletions()),
        Route("/embeddings", embeddings_request, Embeddings()),
        Route("/rerank", rerank_request, TogetherRerank()),
        Route("/images/generations", images_request, Images()),
        Route("/audio/(?:transcriptions|translations)", transcription_request, Transcriptions()),
        Route("/audio/speech", speech_request, TogetherSpeech()),
        prefix=VERSION_PREFIX,
    )

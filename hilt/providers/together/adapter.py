"""Together's SDK: chat completions as OpenAI has them, and completions nearly so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import count_or_none, list_or_empty, number_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Delta, Request, Response, Surface, Target
from hilt.providers import _stainless_hooks
from hilt.providers._chat_completions import ChatCompletions, Completions
from hilt.providers._chat_usage import usage_of
from hilt.providers._stainless import Options
from hilt.providers._stainless_chat import (
    Route,
    StainlessChat,
    chat_request,
    completion_request,
)
from hilt.providers.openai.embeddings import Embeddings, embeddings_request

__all__ = ["Together", "TogetherCompletions", "TogetherRerank", "rerank_request"]


def rerank_request(sent: Options) -> Request:
    """What ``rerank.create`` asks for."""
    body, top = sent.body, count_or_none(sent.body.get("top_n"))
    query = {"type": "text", "content": to_text(body.get("query"))}
    documents = body.get("documents")
    return Request(
        "rerank",
        "",
        model=body.get("model"),
        messages=[{"role": "user", "parts": [query]}],
        attributes={} if top is None else {semconv.RETRIEVAL_TOP_K: top},
        documents=to_plain_json(documents) if isinstance(documents, (list, tuple)) else None,
    )


class TogetherRerank(Surface):
    """Answers of ``rerank``."""

    name = "rerank"

    def response(self, body: Any) -> Response:
        """The documents by rank, with their scores."""
        usage = get_path(body, "usage")
        return Response(
            id=get_path(body, "id"),
            model=get_path(body, "model"),
            usage=usage_of(usage),
            raw_usage=to_plain_json(usage),
            documents=[_ranked(row) for row in list_or_empty(get_path(body, "results"))],
        )


def _ranked(row: Any) -> dict[str, Any]:
    found = {
        "index": count_or_none(get_path(row, "index")),
        "score": number_or_none(get_path(row, "relevance_score")),
    }
    text = get_path(row, "document", "text")
    return {**found, "text": text} if isinstance(text, str) else found


class TogetherCompletions(Completions):
    """Answers of Together's ``completions``, whose chunks are built like those of a chat."""

    def delta(self, chunk: Any) -> Delta | None:
        """What a chunk adds; the reason to finish may stand outside the choices."""
        found = super().delta(chunk)
        reason = get_path(chunk, "finish_reason")
        if found is not None and reason:
            found.finish_reasons = {**(found.finish_reasons or {}), 0: str(reason)}
        return found

    def _add_choice(self, found: Delta, choice: Any) -> None:
        if get_path(choice, "text"):
            super()._add_choice(found, choice)
        else:
            ChatCompletions._add_choice(self, found, choice)  # noqa: SLF001 # its grandparent's


class Together(StainlessChat):
    """The ``together`` package, from 2.0: earlier ones were made another way."""

    name = "together"
    targets: tuple[Target, ...] = _stainless_hooks.targets("together")
    surfaces: Mapping[str, str] = {
        "chat.completions": "create",
        "completions": "create",
        "embeddings": "create",
        "rerank": "create",
    }
    routes = (
        Route("/chat/completions", chat_request, ChatCompletions()),
        Route("/completions", completion_request, TogetherCompletions()),
        Route("/embeddings", embeddings_request, Embeddings()),
        Route("/rerank", rerank_request, TogetherRerank()),
    )

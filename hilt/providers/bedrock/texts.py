"""The simplest bodies on Bedrock: a text or several, vectors, pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt.genai.coerce import as_list, count_or_none, list_or_empty, to_text
from hilt.genai.json_values import get_path
from hilt.genai.media import blob_of_base64
from hilt.genai.values import Delta, Message, Response, Surface, Usage
from hilt.providers.openai.embeddings import dimensions_of

__all__ = ["Embedded", "Pictures", "Texts"]

_ROWS = ("results", "completions", "outputs", "generations")
_TEXTS = ("outputText", "generation", "completion", "text")
_REASONS = ("completionReason", "stop_reason", "finish_reason", "finishReason")
_SENT = ("inputTextTokenCount", "prompt_token_count")
_MADE = ("totalOutputTextTokenCount", "generation_token_count")


class Texts(Surface):
    """Titan, Meta, Mistral, AI21's Jurassic, and the first Claude: a text, why it ended, counts."""

    name = "text"

    def response(self, body: Any) -> Response:
        """The whole answer: a message for each text."""
        found = Response()
        identity = get_path(body, "id")
        found.id = str(identity) if identity else None
        for row in _rows_of(body):
            text, reason = _text_of(row), _reason_of(row)
            message: Message = {"role": "assistant", "parts": [{"type": "text", "content": text}]}
            if reason:
                message["finish_reason"] = reason
                found.finish_reasons.append(reason)
            found.messages.append(message)
        found.usage, found.raw_usage = _usage_of(body)
        return found

    def delta(self, chunk: Any) -> Delta | None:
        """What a chunk adds."""
        found = Delta(texts=[])
        reasons: dict[int, str] = {}
        for row in _rows_of(chunk):
            choice = count_or_none(get_path(row, "index")) or 0
            text, reason = _text_of(row), _reason_of(row)
            if choice == 0 and text:
                found.text = text
            elif text:
                found.texts = [*(found.texts or ()), (choice, text)]
            if reason:
                reasons[choice] = reason
        found.finish_reasons = reasons or None
        usage, raw = _usage_of(chunk)
        if usage is not None:
            found.response = Response(usage=usage, raw_usage=raw)
        return found


def _rows_of(body: Any) -> list[Any]:
    for name in _ROWS:
        rows = get_path(body, name)
        if isinstance(rows, list):
            return rows
    return [body]


def _text_of(row: Any) -> str:
    for name in _TEXTS:
        text = get_path(row, name)
        if isinstance(text, str):
            return text
    return to_text(get_path(row, "data", "text"))


def _reason_of(row: Any) -> str | None:
    for name in _REASONS:
        reason = get_path(row, name)
        if isinstance(reason, Mapping):
            reason = get_path(reason, "reason")
        if reason:
            return str(reason)
    return None


def _usage_of(body: Any) -> tuple[Usage | None, Any]:
    raw = {
        name: count
        for name in (*_SENT, *_MADE)
        if (count := count_or_none(get_path(body, name))) is not None
    }
    made = [count_or_none(get_path(row, "tokenCount")) for row in _rows_of(body)]
    counted = [count for count in made if count is not None]
    if counted:
        raw["tokenCount"] = sum(counted)
    if not raw:
        return None, None
    return Usage(_first(raw, _SENT), _first(raw, (*_MADE, "tokenCount"))), raw


def _first(counts: Mapping[str, int], names: tuple[str, ...]) -> int | None:
    return next((counts[name] for name in names if name in counts), None)


class Embedded(Surface):
    """Titan's embeddings: one vector, or one in each type that was asked for."""

    name = "embed"

    def response(self, body: Any) -> Response:
        """How many vectors came, and how long they are."""
        by_type = get_path(body, "embeddingsByType")
        rows = list(by_type.values()) if isinstance(by_type, Mapping) else []
        if not rows and get_path(body, "embedding") is not None:
            rows = [get_path(body, "embedding")]
        found = Response(vectors=len(rows))
        found.dimensions = dimensions_of(rows[0]) if rows else None
        found.usage, found.raw_usage = _usage_of(body)
        return found


class Pictures(Surface):
    """Images of Titan, Nova and Stability."""

    name = "images"

    def response(self, body: Any) -> Response:
        """The images, by what stands for them."""
        given = [
            *as_list(get_path(body, "images")),
            *(get_path(each, "base64") for each in list_or_empty(get_path(body, "artifacts"))),
        ]
        parts = [blob_of_base64(each, modality="image") for each in given if each]
        return Response(status="completed", messages=[{"role": "assistant", "parts": parts}])

"""The simplest answers on Bedrock: texts, vectors, images."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.coerce import as_list, count_or_none, list_or_empty, to_text
from hilt.genai.json_values import get_path
from hilt.genai.media import blob_of_base64
from hilt.genai.values import Delta, Failure, Response, Surface, Usage
from hilt.providers._counts import first_count, sum_of_counts
from hilt.providers._embeddings import dimensions_of
from hilt.providers._message_parts import index_of, text_message

__all__ = ["Images", "Texts", "TitanEmbeddings"]

_ROWS = ("results", "completions", "outputs", "generations")
_TEXTS = ("outputText", "generation", "completion", "text", "message")
_REASONS = ("completionReason", "stop_reason", "finish_reason", "finishReason")
_INPUT_COUNTS = ("inputTextTokenCount", "prompt_token_count")
_FILTERS = ("filter", "moderat", "policy", "guardrail")  #: in the reasons of those who refuse
_OUTPUT_COUNTS = ("totalOutputTextTokenCount", "generation_token_count")


class Texts(Surface):
    """Titan, Meta, Mistral, AI21's Jurassic, and the first Claude: a text, why it ended, counts."""

    name = "text"

    def response(self, body: object) -> Response:
        """The whole answer: a message for each text."""
        response_id = get_path(body, "id")
        response = Response(id=str(response_id) if response_id else None)
        for row in _rows_of(body):
            response.add_choice(text_message("assistant", _text_of(row)), _finish_reason_of(row))
        response.usage, response.raw_usage = _usage_of(body)
        return response

    def delta(self, chunk: object) -> Delta | None:
        """What a chunk adds."""
        delta = Delta()
        for row in _rows_of(chunk):
            choice = index_of(row)
            delta.add_text(_text_of(row), choice)
            delta.add_finish_reason(_finish_reason_of(row), choice)
        usage, raw_usage = _usage_of(chunk)
        if usage is not None:
            delta.response = Response(usage=usage, raw_usage=raw_usage)
        return delta


def _rows_of(body: object) -> list[object]:
    for name in _ROWS:
        rows = get_path(body, name)
        if isinstance(rows, list):
            return rows
    return [body]


def _text_of(row: object) -> str:
    for name in _TEXTS:
        text = get_path(row, name)
        if isinstance(text, str):
            return text
    return to_text(get_path(row, "data", "text"))


def _finish_reason_of(row: object) -> str | None:
    for name in _REASONS:
        reason = get_path(row, name)
        if isinstance(reason, Mapping):
            reason = get_path(reason, "reason")
        if reason:
            return str(reason)
    return None


def _usage_of(body: object) -> tuple[Usage | None, dict[str, int] | None]:
    raw = {
        name: count
        for name in (*_INPUT_COUNTS, *_OUTPUT_COUNTS)
        if (count := count_or_none(get_path(body, name))) is not None
    }
    total = sum_of_counts(*(get_path(row, "tokenCount") for row in _rows_of(body)))
    if total is not None:
        raw["tokenCount"] = total
    if not raw:
        return None, None
    usage = Usage(
        input_tokens=first_count(*(raw.get(name) for name in _INPUT_COUNTS)),
        output_tokens=first_count(*(raw.get(name) for name in _OUTPUT_COUNTS), total),
    )
    return usage, raw


class TitanEmbeddings(Surface):
    """Titan's embeddings: one vector, or one of each type that the request names."""

    name = "embed"

    def response(self, body: object) -> Response:
        """The number of vectors and their dimensions."""
        by_type = get_path(body, "embeddingsByType")
        rows = list(by_type.values()) if isinstance(by_type, Mapping) else []
        if not rows and get_path(body, "embedding") is not None:
            rows = [get_path(body, "embedding")]
        if not rows:  # Nova's and TwelveLabs', an object each
            each = as_list(get_path(body, "embeddings") or get_path(body, "data"))
            rows = [get_path(row, "embedding") for row in each]
        response = Response(vectors=len(rows))
        response.dimensions = dimensions_of(rows[0]) if rows else None
        response.usage, response.raw_usage = _usage_of(body)
        return response


class Images(Surface):
    """Images of Titan, Nova and Stability."""

    name = "images"

    def response(self, body: object) -> Response:
        """The images, as blobs."""
        images = [
            *as_list(get_path(body, "images")),
            *(get_path(each, "base64") for each in list_or_empty(get_path(body, "artifacts"))),
        ]
        parts = [blob_of_base64(image, modality="image") for image in images if image]
        refusals = _refusals_of(body)
        parts += [{"type": "refusal", "content": reason} for reason in refusals]
        response = Response(status="completed", messages=[{"role": "assistant", "parts": parts}])
        if refusals:
            response.finish_reasons = refusals
            _set_outcome(response, refusals[0])
        return response


def _refusals_of(body: object) -> list[str]:
    """Why there are fewer images than were asked for: Stability's reasons, and Nova's error."""
    reasons = [
        *list_or_empty(get_path(body, "finish_reasons")),
        *(get_path(each, "finishReason") for each in list_or_empty(get_path(body, "artifacts"))),
        get_path(body, "error"),
    ]
    return [to_text(reason) for reason in reasons if reason and reason != "SUCCESS"]


def _set_outcome(response: Response, reason: str) -> None:
    if any(word in reason.lower() for word in _FILTERS):
        response.outcome = "filtered"
    else:
        response.failure = Failure("server_error", "images.error", reason)

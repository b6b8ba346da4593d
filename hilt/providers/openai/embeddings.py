"""OpenAI's embeddings and moderations: texts in, numbers out."""

from __future__ import annotations

from typing import Any

from hilt import semconv
from hilt.genai.coerce import FIELDLESS, as_list, count_or_none, length_or_none, unknown_part
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Message, Request, Response, Surface
from hilt.providers._chat_completions import part_of
from hilt.providers._chat_usage import usage_of
from hilt.providers._stainless import Options

__all__ = [
    "Embeddings",
    "Moderations",
    "dimensions_of",
    "embeddings_request",
    "input_message",
    "inputs_of",
    "moderations_request",
]


def embeddings_request(sent: Options) -> Request:
    """What ``embeddings.create`` asks for."""
    body = sent.body
    attributes: dict[str, Any] = {}
    encoding, dimensions = body.get("encoding_format"), count_or_none(body.get("dimensions"))
    if isinstance(encoding, str):
        attributes[semconv.REQUEST_ENCODING_FORMATS] = [encoding]
    if dimensions is not None:
        attributes[semconv.EMBEDDINGS_DIMENSION_COUNT] = dimensions
    user = body.get("user")
    return Request(
        "embeddings",
        "",
        model=body.get("model"),
        messages=inputs_of(body.get("input")),
        read=input_message,
        attributes=attributes,
        user=user if isinstance(user, str) else None,
    )


def inputs_of(given: Any) -> list[Any]:
    """The inputs one by one: a text, texts, the tokens of a text, or those of several."""
    if not isinstance(given, list):
        return [] if given is None else [given]
    return [given] if given and isinstance(given[0], int) else given


def input_message(given: Any) -> Message:
    """An input as the message of a user."""
    if isinstance(given, str):
        text = given
    elif isinstance(given, list) and (not given or isinstance(given[0], int)):
        text = f"[{len(given)} tokens]"
    else:
        return {"role": "user", "parts": [part_of(each) for each in as_list(given)]}
    return {"role": "user", "parts": [{"type": "text", "content": text}]}


def dimensions_of(vector: Any) -> int | None:
    """How long a vector is; in base64 each number takes four bytes."""
    if isinstance(vector, str):
        padding = 2 if vector.endswith("==") else 1 if vector.endswith("=") else 0
        return (len(vector) * 3 // 4 - padding) // 4
    return len(vector) if isinstance(vector, (list, tuple)) else None


class Embeddings(Surface):
    """Answers of ``embeddings``: how many vectors, how long, never the numbers."""

    name = "embeddings"

    def response(self, body: Any) -> Response:
        """What is known of the vectors."""
        rows = get_path(body, "data")
        usage = get_path(body, "usage")
        return Response(
            id=get_path(body, "id") or None,
            model=get_path(body, "model") or None,
            vectors=length_or_none(rows),
            dimensions=dimensions_of(get_path(rows, 0, "embedding")),
            usage=usage_of(usage),
            raw_usage=to_plain_json(usage) if usage else None,
        )


def moderations_request(sent: Options) -> Request:
    """What ``moderations.create`` asks for."""
    given = sent.body.get("input")
    if isinstance(given, list) and given and isinstance(given[0], dict):
        given = [{"role": "user", "content": given}]  # the parts of one message
    return Request(
        "moderation",
        "",
        model=sent.body.get("model"),
        messages=inputs_of(given),
        read=_moderated,
    )


def _moderated(given: Any) -> Message:
    if isinstance(given, dict):
        parts = as_list(given.get("content") or given)
        return {"role": "user", "parts": [part_of(part) for part in parts]}
    return input_message(given)


class Moderations(Surface):
    """Answers of ``moderations``: one judgement for each input."""

    name = "moderations"

    def response(self, body: Any) -> Response:
        """The judgements, with the scores of every category."""
        return Response(
            id=get_path(body, "id") or None,
            model=get_path(body, "model") or None,
            messages=[_judgement(each) for each in as_list(get_path(body, "results"))],
        )


def _judgement(result: Any) -> Message:
    if isinstance(result, FIELDLESS):
        return {"role": "assistant", "parts": [unknown_part(result)]}
    categories = to_plain_json(get_path(result, "categories")) or {}
    if isinstance(categories, dict):
        categories = [name for name, said in categories.items() if said]
    part = {
        "type": "moderation",
        "flagged": bool(get_path(result, "flagged")),
        "categories": categories,
        "scores": to_plain_json(get_path(result, "category_scores")),
    }
    return {"role": "assistant", "parts": [part]}

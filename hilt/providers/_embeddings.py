"""The embeddings API of OpenAI, which many others copy, and what all embeddings share."""

from __future__ import annotations

from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, length_or_none, str_or_none, text_or_none
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Message, Request, Response, Surface
from hilt.providers._chat_completions import usage_of
from hilt.providers._chat_messages import part_of
from hilt.providers._http import HttpRequest
from hilt.providers._message_parts import text_message
from hilt.providers._parameters import count_attribute

__all__ = ["Embeddings", "dimensions_of", "embeddings_request", "input_message", "inputs_of"]

_BYTES_PER_NUMBER = 4


def embeddings_request(sent: HttpRequest) -> Request:
    """A request of ``embeddings``."""
    body = sent.body
    attributes = count_attribute(semconv.EMBEDDINGS_DIMENSION_COUNT, body.get("dimensions"))
    encoding = body.get("encoding_format")
    if isinstance(encoding, str):
        attributes[semconv.REQUEST_ENCODING_FORMATS] = [encoding]
    return Request(
        "embeddings",
        "",
        model=text_or_none(body.get("model")),
        messages=inputs_of(body.get("input")),
        read=input_message,
        attributes=attributes,
        user=str_or_none(body.get("user")),
    )


def inputs_of(value: Any) -> list[Any]:
    """The inputs one by one, of a text, some texts, the tokens of a text, or those of some."""
    if not isinstance(value, list):
        return [] if value is None else [value]
    return [value] if value and isinstance(value[0], int) else value


def input_message(value: object) -> Message:
    """An input as the message of a user; of tokens, their number."""
    if isinstance(value, str):
        return text_message("user", value)
    if isinstance(value, list) and (not value or isinstance(value[0], int)):
        return text_message("user", f"[{len(value)} tokens]")
    return {"role": "user", "parts": [part_of(each) for each in as_list(value)]}


def dimensions_of(vector: object) -> int | None:
    """How many numbers a vector has, also of one in base64; None of what is no vector."""
    if isinstance(vector, str):
        padding = 2 if vector.endswith("==") else 1 if vector.endswith("=") else 0
        return (len(vector) * 3 // 4 - padding) // _BYTES_PER_NUMBER
    return length_or_none(vector)


class Embeddings(Surface):
    """Answers of ``embeddings``: how many vectors, how long, never the numbers."""

    name = "embeddings"
    json = True

    def response(self, body: object) -> Response:
        """The number of vectors and their dimensions."""
        rows, usage = get_path(body, "data"), get_path(body, "usage")
        return Response(
            id=get_path(body, "id") or None,
            model=get_path(body, "model") or None,
            vectors=length_or_none(rows),
            dimensions=dimensions_of(get_path(rows, 0, "embedding")),
            usage=usage_of(usage),
            raw_usage=to_plain_json(usage) if usage else None,
        )

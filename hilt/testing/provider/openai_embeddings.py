"""OpenAI embeddings, and vectors computed without a model."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import struct
from random import Random
from typing import TYPE_CHECKING, Any

from hilt.testing.provider.answers import Json, ParsedRequest, count_tokens
from hilt.testing.provider.endpoint import Endpoint, Exchange
from hilt.testing.provider.openai_chat import openai_error

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EMBEDDINGS", "vector_of", "vectors_for"]

_SIZES = {"text-embedding-3-large": 3072, "embed-v4.0": 1536, "gemini-embedding-001": 3072}
_SIZE = 1536
_LARGEST = 1 << 16
_COMPONENTS_PER_WORD = 32


def vector_of(text: str, size: int) -> list[float]:
    """A vector of length 1: always the same for a text, and closer for texts that share words.

    Each word adds to a few components of the vector, which are chosen by the word's hash.
    """
    total = [0.0] * size
    for word in re.findall(r"\w+", text.lower()) or [text]:
        random = Random(hashlib.sha256(word.encode()).digest())  # noqa: S311
        for _ in range(_COMPONENTS_PER_WORD):
            total[random.randrange(size)] += random.uniform(-1, 1)
    length = math.sqrt(sum(value * value for value in total)) or 1.0
    return [value / length for value in total]


def vectors_for(exchange: Exchange, size: int | None) -> Sequence[Sequence[float]]:
    """The vectors of the answer, or computed ones."""
    if exchange.answer.vectors is not None:
        return exchange.answer.vectors
    length = size or exchange.answer.dimensions or _SIZES.get(exchange.request.model, _SIZE)
    if not isinstance(length, int) or not 0 < length <= _LARGEST:
        raise ValueError(f"a vector cannot have {length!r} numbers")
    return [vector_of(text, length) for text in exchange.request.inputs]


def _texts(given: Any) -> list[str]:
    if isinstance(given, str):
        return [given]
    if given and all(isinstance(item, int) for item in given):
        return [str(given)]
    return [str(item) for item in given or ()]


def _read(body: Json, match: re.Match[str]) -> ParsedRequest:
    return ParsedRequest(
        api="openai.embeddings",
        operation="embeddings",
        model=body.get("model") or match.groupdict().get("model") or "",
        body=body,
        inputs=_texts(body.get("input")),
    )


def _encoded(vector: Sequence[float], encoding: str | None) -> Any:
    if encoding != "base64":
        return list(vector)
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _usage(exchange: Exchange) -> Json:
    if exchange.answer.usage is not None:
        return exchange.answer.usage
    tokens = exchange.answer.tokens
    count = tokens.prompt if tokens else None
    if count is None:
        count = sum(map(count_tokens, exchange.request.inputs))
    return {"prompt_tokens": count, "total_tokens": count}


def _write(exchange: Exchange) -> Json:
    body = exchange.request.body
    rows = [
        {
            "object": "embedding",
            "index": index,
            "embedding": _encoded(vector, body.get("encoding_format")),
        }
        for index, vector in enumerate(vectors_for(exchange, body.get("dimensions")))
    ]
    usage = {"usage": written} if (written := _usage(exchange)) else {}
    model = exchange.answer.model or exchange.request.model
    return {"object": "list", "data": rows, "model": model, **usage}


EMBEDDINGS = Endpoint(
    path=re.compile(r"(?:.*/deployments/(?P<model>[^/]+))?.*/embeddings"),
    read=_read,
    whole=_write,
    error=openai_error,
)
"""``/embeddings``."""

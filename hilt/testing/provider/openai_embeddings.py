"""OpenAI embeddings, and the vectors that stand in for a model's."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import struct
from random import Random
from typing import TYPE_CHECKING, Any

from hilt.testing.provider.answers import Asked, Json, count_tokens
from hilt.testing.provider.endpoint import Surface, Writing
from hilt.testing.provider.openai_chat import openai_error

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EMBEDDINGS", "vector_of", "vectors_for"]

_SIZES = {"text-embedding-3-large": 3072, "embed-v4.0": 1536, "gemini-embedding-001": 3072}
_SIZE = 1536
_PLACES = 32


def vector_of(text: str, size: int) -> list[float]:
    """A vector of length 1: always the same for a text, nearer for texts that share words.

    Each word adds to some places of the vector, which ones its hash says.
    """
    total = [0.0] * size
    for word in re.findall(r"\w+", text.lower()) or [text]:
        random = Random(hashlib.sha256(word.encode()).digest())  # noqa: S311
        for _ in range(_PLACES):
            total[random.randrange(size)] += random.uniform(-1, 1)
    length = math.sqrt(sum(value * value for value in total)) or 1.0
    return [value / length for value in total]


def vectors_for(writing: Writing, size: int | None) -> Sequence[Sequence[float]]:
    """The scripted vectors, or made-up ones."""
    if writing.answer.vectors is not None:
        return writing.answer.vectors
    wanted = size or writing.answer.dimensions or _SIZES.get(writing.asked.model, _SIZE)
    return [vector_of(text, wanted) for text in writing.asked.inputs]


def _texts(given: Any) -> list[str]:
    if isinstance(given, str):
        return [given]
    if given and all(isinstance(item, int) for item in given):
        return [str(given)]
    return [str(item) for item in given or ()]


def _read(body: Json, match: re.Match[str]) -> Asked:
    return Asked(
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


def _usage(writing: Writing) -> Json:
    if writing.answer.usage is not None:
        return writing.answer.usage
    tokens = writing.answer.tokens
    count = tokens.prompt if tokens else None
    if count is None:
        count = sum(map(count_tokens, writing.asked.inputs))
    return {"prompt_tokens": count, "total_tokens": count}


def _write(writing: Writing) -> Json:
    body = writing.asked.body
    rows = [
        {
            "object": "embedding",
            "index": index,
            "embedding": _encoded(vector, body.get("encoding_format")),
        }
        for index, vector in enumerate(vectors_for(writing, body.get("dimensions")))
    ]
    usage = {"usage": written} if (written := _usage(writing)) else {}
    model = writing.answer.model or writing.asked.model
    return {"object": "list", "data": rows, "model": model, **usage}


EMBEDDINGS = Surface(
    path=re.compile(r"(?:.*/deployments/(?P<model>[^/]+))?.*/embeddings"),
    read=_read,
    whole=_write,
    error=openai_error,
)
"""``/embeddings``."""

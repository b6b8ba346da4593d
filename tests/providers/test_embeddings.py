"""Embeddings as OpenAI's API has them, and what all embeddings share."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from hilt.genai.values import Request, Response, Usage
from hilt.providers._embeddings import (
    Embeddings,
    dimensions_of,
    embeddings_request,
    input_message,
    inputs_of,
)
from hilt.providers._http import HttpRequest


def text(content: str) -> dict[str, Any]:
    """A message of a user that is one text."""
    return {"role": "user", "parts": [{"type": "text", "content": content}]}


def test_request() -> None:
    """Inputs, model, dimensions, encoding and user."""
    body = {
        "model": "text-embedding-3-small",
        "input": ["One.", "Two."],
        "dimensions": 256,
        "encoding_format": "base64",
        "user": "alice",
    }

    assert embeddings_request(HttpRequest("post", "/embeddings", body)) == Request(
        "embeddings",
        "",
        model="text-embedding-3-small",
        messages=["One.", "Two."],
        read=input_message,
        attributes={
            "gen_ai.embeddings.dimension.count": 256,
            "gen_ai.request.encoding_formats": ["base64"],
        },
        user="alice",
    )


@pytest.mark.parametrize(
    ("value", "inputs"),
    [
        (None, []),
        ("One.", ["One."]),
        (["One.", "Two."], ["One.", "Two."]),
        ([1, 2, 3], [[1, 2, 3]]),
        ([[1, 2], [3]], [[1, 2], [3]]),
        ([], []),
    ],
)
def test_inputs_one_by_one(value: Any, inputs: list[Any]) -> None:
    """A list of numbers is one text, given as its tokens."""
    assert inputs_of(value) == inputs


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("One.", text("One.")),
        ([1, 2, 3], text("[3 tokens]")),
        ({"type": "text", "text": "One."}, text("One.")),
        ([{"type": "text", "text": "One."}], text("One.")),
    ],
)
def test_input_as_a_message(value: Any, message: dict[str, Any]) -> None:
    """Of tokens there is their number, and parts of other APIs are read."""
    assert input_message(value) == message


@pytest.mark.parametrize("numbers", [1, 2, 3, 256])
def test_dimensions_of_a_vector(numbers: int) -> None:
    """The length, also of four bytes a number in base64."""
    encoded = base64.b64encode(bytes(4 * numbers)).decode()

    assert dimensions_of([0.5] * numbers) == numbers
    assert dimensions_of(encoded) == numbers


def test_what_is_no_vector_has_no_dimensions() -> None:
    """Nothing is guessed."""
    assert dimensions_of(None) is None
    assert dimensions_of({"values": []}) is None


def test_answer_has_the_number_of_vectors_and_no_numbers() -> None:
    """The vectors are counted, and their tokens."""
    usage = {"prompt_tokens": 5, "total_tokens": 5}
    rows = [{"index": 0, "embedding": [0.1, 0.2]}, {"index": 1, "embedding": [0.3, 0.4]}]

    assert Embeddings().response({"model": "m", "data": rows, "usage": usage}) == Response(
        model="m",
        vectors=2,
        dimensions=2,
        usage=Usage(input_tokens=5, total_tokens=5),
        raw_usage=usage,
    )


def test_answer_without_vectors() -> None:
    """What was not sent is not known."""
    assert Embeddings().response({}) == Response()

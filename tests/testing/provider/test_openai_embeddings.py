"""Embeddings, as the OpenAI SDK sees them."""

from __future__ import annotations

import math

import pytest

from hilt.testing.provider import Answer


def dot(a, b):
    """The cosine of two vectors of length 1."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def test_vectors_are_near_where_texts_are(client):
    """Vectors have length 1, the model's size, and tell near texts from far ones."""
    texts = ["the cat sat", "the cat slept", "tax law reform"]

    rows = client.embeddings.create(model="text-embedding-3-small", input=texts).data

    first, near, far = (row.embedding for row in rows)
    assert len(first) == 1536
    assert math.isclose(dot(first, first), 1, rel_tol=1e-4)
    assert dot(first, near) > dot(first, far) + 0.3


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_encodings_and_sizes(client, encoding):
    """Both encodings give the wanted number of dimensions."""
    answer = client.embeddings.create(
        model="text-embedding-3-small", input="a", dimensions=8, encoding_format=encoding
    )

    vector = answer.data[0].embedding
    assert len(vector) == (8 if encoding == "float" else 44)
    assert answer.usage.total_tokens == 1


def test_scripted_vectors(client, provider):
    """Scripted vectors are sent."""
    provider.answer(Answer(vectors=[[0.5, 0.25]]))

    answer = client.embeddings.create(model="m", input="a", encoding_format="float")

    assert answer.data[0].embedding == [0.5, 0.25]

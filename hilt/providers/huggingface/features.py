"""Feature extraction: vectors of texts, as bare lists or as OpenAI's embeddings."""

from __future__ import annotations

from hilt.genai.coerce import str_or_none
from hilt.genai.values import Request, Response, Surface
from hilt.providers._embeddings import Embeddings, embeddings_request, input_message, inputs_of
from hilt.providers._http import HttpRequest

__all__ = ["Features", "features_request"]

_EMBEDDINGS = Embeddings()


def features_request(sent: HttpRequest) -> Request:
    """A request of ``feature_extraction``."""
    if "inputs" not in sent.body:
        return embeddings_request(sent)
    return Request(
        "embeddings",
        "",
        model=str_or_none(sent.body.get("model")),
        messages=inputs_of(sent.body.get("inputs")),
        read=input_message,
    )


class Features(Surface):
    """Answers of ``feature_extraction``: how many vectors, how long, never the numbers."""

    name = "feature_extraction"
    json = True

    def response(self, body: object) -> Response:
        """The number of vectors and their dimensions; a text may have one for each token."""
        if not isinstance(body, list):
            return _EMBEDDINGS.response(body)
        vectors, rows = 1, body
        while rows and isinstance(rows[0], list):
            vectors *= len(rows)
            rows = rows[0]
        return Response(vectors=vectors, dimensions=len(rows))

"""OpenAI's vector stores: a search is a retrieval, which calls no language model."""

from __future__ import annotations

from hilt import semconv
from hilt.genai.coerce import as_list, list_or_empty, number_or_none, text_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Request, Response
from hilt.instrumentation.step_calls import StepSurface
from hilt.providers._http import HttpRequest
from hilt.providers._message_parts import text_message
from hilt.providers._parameters import count_attribute
from hilt.recording.step_events import Step

__all__ = ["VectorSearch", "search_request"]


def search_request(sent: HttpRequest) -> Request:
    """A request of ``vector_stores.search``."""
    return Request(
        "retrieval",
        "",
        model=sent.path.rstrip("/").rpartition("/")[0].rpartition("/")[2],
        messages=[text_message("user", query) for query in as_list(sent.body.get("query"))],
        attributes=count_attribute(semconv.RETRIEVAL_TOP_K, sent.body.get("max_num_results")),
    )


class VectorSearch(StepSurface):
    """Answers of ``vector_stores.search``."""

    name = "vector_stores"

    def step(self, request: Request) -> Step:
        """The retrieval, named by its store."""
        store, request.model = request.model or "", None  # a store is no model
        queries = [to_text(get_path(each, "parts", 0, "content")) for each in request.messages]
        return Step("retrieval", "retrieval", store, 0, 0, input_text="\n".join(queries))

    def response(self, body: object) -> Response:
        """The chunks of files by rank, with their scores and texts."""
        return Response(
            documents=[_document(row) for row in list_or_empty(get_path(body, "data"))],
            finish_reasons=["stop"],
        )


def _document(row: object) -> dict[str, object]:
    texts = [to_text(get_path(each, "text")) for each in list_or_empty(get_path(row, "content"))]
    document = {
        "id": text_or_none(get_path(row, "file_id")),
        "name": text_or_none(get_path(row, "filename")),
        "score": number_or_none(get_path(row, "score")),
        "text": "\n".join(texts),
        "attributes": to_plain_json(get_path(row, "attributes")),
    }
    return {name: value for name, value in document.items() if value}

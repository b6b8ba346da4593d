"""Mistral's OCR: documents in, pages out, paid by the page."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.observation import Observation
from hilt.genai.values import Part
from hilt.providers._http import HttpRequest
from hilt.providers.mistral.ocr import Ocr, ocr_request
from hilt.recording.event_fields import add_cost
from tests.providers.wire import PIXELS_BASE64, PIXELS_DIGEST

PAGES = [
    {"index": 0, "markdown": "# One", "images": [], "dimensions": None},
    {"index": 1, "markdown": "Two", "images": [], "dimensions": None},
]
BODY = {
    "pages": PAGES,
    "model": "mistral-ocr-2512",
    "usage_info": {"pages_processed": 2, "doc_size_bytes": 900},
    "document_annotation": None,
}


@pytest.mark.parametrize(
    ("document", "part"),
    [
        (
            {"type": "document_url", "document_url": "https://example.com/a.pdf"},
            {"type": "uri", "modality": "document", "uri": "https://example.com/a.pdf"},
        ),
        (
            {"type": "image_url", "image_url": f"data:image/png;base64,{PIXELS_BASE64}"},
            {"type": "blob", "modality": "image", "mime_type": "image/png", **PIXELS_DIGEST},
        ),
        ({"type": "file", "file_id": "f1"}, {"type": "file", "modality": "document", "file_id": "f1"}),
    ],
)  # fmt: skip
def test_request(document: Any, part: Part) -> None:
    """A document at a URL, a picture in one, or a stored file."""
    body = {"model": "mistral-ocr-latest", "document": document}

    request = ocr_request(HttpRequest("post", "/v1/ocr", body))

    assert (request.operation, request.model) == ("generate_content", "mistral-ocr-latest")
    assert request.messages == [{"role": "user", "parts": [part]}]


def test_answer() -> None:
    """The text of the pages, and their number."""
    found = Ocr().response(BODY)

    assert found.messages == [
        {"role": "assistant", "parts": [{"type": "text", "content": "# One\n\nTwo"}]}
    ]
    assert found.raw_usage == {"pages_processed": 2, "doc_size_bytes": 900}


@pytest.mark.parametrize(
    ("fields", "cost"),
    [({}, 2 * 0.002), ({"document_annotation": '{"total": 7}'}, 2 * 0.003)],
)
def test_cost(fields: dict[str, Any], cost: float) -> None:
    """2 USD for a thousand pages, and 3 USD for a thousand that are annotated, by hand."""
    request = ocr_request(HttpRequest("post", "/v1/ocr", {"model": "mistral-ocr-2512"}))
    request.provider = "mistral_ai"
    call = Observation(request, 0)
    call.response = Ocr().response({**BODY, **fields})

    add_cost(call)

    assert call.cost_usd == pytest.approx(cost)


def test_what_is_to_be_annotated_is_part_of_the_prompt() -> None:
    """Behind the document."""
    body = {"document": {"file_id": "f"}, "document_annotation_prompt": "Who signed it?"}

    (message,) = ocr_request(HttpRequest(method="POST", path="/v1/ocr", body=body)).messages

    assert [part["type"] for part in message["parts"]] == ["file", "text"]
    assert message["parts"][1]["content"] == "Who signed it?"

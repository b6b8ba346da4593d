"""The simplest answers on Bedrock: texts, vectors, images."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Delta, Response, Usage
from hilt.providers.bedrock.texts import Images, Texts, TitanEmbeddings
from tests.providers.wire import PIXELS_BASE64, PIXELS_DIGEST


def answer(content: str, reason: str | None = None) -> dict[str, Any]:
    """An assistant's text as a message."""
    ending = {"finish_reason": reason} if reason else {}
    return {"role": "assistant", "parts": [{"type": "text", "content": content}], **ending}


@pytest.mark.parametrize(
    ("body", "response"),
    [
        ({"inputTextTokenCount": 3,
          "results": [{"tokenCount": 2, "outputText": "Hi", "completionReason": "FINISH"}]},
         Response(messages=[answer("Hi", "FINISH")], finish_reasons=["FINISH"], usage=Usage(3, 2),
                  raw_usage={"inputTextTokenCount": 3, "tokenCount": 2})),
        ({"generation": "Hi", "stop_reason": "stop", "prompt_token_count": 3,
          "generation_token_count": 2},
         Response(messages=[answer("Hi", "stop")], finish_reasons=["stop"], usage=Usage(3, 2),
                  raw_usage={"prompt_token_count": 3, "generation_token_count": 2})),
        ({"outputs": [{"text": "Hi", "stop_reason": "length"}, {"text": "Ho"}]},
         Response(messages=[answer("Hi", "length"), answer("Ho")], finish_reasons=["length"])),
        ({"id": 7, "completions": [{"data": {"text": "Hi"}, "finishReason": {"reason": "stop"}}]},
         Response(id="7", messages=[answer("Hi", "stop")], finish_reasons=["stop"])),
        ({"completion": "Hi", "stop_reason": None}, Response(messages=[answer("Hi")])),
        ({}, Response(messages=[answer("")])),
    ],
)  # fmt: skip
def test_text_of_each_maker(body: dict[str, Any], response: Response) -> None:
    """Titan, Meta, Mistral, Jurassic and the first Claude."""
    assert Texts().response(body) == response


def test_chunk() -> None:
    """Texts of its choices, reasons and counts."""
    chunk = {
        "outputs": [{"text": "Hi"}, {"index": 1, "text": "Ho", "stop_reason": "stop"}],
        "prompt_token_count": 3,
    }

    assert Texts().delta(chunk) == Delta(
        text="Hi",
        texts=[(1, "Ho")],
        finish_reasons={1: "stop"},
        response=Response(usage=Usage(3), raw_usage={"prompt_token_count": 3}),
    )
    assert Texts().delta({"outputText": ""}) == Delta()


@pytest.mark.parametrize(
    ("body", "vectors", "dimensions"),
    [
        ({"embedding": [0.1, 0.2, 0.3]}, 1, 3),
        ({"embeddingsByType": {"float": [0.1, 0.2], "binary": [1, 0]}}, 2, 2),
        ({}, 0, None),
    ],
)
def test_embeddings(body: dict[str, Any], vectors: int, dimensions: int | None) -> None:
    """One vector, or one of each type."""
    assert TitanEmbeddings().response({**body, "inputTextTokenCount": 4}) == Response(
        vectors=vectors,
        dimensions=dimensions,
        usage=Usage(4),
        raw_usage={"inputTextTokenCount": 4},
    )


@pytest.mark.parametrize(
    "body",
    [{"images": [PIXELS_BASE64]}, {"images": [None, PIXELS_BASE64]},
     {"artifacts": [{"base64": PIXELS_BASE64}]}],
)  # fmt: skip
def test_images(body: dict[str, Any]) -> None:
    """Images of Titan, Nova and Stability are blobs."""
    blob = {"type": "blob", "modality": "image", **PIXELS_DIGEST}

    assert Images().response(body) == Response(
        status="completed", messages=[{"role": "assistant", "parts": [blob]}]
    )


@pytest.mark.parametrize(
    ("body", "reason", "outcome"),
    [
        ({"images": [None], "finish_reasons": ["Filter reason: prompt"]},
         "Filter reason: prompt", "filtered"),
        ({"artifacts": [{"finishReason": "CONTENT_FILTERED"}]}, "CONTENT_FILTERED", "filtered"),
        ({"images": [], "error": "Blocked by our content filters."},
         "Blocked by our content filters.", "filtered"),
        ({"images": [], "finish_reasons": ["Inference error"]}, "Inference error", None),
    ],
)  # fmt: skip
def test_images_that_are_refused(body: dict[str, object], reason: str, outcome: str | None) -> None:
    """The reason is in the log, and the call is not completed."""
    response = Images().response(body)

    assert response.messages[0]["parts"] == [{"type": "refusal", "content": reason}]
    assert (response.outcome, response.failure is None) == (outcome, outcome is not None)


def test_images_that_are_made_have_no_reason() -> None:
    """Stability says null for each, or that it succeeded."""
    body = {
        "images": ["eA=="],
        "finish_reasons": [None],
        "artifacts": [{"finishReason": "SUCCESS"}],
    }

    response = Images().response(body)

    assert (len(response.messages[0]["parts"]), response.finish_reasons) == (1, [])

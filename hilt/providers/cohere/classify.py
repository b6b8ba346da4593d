"""Cohere's classifications: texts in, a label for each."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.coerce import list_or_empty, number_or_none, text_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Message, Request, Response, Surface
from hilt.providers._message_parts import text_message, text_part
from hilt.providers.cohere.fields import failure_of_body, usage_of

__all__ = ["Classify", "classify_request"]


def classify_request(body: Mapping[str, object]) -> Request:
    """A request of ``classify``; its examples teach the labels, and are instructions."""
    examples = [
        text_part(f"{to_text(get_path(each, 'label'))}: {to_text(get_path(each, 'text'))}")
        for each in list_or_empty(body.get("examples"))
    ]
    return Request(
        "classification",
        "cohere",
        model=text_or_none(body.get("model")),
        messages=[text_message("user", each) for each in list_or_empty(body.get("inputs"))],
        instructions=examples or None,
    )


class Classify(Surface):
    """Answers of ``classify``: one for each input, in their order."""

    name = "classify"

    def response(self, body: object) -> Response:
        """The labels, with the confidence in each."""
        usage, raw = usage_of(get_path(body, "meta"))
        rows = get_path(body, "classifications")
        return Response(
            id=text_or_none(get_path(body, "id")),
            messages=[_label_message(each) for each in list_or_empty(rows)],
            failure=failure_of_body(body) if rows is None else None,
            usage=usage,
            raw_usage=raw,
        )


def _label_message(row: object) -> Message:
    predictions = [to_text(each) for each in list_or_empty(get_path(row, "predictions"))]
    prediction = get_path(row, "prediction")
    labels = ", ".join(predictions) or to_text(prediction)
    details = {
        "type": "classification",
        "confidence": number_or_none(get_path(row, "confidence")),
        "labels": to_plain_json(get_path(row, "labels")),
    }
    present = {name: value for name, value in details.items() if value is not None}
    return {"role": "assistant", "parts": [text_part(labels), present]}

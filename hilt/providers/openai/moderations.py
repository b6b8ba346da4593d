"""OpenAI's moderations: texts and images in, judgements out."""

from __future__ import annotations

from hilt.genai.coerce import FIELDLESS, as_list, text_or_none, unknown_part
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Message, Request, Response, Surface
from hilt.providers._chat_messages import part_of
from hilt.providers._embeddings import input_message, inputs_of
from hilt.providers._http import HttpRequest

__all__ = ["Moderations", "moderations_request"]


def moderations_request(sent: HttpRequest) -> Request:
    """A request of ``moderations.create``."""
    value = sent.body.get("input")
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = [{"role": "user", "content": value}]  # the parts of one message
    return Request(
        "moderation",
        "",
        model=text_or_none(sent.body.get("model")),
        messages=inputs_of(value),
        read=message_of,
    )


def message_of(value: object) -> Message:
    """What is to be judged, as the message of a user."""
    if isinstance(value, dict):
        parts = as_list(value.get("content") or value)
        return {"role": "user", "parts": [part_of(part) for part in parts]}
    return input_message(value)


class Moderations(Surface):
    """Answers of ``moderations``: one judgement for each input."""

    name = "moderations"
    json = True

    def response(self, body: object) -> Response:
        """The judgements, with the scores of every category."""
        return Response(
            id=get_path(body, "id") or None,
            model=get_path(body, "model") or None,
            messages=[_judgement_message(each) for each in as_list(get_path(body, "results"))],
        )


def _judgement_message(result: object) -> Message:
    if isinstance(result, FIELDLESS):
        return {"role": "assistant", "parts": [unknown_part(result)]}
    categories = to_plain_json(get_path(result, "categories")) or {}
    if isinstance(categories, dict):
        categories = [name for name, applies in categories.items() if applies]
    flagged = get_path(result, "flagged")
    part = {
        "type": "moderation",
        "flagged": bool(categories if flagged is None else flagged),
        "categories": categories,
        "scores": to_plain_json(get_path(result, "category_scores")),
    }
    return {"role": "assistant", "parts": [part]}

"""Mistral's classifiers: texts or whole chats in, judgements or labels out."""

from __future__ import annotations

from hilt.genai.coerce import FIELDLESS, as_list, text_or_none, unknown_part
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Message, Part, Request, Response, Surface
from hilt.providers._chat_completions import usage_of
from hilt.providers._embeddings import input_message
from hilt.providers._http import HttpRequest
from hilt.providers._message_parts import text_part
from hilt.providers.mistral.messages import message_of

__all__ = ["Classifications", "classification_request", "moderation_request"]


def moderation_request(sent: HttpRequest) -> Request:
    """A request of ``classifiers.moderate`` and ``moderate_chat``."""
    return _request("moderation", sent)


def classification_request(sent: HttpRequest) -> Request:
    """A request of ``classifiers.classify`` and ``classify_chat``."""
    return _request("classification", sent)


def _request(operation: str, sent: HttpRequest) -> Request:
    messages = [
        message
        for each in as_list(sent.body.get("input"))
        for message in as_list(get_path(each, "messages") or each)
    ]
    model = text_or_none(sent.body.get("model"))
    return Request(operation, "", model=model, messages=messages, read=_read)


def _read(value: object) -> Message:
    return message_of(value) if get_path(value, "role") else input_message(value)


class Classifications(Surface):
    """Answers of ``classifiers.classify``: the most likely label of each target."""

    name = "classifications"

    def response(self, body: object) -> Response:
        """A message for each input, with the scores of all labels."""
        usage = get_path(body, "usage")
        return Response(
            id=text_or_none(get_path(body, "id")),
            model=text_or_none(get_path(body, "model")),
            messages=[_message(each) for each in as_list(get_path(body, "results"))],
            usage=usage_of(usage),
            raw_usage=to_plain_json(usage) if usage else None,
        )


def _message(result: object) -> Message:
    targets = to_plain_json(result)
    if not isinstance(targets, dict):
        return {"role": "assistant", "parts": [unknown_part(result)]}
    parts: list[Part] = []
    for target, value in targets.items():
        scores = get_path(value, "scores")
        if isinstance(scores, FIELDLESS) or not isinstance(scores, dict) or not scores:
            continue
        label = max(scores, key=lambda name: scores[name])
        parts.append(text_part(f"{target}: {label}"))
        parts.append({"type": "classification", "target": target, "scores": scores})
    return {"role": "assistant", "parts": parts}

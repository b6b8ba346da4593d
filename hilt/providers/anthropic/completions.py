"""Anthropic's legacy completions: one text in, one text out, and no counts of tokens."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.coerce import str_or_none, to_text
from hilt.genai.json_values import get_path
from hilt.genai.values import Delta, Request, Response, Surface
from hilt.providers._message_parts import text_message
from hilt.providers.anthropic.blocks import message_of
from hilt.providers.anthropic.messages import request_parameters

__all__ = ["Completions", "completion_request"]


def completion_request(body: Mapping[str, object]) -> Request:
    """A request of ``completions``, by its body."""
    prompt = body.get("prompt")
    return Request(
        "text_completion",
        "anthropic",
        model=str_or_none(body.get("model")),
        messages=[{"role": "user", "content": "" if prompt is None else prompt}],
        read=message_of,
        attributes=request_parameters(body),
        user=str_or_none(get_path(body, "metadata", "user_id")),
    )


class Completions(Surface):
    """Answers of ``completions``."""

    name = "completions"

    def response(self, body: object) -> Response:
        """The whole answer."""
        response = Response(id=get_path(body, "id"), model=get_path(body, "model"))
        message = text_message("assistant", get_path(body, "completion"))
        response.add_choice(message, get_path(body, "stop_reason"))
        return response

    def delta(self, chunk: object) -> Delta | None:
        """What a chunk adds."""
        delta = Delta(
            text=to_text(get_path(chunk, "completion")) or None,
            response=Response(id=get_path(chunk, "id"), model=get_path(chunk, "model")),
        )
        delta.add_finish_reason(get_path(chunk, "stop_reason"))
        return delta

"""The legacy completions API of OpenAI, which some others have."""

from __future__ import annotations

from hilt.genai.coerce import str_or_none, to_text
from hilt.genai.json_values import get_path
from hilt.genai.values import Delta, Request, Response
from hilt.providers._chat_completions import (
    ChatCompletions,
    in_order,
    request_parameters,
    wire_fields_of,
)
from hilt.providers._chat_messages import message_of
from hilt.providers._http import HttpRequest
from hilt.providers._message_parts import index_of, text_message

__all__ = ["Completions", "completion_request"]


def completion_request(sent: HttpRequest) -> Request:
    """A request of the legacy ``completions``."""
    body = sent.body
    prompt = body.get("prompt")
    prompts = prompt if isinstance(prompt, list) else [prompt] if prompt is not None else []
    if any(isinstance(each, int) for each in prompts):  # one prompt, given as token numbers
        prompts = [prompts]
    return Request(
        "text_completion",
        "",
        model=str_or_none(body.get("model")),
        messages=[{"role": "user", "content": _prompt_text(each)} for each in prompts],
        read=message_of,
        attributes=request_parameters(body),
        user=str_or_none(body.get("user")),
    )


def _prompt_text(prompt: object) -> object:
    return f"[{len(prompt)} tokens]" if isinstance(prompt, list) else prompt


class Completions(ChatCompletions):
    """Answers of the legacy ``completions``, which hold bare text."""

    name = "completions"

    def response(self, body: object) -> Response:
        """The whole answer."""
        get = wire_fields_of(body)
        response = self._response_fields(get)
        for choice in in_order(get("choices")):
            message = text_message("assistant", get_path(choice, "text"))
            response.add_choice(message, get_path(choice, "finish_reason"))
        return response

    def text(self, chunk: object) -> str | None:
        """Leave every chunk to `delta`."""
        return None

    def _add_choice_delta(self, delta: Delta, choice: object) -> None:
        index = index_of(choice)
        delta.add_text(to_text(get_path(choice, "text")), index)
        delta.add_finish_reason(get_path(choice, "finish_reason"), index)

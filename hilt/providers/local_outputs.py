"""Outputs of models that run in the program's own process: vLLM's, and those of pipelines.

A program may hand them to `hilt.integrations.log_response`.
"""

from __future__ import annotations

from hilt.genai.coerce import as_list, count_or_none, str_or_empty, text_or_none
from hilt.genai.json_values import get_path
from hilt.genai.values import Message, Response, Surface, Usage
from hilt.providers._chat_messages import message_of
from hilt.providers._message_parts import text_message

__all__ = ["PipelineOutputs", "RequestOutputs"]

_NO_COST = "the model runs in the program's own process: nobody sells it"


class RequestOutputs(Surface):
    """vLLM's ``RequestOutput``: one of those that ``LLM.generate`` and ``LLM.chat`` return."""

    name = "LLM.generate"

    def response(self, body: object) -> Response:
        """The texts, and the tokens that were read and written."""
        outputs = as_list(get_path(body, "outputs"))
        written = [len(as_list(get_path(each, "token_ids"))) for each in outputs]
        usage = Usage(
            input_tokens=len(as_list(get_path(body, "prompt_token_ids"))),
            output_tokens=sum(written),
            cache_read_tokens=count_or_none(get_path(body, "num_cached_tokens")),
        )
        response = Response(id=text_or_none(get_path(body, "request_id")), usage=usage)
        for each in outputs:
            text = str_or_empty(get_path(each, "text"))
            response.add_choice(text_message("assistant", text), get_path(each, "finish_reason"))
        return response


class PipelineOutputs(Surface):
    """What a text generation pipeline of ``transformers`` returns; it counts no tokens."""

    name = "pipeline"

    def response(self, body: object) -> Response:
        """The texts: of a chat, the last message."""
        response = Response(cost_unknown=_NO_COST)
        for each in as_list(body):
            response.add_choice(_generated(get_path(each, "generated_text")), None)
        return response


def _generated(value: object) -> Message:
    if isinstance(value, list) and value:
        return {**message_of(value[-1]), "role": "assistant"}
    return text_message("assistant", str_or_empty(value))

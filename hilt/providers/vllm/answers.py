"""What ``vllm.LLM`` returns: texts, beams and vectors."""

from __future__ import annotations

from typing import Any

from hilt.genai.coerce import as_list, length_or_none, str_or_empty, text_or_none
from hilt.genai.json_values import get_path
from hilt.genai.outcome import failure_in_body
from hilt.genai.values import Response, Surface, Usage
from hilt.providers._message_parts import text_message
from hilt.providers.local_outputs import RequestOutputs

__all__ = ["Beams", "Completions", "Vectors", "latency_of"]


class Completions(RequestOutputs):
    """One ``RequestOutput`` of ``generate`` or ``chat``."""

    def response(self, body: Any) -> Response:
        """The texts, and the tokens that were read and written; nothing of no output."""
        return Response() if body is None else super().response(body)


class Beams(Surface):
    """One ``BeamSearchOutput``: the best sequences, whose tokens begin with the prompt's."""

    name = "LLM.beam_search"

    def response(self, body: Any) -> Response:
        """The texts, and the tokens where the output has the prompt's, too."""
        response = Response()
        beams = as_list(get_path(body, "sequences"))
        for each in beams:
            text = str_or_empty(get_path(each, "text"))
            response.add_choice(text_message("assistant", text), get_path(each, "finish_reason"))
        prompt = length_or_none(get_path(beams, 0, "orig_prompt", "prompt_token_ids"))
        if prompt is not None:
            written = [len(as_list(get_path(each, "tokens"))) - prompt for each in beams]
            response.usage = Usage(input_tokens=prompt, output_tokens=sum(written))
        return response


class Vectors(Surface):
    """The outputs of ``embed``: how many vectors, how long, never the numbers."""

    name = "LLM.embed"

    def response(self, body: Any) -> Response:
        """The number of vectors and their dimensions, and the tokens that were read."""
        outputs = as_list(body)
        error = next(filter(None, (get_path(each, "error") for each in outputs)), None)
        if error is not None:
            details = {"code": get_path(error, "code"), "message": get_path(error, "message")}
            return Response(failure=failure_in_body(details))
        read = [length_or_none(get_path(each, "prompt_token_ids")) for each in outputs]
        return Response(
            id=text_or_none(get_path(outputs, 0, "request_id")),
            vectors=len(outputs),
            dimensions=length_or_none(get_path(outputs, 0, "outputs", "embedding")),
            usage=None if None in read else Usage(input_tokens=sum(map(int, filter(None, read)))),
        )


def latency_of(output: Any) -> float | None:
    """How many milliseconds one answer took, where vLLM keeps statistics; else None."""
    metrics = get_path(output, "metrics")
    begun, ended = get_path(metrics, "queued_ts"), get_path(metrics, "last_token_ts")
    if not (isinstance(begun, float) and isinstance(ended, float) and 0 < begun <= ended):
        return None
    return round((ended - begun) * 1000, 3)

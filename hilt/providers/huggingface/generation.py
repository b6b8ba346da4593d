"""Text generation: the API of Text Generation Inference, and of those that have completions."""

from __future__ import annotations

from hilt import semconv
from hilt.genai.coerce import count_or_none, str_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.outcome import failure_in_body
from hilt.genai.values import Delta, Request, Response, Surface, Usage
from hilt.providers._completions import Completions, completion_request
from hilt.providers._http import HttpRequest
from hilt.providers._message_parts import text_message
from hilt.providers._parameters import add_stop_sequences, number_attributes

__all__ = ["TextGeneration", "generation_request"]

_PARAMETERS = (
    ("max_new_tokens", semconv.REQUEST_MAX_TOKENS),
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("top_p", semconv.REQUEST_TOP_P),
    ("top_k", semconv.REQUEST_TOP_K),
    ("frequency_penalty", semconv.REQUEST_FREQUENCY_PENALTY),
    ("seed", semconv.REQUEST_SEED),
)
_COMPLETIONS = Completions()


def generation_request(sent: HttpRequest) -> Request:
    """A request of ``text_generation``."""
    body = sent.body
    if "inputs" not in body:
        return completion_request(sent)
    parameters = body.get("parameters")
    attributes = number_attributes(parameters, _PARAMETERS)
    add_stop_sequences(attributes, get_path(parameters, "stop"))
    return Request(
        "text_completion",
        "",
        model=str_or_none(body.get("model")),
        messages=[text_message("user", body.get("inputs"))],
        attributes=attributes,
    )


class TextGeneration(Surface):
    """Answers of ``text_generation``."""

    name = "text_generation"
    json = True

    def response(self, body: object) -> Response:
        """The whole answer, which some servers put into a list."""
        first = get_path(body, 0) if isinstance(body, list) else body
        if get_path(first, "choices") is not None:
            return _COMPLETIONS.response(first)
        response = _response_fields(get_path(first, "details"))
        message = text_message("assistant", get_path(first, "generated_text"))
        response.add_choice(message, get_path(first, "details", "finish_reason"))
        response.failure = failure_in_body(get_path(first, "error"))
        return response

    def delta(self, chunk: object) -> Delta | None:
        """What a token adds; the last one has the details, and the whole text once more."""
        if get_path(chunk, "choices") is not None:
            return _COMPLETIONS.delta(chunk)
        details = get_path(chunk, "details")
        delta = Delta(response=_response_fields(details) if details else None)
        if get_path(chunk, "token", "special") is not True:
            delta.add_text(to_text(get_path(chunk, "token", "text")))
        delta.add_finish_reason(get_path(details, "finish_reason"))
        return delta


def _response_fields(details: object) -> Response:
    """The counts: those of the input are only in streams and where they were asked for."""
    output = count_or_none(get_path(details, "generated_tokens"))
    if output is None:
        return Response()
    raw = to_plain_json(details)
    counts = ("generated_tokens", "input_length")
    return Response(
        usage=Usage(
            input_tokens=count_or_none(get_path(details, "input_length")), output_tokens=output
        ),
        raw_usage={name: raw[name] for name in counts if raw.get(name) is not None},
    )

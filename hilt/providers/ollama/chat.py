"""Ollama's chat and generate: requests, messages, answers and chunks."""

from __future__ import annotations

from collections.abc import Mapping

from hilt import semconv
from hilt.genai.coerce import (
    FIELDLESS,
    as_list,
    count_or_none,
    role_of,
    text_or_none,
    to_text,
    unknown_part,
)
from hilt.genai.json_values import get_path
from hilt.genai.media import blob_of_base64
from hilt.genai.values import Delta, Message, Part, Request, Response, Surface, Usage
from hilt.providers._message_parts import text_part, tool_call, tool_response
from hilt.providers._parameters import Attributes, add_stop_sequences, number_attributes

__all__ = [
    "Chat",
    "Generate",
    "chat_request",
    "generate_request",
    "message_of",
    "response_fields",
]

_PARAMETERS = (
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("top_p", semconv.REQUEST_TOP_P),
    ("top_k", semconv.REQUEST_TOP_K),
    ("num_predict", semconv.REQUEST_MAX_TOKENS),
    ("presence_penalty", semconv.REQUEST_PRESENCE_PENALTY),
    ("frequency_penalty", semconv.REQUEST_FREQUENCY_PENALTY),
    ("seed", semconv.REQUEST_SEED),
)
_COUNTS = ("prompt_eval_count", "eval_count")


# -- requests ---------------------------------------------------------------------------------


def chat_request(body: Mapping[str, object]) -> Request:
    """A request of ``chat``."""
    return Request(
        "chat",
        "ollama",
        model=text_or_none(body.get("model")),
        messages=as_list(body.get("messages")),
        read=message_of,
        attributes=_request_parameters(body),
        tools=as_list(body.get("tools")) or None,
    )


def generate_request(body: Mapping[str, object]) -> Request:
    """A request of ``generate``."""
    system, suffix = body.get("system"), body.get("suffix")
    parts = [text_part(body.get("prompt"))]
    if suffix:
        parts.append({"type": "suffix", "content": to_text(suffix)})
    parts += [_image_part(each) for each in as_list(body.get("images"))]
    return Request(
        "text_completion",
        "ollama",
        model=text_or_none(body.get("model")),
        messages=[{"role": "user", "parts": parts}],
        instructions=[text_part(system)] if system else None,
        attributes=_request_parameters(body),
    )


def _request_parameters(body: Mapping[str, object]) -> Attributes:
    options, think = body.get("options"), body.get("think")
    attributes = number_attributes(options, _PARAMETERS)
    add_stop_sequences(attributes, get_path(options, "stop"))
    if isinstance(think, str):
        attributes[semconv.REQUEST_REASONING_LEVEL] = think
    if body.get("format"):
        attributes[semconv.OUTPUT_TYPE] = "json"
    return attributes


# -- messages ---------------------------------------------------------------------------------


def message_of(raw: object) -> Message:
    """A message of a request or an answer."""
    if isinstance(raw, FIELDLESS):  # no message at all
        return {"role": "user", "parts": [unknown_part(raw)]}
    role = role_of(raw, "user")
    content = get_path(raw, "content")
    parts = _reasoning_parts(raw)
    if role == "tool":
        parts.append(_tool_response_part(raw))
    elif content:
        parts.append(text_part(content))
    parts += [_image_part(each) for each in as_list(get_path(raw, "images"))]
    parts += [_tool_call_part(each) for each in as_list(get_path(raw, "tool_calls"))]
    return {"role": role, "parts": parts}


def _reasoning_parts(raw: object) -> list[Part]:
    thinking = get_path(raw, "thinking")
    return [{"type": "reasoning", "content": to_text(thinking)}] if thinking else []


def _tool_response_part(raw: object) -> Part:
    name = get_path(raw, "tool_name") or get_path(raw, "name")
    return tool_response(get_path(raw, "tool_call_id"), get_path(raw, "content") or "", name)


def _image_part(image: object) -> Part:
    value = get_path(image, "value")
    return blob_of_base64(image if value is None else value, modality="image")


def _tool_call_part(call: object) -> Part:
    if isinstance(call, FIELDLESS):
        return unknown_part(call)
    function = get_path(call, "function")
    return tool_call(
        get_path(call, "id"), get_path(function, "name"), get_path(function, "arguments")
    )


# -- answers ----------------------------------------------------------------------------------


def response_fields(body: object) -> Response:
    """What every answer says beside its content: the model, the counts, whether it is done."""
    counts = {
        name: count
        for name in _COUNTS
        if (count := count_or_none(get_path(body, name))) is not None
    }
    response = Response(model=get_path(body, "model") or None)
    if counts:
        response.usage = Usage(counts.get("prompt_eval_count"), counts.get("eval_count"))
        response.raw_usage = counts
    if get_path(body, "done") is True:
        response.status = "completed"  # older servers give no reason
    return response


class Chat(Surface):
    """Answers of ``chat``."""

    name = "chat"

    def message(self, body: object) -> Message:
        """The message of an answer, or of a chunk of one."""
        return {**message_of(get_path(body, "message") or {}), "role": "assistant"}

    def response(self, body: object) -> Response:
        """The whole answer."""
        response = response_fields(body)
        response.add_choice(self.message(body), get_path(body, "done_reason"))
        return response

    def text(self, chunk: object) -> str | None:
        """The text of a chunk that holds nothing else."""
        message = getattr(chunk, "message", None)
        if message is None or getattr(chunk, "done", True):
            return None
        if getattr(message, "tool_calls", None) or getattr(message, "thinking", None):
            return None
        text = getattr(message, "content", None)
        return text if type(text) is str and text else None

    def delta(self, chunk: object) -> Delta | None:
        """What a chunk adds; a tool call comes whole."""
        delta = Delta(response=response_fields(chunk))
        for part in self.message(chunk)["parts"]:
            if part["type"] == "text":
                delta.text = part["content"]
            elif part["type"] == "reasoning":
                delta.reasoning = part["content"]
            else:
                delta.parts = [*(delta.parts or ()), part]
        delta.add_finish_reason(get_path(chunk, "done_reason"))
        return delta


class Generate(Chat):
    """Answers of ``generate``."""

    name = "generate"

    def message(self, body: object) -> Message:
        """The text, the reasoning before it, or an image."""
        parts = _reasoning_parts(body)
        if get_path(body, "response"):
            parts.append(text_part(get_path(body, "response")))
        if get_path(body, "image"):
            parts.append(_image_part(get_path(body, "image")))
        return {"role": "assistant", "parts": parts}

    def text(self, chunk: object) -> str | None:
        """The text of a chunk that holds nothing else."""
        if getattr(chunk, "done", True) or getattr(chunk, "image", None):
            return None
        text = None if getattr(chunk, "thinking", None) else getattr(chunk, "response", None)
        return text if type(text) is str else None

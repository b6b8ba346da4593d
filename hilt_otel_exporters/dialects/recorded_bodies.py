"""Requests and responses that an emitter records whole: the JSON bodies of providers' APIs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hilt.genai.json_values import encode_json, get_path
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.dialect import Content
from hilt_otel_exporters.dialects.messages import messages_of, recorded_messages, tools_of
from hilt_otel_exporters.dialects.text_values import value_in_text
from hilt_otel_exporters.span_record import SpanRecord

__all__ = [
    "answers_of_body",
    "content_of_body",
    "content_of_values",
    "recorded_answers",
    "value_of",
]

_PRINTED_OBJECT = re.compile(r"<[\w.]+ object( [\w.<>]+)? at 0x[0-9a-f]+>")
_INPUTS = ("messages", "input", "contents", "prompt")
_BODIES = tuple(map(frozenset, (("id", "model"), ("id", "object"), ("data", "object"))))
_OF_ANSWERS = frozenset({"role", "type", "id", "model", "additional_kwargs", "tool_calls", "usage"})
_MASKED = "__REDACTED__"


def content_of_body(body: Any) -> Content:
    """What a request of OpenAI's or Anthropic's APIs holds."""
    if not isinstance(body, Mapping):
        return Content(inputs=messages_of(body))
    inputs = next((body[name] for name in _INPUTS if body.get(name) is not None), None)
    system = body.get("system") if body.get("system") is not None else body.get("instructions")
    instructions = [part for message in messages_of(system, "system") for part in message["parts"]]
    return Content(messages_of(inputs), None, instructions or None, tools_of(body.get("tools")))


def value_of(record: SpanRecord, name: str) -> Any:
    """The value of an attribute; a text that is a number, or true, stays as it was written."""
    value = record.json(name)
    return record.attributes[name] if isinstance(value, (bool, int, float)) else value


def content_of_values(asked: Any, answered: Any) -> Content:
    """What a span that was made by hand holds: bodies of an API, or a function's own values."""
    content = content_of_body(asked) if isinstance(asked, Mapping) else Content()
    content.inputs = content.inputs or _messages_in_value(asked, "user")
    content.outputs = _answers(answered)
    return content


def _answers(value: Any) -> list[Message]:
    """The answers in a body of an API; any other value is the answer, whatever its fields."""
    if isinstance(value, Mapping) and _is_schema(value):
        return _messages_in_value(value, "assistant")
    return answers_of_body(value) or _messages_in_value(value, "assistant")


def _is_schema(value: Mapping[str, Any]) -> bool:
    """Whether an object with a field of an API's answer follows a schema of the program's own."""
    choices = value.get("choices")
    if isinstance(choices, list) and choices:
        return not any(isinstance(each, Mapping) for each in choices)
    return (
        isinstance(value.get("content"), str) and len(value) > 1 and _OF_ANSWERS.isdisjoint(value)
    )


def _messages_in_value(value: Any, role: str) -> list[Message]:
    """A value as it is; what an object prints, or an emitter masks, says nothing."""
    if isinstance(value, (bool, int, float)):
        return messages_of(encode_json(value).decode(), role)
    if not value or (isinstance(value, str) and (value == _MASKED or _PRINTED_OBJECT.match(value))):
        return []
    if isinstance(value, str):
        return messages_of(value, role)
    if isinstance(value, Mapping):
        if _is_body(value, role) or all(each is None for each in value.values()):
            return []
        return recorded_messages(value, value, role)
    if isinstance(value, list) and _has_words(value):
        return recorded_messages(value, value, role)
    return []


def _is_body(value: Mapping[str, Any], role: str) -> bool:
    """Whether a value is a body of an API in which nothing was said."""
    if any(value.keys() >= names for names in _BODIES) or isinstance(value.get("usage"), Mapping):
        return True
    texts = (name for name, each in value.items() if isinstance(each, str) and each)
    return role == "user" and "model" in value and set(texts) <= {"model"}


def _has_words(value: Any) -> bool:
    """Whether a list holds texts or messages: vectors and the chunks of a stream say nothing."""
    if isinstance(value, list):
        return any(map(_has_words, value))
    return not _is_body(value, "") if isinstance(value, Mapping) else isinstance(value, str)


def answers_of_body(body: Any) -> list[Message]:
    """The answers in a response of OpenAI's or Anthropic's APIs, or of LangChain."""
    body = value_in_text(body)
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if not isinstance(body, Mapping):
        return []
    generations = body.get("generations")
    if isinstance(generations, list):
        return _messages_of_generations(generations)
    choices, output, content = body.get("choices"), body.get("output"), body.get("content")
    if isinstance(choices, list):
        return [message for choice in choices for message in _messages_of_choice(choice)]
    if isinstance(output, list):  # the Responses API: one answer, in pieces
        parts = [part for message in messages_of(output, "assistant") for part in message["parts"]]
        return [{"role": "assistant", "parts": parts}] if parts else []
    if isinstance(content, (list, str)):
        return messages_of({"role": "assistant", "content": content}, "assistant")
    if isinstance(output, (str, Mapping)):
        return recorded_messages(output, output, "assistant")
    return []


def recorded_answers(recorded: Any, decoded: Any) -> list[Message]:
    """The answers that an emitter recorded as messages, as a text, or in a response of an API.

    Args:
        recorded: What the emitter recorded.
        decoded: The same, decoded if it is JSON.
    """
    is_body = isinstance(decoded, Mapping) and any(decoded.keys() >= names for names in _BODIES)
    answers = answers_of_body(decoded) if is_body and not _is_schema(decoded) else []
    return answers or recorded_messages(recorded, decoded, "assistant")


def _messages_of_generations(generations: list[Any]) -> list[Message]:
    """The answers to the first prompt: LangChain lists them by prompt."""
    first = generations[0] if generations and isinstance(generations[0], list) else generations
    return [message for each in first for message in _messages_of_generation(each)]


def _messages_of_generation(generation: Any) -> list[Message]:
    message, text = get_path(generation, "message"), get_path(generation, "text")
    read = messages_of(message, "assistant") if isinstance(message, Mapping) else []
    if not read and isinstance(text, str):
        read = messages_of({"role": "assistant", "content": text}, "assistant")
    reason = get_path(generation, "generation_info", "finish_reason")
    if read and isinstance(reason, str):
        read[-1].setdefault("finish_reason", reason)
    return read


def _messages_of_choice(choice: Any) -> list[Message]:
    message, reason = get_path(choice, "message"), get_path(choice, "finish_reason")
    fields = message if isinstance(message, Mapping) else {"content": message}
    return messages_of({"role": "assistant", **fields, "finish_reason": reason}, "assistant")

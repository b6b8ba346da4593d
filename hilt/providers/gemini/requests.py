"""Requests of ``generateContent`` and its stream: their contents, parameters and tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hilt import semconv
from hilt.genai.coerce import FIELDLESS, as_list, unknown_part
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Request
from hilt.providers._parameters import (
    Attributes,
    add_choice_count,
    add_stop_sequences,
    number_attributes,
)
from hilt.providers.gemini.parts import (
    continuation_token,
    enum_name,
    get_field,
    message_of,
    parts_of,
    raw_parts,
    snake_case,
)

__all__ = ["content_request", "tool_definitions"]

_PARAMETERS = (
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("topP", semconv.REQUEST_TOP_P),
    ("topK", semconv.REQUEST_TOP_K),
    ("maxOutputTokens", semconv.REQUEST_MAX_TOKENS),
    ("presencePenalty", semconv.REQUEST_PRESENCE_PENALTY),
    ("frequencyPenalty", semconv.REQUEST_FREQUENCY_PENALTY),
    ("seed", semconv.REQUEST_SEED),
)
_OUTPUT_TYPES = {"IMAGE": "image", "AUDIO": "speech"}


def content_request(body: Mapping[str, object]) -> Request:
    """A request of ``generateContent`` and of its stream."""
    attributes = _request_parameters(get_field(body, "generationConfig") or {})
    cached = get_field(body, "cachedContent")
    if cached:
        attributes[semconv.OTHER_GOOGLE_CACHED_CONTENT] = str(cached)
    system = get_field(body, "systemInstruction")
    return Request(
        "generate_content",
        "",
        messages=_joined(as_list(get_field(body, "contents"))),
        read=message_of,
        instructions=parts_of(system) or None if system else None,
        attributes=attributes,
        tools=tool_definitions(get_field(body, "tools")),
        resumes=continuation_token(body),
    )


def _request_parameters(config: object) -> Attributes:
    attributes = number_attributes(config, _PARAMETERS, get_field)
    add_stop_sequences(attributes, get_field(config, "stopSequences"))
    add_choice_count(attributes, get_field(config, "candidateCount"))
    level = enum_name(get_field(get_field(config, "thinkingConfig"), "thinkingLevel"))
    if level:
        attributes[semconv.REQUEST_REASONING_LEVEL] = level.lower()
    output = _output_type(config)
    if output:
        attributes[semconv.OUTPUT_TYPE] = output
    return attributes


def _output_type(config: object) -> str | None:
    if get_field(config, "responseMimeType") == "application/json":
        return "json"
    for modality in as_list(get_field(config, "responseModalities")):
        output = _OUTPUT_TYPES.get((enum_name(modality) or "").upper())
        if output:
            return output
    return None


def tool_definitions(tools: object) -> list[dict[str, Any]] | None:
    """Tools as the conventions have them: one entry a function, one for each built-in tool."""
    definitions: list[dict[str, Any]] = []
    for tool in as_list(tools):
        if isinstance(tool, FIELDLESS):
            definitions.append(unknown_part(tool))
        functions = as_list(get_field(tool, "functionDeclarations"))
        definitions += [_function_definition(function) for function in functions]
        if isinstance(tool, Mapping):
            names = [name for name in tool if snake_case(name) != "function_declarations"]
            definitions += [{"type": name} for name in names]
    return definitions or None


def _function_definition(function: object) -> dict[str, Any]:
    plain = to_plain_json(function)
    return {"type": "function", **plain} if isinstance(plain, dict) else unknown_part(plain)


def _joined(contents: Sequence[Any]) -> list[Any]:
    """Contents with each run of the model's own as one message, as its answer is one.

    ``chats`` keeps every chunk of a streamed answer as a content of its own.
    """
    joined: list[Any] = []
    for content in contents:
        if joined and _is_of_model(content) and _is_of_model(joined[-1]):
            parts = [*raw_parts(joined[-1]), *raw_parts(content)]
            joined[-1] = {"role": "model", "parts": parts}
        else:
            joined.append(content)
    return joined


def _is_of_model(content: object) -> bool:
    return bool(get_path(content, "role") == "model")

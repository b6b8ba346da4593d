"""From values to span attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.finish_reasons import finish_reason_of
from hilt.genai.json_values import encode_json, get_path, json_or_text
from hilt.genai.normalize import normalized_request
from hilt.genai.observation import Observation
from hilt.genai.tool_definitions import visible_definition
from hilt.genai.values import Request, Response, Usage

__all__ = [
    "USAGE_ATTRIBUTES",
    "cost_attributes",
    "ending_attributes",
    "ending_content",
    "request_attributes",
    "request_content",
    "span_name",
    "tool_definition",
    "usage_attributes",
]

Attributes = dict[str, Any]
"""Attributes of a span, by name."""

USAGE_ATTRIBUTES = (
    (semconv.USAGE_INPUT_TOKENS, "input_tokens"),
    (semconv.USAGE_OUTPUT_TOKENS, "output_tokens"),
    (semconv.USAGE_CACHE_READ_INPUT_TOKENS, "cache_read_tokens"),
    (semconv.USAGE_CACHE_WRITE_INPUT_TOKENS, "cache_write_tokens"),
    (semconv.USAGE_REASONING_OUTPUT_TOKENS, "reasoning_tokens"),
    (semconv.USAGE_AUDIO_INPUT_TOKENS, "input_audio_tokens"),
    (semconv.USAGE_AUDIO_OUTPUT_TOKENS, "output_audio_tokens"),
    (semconv.USAGE_IMAGE_INPUT_TOKENS, "input_image_tokens"),
    (semconv.USAGE_IMAGE_OUTPUT_TOKENS, "output_image_tokens"),
    (semconv.USAGE_AUDIO_CACHE_READ_INPUT_TOKENS, "cache_read_audio_tokens"),
)
"""Which attribute carries which count; spans are read by the same table."""

_SCHEMAS = ("parameters", "input_schema", "inputSchema", "parameters_json_schema")
_KEPT_AT_ZERO = (semconv.USAGE_INPUT_TOKENS, semconv.USAGE_OUTPUT_TOKENS)


def span_name(request: Request) -> str:
    """``{operation} {model}``, or the operation alone."""
    return f"{request.operation} {request.model}" if request.model else request.operation


def request_attributes(request: Request) -> Attributes:
    """What is known when the call starts, without content."""
    attributes: Attributes = {
        semconv.OPERATION_NAME: request.operation,
        semconv.PROVIDER_NAME: request.provider,
    }
    if request.model:
        attributes[semconv.REQUEST_MODEL] = request.model
    if request.server_address:
        attributes[semconv.SERVER_ADDRESS] = request.server_address
        attributes[semconv.SERVER_PORT] = request.server_port or 443
    if request.stream:
        attributes[semconv.REQUEST_STREAM] = True
    if request.conversation:
        attributes[semconv.CONVERSATION_ID] = request.conversation
    if request.previous_response:
        attributes[semconv.REQUEST_PREVIOUS_RESPONSE_ID] = request.previous_response
    attributes.update(request.attributes)
    return attributes


def request_content(request: Request) -> Attributes:
    """The content of a request, as JSON in strings."""
    try:
        return _content_of(request)
    except Exception:
        return _content_of(normalized_request(request))


def _content_of(request: Request) -> Attributes:
    attributes: Attributes = {}
    if request.operation != "embeddings" and request.messages:
        messages = [request.read(raw) for raw in request.messages]
        attributes[semconv.INPUT_MESSAGES] = _json(messages)
    if request.instructions:
        attributes[semconv.SYSTEM_INSTRUCTIONS] = _json(request.instructions)
    if request.tools:
        definitions = [tool_definition(visible_definition(tool)) for tool in request.tools]
        attributes[semconv.TOOL_DEFINITIONS] = _json(definitions)
    return attributes


def tool_definition(raw: object) -> Any:
    """A tool's definition in the conventions' flat form, whichever API it was written for."""
    tool = json_or_text(raw)
    if not isinstance(tool, Mapping):
        return tool
    inner = get_path(tool, "function")
    inner = inner if isinstance(inner, Mapping) else tool
    if not get_path(inner, "name"):
        return tool
    schema = next((inner[name] for name in _SCHEMAS if inner.get(name) is not None), None)
    kind = get_path(tool, "type")
    definition: dict[str, object] = {
        "type": "function" if kind is None or schema is not None else kind,
        "name": inner["name"],
    }
    if get_path(inner, "description"):
        definition["description"] = inner["description"]
    if schema is not None:
        definition["parameters"] = json_or_text(schema)
    return definition


def ending_attributes(call: Observation) -> Attributes:
    """What is known when the call ends, without content."""
    attributes: Attributes = {}
    response, failure = call.response, call.failure
    if response is not None:
        attributes.update(_response_attributes(response, call.request))
    if failure is not None:
        attributes[semconv.ERROR_TYPE] = failure.error_type
    elif call.outcome == "abandoned":
        attributes[semconv.ERROR_TYPE] = "_OTHER"
    if call.first_chunk_ms is not None:
        attributes[semconv.RESPONSE_TIME_TO_FIRST_CHUNK] = call.first_chunk_ms / 1000
    if call.status_code is not None:
        attributes[semconv.HILT_STATUS_CODE] = call.status_code
    if call.cost_usd is not None:
        attributes[semconv.HILT_COST_USD] = call.cost_usd
    if call.outcome:
        attributes[semconv.HILT_OUTCOME] = call.outcome
    if call.attempts is not None and call.attempts > 1:
        attributes[semconv.HILT_ATTEMPTS] = call.attempts
    return attributes


def cost_attributes(call: Observation) -> Attributes:
    """The cost by names that are proposed for the conventions, and may change."""
    if call.cost_usd is None:
        return {}
    return {
        semconv.USAGE_COST_AMOUNT: call.cost_usd,
        semconv.USAGE_COST_CURRENCY: "USD",
        semconv.USAGE_COST_SOURCE: call.price_file or "genai-prices",
    }


def _response_attributes(response: Response, request: Request) -> Attributes:
    attributes: Attributes = {}
    if response.id:
        attributes[semconv.RESPONSE_ID] = response.id
    if response.model:
        attributes[semconv.RESPONSE_MODEL] = response.model
    if response.finish_reasons:
        reasons = [finish_reason_of(reason) for reason in response.finish_reasons]
        attributes[semconv.RESPONSE_FINISH_REASONS] = reasons
    # The conventions count tokens on the call that made the answer, not on one that fetches it.
    if response.usage is not None and not request.fetched_response:
        attributes.update(usage_attributes(response.usage))
    if request.fetched_response and response.status:
        attributes[semconv.RESPONSE_STATUS] = response.status
    if response.dimensions and request.operation == "embeddings":
        attributes[semconv.EMBEDDINGS_DIMENSION_COUNT] = response.dimensions
    attributes.update(response.attributes)
    return attributes


def usage_attributes(usage: Usage) -> dict[str, int]:
    """Token counts; a zero is kept only for input and output."""
    counts: dict[str, int] = {}
    for name, attribute in USAGE_ATTRIBUTES:
        value = getattr(usage, attribute)
        if value is not None and (value or name in _KEPT_AT_ZERO):
            counts[name] = value
    return counts


def ending_content(response: Response) -> Attributes:
    """The content of an answer, as JSON in a string."""
    if not response.messages:
        return {}
    messages = []
    for index, message in enumerate(response.messages):
        reasons = response.finish_reasons
        reason = message.get("finish_reason") or (reasons[index] if len(reasons) > index else None)
        shown = {"finish_reason": finish_reason_of(reason)} if reason else {}
        messages.append({**message, **shown})
    return {semconv.OUTPUT_MESSAGES: _json(messages)}


def _json(value: object) -> str:
    return encode_json(value).decode()

"""xAI's chats: messages of protocol buffers, read by their fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hilt import semconv
from hilt.genai.json_values import get_path
from hilt.genai.media import blob_of_url
from hilt.genai.values import Delta, Message, Part, Request, Response, Surface, ToolCallDelta, Usage
from hilt.providers._message_parts import (
    file_part,
    server_tool_call,
    text_part,
    tool_call,
    tool_response,
)
from hilt.providers._parameters import Attributes

__all__ = ["Chat", "chat_request", "message_of"]

_ROLES = ("user", "user", "assistant", "system", "function", "tool", "developer")
"""By the numbers of ``MessageRole``."""
_REASONS = ("", "length", "length", "stop", "tool_calls", "length")
"""By the numbers of ``FinishReason``: the last one is a limit of time."""
_OWN_TOOL = 1  #: the ``ToolCallType`` of tools that the caller runs; 0 is not set
_PARAMETERS = {
    "max_tokens": semconv.REQUEST_MAX_TOKENS,
    "temperature": semconv.REQUEST_TEMPERATURE,
    "top_p": semconv.REQUEST_TOP_P,
    "frequency_penalty": semconv.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": semconv.REQUEST_PRESENCE_PENALTY,
    "seed": semconv.REQUEST_SEED,
}
_COUNTS = (
    "prompt_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "total_tokens",
    "prompt_text_tokens",
    "cached_prompt_text_tokens",
    "prompt_image_tokens",
    "num_sources_used",
    "cost_in_usd_ticks",
)
_DIGITS = 6  # of a single-precision number


def chat_request(proto: Any) -> Request:
    """A request, by its ``GetCompletionsRequest``."""
    return Request(
        "chat",
        "x_ai",
        model=proto.model or None,
        messages=list(proto.messages),
        read=message_of,
        attributes=_attributes_of(proto),
        tools=[_tool_of(each) for each in proto.tools] or None,
        previous_response=_given(proto, "previous_response_id"),
        user=_given(proto, "user") or None,
    )


def _given(proto: Any, name: str) -> Any:
    """A field of a message that has been set; None for any other."""
    try:
        return getattr(proto, name) if proto.HasField(name) else None
    except ValueError:  # of this release it has no presence, or is not there
        return getattr(proto, name, None) or None


def _attributes_of(proto: Any) -> Attributes:
    attributes: Attributes = {}
    for name, attribute in _PARAMETERS.items():
        value = _given(proto, name)
        if value is not None:
            attributes[attribute] = round(value, _DIGITS) if isinstance(value, float) else value
    if proto.stop:
        attributes[semconv.REQUEST_STOP_SEQUENCES] = list(proto.stop)
    return attributes


def _tool_of(tool: Any) -> dict[str, Any]:
    kind = tool.WhichOneof("tool") or "tool"
    if kind != "function":
        return {"type": kind}
    function = tool.function
    described = {"name": function.name, "description": function.description}
    return {"type": "function", "function": {**described, "parameters": function.parameters}}


def message_of(proto: Any) -> Message:
    """A message, by its ``Message``."""
    role = _ROLES[proto.role] if proto.role < len(_ROLES) else "user"
    parts: list[Part] = [_content_part(each) for each in proto.content]
    if role == "tool":
        texts = "".join(str(part.get("content") or "") for part in parts)
        return {"role": role, "parts": [tool_response(_given(proto, "tool_call_id"), texts)]}
    reasoning = _given(proto, "reasoning_content")
    if reasoning:
        parts.insert(0, {"type": "reasoning", "content": reasoning})
    parts += [_tool_call_part(each) for each in proto.tool_calls]
    return {"role": role, "parts": parts}


def _content_part(content: Any) -> Part:
    kind = content.WhichOneof("content")
    if kind == "image_url":
        return blob_of_url(content.image_url.image_url)
    if kind == "file":
        return file_part(get_path(content.file, "file_id"))
    return text_part(content.text)


def _tool_call_part(call: Any) -> Part:
    if call.type > _OWN_TOOL:
        details = {"type": "function", "arguments": call.function.arguments}
        return server_tool_call(call.id, call.function.name, details)
    return tool_call(call.id, call.function.name, call.function.arguments)


class Chat(Surface):
    """Answers of a chat."""

    name = "chat"

    def response(self, body: Any) -> Response:
        """The whole answer, of a ``Response``, of several of one call, or of one with a value."""
        first = body[0] if isinstance(body, (list, tuple)) and body else body
        proto = first.proto
        response = _response_fields(proto)
        for output in _choices(proto.outputs):
            message = output.message
            parts: list[Part] = []
            if message.reasoning_content:
                parts.append({"type": "reasoning", "content": message.reasoning_content})
            if message.content or not message.tool_calls:
                parts.append(text_part(message.content))
            parts += [_tool_call_part(each) for each in message.tool_calls]
            response.add_choice({"role": "assistant", "parts": parts}, _reason_of(output))
        return response

    def delta(self, chunk: Any) -> Delta | None:
        """What a chunk adds; the SDK gives it beside the answer so far."""
        latest = chunk[1]
        proto = (latest[0] if isinstance(latest, (list, tuple)) else latest).proto
        delta = Delta(response=_response_fields(proto))
        for output in _choices(proto.outputs):
            delta.add_text(output.delta.content, output.index)
            if output.delta.reasoning_content and not output.index:
                delta.reasoning = output.delta.reasoning_content
            delta.add_tool_calls([
                ToolCallDelta(
                    index=each.id or position,
                    id=each.id or None,
                    name=each.function.name or None,
                    arguments=each.function.arguments,
                    choice=output.index,
                    server="function" if each.type > _OWN_TOOL else None,
                )
                for position, each in enumerate(output.delta.tool_calls)
            ])  # fmt: skip
            delta.add_finish_reason(_reason_of(output), output.index)
        return delta


def _choices(outputs: Iterable[Any]) -> list[Any]:
    """The outputs that the model wrote, without those of tools that ran at xAI."""
    return [
        each
        for each in outputs
        if _ROLES[(getattr(each, "message", None) or each.delta).role % len(_ROLES)] != "tool"
    ]


def _reason_of(output: Any) -> str:
    number = output.finish_reason
    return _REASONS[number] if 0 <= number < len(_REASONS) else ""


def _response_fields(proto: Any) -> Response:
    response = Response(id=proto.id or None, model=proto.model or None)
    if proto.system_fingerprint:
        fingerprint = semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT
        response.attributes[fingerprint] = proto.system_fingerprint
    if proto.HasField("usage"):
        raw = {name: count for name in _COUNTS if (count := getattr(proto.usage, name, 0))}
        response.raw_usage, response.usage = raw, _usage_of(raw)
    return response


def _usage_of(raw: Mapping[str, int]) -> Usage:
    """The counts; xAI's ``completion_tokens`` are without its ``reasoning_tokens``."""
    reasoning = raw.get("reasoning_tokens")
    usage = Usage(
        input_tokens=raw.get("prompt_tokens", 0),
        output_tokens=raw.get("completion_tokens", 0) + (reasoning or 0),
        total_tokens=raw.get("total_tokens"),
        cache_read_tokens=raw.get("cached_prompt_text_tokens"),
        reasoning_tokens=reasoning,
        input_image_tokens=raw.get("prompt_image_tokens"),
    )
    if raw.get("num_sources_used"):
        usage.units["sources"] = raw["num_sources_used"]
    return usage

"""xAI's chats: requests of protocol buffers, read by their fields."""

from __future__ import annotations

from typing import Any

from hilt import semconv
from hilt.genai.json_values import get_path
from hilt.genai.media import blob_of_url
from hilt.genai.values import Message, Part, Request
from hilt.providers._message_parts import file_part, text_part, tool_response
from hilt.providers._parameters import Attributes
from hilt.providers.xai.answers import results_of, tool_call_part

__all__ = ["chat_request", "message_of"]

_ROLES = ("user", "user", "assistant", "system", "function", "tool", "developer")
"""By the numbers of ``MessageRole``."""
_PARAMETERS = {
    "max_tokens": semconv.REQUEST_MAX_TOKENS,
    "temperature": semconv.REQUEST_TEMPERATURE,
    "top_p": semconv.REQUEST_TOP_P,
    "frequency_penalty": semconv.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": semconv.REQUEST_PRESENCE_PENALTY,
    "seed": semconv.REQUEST_SEED,
}
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
        continued_by_id=bool(_given(proto, "store_messages")),
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
        if proto.tool_calls:  # of a tool that ran at xAI
            results = results_of(proto.tool_calls[0], texts)
            return {"role": "assistant", "parts": list(results.values())}
        return {"role": role, "parts": [tool_response(_given(proto, "tool_call_id"), texts)]}
    summary = _given(proto, "encrypted_content") if role == "user" else None
    if summary:
        parts.append({"type": "compaction", "encrypted_content": summary})
    reasoning = _given(proto, "reasoning_content")
    if reasoning:
        parts.insert(0, {"type": "reasoning", "content": reasoning})
    parts += [tool_call_part(each) for each in proto.tool_calls]
    return {"role": role, "parts": parts}


def _content_part(content: Any) -> Part:
    kind = content.WhichOneof("content")
    if kind == "image_url":
        return blob_of_url(content.image_url.image_url)
    if kind == "file":
        return file_part(get_path(content.file, "file_id"))
    return text_part(content.text)

"""Parts of messages in the shapes of the conventions, which every adapter makes."""

from __future__ import annotations

from typing import Any

from hilt.core.credentials import without_credentials_in
from hilt.genai.coerce import count_or_none, to_text
from hilt.genai.json_values import get_path, json_or_text
from hilt.genai.values import Message, Part

__all__ = [
    "file_part",
    "index_of",
    "server_tool_call",
    "server_tool_response",
    "text_message",
    "text_part",
    "tool_call",
    "tool_response",
    "without_error_credentials",
]


def text_part(text: object) -> Part:
    """A text; what should be one and is something else, as JSON."""
    return {"type": "text", "content": text if type(text) is str else to_text(text)}


def text_message(role: str, text: object) -> Message:
    """A message that is one text."""
    return {"role": role, "parts": [text_part(text)]}


def tool_call(call_id: object, name: object, arguments: object) -> Part:
    """A call of a tool that the caller runs.

    Args:
        call_id: Its id, if the API gives it one.
        name: Of the tool.
        arguments: An object, or its JSON as text.
    """
    part: Part = {"type": "tool_call"}
    if call_id:
        part["id"] = call_id
    part["name"] = name or ""
    part["arguments"] = {} if arguments is None or arguments == "" else json_or_text(arguments)
    return part


def tool_response(call_id: object, response: object, name: object = None) -> Part:
    """What a tool gave, for the model to read.

    Args:
        call_id: The id of the call that it answers, if the API has one.
        response: A text, parts, or plain JSON.
        name: Of the tool, if the API repeats it.
    """
    part: Part = {"type": "tool_call_response"}
    if call_id:
        part["id"] = call_id
    if name:
        part["name"] = name
    part["response"] = response
    return part


def server_tool_call(call_id: object, name: object, details: dict[str, Any]) -> Part:
    """A call of a tool that the provider runs itself; ``details`` has its ``type``."""
    part: Part = {"type": "server_tool_call"}
    if call_id:
        part["id"] = call_id
    part["name"] = name or ""
    part["server_tool_call"] = without_error_credentials(details)
    return part


def server_tool_response(call_id: object, details: dict[str, Any]) -> Part:
    """What a tool gave that the provider ran; ``details`` has the ``type`` of the tool."""
    part: Part = {"type": "server_tool_call_response"}
    if call_id:
        part["id"] = call_id
    part["server_tool_call_response"] = without_error_credentials(details)
    return part


def without_error_credentials(details: dict[str, Any]) -> dict[str, Any]:
    """The same, without what the error of a tool's server may quote: a header, an address."""
    if details.get("error"):
        details = {**details, "error": without_credentials_in(details["error"])}
    return details


def file_part(file_id: object, modality: str = "document") -> Part:
    """A file that the provider stores, by its id."""
    return {"type": "file", "modality": modality, "file_id": file_id or ""}


def index_of(value: object) -> int:
    """The ``index`` of a choice or of a part in a stream: the first, if it has none."""
    return count_or_none(get_path(value, "index")) or 0

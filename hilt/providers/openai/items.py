"""The items of the responses API, of ``input`` and of ``output``, as messages and parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hilt.core.plain_json import to_sent_json
from hilt.genai.coerce import (
    FIELDLESS,
    as_list,
    role_of,
    text_or_parts,
    texts_of,
    unknown_part,
)
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_base64, blob_of_url
from hilt.genai.values import Message, Part
from hilt.providers._chat_messages import part_of
from hilt.providers._media import image_type
from hilt.providers._message_parts import (
    file_part,
    server_tool_call,
    text_part,
    tool_call,
    tool_response,
    without_error_credentials,
)

__all__ = ["message_of_items", "message_of_output", "prompt_parts"]

_TEXT_PARTS = ("input_text", "output_text", "summary_text", "reasoning_text")


def message_of_items(turn: object) -> Message:
    """A turn of the input: an item, or the items of one answer in a list."""
    if isinstance(turn, list):
        return message_of_output(turn)
    if get_path(turn, "role") is not None:
        return {"role": role_of(turn, ""), "parts": _content_parts(get_path(turn, "content"))}
    kind = str(get_path(turn, "type") or "")
    if kind.endswith(("_output", "approval_response")):
        return {"role": "tool", "parts": [_tool_response_part(turn)]}
    return {"role": "user", "parts": [_plain_part(turn)]}


def message_of_output(items: object) -> Message:
    """The items of an answer as one message, in their order."""
    parts: list[Part] = []
    for item in as_list(items):
        parts += _parts_of(item)
    return {"role": "assistant", "parts": parts}


def _parts_of(item: object) -> list[Part]:
    kind = get_path(item, "type")
    if type(kind) is not str:
        if isinstance(item, FIELDLESS):
            return [_plain_part(item)]
        kind = "message" if kind is None else str(kind)
    if kind == "message":
        return _content_parts(get_path(item, "content"))
    read = _ITEMS.get(kind)
    if read is not None:
        return read(item)
    return [_server_tool_call_part(item)] if kind.endswith("_call") else [_plain_part(item)]


def prompt_parts(prompt: object) -> list[Part]:
    """A prompt that OpenAI stores, and what its variables are filled with, by their names."""
    plain = to_sent_json(prompt)
    if not isinstance(plain, dict) or not plain:
        return []
    variables = plain.pop("variables", None)
    parts: list[Part] = [{"type": "prompt", **plain}]
    if isinstance(variables, dict):
        parts += [{**_content_part(value), "name": name} for name, value in variables.items()]
    return parts


# -- content of messages ----------------------------------------------------------------------


def _content_parts(content: object) -> list[Part]:
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    return [_content_part(part) for part in as_list(content)]


def _content_part(part: object) -> Part:
    kind = get_path(part, "type")
    if kind in _TEXT_PARTS:
        return _annotated_text_part(part)
    if kind == "input_image":
        return _image_part(part)
    return _file_part(part) if kind == "input_file" else part_of(part)


def _annotated_text_part(part: object) -> Part:
    text = text_part(get_path(part, "text"))
    annotations = get_path(part, "annotations")
    if annotations:
        text["annotations"] = to_sent_json(annotations)
    return text


def _image_part(part: object) -> Part:
    url = get_path(part, "image_url")
    return blob_of_url(url) if url else file_part(get_path(part, "file_id"), "image")


def _file_part(part: object) -> Part:
    data, url = get_path(part, "file_data"), get_path(part, "file_url")
    if data:
        text = str(data)
        return blob_of_url(text) if text.startswith("data:") else blob_of_base64(text)
    if url:
        return blob_of_url(url, modality="document")
    return file_part(get_path(part, "file_id"))


# -- other items ------------------------------------------------------------------------------


def _reasoning_parts(item: object) -> list[Part]:
    text = "\n".join([*texts_of(get_path(item, "summary")), *texts_of(get_path(item, "content"))])
    return [{"type": "reasoning", "content": text}] if text else []


def _function_call_parts(item: object) -> list[Part]:
    return [_tool_call_part(item, get_path(item, "name"), get_path(item, "arguments"))]


def _custom_call_parts(item: object) -> list[Part]:
    return [_tool_call_part(item, get_path(item, "name"), get_path(item, "input"))]


def _local_call_parts(item: object) -> list[Part]:
    """Calls of tools that OpenAI defines and the caller runs: a computer, a shell, a patch."""
    action = get_path(item, "action") or get_path(item, "operation")
    return [_tool_call_part(item, _tool_name_of(item), to_sent_json(action))]


def _tool_call_part(item: object, name: object, arguments: object) -> Part:
    return tool_call(get_path(item, "call_id") or get_path(item, "id"), name, arguments)


def _tool_name_of(item: object) -> str:
    return str(get_path(item, "type")).removesuffix("_call")


def _image_call_parts(item: object) -> list[Part]:
    """A call of the image generation, and the image that it made."""
    part = _server_tool_call_part(item)
    image = part["server_tool_call"].pop("result", None)
    if not image:
        return [part]
    return [part, blob_of_base64(image, image_type(get_path(item, "output_format")))]


def _server_tool_call_part(item: object) -> Part:
    """A call of a tool that the provider runs itself: web search, file search, MCP, code."""
    plain = to_sent_json(item)
    details = {name: value for name, value in plain.items() if name not in ("id", "status")}
    return server_tool_call(plain.get("id"), plain.get("name") or _tool_name_of(plain), details)


def _plain_part(item: object) -> Part:
    plain = to_sent_json(item)
    if not isinstance(plain, dict) or not isinstance(plain.get("type", ""), str):
        return unknown_part(plain)
    return without_error_credentials(plain if "type" in plain else {"type": "item", **plain})


def _tool_response_part(item: object) -> Part:
    output = get_path(item, "output")
    if output is None:
        output = to_sent_json(item)
    elif not isinstance(output, str):
        output = _response_of(output)
    ids = (get_path(item, name) for name in ("call_id", "approval_request_id", "id"))
    return tool_response(next(filter(None, ids), None), output)


def _response_of(output: object) -> object:
    """What a tool gave, where it is not text: text parts joined, anything else as parts."""
    if isinstance(output, list) and not _is_of_shell(output):
        return text_or_parts([_content_part(part) for part in output])
    if get_path(output, "image_url"):  # a screenshot
        return [_image_part(output)]
    return to_plain_json(output)


def _is_of_shell(output: list[Any]) -> bool:
    """Whether an output is what commands printed, which is no content of a message."""
    return bool(output) and all(get_path(each, "stdout") is not None for each in output)


_ITEMS: dict[str, Callable[[object], list[Part]]] = {
    "reasoning": _reasoning_parts,
    "function_call": _function_call_parts,
    "custom_tool_call": _custom_call_parts,
    "image_generation_call": _image_call_parts,
    **dict.fromkeys(
        ("computer_call", "local_shell_call", "shell_call", "apply_patch_call"), _local_call_parts
    ),
}

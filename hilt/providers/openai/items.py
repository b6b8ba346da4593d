"""The items of the responses API: what stands in ``input`` and ``output``, in our shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hilt.genai.coerce import FIELDLESS, as_list, text_or_parts, texts_of, to_text, unknown_part
from hilt.genai.json_values import get_path, json_or_text, to_plain_json
from hilt.genai.media import blob_of_base64, blob_of_url
from hilt.genai.values import Message, Part
from hilt.providers._chat_completions import part_of

__all__ = ["message_of_items", "message_of_output"]


def message_of_items(turn: Any) -> Message:
    """A turn of the input: an item, or the items of one answer in a list."""
    if isinstance(turn, list):
        return message_of_output(turn)
    role = get_path(turn, "role")
    if role is not None:
        return {"role": str(role), "parts": _content(get_path(turn, "content"))}
    kind = str(get_path(turn, "type") or "")
    if kind.endswith(("_output", "approval_response")):
        return {"role": "tool", "parts": [_tool_response(turn)]}
    return {"role": "user", "parts": [_plain(turn)]}


def message_of_output(items: Any) -> Message:
    """The items of an answer as one message, in their order."""
    parts: list[Part] = []
    for item in as_list(items):
        parts += _said(item)
    return {"role": "assistant", "parts": parts}


def _said(item: Any) -> list[Part]:
    kind = get_path(item, "type")
    if type(kind) is not str:
        if isinstance(item, FIELDLESS):
            return [_plain(item)]
        kind = "message" if kind is None else str(kind)
    if kind == "message":
        return _content(get_path(item, "content"))
    read = _ITEMS.get(kind)
    if read is not None:
        return read(item)
    return [_server_call(item)] if kind.endswith("_call") else [_plain(item)]


def _content(content: Any) -> list[Part]:
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    return [_content_part(part) for part in as_list(content)]


def _content_part(part: Any) -> Part:
    kind = get_path(part, "type")
    if kind in ("input_text", "output_text", "summary_text", "reasoning_text"):
        return _text_part(part)
    if kind == "input_image":
        return _image(part)
    if kind == "input_file":
        return _file(part)
    return part_of(part)


def _text_part(part: Any) -> Part:
    text = get_path(part, "text")
    found: Part = {"type": "text", "content": text if type(text) is str else to_text(text)}
    citations = get_path(part, "annotations")
    if citations:
        found["annotations"] = to_plain_json(citations)
    return found


def _image(part: Any) -> Part:
    if get_path(part, "image_url"):
        return blob_of_url(get_path(part, "image_url"))
    return {"type": "file", "modality": "image", "file_id": get_path(part, "file_id") or ""}


def _file(part: Any) -> Part:
    data = get_path(part, "file_data")
    if data:
        text = str(data)
        return blob_of_url(text) if text.startswith("data:") else blob_of_base64(text)
    if get_path(part, "file_url"):
        return blob_of_url(get_path(part, "file_url"), modality="document")
    return {"type": "file", "modality": "document", "file_id": get_path(part, "file_id") or ""}


def _reasoning(item: Any) -> list[Part]:
    text = "\n".join([*texts_of(get_path(item, "summary")), *texts_of(get_path(item, "content"))])
    return [{"type": "reasoning", "content": text}] if text else []


def _tool_call(item: Any, name: Any, arguments: Any) -> list[Part]:
    part: Part = {"type": "tool_call"}
    if get_path(item, "call_id") or get_path(item, "id"):
        part["id"] = get_path(item, "call_id") or get_path(item, "id")
    part["name"] = name or ""
    part["arguments"] = json_or_text(arguments) if arguments not in (None, "") else {}
    return [part]


def _function_call(item: Any) -> list[Part]:
    return _tool_call(item, get_path(item, "name"), get_path(item, "arguments"))


def _custom_call(item: Any) -> list[Part]:
    return _tool_call(item, get_path(item, "name"), get_path(item, "input"))


def _local_call(item: Any) -> list[Part]:
    """Calls of tools that OpenAI defines and the caller runs: a computer, a shell, a patch."""
    name = str(get_path(item, "type")).removesuffix("_call")
    return _tool_call(
        item, name, to_plain_json(get_path(item, "action") or get_path(item, "operation"))
    )


def _made_image(item: Any) -> list[Part]:
    part = _server_call(item)
    inside = part["server_tool_call"]
    image = inside.pop("result", None)
    if not image:
        return [part]
    kind = get_path(item, "output_format") or "png"
    return [part, blob_of_base64(image, f"image/{kind}")]


def _server_call(item: Any) -> Part:
    """A call of a tool that the provider runs itself: web search, file search, MCP, code."""
    found = to_plain_json(item)
    kind = str(found.get("type"))
    part: Part = {"type": "server_tool_call"}
    if found.get("id"):
        part["id"] = found["id"]
    part["name"] = found.get("name") or kind.removesuffix("_call")
    part["server_tool_call"] = {
        name: value for name, value in found.items() if name not in ("id", "status")
    }
    return part


def _plain(item: Any) -> Part:
    found = to_plain_json(item)
    if not isinstance(found, dict) or not isinstance(found.get("type", ""), str):
        return unknown_part(found)
    return found if "type" in found else {"type": "item", **found}


def _tool_response(item: Any) -> Part:
    output = get_path(item, "output")
    if output is None:
        output = to_plain_json(item)
    elif not isinstance(output, str):
        output = _output(output)
    part: Part = {"type": "tool_call_response", "response": output}
    call_id = get_path(item, "call_id") or get_path(item, "approval_request_id")
    if call_id:
        part["id"] = call_id
    return part


def _output(output: Any) -> Any:
    """What a tool gave, where it is not text: text parts joined, anything else as parts."""
    if isinstance(output, list):
        return text_or_parts([_content_part(part) for part in output])
    if get_path(output, "image_url"):  # a screenshot
        return [_image(output)]
    return to_plain_json(output)


_ITEMS: dict[str, Callable[[Any], list[Part]]] = {
    "reasoning": _reasoning,
    "function_call": _function_call,
    "custom_tool_call": _custom_call,
    "image_generation_call": _made_image,
    **dict.fromkeys(
        ("computer_call", "local_shell_call", "shell_call", "apply_patch_call"), _local_call
    ),
}

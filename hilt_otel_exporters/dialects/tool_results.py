"""What a tool answered, out of the blocks that protocols and frameworks put around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt.genai.json_values import get_path, json_or_text, to_plain_json

__all__ = ["tool_result_of"]

_TEXT = ("text", "input_text", "output_text")
_VALUES = ("json", "text", "error-text")
_OF_ENVELOPE = frozenset({"isError", "is_error", "structuredContent"})


def tool_result_of(result: Any) -> Any:
    """A tool's result: the text of its blocks, or the value of its only one.

    The envelope may be that of MCP (``{"content": [...], "isError": false}``), blocks may be
    Bedrock's (``{"json": ...}``, ``{"text": ...}``) or anyone's (``{"type": "text", ...}``), or the
    JSON of them. What has another form is returned as plain JSON.
    """
    if isinstance(result, str):
        return _of_text(result)
    if isinstance(result, Mapping):
        if result.get("type") in _VALUES:
            return to_plain_json(result.get("value", result.get("text")))
        blocks = result.get("content")
        if not _OF_ENVELOPE.isdisjoint(result) and isinstance(blocks, list):
            result = blocks
        elif isinstance(result.get("blocks"), list) and "tool_name" in result:
            result = result["blocks"]
    if isinstance(result, list) and result:
        if all(map(_is_text, result)):
            return "".join(
                str(get_path(each, "text") or get_path(each, "content") or "") for each in result
            )
        if len(result) == 1 and isinstance(result[0], Mapping) and set(result[0]) == {"json"}:
            return to_plain_json(result[0]["json"])
    return to_plain_json(result)


def _of_text(result: str) -> Any:
    """A result that is a text, which may be the JSON of blocks."""
    blocks = json_or_text(result) if result[:2] == "[{" else None
    if isinstance(blocks, list) and all(map(_is_block, blocks)):
        return tool_result_of(blocks)
    return result


def _is_block(block: Any) -> bool:
    return _is_text(block) or (isinstance(block, Mapping) and set(block) == {"json"})


def _is_text(block: Any) -> bool:
    return isinstance(block, Mapping) and (block.get("type") in _TEXT or set(block) == {"text"})

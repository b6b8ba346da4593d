"""What makes two messages the same, in whatever form a caller sends an answer back.

A message becomes a few keys: its texts joined, and a key for each other part. What callers,
frameworks and SDKs drop, add or rename makes no difference: reasoning, empty parts, ids of tool
calls, nulls, marks for a cache, and whether the parts stand in one message or in several.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hilt.genai.json_values import encode_json, text_of
from hilt.genai.normal_text import exact_text, trimmed
from hilt.genai.values import Message, Part

__all__ = [
    "CACHE_MARKS",
    "empty_answer_key",
    "extended_chain",
    "instructions_key",
    "message_keys",
    "tools_key",
]

MessageKey = tuple[object, ...]
"""The key of a part, or of texts that follow each other."""

CACHE_MARKS = ("cache_control", "cachePoint")
"""Parts, and fields of parts, that say what a provider should keep in its cache."""

_NOT_SENT_BACK = frozenset((
    "reasoning", "server_tool_call", "server_tool_call_response", "context", "graph_data",
    "llm_data", "web_search_data", "translation_data", "search_results", "documents",
    "mcp_list_tools", "reference",
))  # fmt: skip
_WITHOUT_ID = frozenset(("id", "status", "citations", *CACHE_MARKS))
"""Fields that do not say what a part is: ``citations`` asks for some, or lists them."""
_COMPACTIONS = ("compaction", "compaction_summary")
_MAX_DEPTH = 64


def extended_chain(chain: int, message: Message, start: int = 0) -> int:
    """The hash of everything that stood before, and a message after it.

    A compaction stands for all that was before it, whether or not that is sent again.

    Args:
        chain: The hash of what stands before the message.
        message: The message.
        start: The hash of what stands before everything.
    """
    parts: Sequence[Part] = message.get("parts") or ()
    if len(parts) == 1 and parts[0].get("type") == "text":  # as `History.continuation` does
        text = parts[0].get("content")
        return hash((chain, message.get("role"), text)) if text else chain
    for key in message_keys(message):
        chain = hash((start if key[0] == "compaction" else chain, *key))
    return chain


def empty_answer_key(chain: int) -> int:
    """The hash of everything that stood before, and an answer that has nothing to compare."""
    return hash((chain, "empty answer"))


def message_keys(message: Message) -> Iterator[MessageKey]:
    """The keys of a message, in order; the same in every process."""
    role, text = message.get("role"), ""
    for part in message.get("parts") or ():
        if part.get("type") == "text":
            content = part.get("content") or ""
            is_text = isinstance(content, str)
            text += exact_text(content) if is_text else encode_json(content).decode()
            continue
        key = _part_key(part)
        if key is None:
            continue
        if text:
            yield role, text
            text = ""
        yield key
    if text:
        yield role, text


def _part_key(part: Part) -> MessageKey | None:
    kind = part.get("type")
    if kind in _NOT_SENT_BACK or kind in CACHE_MARKS:
        return None
    if kind == "tool_call":
        arguments = encode_json(_without_nulls(part.get("arguments") or {}), in_order=True)
        return kind, part.get("name"), arguments
    if kind == "tool_call_response":
        result = part.get("response")
        is_text = isinstance(result, str)
        return kind, result if is_text else encode_json(_without_nulls(result), in_order=True)
    if kind == "item_reference":
        return kind, part.get("id")
    if kind in _COMPACTIONS:
        return _compaction_key(part)
    plain = _without_nulls({name: part[name] for name in part if name not in _WITHOUT_ID})
    return kind, encode_json(plain, in_order=True)


def _compaction_key(part: Part) -> MessageKey | None:
    """The summary that stands for what was before; None where the provider made none."""
    summary = part.get("content"), part.get("encrypted_content")
    return ("compaction", encode_json(summary)) if any(summary) else None


def _without_nulls(value: object, depth: int = 0) -> Any:
    """A value without nulls, which some encoders leave out, and without marks for a cache.

    A number that is whole is an integer: JavaScript writes ``1.0`` as ``1``.
    """
    if depth > _MAX_DEPTH:
        return value
    if type(value) is float:
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {
            name: _without_nulls(item, depth + 1)
            for name, item in value.items()
            if item is not None and name not in CACHE_MARKS
        }
    if isinstance(value, (list, tuple)):
        return [_without_nulls(item, depth + 1) for item in value]
    return value


def instructions_key(instructions: Sequence[Part] | None) -> int:
    """The hash of system instructions; 0 for none."""
    return hash(trimmed(text_of(instructions))) if instructions else 0


def tools_key(tools: Sequence[object] | None) -> int:
    """The hash of tool definitions; 0 for none."""
    return hash(encode_json(tools)) if tools else 0

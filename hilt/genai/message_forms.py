"""What makes two messages the same, in whatever form a caller sends them back.

A message becomes a few keys: its texts joined, and a key for each other part. What callers,
frameworks and SDKs drop, add or rename makes no difference: reasoning, empty parts, ids of tool
calls, nulls, marks for a cache, and whether the parts stand in one message or in several.

A history also goes through forms of web pages, databases and editors before it is sent back: spaces
at the ends of a text get lost, line ends and composed characters change, and the calls and results
of tools come in another order. The normal form makes these alike, and counts only where a history
is not in the log as it was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from unicodedata import normalize

from hilt.genai.json_values import encode_json, json_or_text
from hilt.genai.values import Message, Part, text_of

__all__ = [
    "CACHE_MARKS",
    "MessageKey",
    "NormalChain",
    "empty_answer_key",
    "exact_text",
    "extended_chain",
    "instructions_key",
    "is_normal",
    "message_keys",
    "normal_chain",
    "normal_message",
    "normal_text",
    "only_text",
    "tools_key",
    "trimmed",
]

# -- texts -------------------------------------------------------------------------------------

_LONGEST_COMPOSED = 10_000  # characters: a longer text that is not ASCII is compared as it is


def exact_text(text: str) -> str:
    """A text as a ``str``, also if a template has made it: those escape what is added to them."""
    return text if type(text) is str else str.__str__(text)


def normal_text(text: str) -> str:
    """A text without the spaces at its ends, with line feeds as line ends, and composed (NFC)."""
    if not text.isascii() and len(text) <= _LONGEST_COMPOSED:
        text = normalize("NFC", text)
    return trimmed(text) if "\r" in text else text.strip()


def trimmed(text: str) -> str:
    """A text without the spaces at its ends, and with line feeds as line ends."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip()


# -- keys --------------------------------------------------------------------------------------

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


# -- the normal form -----------------------------------------------------------------------------

_IN_ANY_ORDER = ("tool_call", "tool_call_response")
_JSON = ("{", "[")
_LONGEST_JSON = 10_000  # characters: a longer result of a tool is compared as the text it is


def normal_message(message: Message) -> Message:
    """A message whose texts are in their normal form: those that follow each other are one."""
    parts: list[Part] = []
    for part in message.get("parts") or ():
        if part.get("type") == "text" and isinstance(part.get("content"), str):
            text = exact_text(part["content"])
            last = parts[-1] if parts else {}
            if last.get("type") == "text" and isinstance(last.get("content"), str):
                last["content"] += text
            else:
                parts.append({"type": "text", "content": text})
        elif part.get("type") == "tool_call_response" and isinstance(part.get("response"), str):
            parts.append({**part, "response": _normal_result(part["response"])})
        else:
            parts.append(part)
    for part in parts:
        if part.get("type") == "text" and isinstance(part.get("content"), str):
            part["content"] = normal_text(part["content"])
    return {"role": message.get("role"), "parts": parts}


def _normal_result(text: str) -> Any:
    """What a tool gave; JSON by its value, whoever has written it again."""
    text = normal_text(text)
    return json_or_text(text) if text[:1] in _JSON and len(text) <= _LONGEST_JSON else text


def is_normal(message: Message) -> bool:
    """Whether a message is a text in its normal form, and nothing else."""
    text = only_text(message)
    return text is not None and normal_text(text) == text


def only_text(message: Message) -> str | None:
    """The text of a message that is one text; None of any other."""
    parts: Any = message.get("parts")
    if parts and len(parts) == 1:
        part = parts[0]
        text = part.get("content")
        if part.get("type") == "text" and isinstance(text, str):
            return text if type(text) is str else exact_text(text)
    return None


def normal_chain(chain: int, messages: Sequence[Message], start: int) -> int:
    """The hash of what stands before, and messages after it in their normal form."""
    text = only_text(messages[0]) if len(messages) == 1 else None
    if text is not None:
        text = normal_text(text)
        return hash((chain, messages[0].get("role"), text)) if text else chain
    normal = NormalChain(chain, start)
    for message in messages:
        normal.add(message)
    return normal.value


class NormalChain:
    """The hash of messages in their normal form, as far as they were added.

    Args:
        chain: The hash of what stands before them.
        start: The hash of what stands before everything.
    """

    def __init__(self, chain: int, start: int) -> None:
        self.value = chain
        self._start = start
        self._before = chain  # without the calls, or the results, that stand last
        self._last: list[MessageKey] = []
        self._kind: object = None

    def add(self, message: Message) -> int:
        """Add a message; the key of everything up to it."""
        before, text = self.value, only_text(message)
        if text is not None:
            text = normal_text(text)
            if text:
                self._set(hash((before, message.get("role"), text)))
        else:
            for key in message_keys(normal_message(message)):
                self._add_key(key)
        if self.value == before and message.get("role") == "assistant":
            return empty_answer_key(before)
        return self.value

    def _add_key(self, key: MessageKey) -> None:
        kind, *_ = key
        if kind == "compaction":
            self._set(self._start)
        if kind not in _IN_ANY_ORDER:
            self._set(hash((self.value, *key)))
            return
        if kind != self._kind:
            self._set(self.value)
        self._kind = kind
        self._last.append(key)
        self.value = self._before
        for each in sorted(self._last, key=repr) if len(self._last) > 1 else self._last:
            self.value = hash((self.value, *each))

    def _set(self, chain: int) -> None:
        self.value = self._before = chain
        self._last.clear()
        self._kind = None

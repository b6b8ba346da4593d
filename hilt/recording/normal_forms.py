"""Messages in their normal form: what storing and sending them again may change is made alike.

A history goes through forms of web pages, databases and editors before it is sent back: spaces at
the ends of a text get lost, line ends and composed characters change, and the calls and results of
tools come in another order. `message_keys` leaves out what never matters; what is made alike here
counts only where a history is not in the log as it was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hilt.genai.json_values import json_or_text
from hilt.genai.normal_text import exact_text, normal_text
from hilt.genai.values import Message, Part
from hilt.recording.message_keys import MessageKey, empty_answer_key, message_keys

__all__ = ["NormalChain", "is_normal", "normal_chain", "normal_message", "only_text"]

_IN_ANY_ORDER = ("tool_call", "tool_call_response")
_JSON = ("{", "[")
_LONGEST_JSON = 10_000  # characters: a longer result of a tool is compared as the text it is


def normal_message(message: Message) -> Message:
    """A message whose texts are in their normal form: those that follow each other are one."""
    parts: list[Part] = []
    for part in message.get("parts") or ():
        if part.get("type") == "text" and isinstance(part.get("content"), str):
            text = exact_text(part["content"])
            if parts and parts[-1]["type"] == "text":
                parts[-1]["content"] += text
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

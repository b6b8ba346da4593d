"""Finding the calls that a call's history repeats, if another process has logged them.

When a process goes on with a conversation that it has not logged, its first call contains the whole
history. If that begins with what another chain of the same id sent and was answered, in the same
words and by the same user, both are one conversation. If two chains match, neither is joined: they
may be of different people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hilt.analysis.inputs import answer_message, new_messages
from hilt.core.json_types import JsonObject
from hilt.genai.message_forms import normal_text
from hilt.genai.values import text_of

if TYPE_CHECKING:
    from hilt.analysis.calls import Call

__all__ = ["Histories"]

_Key = tuple[str | None, tuple[str, ...]]


class Histories:
    """The chains of calls that begin with a history, by its texts."""

    def __init__(self) -> None:
        self._chains: dict[_Key, list[Call] | None] = {}  #: None: several begin with these words

    def chain_before(self, call: Call) -> list[Call] | None:
        """The chain that a call continues, by the history that it contains."""
        texts = _history_of(call)
        for length in range(len(texts), 0, -1):
            key = call.user, texts[:length]
            if key in self._chains:
                return self._chains[key]
        return None

    def add(self, call: Call, chain: list[Call]) -> None:
        """Note the call that begins a chain, if it contains a history."""
        if _history_of(call):
            texts = _texts_of([*new_messages(call), *answer_message(call)])
            key = call.user, texts
            self._chains[key] = None if key in self._chains else chain


def _history_of(call: Call) -> tuple[str, ...]:
    """The texts up to the newest answer in the messages of a call; empty if there is none."""
    messages = new_messages(call)
    while messages and messages[-1].get("role") != "assistant":
        messages.pop()
    return _texts_of(messages)


def _texts_of(messages: list[JsonObject]) -> tuple[str, ...]:
    parts = (message.get("parts") for message in messages)
    return tuple(normal_text(text_of(each)) if isinstance(each, list) else "" for each in parts)

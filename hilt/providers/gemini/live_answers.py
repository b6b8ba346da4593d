"""Answers of Gemini's live API: one turn of the model, from its first message to its last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt.genai.coerce import as_list, str_or_empty
from hilt.genai.values import Delta, Failure, Response
from hilt.providers.gemini.parts import enum_name, get_field
from hilt.providers.gemini.tool_call_pieces import StreamedContent

__all__ = ["LiveAnswer", "has_output"]

_CANCELLED = 499
_OUTPUT = ("modelTurn", "outputTranscription")
_OF_CANDIDATE = ("groundingMetadata", "urlContextMetadata")
_NO_REASONS = frozenset(("TURN_COMPLETE_REASON_UNSPECIFIED", "NEED_MORE_INPUT"))
_FAILED = "MALFORMED_FUNCTION_CALL"


def has_output(message: Mapping[str, Any]) -> bool:
    """Whether a message of the server has something of the model's."""
    content = get_field(message, "serverContent")
    return bool(get_field(message, "toolCall") or any(get_field(content, name) for name in _OUTPUT))


class LiveAnswer(StreamedContent):
    """One turn of the model. One object reads one call."""

    name = "live"
    sends_finish_reason = False

    def __init__(self) -> None:
        super().__init__()
        self._is_whole = False  #: when it is interrupted after that, only its sound is

    def text(self, chunk: Any) -> str | None:
        """What a message says that is spoken, and has nothing else."""
        content: Any = chunk.get("serverContent") if type(chunk) is dict else None
        if type(content) is not dict or len(content) != 1 or len(chunk) != 1:
            return None
        spoken = content.get("outputTranscription")
        text = spoken.get("text") if type(spoken) is dict else None
        return text if type(text) is str and text else None

    def delta(self, chunk: object) -> Delta | None:
        """What a message of the server adds."""
        content = get_field(chunk, "serverContent")
        usage = get_field(chunk, "usageMetadata")
        body = {"candidates": [_candidate(content)], "usageMetadata": usage}
        delta = super().delta(body) or Delta()
        for call in as_list(get_field(get_field(chunk, "toolCall"), "functionCalls")):
            inner = super().delta({"candidates": [_saying([{"functionCall": call}])]})
            delta.add_tool_calls((inner and inner.tool_calls) or ())
            delta.ends_part = True  # and what comes next follows it
        spoken = str_or_empty(get_field(get_field(content, "outputTranscription"), "text"))
        if spoken:
            delta.text, delta.ends_part = (delta.text or "") + spoken, False
        self._add_ending(delta, content)
        return delta

    def _add_ending(self, delta: Delta, content: object) -> None:
        """How the turn ended, if it did."""
        self._is_whole = self._is_whole or get_field(content, "generationComplete") is True
        response = delta.response = delta.response or Response()
        if get_field(content, "interrupted") is True and not self._is_whole:
            response.failure = Failure(
                "cancelled", "interrupted", "the user interrupted the model", _CANCELLED,
                outcome="cancelled",
            )  # fmt: skip
        reason = enum_name(get_field(content, "turnCompleteReason"))
        if reason and reason not in _NO_REASONS:
            delta.add_finish_reason(reason)
            if reason != _FAILED:
                response.outcome = "filtered"


def _candidate(content: object) -> dict[str, Any]:
    """What the server says of a turn, as ``generateContent`` has it."""
    fields = {name: get_field(content, name) for name in _OF_CANDIDATE}
    return {"content": get_field(content, "modelTurn"), **fields}


def _saying(parts: list[Any]) -> dict[str, Any]:
    return {"content": {"parts": parts}}

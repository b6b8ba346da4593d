"""Streams of Gemini in which even the arguments of a tool call come in pieces (Vertex AI only)."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from hilt.genai.coerce import list_or_empty
from hilt.genai.values import Part
from hilt.providers.gemini.content import GenerateContent
from hilt.providers.gemini.parts import field, part_of

__all__ = ["StreamedContent"]

_STEP = re.compile(r"\.([^.\[\]]+)|\['([^']*)'\]|\[(\d{1,4})\]")
"""A list is as long as its last index says, and an index in a million would take all memory."""
_VALUES = ("stringValue", "numberValue", "boolValue")


class StreamedContent(GenerateContent):
    """Answers of one ``streamGenerateContent``: it remembers the tool call that is under way."""

    def __init__(self) -> None:
        self._open: Part | None = None

    def part(self, raw: Any) -> Part | None:
        """A part in our shape; None for the piece of a tool call that is not its last."""
        call = field(raw, "functionCall")
        if call is None:
            return part_of(raw)
        pieces = list_or_empty(field(call, "partialArgs"))
        goes_on = field(call, "willContinue") is True
        if self._open is None and not goes_on and not pieces:
            return part_of(raw)
        if self._open is None or field(call, "name"):
            self._open = part_of(raw)
        for piece in pieces:
            _put(self._open["arguments"], str(field(piece, "jsonPath") or ""), piece)
        if goes_on:
            return None
        whole, self._open = self._open, None
        return whole


def _put(arguments: Any, path: str, piece: Any) -> None:
    """Put a value at a path, ``$.cities[0].name``; a text that goes on is continued."""
    steps: list[str | int] = [
        int(index) if index else name or quoted for name, quoted, index in _STEP.findall(path)
    ]
    if not steps:
        return
    for step, following in pairwise(steps):
        empty: Any = [] if isinstance(following, int) else {}
        known = _get(arguments, step)
        if known is None:
            known = empty
            _set(arguments, step, known)
        arguments = known
    value = next((v for name in _VALUES if (v := field(piece, name)) is not None), None)
    known = _get(arguments, steps[-1])
    both_texts = isinstance(known, str) and isinstance(value, str)
    _set(arguments, steps[-1], known + value if both_texts else value)


def _get(container: Any, step: str | int) -> Any:
    if isinstance(container, dict):
        return container.get(step)
    if isinstance(container, list) and isinstance(step, int) and step < len(container):
        return container[step]
    return None


def _set(container: Any, step: str | int, value: Any) -> None:
    if isinstance(container, dict):
        container[step] = value
    elif isinstance(container, list) and isinstance(step, int):
        container += [None] * (step + 1 - len(container))
        container[step] = value

"""Streams of Gemini in which even the arguments of a tool call come in pieces (Vertex AI only)."""

from __future__ import annotations

import re
from itertools import pairwise

from hilt.genai.coerce import list_or_empty
from hilt.genai.values import Part
from hilt.providers.gemini.content import GenerateContent
from hilt.providers.gemini.parts import get_field, part_of

__all__ = ["StreamedContent"]

_STEP = re.compile(r"\.([^.\[\]]+)|\['([^']*)'\]|\[(\d{1,4})\]")
"""A list is as long as its last index says, and an index in a million would take all memory."""
_VALUES = ("stringValue", "numberValue", "boolValue")


class StreamedContent(GenerateContent):
    """Answers of one ``streamGenerateContent``: it keeps the tool call that is incomplete."""

    def __init__(self) -> None:
        self._incomplete_call: Part | None = None

    def part(self, raw: object) -> Part | None:
        """A part of a chunk; None for the piece of a tool call that is not its last."""
        call = get_field(raw, "functionCall")
        if call is None:
            return part_of(raw)
        pieces = list_or_empty(get_field(call, "partialArgs"))
        will_continue = get_field(call, "willContinue") is True
        if self._incomplete_call is None and not will_continue and not pieces:
            return part_of(raw)
        if self._incomplete_call is None or get_field(call, "name"):
            self._incomplete_call = part_of(raw)
        for piece in pieces:
            path = str(get_field(piece, "jsonPath") or "")
            _set_at_path(self._incomplete_call["arguments"], path, piece)
        if will_continue:
            return None
        whole, self._incomplete_call = self._incomplete_call, None
        return whole


def _set_at_path(arguments: object, path: str, piece: object) -> None:
    """Set a value at a path, ``$.cities[0].name``; pieces of a text are joined."""
    steps: list[str | int] = [
        int(index) if index else name or quoted for name, quoted, index in _STEP.findall(path)
    ]
    if not steps:
        return
    container = arguments
    for step, following in pairwise(steps):
        inner = _get_item(container, step)
        if inner is None:
            inner = [] if isinstance(following, int) else {}
            _set_item(container, step, inner)
        container = inner
    value = next((v for name in _VALUES if (v := get_field(piece, name)) is not None), None)
    earlier = _get_item(container, steps[-1])
    if isinstance(earlier, str) and isinstance(value, str):
        value = earlier + value
    _set_item(container, steps[-1], value)


def _get_item(container: object, step: str | int) -> object:
    if isinstance(container, dict):
        return container.get(step)
    if isinstance(container, list) and isinstance(step, int) and step < len(container):
        return container[step]
    return None


def _set_item(container: object, step: str | int, value: object) -> None:
    if isinstance(container, dict):
        container[step] = value
    elif isinstance(container, list) and isinstance(step, int):
        container += [None] * (step + 1 - len(container))
        container[step] = value

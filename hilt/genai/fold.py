"""From the chunks of a stream to the answer: every stream of every provider is folded here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt.genai.json_values import json_or_text, to_plain_json
from hilt.genai.media import StreamedBlob
from hilt.genai.values import Delta, Message, Part, Response, ToolCallDelta, Usage

__all__ = ["Fold", "merge_counts", "merge_response", "merge_usage"]

_USAGE_FIELDS = tuple(name for name in Usage.__struct_fields__ if name != "units")
_REPLACED = tuple(
    name
    for name in Response.__struct_fields__
    if name not in ("usage", "raw_usage", "attributes", "messages")
)


class Fold:
    """An answer under construction; each of its choices after the first is one of its own.

    ``text`` is the list of text pieces of the first choice: where a chunk has nothing else, the
    engine appends to it directly.
    """

    __slots__ = (
        "blobs",
        "choices",
        "details",
        "done",
        "keyed",
        "newest",
        "parts",
        "reasoning",
        "reasons",
        "refusal",
        "response",
        "text",
        "tools",
        "whole",
    )

    def __init__(self) -> None:
        self.text: list[str] = []
        self.choices: dict[int, Fold] = {}  #: those after the first
        self.reasoning: list[str] = []
        self.parts: list[Part] = []
        self.refusal: list[str] = []  # what came after the last of the parts, which is a refusal
        self.details: dict[str, Any] = {}
        self.done: list[Part] = []
        self.keyed: dict[str, Part] = {}
        self.tools: dict[int | str, _ToolCall] = {}
        self.reasons: dict[int, str] = {}
        self.response = Response()
        self.newest: Response | None = None
        self.whole = False
        self.blobs: dict[str, StreamedBlob] = {}

    @property
    def has_anything(self) -> bool:
        """Whether anything of an answer came, or the id of one."""
        begun = self.text or self.tools or self.reasoning or self.parts
        return bool(begun or self.done or self.choices or self.response.id)

    def add(self, delta: Delta) -> None:
        """Take in what a chunk adds."""
        if delta.text:
            self._add_text(delta.choice, delta.text)
        for choice, text in delta.texts or ():
            self._add_text(choice, text)
        if delta.reasoning:
            self.reasoning.append(delta.reasoning)
        for call in delta.tool_calls or ():
            fold = self._of_choice(call.choice) if call.choice else self
            fold._add_tool_call(call)  # noqa: SLF001 # of the same class
        if delta.parts or delta.keyed_parts or delta.binary or delta.others:
            self._add_beside_text(delta)
        if delta.details:
            self._add_details(delta.details)
        if delta.ends_part:
            self._end_part()
        if delta.finish_reasons:
            self.reasons.update(delta.finish_reasons)
        newest = delta.response
        if newest is not None:
            # Most chunks have the same fields of the answer as the one before.
            if newest is self.newest or newest != self.newest:
                merge_response(self.response, newest)
                self.newest = newest
            if delta.whole and newest.messages:  # some hosts end without what they have streamed
                self.whole = True
                self.response.messages = newest.messages

    def _add_text(self, choice: int, text: str) -> None:
        (self._of_choice(choice) if choice else self).text.append(text)

    def _of_choice(self, choice: int) -> Fold:
        fold = self.choices.get(choice)
        if fold is None:
            fold = self.choices[choice] = Fold()
        return fold

    def _add_tool_call(self, piece: ToolCallDelta) -> None:
        """Add a piece to the newest call of its index, or begin one.

        Some hosts send each of several calls whole, and all with index 0.
        """
        index = next(reversed(self.tools), 0) if piece.index is None else piece.index
        key = index
        call = self.tools.get(key)
        while call is not None and call.next is not None:
            key = call.next
            call = self.tools.get(key)
        if call is not None and call.is_other(piece):
            key = call.next = f"{index}, {len(self.tools)}"
            call = None
        if call is None:
            call = self.tools[key] = _ToolCall()
        call.add(piece)

    def _add_beside_text(self, delta: Delta) -> None:
        self._add_parts(delta.parts or [])
        for piece in delta.binary or ():
            if piece.key not in self.blobs:
                self.blobs[piece.key] = StreamedBlob(piece.mime_type, piece.modality)
                self._add_parts([self.blobs[piece.key].part])
            self.blobs[piece.key].add(piece.data, piece.id)
        self._add_keyed_parts(delta.keyed_parts or {})
        for choice, other in delta.others or ():
            self._of_choice(choice).add(other)

    def _add_keyed_parts(self, parts: dict[str, Part]) -> None:
        for key, part in parts.items():
            if key not in self.keyed:
                self.keyed[key] = {"type": "part"}
                self.parts.append(self.keyed[key])
            self.keyed[key].update(part)

    def _add_parts(self, parts: list[Part]) -> None:
        for part in parts:
            last = self.parts[-1] if self.parts else None
            if last is not None and part["type"] == last["type"] == "refusal":
                self.refusal.append(part["content"])  # a refusal is streamed like a text
            else:
                self._join_refusal()
                self.parts.append(part)

    def _join_refusal(self) -> None:
        if self.refusal:
            self.parts[-1]["content"] += "".join(self.refusal)
            self.refusal.clear()

    def _add_details(self, details: dict[str, Any]) -> None:
        for name, value in details.items():
            earlier = self.details.get(name)
            if isinstance(earlier, list) and isinstance(value, list):
                # Some hosts repeat all that they sent so far with each chunk.
                earlier.extend(value[len(earlier) :] if value[: len(earlier)] == earlier else value)
            else:
                self.details[name] = list(value) if isinstance(value, list) else value

    def _end_part(self) -> None:
        """Close what was built: later parts come after it."""
        self.done += self._parts()
        self.text, self.reasoning, self.parts, self.details, self.tools = [], [], [], {}, {}

    def result(self, *, partial: bool = False) -> Response:
        """The answer as far as it came."""
        response = self.response
        response.partial = response.partial or partial
        for fold in (self, *self.choices.values()):
            for blob in fold.blobs.values():
                blob.finish()
        if not self.whole:
            response.messages = self._messages()
            if self.reasons:
                response.finish_reasons = [self.reasons[key] for key in sorted(self.reasons)]
        return response

    def _messages(self) -> list[Message]:
        choices = {*self.choices, *self.reasons}
        if self.done or self.text or self.reasoning or self.parts or self.tools:
            choices.add(0)
        return [self._message(choice) for choice in sorted(choices)]

    def _message(self, choice: int) -> Message:
        fold = self._of_choice(choice) if choice else self
        message: Message = {"role": "assistant", "parts": fold._all_parts()}  # noqa: SLF001
        if choice in self.reasons:
            message["finish_reason"] = self.reasons[choice]
        return message

    def _all_parts(self) -> list[Part]:
        parts = [*self.done, *self._parts()]
        if self.details and not self.text:  # they came after the text had ended
            text = next((part for part in parts if part["type"] == "text"), None)
            if text is not None:
                text.update(self.details)
        return parts

    def _parts(self) -> list[Part]:
        """What is being built: reasoning, text, parts, tool calls."""
        self._join_refusal()
        parts: list[Part] = []
        if self.reasoning:
            parts.append({"type": "reasoning", "content": "".join(self.reasoning)})
        text = "".join(self.text)
        if text:
            parts.append({"type": "text", "content": text, **self.details})
        return [*parts, *self.parts, *(call.part() for call in self.tools.values())]


class _ToolCall:
    """A tool call under construction: parallel ones arrive interleaved (T29)."""

    __slots__ = ("arguments", "id", "json_object", "name", "next", "server")

    def __init__(self) -> None:
        self.id: str | None = None
        self.name = ""
        self.arguments: list[str] = []
        self.json_object: object = None
        self.server: str | None = None
        self.next: str | None = None  #: the key of a later call with the same index

    def is_other(self, piece: ToolCallDelta) -> bool:
        """Whether a piece begins another call: it has a name, and another id or whole arguments.

        A host may repeat the name with each piece, or give each piece an id, but not both.
        """
        if piece.whole:
            return bool(piece.id and self.id and piece.id != self.id)
        if not piece.name or not self.name or not (self.arguments or self.json_object):
            return bool(piece.name and self.name and piece.id and self.id and piece.id != self.id)
        if piece.id and self.id:
            return piece.id != self.id
        return piece.name != self.name or isinstance(json_or_text("".join(self.arguments)), dict)

    def add(self, piece: ToolCallDelta) -> None:
        self.id = piece.id or self.id
        self.name = piece.name or self.name
        self.server = piece.server or self.server
        if isinstance(piece.arguments, str):
            if piece.whole and piece.arguments:
                self.arguments.clear()
            self.arguments.append(piece.arguments)
        elif piece.arguments is not None:
            self.json_object = to_plain_json(piece.arguments)

    def part(self) -> Part:
        part: Part = {"type": "server_tool_call" if self.server else "tool_call"}
        if self.id:
            part["id"] = self.id
        part["name"] = self.name
        written = "".join(self.arguments)
        arguments = json_or_text(written) if written else self.json_object or {}
        if self.server:
            part["server_tool_call"] = {"type": self.server, "arguments": arguments}
        else:
            part["arguments"] = arguments
        return part


def merge_response(into: Response, newer: Response) -> None:
    """Every field that the newer one has replaces the older one's; counts are merged one by one."""
    for name in _REPLACED:
        value = getattr(newer, name)
        if value is not None and value is not False and value != []:
            setattr(into, name, value)
    if newer.status is not None:
        into.pending = newer.pending
    into.attributes.update(newer.attributes)
    if newer.usage is not None:
        into.usage = merge_usage(into.usage, newer.usage)
    if newer.raw_usage is not None:
        both = isinstance(into.raw_usage, dict) and isinstance(newer.raw_usage, dict)
        into.raw_usage = merge_counts(into.raw_usage, newer.raw_usage) if both else newer.raw_usage


def merge_usage(older: Usage | None, newer: Usage) -> Usage:
    """The counts of both, the newer ones where both have one; a zero takes nothing back."""
    if older is None:
        return newer
    for name in _USAGE_FIELDS:
        value = getattr(newer, name)
        if value or (value is not None and getattr(older, name) is None):
            setattr(older, name, value)
    older.units.update(newer.units)
    return older


def merge_counts(older: Mapping[str, Any], newer: Mapping[str, Any]) -> dict[str, Any]:
    """A provider's own counts of two events of a stream, merged in the same way."""
    merged = dict(older)
    for name, value in newer.items():
        before = merged.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            merged[name] = merge_counts(before, value)
        elif before is None or value:
            merged[name] = value
    return merged

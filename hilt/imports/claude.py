"""The export of claude.ai: ``conversations.json``, a list of conversations with their messages.

An answer has the tools that it used inside it: what stands after the result of a tool is the
answer to that result, a call of its own. No model and no tokens are in the export.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hilt.genai.coerce import list_or_empty
from hilt.genai.json_values import get_path
from hilt.genai.values import Message, Part, Response
from hilt.imports.moments import nanos_of
from hilt.imports.turns import Answer, Conversation, Turn
from hilt.io.read.json_file import JsonFile
from hilt.providers._message_parts import file_part, text_part
from hilt.providers.anthropic.blocks import part_of

__all__ = ["NAME", "conversations", "recognizes"]

NAME = "claude"

_NO_USAGE = "an export of Claude has no token counts"


def recognizes(value: object) -> bool:
    """Whether a value is a conversation of an export."""
    return isinstance(value, Mapping) and isinstance(value.get("chat_messages"), list)


def conversations(file: JsonFile) -> Iterator[Conversation]:
    """The conversations in a file."""
    for value in file.values():
        identity = value.get("uuid") if isinstance(value, Mapping) else None
        if not recognizes(value) or not isinstance(identity, str):
            file.skip("not a conversation of a Claude export")
            continue
        turns: list[Turn] = []
        for position, raw in enumerate(value["chat_messages"]):
            read = _turns_of(raw, turns[-1].id if turns else None)
            if read is None:
                where = f"conversation {identity!r}: chat_messages[{position}]"
                file.skip(f"{where} has no id, sender or time")
            turns += read or ()
        yield Conversation(NAME, identity, "anthropic", turns, _answer_of)


def _turns_of(raw: Any, before: str | None) -> list[Turn] | None:
    """The turns of a message: what it is asked, what tools gave, what is answered."""
    if not isinstance(raw, Mapping):
        return None
    identity, moment = raw.get("uuid"), nanos_of(raw.get("created_at"))
    sender = raw.get("sender")
    if not isinstance(identity, str) or moment is None or sender not in ("human", "assistant"):
        return None
    blocks = list_or_empty(raw.get("content")) or [{"type": "text", "text": raw.get("text") or ""}]
    if sender == "human":
        parts = [*_parts_of(blocks), *_attached(raw)]
        return [Turn(identity, before, {"role": "user", "parts": parts}, moment)]
    return list(_answered(identity, before, blocks, moment))


def _answered(
    identity: str, before: str | None, blocks: Sequence[Any], moment: int
) -> Iterator[Turn]:
    """An answer in pieces: what the model wrote, and what the tools that it called gave."""
    pieces: list[tuple[bool, list[Any]]] = []
    for block in blocks:
        is_result = isinstance(block, Mapping) and block.get("type") == "tool_result"
        if not pieces or pieces[-1][0] != is_result:
            pieces.append((is_result, []))
        pieces[-1][1].append(block)
    for number, (is_result, group) in enumerate(pieces):
        name = f"{identity}-{number}" if number else identity
        times = [nanos_of(each.get("stop_timestamp")) for each in group if isinstance(each, dict)]
        at = max([moment, *(time for time in times if time is not None)])
        message: Message = {
            "role": "tool" if is_result else "assistant",
            "parts": _parts_of(group),
        }
        yield Turn(name, before, message, at, None if is_result else name)
        before, moment = name, at


def _parts_of(blocks: Sequence[Any]) -> list[Part]:
    """The blocks of a message as parts; a budget of tokens is none."""
    return [
        part_of(block)
        for block in blocks
        if isinstance(block, Mapping) and block.get("type") != "token_budget"
    ]


def _attached(raw: Mapping[str, Any]) -> list[Part]:
    """What was attached to a message: the text of documents, and the names of files."""
    parts: list[Part] = []
    for each in list_or_empty(raw.get("attachments")):
        if isinstance(each, Mapping) and each.get("extracted_content"):
            name = each.get("file_name")
            part = text_part(each["extracted_content"])
            parts.append({**part, "file_name": name} if name else part)
    files = (get_path(each, "file_name") for each in list_or_empty(raw.get("files")))
    return [*parts, *(file_part(name) for name in files if name)]


def _answer_of(pieces: Sequence[Turn]) -> Answer:
    response = Response(cost_unknown=_NO_USAGE)
    response.add_choice(pieces[0].message, None)
    return Answer(response)

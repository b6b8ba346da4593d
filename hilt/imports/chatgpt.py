"""The export of ChatGPT: ``conversations.json``, each conversation a tree of messages.

All branches of a tree are calls that were made, also those that ``current_node`` is not on. No
tokens are in the export.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from hilt.genai.coerce import list_or_empty
from hilt.genai.json_values import get_path
from hilt.genai.values import Message, Part, Response
from hilt.imports.moments import nanos_of
from hilt.imports.turns import Answer, Conversation, Turn
from hilt.io.read.json_file import JsonFile
from hilt.providers._message_parts import file_part, text_part, tool_call, tool_response

__all__ = ["NAME", "conversations", "recognizes"]

NAME = "chatgpt"

_NO_USAGE = "an export of ChatGPT has no token counts"
_ROLES = ("user", "assistant", "system", "tool")
_OUTCOMES = {"interrupted": "closed", "max_tokens": "length"}


class _Node(Turn):
    """A turn, with what its node says of the answer."""

    metadata: Mapping[str, Any] = msgspec.field(default_factory=dict)


def recognizes(value: object) -> bool:
    """Whether a value is a conversation of an export."""
    return isinstance(value, Mapping) and isinstance(value.get("mapping"), Mapping)


def conversations(file: JsonFile) -> Iterator[Conversation]:
    """The conversations in a file."""
    for value in file.values():
        if not recognizes(value):
            file.skip("not a conversation of a ChatGPT export")
            continue
        identity = value.get("conversation_id") or value.get("id")
        begun = nanos_of(value.get("create_time"))
        if not isinstance(identity, str) or begun is None:
            file.skip("a conversation without an id or a time")
            continue
        nodes = {}
        for name, node in value["mapping"].items():
            if get_path(node, "message") is not None and not _is_message(node["message"]):
                file.skip(f"conversation {identity!r}: mapping[{name!r}] is not a message")
            elif isinstance(node, Mapping):
                nodes[name] = node
        yield Conversation(NAME, identity, "openai", _turns(nodes, begun), _answer_of)


def _is_message(message: object) -> bool:
    role, content = get_path(message, "author", "role"), get_path(message, "content")
    return role in _ROLES and isinstance(content, Mapping)


def _turns(nodes: Mapping[str, Mapping[str, Any]], begun: int) -> list[Turn]:
    """The messages of a tree that say anything, each with the one before it."""
    turns: dict[str, _Node] = {}
    above: dict[str, str | None] = {}
    times: dict[str, int] = {}
    for name in _from_the_root(nodes):
        node = nodes[name]
        message, parent = node.get("message"), node.get("parent")
        before = above.get(parent) if isinstance(parent, str) else None
        time = nanos_of(get_path(message, "create_time")) or times.get(str(parent), begun)
        times[name], above[name] = time, before
        read = _message_of(message, name, turns.get(before or "")) if message else None
        if read is None or message is None:
            continue
        metadata = message.get("metadata")
        turn = _Node(name, before, read, time, None, metadata or {})
        if read["role"] == "assistant":
            turn.answer = _answer_name(name, turns.get(before or ""), nodes)
        turns[name] = turn
        above[name] = name
    return list(turns.values())


def _from_the_root(nodes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The names of nodes, each after its parent."""
    done: set[str] = set()
    for name in nodes:
        way: list[str] = []
        step: Any = name
        while isinstance(step, str) and step in nodes and step not in done:
            done.add(step)
            way.append(step)
            step = nodes[step].get("parent")
        yield from reversed(way)


def _answer_name(name: str, before: _Node | None, nodes: Mapping[str, Mapping[str, Any]]) -> str:
    """The answer that a message of the model is a piece of: it thinks, searches, then writes."""
    if before is None or before.answer is None:
        return name
    siblings = [
        each
        for each in list_or_empty(nodes[before.id].get("children"))
        if get_path(nodes, each, "message", "author", "role") == "assistant"
    ]
    return name if len(siblings) > 1 else before.answer


# -- messages -----------------------------------------------------------------------------------


def _message_of(raw: Mapping[str, Any], name: str, before: _Node | None) -> Message | None:
    """A message; None for one that is empty, as the root of a tree is."""
    role = raw["author"]["role"]
    parts = _parts_of(raw["content"], raw.get("metadata"))
    recipient = raw.get("recipient")
    if role == "assistant" and isinstance(recipient, str) and recipient != "all":
        arguments = "\n".join(str(part.get("content") or "") for part in parts)
        parts = [tool_call(name, recipient, arguments)]
    elif role == "tool":
        text = "\n".join(str(part.get("content") or "") for part in parts if "content" in part)
        call_id = before.id if before is not None and _calls_tool(before) else None
        others = [part for part in parts if "content" not in part]
        parts = [tool_response(call_id, text, raw["author"].get("name")), *others]
    return {"role": role, "parts": parts} if parts else None


def _calls_tool(turn: Turn) -> bool:
    return any(part["type"] == "tool_call" for part in turn.message["parts"])


def _parts_of(content: Mapping[str, Any], metadata: object) -> list[Part]:
    kind = content.get("content_type")
    if kind == "thoughts":
        thoughts = list_or_empty(content.get("thoughts"))
        text = "\n".join(str(get_path(each, "content") or "") for each in thoughts)
        return [{"type": "reasoning", "content": text}] if text else []
    if kind == "reasoning_recap":
        return []  # how long it thought, as the page shows it
    if kind == "user_editable_context":
        return _instructions(content, metadata)
    parts = [part for each in list_or_empty(content.get("parts")) for part in _part_of(each)]
    texts = (content.get("text"), content.get("result"))  # code, its output; what a search found
    return [*parts, *(text_part(text) for text in texts if isinstance(text, str) and text)]


def _part_of(raw: object) -> list[Part]:
    if isinstance(raw, str):
        return [text_part(raw)] if raw else []
    if not isinstance(raw, Mapping):
        return []
    pointer, text = raw.get("asset_pointer"), raw.get("text")
    if isinstance(text, str):
        return [text_part(text)]  # what was heard
    if isinstance(pointer, str):
        kind = str(raw.get("content_type") or "")
        return [file_part(pointer, kind.partition("_")[0] or "document")]
    return []


def _instructions(content: Mapping[str, Any], metadata: object) -> list[Part]:
    """What the user has written about themselves and about answers, for every conversation."""
    given = get_path(metadata, "user_context_message_data")
    texts = [
        get_path(given, "about_user_message") or content.get("user_profile"),
        get_path(given, "about_model_message") or content.get("user_instructions"),
    ]
    return [text_part(text) for text in texts if isinstance(text, str) and text]


def _answer_of(pieces: Sequence[Turn]) -> Answer:
    response = Response(cost_unknown=_NO_USAGE)
    reason = None
    for piece in pieces:
        metadata = piece.metadata if isinstance(piece, _Node) else {}
        model = metadata.get("model_slug")
        response.model = model if isinstance(model, str) else response.model
        reason = get_path(metadata, "finish_details", "type") or reason
    response.outcome = _OUTCOMES.get(reason) if isinstance(reason, str) else None
    parts = [part for piece in pieces for part in piece.message["parts"]]
    response.add_choice({"role": "assistant", "parts": parts}, reason)
    return Answer(response)

"""Sessions of Claude Code: ``~/.claude/projects/*/*.jsonl``, one entry a line.

An answer is written in pieces, one entry for each of its blocks, all with one message id. What
the provider counted is in each of them, and whole in the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from hilt.genai.json_values import get_path
from hilt.genai.values import Failure, Message, text_of
from hilt.imports.moments import nanos_of
from hilt.imports.turns import Answer, Conversation, Turn
from hilt.io.read.json_file import JsonFile
from hilt.providers.anthropic.blocks import message_of
from hilt.providers.anthropic.messages import Messages

__all__ = ["NAME", "conversations", "recognizes"]

NAME = "claude-code"

_SAID = ("user", "assistant")
_SYNTHETIC = "<synthetic>"  # the model of what the program wrote itself, such as an error


class _Entry(Turn):
    """A turn, with the entry that it was read from."""

    entry: Mapping[str, Any] = msgspec.field(default_factory=dict)


def recognizes(value: object) -> bool:
    """Whether a value is an entry of a session."""
    if not isinstance(value, Mapping):
        return False
    if value.get("type") in _SAID:
        return "sessionId" in value and "message" in value
    return (value.get("type") == "summary" and "leafUuid" in value) or (
        value.get("type") == "file-history-snapshot" and "snapshot" in value
    )


def conversations(file: JsonFile) -> Iterator[Conversation]:
    """The sessions in a file, each with the runs of its agents beside it."""
    sessions: dict[str, list[Turn]] = {}
    parents: dict[str, str | None] = {}
    for value in file.values():
        if not isinstance(value, Mapping) or not isinstance(value.get("type"), str):
            file.skip("not an entry of a Claude Code session")
            continue
        identity = value.get("uuid")
        if value["type"] not in _SAID:
            if isinstance(identity, str):  # an attachment, a progress: others come after it
                parents[identity] = _text(value.get("parentUuid"))
            continue
        turn = _turn_of(value)
        if turn is None:
            file.skip(f"an entry without an id, a time or a message: {identity!r}")
            continue
        sessions.setdefault(str(value.get("sessionId") or file.path.stem), []).append(turn)
    for session, turns in sessions.items():
        for turn in turns:
            turn.parent = _previous_message(turn.parent, parents)
        yield Conversation(NAME, session, "anthropic", turns, _answer_of)


def _turn_of(entry: Mapping[str, Any]) -> Turn | None:
    identity, moment = entry.get("uuid"), nanos_of(entry.get("timestamp"))
    raw = entry.get("message")
    if not isinstance(identity, str) or moment is None or not isinstance(raw, Mapping):
        return None
    answer = None
    if entry["type"] == "assistant":
        answer = _text(raw.get("id")) or identity
    message: Message = {**message_of(raw), "role": entry["type"]}
    return _Entry(identity, _text(entry.get("parentUuid")), message, moment, answer, entry)


def _previous_message(parent: str | None, parents: Mapping[str, str | None]) -> str | None:
    """The message before, beyond entries that are none."""
    met: set[str] = set()
    while parent is not None and parent in parents and parent not in met:
        met.add(parent)
        parent = parents[parent]
    return parent


def _answer_of(pieces: Sequence[Turn]) -> Answer:
    entries = [piece.entry for piece in pieces if isinstance(piece, _Entry)]
    last = entries[-1]
    extensions = _extensions(last)
    raw: Mapping[str, Any] = last["message"]
    if last.get("isApiErrorMessage") or raw.get("model") == _SYNTHETIC:
        text = text_of(pieces[-1].message["parts"])
        error = get_path(last, "error")
        kind = error if isinstance(error, str) else "api_error"
        return Answer(None, Failure("unknown", kind, text), extensions)
    content = [block for entry in entries for block in _blocks(entry["message"])]
    reasons = [each["message"].get("stop_reason") for each in entries]
    body = {**raw, "content": content, "stop_reason": next(filter(None, reversed(reasons)), None)}
    request_id = _text(last.get("requestId"))
    return Answer(Messages().response(body), None, extensions, request_id)


def _blocks(message: Mapping[str, Any]) -> list[Any]:
    content = message.get("content")
    return content if isinstance(content, list) else [{"type": "text", "text": content or ""}]


def _extensions(entry: Mapping[str, Any]) -> dict[str, object]:
    """What a call belongs to: an agent of its own, a folder, a branch, a version."""
    names = {"agentId": "agent_id", "gitBranch": "git_branch", "version": "claude_code_version"}
    extensions: dict[str, object] = {
        name: entry[key] for key, name in names.items() if isinstance(entry.get(key), str)
    }
    if entry.get("isSidechain"):
        extensions["sidechain"] = True
    return extensions


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

"""Small histories in the formats of other programs, and what becomes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hilt.core.event import Event
from hilt.imports.formats import format_of
from hilt.imports.importing import ImportedHistory, import_histories
from hilt.io.session import Session


def write_json(path: Path, value: object) -> Path:
    """A file with one JSON value."""
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def write_lines(path: Path, *values: object) -> Path:
    """A file with a JSON value in each line."""
    path.write_text("".join(f"{json.dumps(value)}\n" for value in values), encoding="utf-8")
    return path


def import_file(path: Path, log: Path | None = None, **options: Any) -> ImportedHistory:
    """What the import of a file came to, by the format that it is recognised as."""
    found = format_of(path)
    assert found is not None
    with Session(log or path.parent / "log.jsonl") as session:
        return import_histories([(path, found)], session, **options)


def events_of(path: Path, log: Path | None = None) -> list[Event]:
    """The events that a log has after the import of a file."""
    log = log or path.parent / "log.jsonl"
    import_file(path, log)
    with Session(log, mode="r") as session:
        return list(session.read())


def told(event: Event, events: list[Event]) -> tuple[str, str, dict[str, int]]:
    """An event in short: its action and text, and its links as positions among the events."""
    positions = {each.event_id: number for number, each in enumerate(events)}
    extensions = event.extensions or {}
    links = {
        name: positions[extensions[name]]
        for name in ("reply_to", "context_of")
        if name in extensions
    }
    content = event.content
    text = (content.text if content else None) or ""
    tool = getattr(content, "tool", None) if content else None
    return event.action, text or (tool or {}).get("name", ""), links


def entry(
    kind: str, uuid: str, parent: str | None, second: int, content: Any, **more: Any
) -> dict[str, Any]:
    """An entry of a session of Claude Code."""
    message = {"role": kind, "content": content, **more.pop("message", {})}
    return {
        "type": kind,
        "uuid": uuid,
        "parentUuid": parent,
        "sessionId": "session-1",
        "timestamp": f"2026-11-01T10:00:{second:02}.000Z",
        "isSidechain": False,
        "message": message,
        **more,
    }


def piece(
    uuid: str, parent: str, second: int, block: dict[str, Any], **message: Any
) -> dict[str, Any]:
    """A piece of an answer in a session of Claude Code."""
    counts = {
        "input_tokens": 10,
        "cache_creation_input_tokens": 100,
        "cache_read_input_tokens": 0,
        "output_tokens": 5,
    }
    fields = {"id": "msg_1", "model": "claude-sonnet-4-5-20250929", "usage": counts, **message}
    return entry("assistant", uuid, parent, second, [block], message=fields, requestId="req_1")


def text(content: str) -> dict[str, str]:
    """A text block."""
    return {"type": "text", "text": content}

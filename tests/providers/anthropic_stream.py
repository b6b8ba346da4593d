"""Anthropic's messages as the events of a stream, for tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["WIRE", "events_of", "message", "sse_of"]

WIRE = Path(__file__).resolve().parents[1] / "wire" / "anthropic"

_LATE = ("output_tokens", "output_tokens_details", "server_tool_use", "iterations")


def message(name: str) -> dict[str, Any]:
    """A message of the fixtures."""
    found: dict[str, Any] = json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))
    return found


def events_of(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The events by which the API would stream a message."""
    usage = whole["usage"]
    early = {name: value for name, value in usage.items() if name not in _LATE}
    started = {**whole, "content": [], "stop_reason": None, "usage": {**early, "output_tokens": 1}}
    yield {"type": "message_start", "message": started}
    for index, block in enumerate(whole["content"]):
        empty, deltas = _pieces(block)
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        yield {"type": "ping"}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    late = {name: usage[name] for name in _LATE if name in usage}
    ending = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": ending, "usage": late}
    yield {"type": "message_stop"}


def _pieces(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    kind = block["type"]
    if kind == "text":
        deltas = [
            {"type": "citations_delta", "citation": each} for each in block.get("citations") or ()
        ]
        deltas += [{"type": "text_delta", "text": piece} for piece in _halves(block["text"])]
        return {"type": "text", "text": ""}, deltas
    if kind == "thinking":
        deltas = [
            {"type": "thinking_delta", "thinking": piece} for piece in _halves(block["thinking"])
        ]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
        return {**block, "thinking": "", "signature": ""}, deltas
    if kind.endswith("tool_use"):
        pieces = _halves(json.dumps(block["input"]))
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        return {**block, "input": {}}, deltas
    if kind == "compaction":
        return {**block, "content": None}, [{**block, "type": "compaction_delta"}]
    return block, []


def _halves(text: str) -> list[str]:
    return [text[: len(text) // 2], text[len(text) // 2 :]]


def sse_of(events: Iterator[dict[str, Any]]) -> bytes:
    """Events as the bytes of a server-sent event stream."""
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events
    )

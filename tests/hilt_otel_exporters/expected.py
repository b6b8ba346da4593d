"""Whole events, as they are expected of spans: those of one call, and how one differs from it."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

__all__ = ["call_events", "merged", "plain"]

TRACE = f"{1:032x}"
SPAN = f"{1:016x}"
ORIGIN = {
    "provider": "openai",
    "operation": "chat",
    "request_model": "house-model",
    "trace_id": TRACE,
    "span_id": SPAN,
}
PROMPT = {
    "event_id": "event 1",
    "timestamp": "1970-01-01T00:00:00.000000Z",
    "session_id": "conversation 1",
    "actor": {"type": "human", "id": "user"},
    "action": "prompt",
    "content": {
        "text": "Hi",
        "messages": [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}],
    },
    "provenance": ORIGIN,
    "extensions": {"model": "house-model"},
}
COMPLETION = {
    "event_id": "event 2",
    "timestamp": "1970-01-01T00:00:00.100000Z",
    "session_id": "conversation 1",
    "actor": {"type": "agent", "id": "openai"},
    "action": "completion",
    "content": {"text": "Hello"},
    "metrics": {"tokens": {"prompt": 9, "completion": 3, "total": 12}},
    "provenance": {**ORIGIN, "response_model": "house-1", "response_id": "resp-1"},
    "extensions": {
        "reply_to": "event 1",
        "model": "house-model",
        "latency_ms": 100.0,
        "status_code": 200,
        "outcome": "completed",
        "continues_as": "conversation 2",
    },
}


def call_events(
    dialect: str,
    scope: str = "some.instrumentation",
    *,
    prompt: dict[str, Any] | None = None,
    ending: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """A prompt "Hi" and its completion "Hello", with the differences that are given.

    Args:
        dialect: In which the span is written.
        scope: Who recorded it.
        prompt: What is different in the prompt; see `merged`.
        ending: The same for the ending.
    """
    origin = {"provenance": {"instrumentation": scope, "dialect": dialect}}
    if ending and "session_id" in ending:  # an id that is given is the same in every process
        ending = {**ending, "extensions": {**ending.get("extensions", {}), "continues_as": None}}
    return [
        merged(PROMPT, origin, prompt or {}),
        merged(COMPLETION, origin, ending or {}),
    ]


def merged(event: dict[str, Any], *differences: dict[str, Any]) -> dict[str, Any]:
    """An event with some differences: dicts are merged, and None takes a field away."""
    event = copy.deepcopy(event)
    for difference in differences:
        for name, value in difference.items():
            if value is None:
                event.pop(name, None)
            elif isinstance(value, dict) and isinstance(event.get(name), dict):
                event[name] = merged(event[name], value)
            else:
                event[name] = value
    return event


def plain(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events without what differs from run to run, or from one price table to the next.

    Ids become "event 1" and so on, derived conversations "conversation 1".
    """
    text = _numbered(json.dumps(events), r"evt_[0-9a-f]{32}", "event")
    found: list[dict[str, Any]] = json.loads(_numbered(text, r"conv_[0-9a-f]{16}", "conversation"))
    for event in found:
        del event["hilt_version"]
        event.get("metrics", {}).pop("cost_usd", None)
        event.get("provenance", {}).pop("price_version", None)
        event.get("extensions", {}).pop("cost_unknown", None)
    return found


def _numbered(text: str, pattern: str, name: str) -> str:
    names: dict[str, str] = {}
    return re.sub(pattern, lambda each: names.setdefault(each[0], f"{name} {len(names) + 1}"), text)

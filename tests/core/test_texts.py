"""The table of texts: what an event says, wherever it stands, and what is left without it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from hilt import Event
from hilt.core.texts import structure_of

EVENT = {
    "hilt_version": "1.0.0",
    "event_id": "evt_1",
    "timestamp": "2026-11-28T07:00:00.000000Z",
    "session_id": "order-42",
    "actor": {"type": "human", "id": "ann", "name": "CANARY", "metadata": {"street": "CANARY"}},
    "action": "completion",
    "content": {
        "text": "CANARY",
        "reasoning": "CANARY",
        "partial_text": "CANARY",
        "messages": [
            {
                "role": "user",
                "name": "CANARY",
                "parts": [
                    {"type": "text", "content": "CANARY"},
                    {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": ["CANARY"]}},
                    {"type": "tool_call_response", "id": "c1", "response": {"type": "CANARY"}},
                    {"type": "blob", "mime_type": "image/png", "size": 3, "name": "CANARY"},
                    {"type": "uri", "uri": "https://x.example/CANARY"},
                ],
            }
        ],
        "choices": [{"role": "assistant", "parts": [{"type": "text", "content": "CANARY"}]}],
        "parts": [{"type": "unknown", "content": {"anything": "CANARY"}}],
        "tool": {"name": "f", "call_id": "c1", "arguments": "CANARY", "result": {"id": "CANARY"}},
        "tools": [{"type": "function", "name": "f", "description": "CANARY"}],
        "documents": [
            {"id": "CANARY", "text": "CANARY", "score": 0.5, "metadata": {"x": "CANARY"}}
        ],
        "citations": [{"quote": "CANARY"}],
        "images": [{"type": "blob", "sha256": "ab", "name": "CANARY"}],
        "media": [{"type": "blob", "sha256": "ab", "filename": "CANARY"}],
        "metadata": {"note": "CANARY"},
        "feedback": {"rating": 5, "comment": "CANARY", "correction": "CANARY"},
        "of_tomorrow": {"deep": [{"er": "CANARY"}]},
    },
    "metrics": {"tokens": {"prompt": 3}, "cost_usd": 0.01},
    "provenance": {"provider": "openai", "request_model": "m", "note": "CANARY"},
    "extensions": {
        "reply_to": "evt_0",
        "outcome": "completed",
        "parameters": {"temperature": 0.1, "stop_sequences": ["CANARY"], "user": "CANARY"},
        "comment": "CANARY",
        "mine": "CANARY",
    },
    "of_tomorrow": "CANARY",
}


def _canaries(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, str) and "CANARY" in value:
        yield path
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _canaries(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _canaries(item, f"{path}[{index}]")


def test_every_place_is_a_text_with_its_path() -> None:
    """No words are anywhere but in the texts, and their paths are where they stand."""
    event = Event.from_dict(EVENT)
    paths = sorted(path for path, text in event.texts() if "CANARY" in text)
    assert paths == sorted(_canaries(EVENT))


def test_all_texts_can_be_changed_and_nothing_else_is() -> None:
    """Ids, kinds and numbers stay as they are, and so does the event itself."""
    event = Event.from_dict(EVENT)
    changed = event.map_texts(lambda text, path: text.replace("CANARY", "***"))
    assert json.loads(changed.to_json()) == json.loads(json.dumps(EVENT).replace("CANARY", "***"))
    assert json.loads(event.to_json()) == EVENT


def test_the_structure_has_no_text() -> None:
    """What is left is ids, kinds, models, numbers and times."""
    assert structure_of(Event.from_dict(EVENT)).to_dict() == {
        "hilt_version": "1.0.0",
        "event_id": "evt_1",
        "timestamp": "2026-11-28T07:00:00.000000Z",
        "session_id": "order-42",
        "actor": structure_of(Event.from_dict(EVENT)).actor.to_dict(),
        "action": "completion",
        "content": {
            "messages": [
                {
                    "role": "user",
                    "parts": [
                        {"type": "text"},
                        {"type": "tool_call", "id": "c1"},
                        {"type": "tool_call_response", "id": "c1"},
                        {"type": "blob", "mime_type": "image/png", "size": 3},
                        {"type": "uri"},
                    ],
                }
            ],
            "choices": [{"role": "assistant", "parts": [{"type": "text"}]}],
            "parts": [{"type": "unknown"}],
            "tool": {"name": "f", "call_id": "c1"},
            "tools": [{"type": "function", "name": "f"}],
            "documents": [{"score": 0.5}],
            "images": [{"type": "blob", "sha256": "ab"}],
            "media": [{"type": "blob", "sha256": "ab"}],
            "feedback": {"rating": 5},
        },
        "metrics": {"tokens": {"prompt": 3}, "cost_usd": 0.01},
        "provenance": {"provider": "openai", "request_model": "m"},
        "extensions": {
            "reply_to": "evt_0",
            "outcome": "completed",
            "parameters": {"temperature": 0.1},
        },
    }
    assert structure_of(Event.from_dict(EVENT)).actor.to_dict() == {"type": "human", "id": "ann"}


@pytest.mark.parametrize("value", [{"deep": "CANARY"}, ["CANARY"], "CANARY " * 100])
def test_a_text_in_the_place_of_an_id_is_a_text(value: object) -> None:
    """A name of the table protects an id, not whatever somebody put there."""
    event = Event.from_dict(
        {**EVENT, "extensions": {"model": value}, "provenance": {"usage": value}}
    )
    assert "CANARY" not in structure_of(event).to_json()


def test_a_function_must_return_text() -> None:
    """Anything else is an error that names the place."""
    with pytest.raises(TypeError, match=r"actor\.name: the function returned None"):
        Event.from_dict(EVENT).map_texts(lambda text, path: None)  # type: ignore[arg-type]


def test_very_deep_values_do_not_end_the_program() -> None:
    """What is too deep to be looked through is not kept."""
    value: object = "CANARY"
    for _ in range(5000):
        value = [value]
    event = Event(session_id="s", actor={"type": "human", "id": "a"}, action="prompt")
    event.content = None
    event.extensions = {"deep": value}
    assert structure_of(event).extensions is None

"""Tests for spans as Pipecat writes them."""

from __future__ import annotations

from tests.hilt_otel_exporters.conftest import actions, events_of, record


def test_turn_of_a_conversation() -> None:
    """Spans without a model around the call name the conversation; times are seconds."""
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "stream": True,
        "input": '[{"role": "system", "content": "Brief"}, {"role": "user", "content": "Lima?"}]',
        "output": "Fog.",
        "tools": '[{"type": "function", "function": {"name": "sky"}}]',
        "metrics.ttfb": 0.4,
    }
    speech = {
        "gen_ai.operation.name": "tts",
        "gen_ai.request.model": "sonic",
        "text": "Fog.",
        "metrics.ttfb": 0.1,
    }
    events = events_of(
        record(call, span=2, parent=1, at=(1, 3), scope="pipecat"),
        record(speech, span=3, parent=1, at=(3, 4), scope="pipecat"),
        record({"conversation.id": "voice-77"}, span=1, at=(0, 5), scope="pipecat.turn"),
    )

    assert actions(events) == ["prompt", "completion"]
    assert {event["session_id"] for event in events} == {"voice-77"}
    assert [event["content"]["text"] for event in events] == ["Lima?", "Fog."]
    assert events[0]["content"]["tools"] == [{"type": "function", "name": "sky"}]
    assert events[1]["extensions"]["time_to_first_chunk_ms"] == 400

"""Tests for spans as Mastra writes them."""

from __future__ import annotations

from tests.hilt_otel_exporters.conftest import actions, chat, events_of, record


def test_input_and_output_of_an_agent_stand_by_its_kind() -> None:
    """Its steps within a call are none of their own, whatever they count."""
    agent = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "geo",
        "mastra.span.type": "agent_run",
        "mastra.agent_run.input": '[{"role": "user", "content": "Lima?"}]',
        "mastra.agent_run.output": '{"text": "Fog.", "files": []}',
    }
    step = {
        "gen_ai.operation.name": "model_step",
        "mastra.span.type": "model_step",
        "gen_ai.usage.output_tokens": 3,
    }
    generation = chat(
        **{"mastra.span.type": "model_generation", "gen_ai.usage.audio_input_tokens": 2}
    )
    events = events_of(
        record(step, span=3, parent=2, at=(2, 3)),
        record(generation, span=2, parent=1, at=(1, 4)),
        record(agent, span=1, at=(0, 5)),
    )

    assert actions(events) == ["system", "prompt", "completion", "system"]
    assert [events[at]["content"]["text"] for at in (0, 3)] == ["Lima?", "Fog."]
    assert events[2]["metrics"]["tokens"]["audio"] == 2

"""Tests for the spans of NVIDIA's NeMo Agent Toolkit."""

from __future__ import annotations

import pytest

from tests.hilt_otel_exporters.conftest import actions, events_of, record


@pytest.mark.parametrize("prefix", ["nat", "aiq"])
def test_model_is_the_name_of_what_was_run(prefix: str) -> None:
    """So the call has a provider and a cost."""
    attributes = {
        "openinference.span.kind": "LLM",
        f"{prefix}.event_type": "LLM_START",
        f"{prefix}.subspan.name": "gpt-4o-mini",
        "input.value": "Lima?",
        "output.value": "Fog.",
        "llm.token_count.prompt": 9,
        "llm.token_count.completion": 3,
    }
    events = events_of(record(attributes))

    assert actions(events) == ["prompt", "completion"]
    assert events[1]["extensions"]["model"] == "gpt-4o-mini"
    assert events[1]["provenance"]["provider"] == "openai"
    assert events[1]["metrics"]["cost_usd"] == 3.15e-06


@pytest.mark.parametrize(("given", "is_named"), [("c7", True), ("unknown", False)])
def test_conversation(given: str, is_named: bool) -> None:
    """Runs outside of any conversation are not all one."""
    attributes = {
        "openinference.span.kind": "LLM",
        "nat.subspan.name": "gpt-4o-mini",
        "nat.conversation.id": given,
        "input.value": "Lima?",
    }
    session = events_of(record(attributes))[0]["session_id"]

    assert (session == given) == is_named

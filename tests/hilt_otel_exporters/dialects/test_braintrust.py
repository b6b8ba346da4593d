"""Tests for spans as Braintrust's SDKs write them."""

from __future__ import annotations

import json
from typing import Any

from tests.hilt_otel_exporters.conftest import actions, events_of, record


def span(kind: str, **parts: Any) -> dict[str, Any]:
    """The attributes of a span."""
    given = {f"braintrust.{name}": json.dumps(value) for name, value in parts.items()}
    return {"braintrust.span_attributes": json.dumps({"type": kind}), **given}


def test_task_with_a_call_and_a_tool() -> None:
    """Scores are none of these."""
    message = {"role": "assistant", "content": "Fog."}
    call = span(
        "llm",
        input_json=[{"role": "user", "content": "Lima?"}],
        output_json=[{"index": 0, "message": message, "finish_reason": "stop"}],
        metadata={"model": "gpt-4o-mini", "provider": "openai", "temperature": 0.2},
        metrics={
            "prompt_tokens": 9,
            "completion_tokens": 3,
            "prompt_cached_tokens": 2,
            "completion_reasoning_tokens": 1,
            "time_to_first_token": 0.2,
        },
    )
    tool = record(
        span("tool", input_json={"city": "Lima"}, output_json="fog"), span=3, parent=1, at=(3, 4)
    )
    tool.name = "sky"
    events = events_of(
        record(call, span=2, parent=1, at=(1, 2)),
        tool,
        record(span("score", output_json={"score": 1}), span=4, parent=1, at=(5, 6)),
        record(span("task", input_json="Lima?", output_json="Fog."), span=1, at=(0, 9)),
    )

    assert actions(events) == [
        *("system", "prompt", "completion", "tool_call", "tool_result", "system")
    ]
    assert [events[at]["content"]["text"] for at in (0, 1, 2, 4, 5)] == [
        *("Lima?", "Lima?", "Fog.", "fog", "Fog.")
    ]
    assert events[1]["extensions"]["parameters"] == {"temperature": 0.2}
    answered = events[2]
    assert answered["actor"]["id"] == "openai"
    assert answered["metrics"]["tokens"] == {
        "prompt": 9,
        "completion": 3,
        "total": 12,
        "cached": 2,
        "reasoning": 1,
    }
    assert answered["extensions"]["finish_reason"] == "stop"
    assert answered["extensions"]["time_to_first_chunk_ms"] == 200


def test_answer_may_be_a_list_of_messages() -> None:
    """As of Anthropic's API."""
    answer = [{"role": "assistant", "content": [{"type": "text", "text": "Fog."}]}]
    _, ending = events_of(record(span("llm", metadata={"model": "m"}, output_json=answer)))

    assert ending["content"]["text"] == "Fog."

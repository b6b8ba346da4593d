"""Tests for the spans that xAI's SDK records by itself."""

from __future__ import annotations

from typing import Any

from tests.hilt_otel_exporters.conftest import actions, events_of, record

CALL = '[{"id": "call_1", "type": "function", "function": {"name": "sky", "arguments": {"t": 1}}}]'


def span(**more: Any) -> dict[str, Any]:
    """The attributes of a call that asks for a tool."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "xai",
        "gen_ai.request.model": "grok-4",
        "gen_ai.request.temperature": 1.0,
        "gen_ai.request.frequency_penalty": 0.5,
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "The sky?",
        "gen_ai.completion.start_time": "2026-11-28T17:33:00.101336+00:00",
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "",
        "gen_ai.completion.0.tool_calls": CALL,
        "gen_ai.response.finish_reasons": ("REASON_TOOL_CALLS",),
        "gen_ai.response.id": "resp-1",
        "gen_ai.usage.input_tokens": 62,
        "gen_ai.usage.output_tokens": 15,
        "gen_ai.usage.total_tokens": 85,
        "gen_ai.usage.reasoning_tokens": 8,
        "gen_ai.usage.cached_prompt_text_tokens": 5,
        "gen_ai.usage.cost_in_usd_ticks": 1_000_000,
        "user_id": "ann",
        **more,
    }


def test_call_that_asks_for_a_tool() -> None:
    """Tool calls are JSON; reasoning is added to the output, as its total shows."""
    events = events_of(record(span(), scope="xai_sdk.sync.chat"))

    assert actions(events) == ["prompt", "completion", "tool_call"]
    assert events[0]["actor"]["id"] == "ann"
    assert events[1]["metrics"]["tokens"] == {
        "prompt": 62,
        "completion": 23,
        "total": 85,
        "cached": 5,
        "reasoning": 8,
    }
    assert events[1]["provenance"]["reported_cost_usd"] == 0.0001
    assert events[2]["content"]["tool"] == {
        "name": "sky",
        "call_id": "call_1",
        "arguments": {"t": 1},
    }


def test_result_without_an_id_goes_on_with_the_call() -> None:
    """It sends no id of the tool call that it answers."""
    then = span(
        **{
            "gen_ai.prompt.1.role": "assistant",
            "gen_ai.prompt.1.content": "",
            "gen_ai.prompt.1.tool_calls": CALL,
            "gen_ai.prompt.2.role": "tool",
            "gen_ai.prompt.2.content": "blue",
            "gen_ai.completion.0.content": "Blue.",
            "gen_ai.completion.0.tool_calls": "[]",
            "gen_ai.response.finish_reasons": ("REASON_STOP",),
            "gen_ai.response.id": "resp-2",
        }
    )
    events = events_of(
        record(span(), span=1, at=(0, 10), scope="xai_sdk.sync.chat"),
        record(then, span=2, trace=2, at=(20, 30), scope="xai_sdk.sync.chat"),
    )

    assert actions(events) == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    assert events[4]["extensions"]["finish_reason"] == "stop"


def test_total_that_has_the_reasoning_already_is_left() -> None:
    """Then the output has it, too; a span without usage has neither."""
    ending = events_of(record(span(**{"gen_ai.usage.total_tokens": 77}), scope="xai_sdk.sync.chat"))

    assert ending[1]["metrics"]["tokens"]["completion"] == 15
    bare = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "grok-4"}
    assert "metrics" not in events_of(record(bare, scope="xai_sdk.sync.chat"))[1]

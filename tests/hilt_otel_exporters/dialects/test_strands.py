"""Tests for spans as Strands Agents writes them."""

from __future__ import annotations

from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import chat, plain_events_of, record
from tests.hilt_otel_exporters.expected import call_events

SCOPE = "strands.telemetry.tracer"


def test_call() -> None:
    """Messages are span events, the provider is a framework, and times are in milliseconds."""
    attributes = {name: value for name, value in chat().items() if "messages" not in name}
    attributes |= {
        "gen_ai.provider.name": "strands-agents",
        "gen_ai.response.model": "gpt-9-house",
        "gen_ai.request.model": "gpt-9-house",
        "gen_ai.server.time_to_first_token": 40,
    }
    messages = [
        SpanEvent("gen_ai.user.message", 0, {"content": '[{"text": "Hi"}]'}),
        SpanEvent(
            "gen_ai.choice", 0, {"message": '[{"text": "Hello"}]', "finish_reason": "end_turn"}
        ),
    ]
    events = plain_events_of(record(attributes, scope=SCOPE, status="OK", events=messages))

    model = {"request_model": "gpt-9-house", "provider_told_by": "model"}
    assert events == call_events(
        "strands",
        SCOPE,
        prompt={"provenance": model, "extensions": {"model": "gpt-9-house"}},
        ending={
            "provenance": {**model, "response_model": "gpt-9-house"},
            "extensions": {
                "model": "gpt-9-house",
                "finish_reason": "end_turn",
                "time_to_first_chunk_ms": 40.0,
            },
        },
    )


def test_tool_has_its_arguments_and_result_as_span_events() -> None:
    """Nothing of them is in attributes."""
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "weather"}
    told = [
        SpanEvent("gen_ai.tool.message", 0, {"content": '{"city": "Paris"}'}),
        SpanEvent("gen_ai.choice", 0, {"message": '[{"text": "14 degrees"}]'}),
    ]
    call, result = plain_events_of(record(attributes, scope=SCOPE, events=told))

    assert call["content"]["tool"] == {"name": "weather", "arguments": {"city": "Paris"}}
    assert result["content"]["text"] == "14 degrees"


def test_agent_has_its_input_and_output_as_span_events() -> None:
    """The newest of each counts."""
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "geo"}
    told = [
        SpanEvent("gen_ai.user.message", 0, {"content": '[{"text": "Hi"}]'}),
        SpanEvent("gen_ai.user.message", 1, {"content": '[{"text": "Weather?"}]'}),
        SpanEvent("gen_ai.choice", 2, {"message": "14 degrees"}),
    ]
    start, end = plain_events_of(record(attributes, scope=SCOPE, events=told))

    assert (start["content"]["text"], end["content"]["text"]) == ("Weather?", "14 degrees")

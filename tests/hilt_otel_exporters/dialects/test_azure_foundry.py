"""Tests for spans as the SDK of Azure AI Foundry writes them."""

from __future__ import annotations

from typing import Any

from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import actions, events_of, record

AROUND: dict[str, Any] = {
    "az.namespace": "Microsoft.CognitiveServices",
    "gen_ai.provider.name": "microsoft.foundry",
}


def test_answer_of_an_agent_is_a_call() -> None:
    """Nothing else records it: its tokens are those of the model, which Azure sells."""
    attributes = {
        **AROUND,
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "geo",
        "gen_ai.conversation.id": "conv_77",
        "gen_ai.response.id": "resp_1",
        "gen_ai.response.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Lima?"}]}]',
        "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"text","content":"Fog."}]}]',
    }
    prompt, ending = events_of(record(attributes))

    assert (prompt["session_id"], prompt["content"]["text"]) == ("conv_77", "Lima?")
    assert (ending["action"], ending["content"]["text"]) == ("completion", "Fog.")
    assert ending["metrics"]["cost_usd"] > 0


def test_agent_without_a_response_is_a_step() -> None:
    """So is one of a framework that runs it in the program."""
    attributes = {**AROUND, "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "geo"}

    assert actions(events_of(record(attributes))) == ["system", "system"]


def test_messages_may_be_span_events() -> None:
    """Earlier releases call the operation after the API, which fails without any counts."""
    attributes = {
        "az.namespace": "Microsoft.CognitiveServices",
        "gen_ai.operation.name": "responses",
        "gen_ai.provider.name": "azure.openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "error.type": "RateLimitError",
    }
    content = '[{"role": "user", "parts": [{"type": "text", "content": "Lima?"}]}]'
    event = SpanEvent("gen_ai.input.messages", 0, {"gen_ai.event.content": content})
    prompt, ending = events_of(record(attributes, events=[event], status="ERROR"))

    assert prompt["content"]["text"] == "Lima?"
    assert (ending["actor"]["id"], ending["extensions"]["error_code"]) == (
        "azure.ai.openai",
        "rate_limit",
    )

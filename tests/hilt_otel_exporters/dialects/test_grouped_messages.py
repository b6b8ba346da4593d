"""Tests for log records with all messages of a span, as AWS's distribution makes them."""

from __future__ import annotations

import json
from typing import Any

from hilt_otel_exporters.span_record import LogRecord
from tests.hilt_otel_exporters.conftest import actions, events_of, record

SCOPE = "strands.telemetry.tracer"
MODEL = "us.anthropic.claude-3-7-sonnet-20250219-v1:0"


def log(span: int, asked: list[Any], answered: list[Any]) -> LogRecord:
    """The log record of a span."""
    body = {"input": {"messages": asked}, "output": {"messages": answered}}
    return LogRecord(SCOPE, f"{1:032x}", f"{span:016x}", {"event.name": SCOPE}, body)


def test_agent_of_bedrock_agentcore() -> None:
    """Its texts are in log records that have the name of the span's scope."""
    use = {"name": "sky", "input": {"city": "Lima"}, "toolUseId": "use_1"}
    result = {"toolUseId": "use_1", "content": [{"text": "fog"}]}
    question = {"role": "user", "content": {"content": json.dumps([{"text": "Lima?"}])}}
    asks = {"role": "assistant", "content": {"message": json.dumps([{"toolUse": use}])}}
    gave = {"role": "tool", "content": {"content": json.dumps([{"toolResult": result}])}}
    last = {"message": json.dumps([{"text": "Fog."}]), "finish_reason": "end_turn"}
    answer = {"role": "assistant", "content": last}
    arguments = {"content": '{"city": "Lima"}', "role": "tool", "id": "use_1"}
    ran = {"message": json.dumps([{"text": "fog"}]), "id": "use_1"}
    chat = {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "strands-agents",
        "gen_ai.request.model": MODEL,
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
    }
    tool = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "sky",
        "gen_ai.tool.call.id": "use_1",
    }
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "geo"}
    asked_again = {"role": "assistant", "content": {"content": asks["content"]["message"]}}
    events = events_of(
        log(1, [question], [{"role": "assistant", "content": "Fog."}]),
        log(2, [question], [asks]),
        log(3, [{"role": "tool", "content": arguments}], [{"role": "assistant", "content": ran}]),
        log(4, [question, asked_again, gave], [answer]),
        record(chat, span=2, parent=1, at=(1, 2), scope=SCOPE),
        record(tool, span=3, parent=1, at=(3, 4), scope=SCOPE),
        record(chat, span=4, parent=1, at=(5, 6), scope=SCOPE),
        record(agent, span=1, at=(0, 9), scope=SCOPE),
    )

    assert actions(events) == [
        *("system", "prompt", "completion", "tool_call", "tool_result", "completion", "system")
    ]
    assert [events[at]["content"]["text"] for at in (0, 1, 4, 5, 6)] == [
        *("Lima?", "Lima?", "fog", "Fog.", "Fog.")
    ]
    assert events[3]["content"]["tool"] == {
        "name": "sky",
        "call_id": "use_1",
        "arguments": {"city": "Lima"},
    }
    assert events[5]["extensions"]["finish_reason"] == "end_turn"


def test_model_of_bedrock_is_known_by_its_id() -> None:
    """A framework that names itself as the provider leaves the model's id to tell it."""
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "strands-agents",
        "gen_ai.request.model": MODEL,
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
    }
    _, ending = events_of(record(attributes, scope=SCOPE))

    assert ending["actor"]["id"] == "aws.bedrock"
    assert ending["metrics"]["cost_usd"] > 0

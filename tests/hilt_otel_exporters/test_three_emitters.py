"""Three emitters at once, below an agent that two of them record: each thing is logged once."""

from __future__ import annotations

from typing import Any

import pytest

from hilt_otel_exporters.span_record import SpanRecord
from tests.hilt_otel_exporters.conftest import actions, events_of, record

OFFICIAL = "opentelemetry.instrumentation.genai.openai"
OPENINFERENCE = "openinference.instrumentation.openai"
OPENLLMETRY = "opentelemetry.instrumentation.openai.v1"
ASKED = '[{"role": "user", "parts": [{"type": "text", "content": "Lima?"}]}]'
CALL = '{"type": "tool_call", "id": "call_1", "name": "sky", "arguments": {"city": "Lima"}}'
WANTS = f'[{{"role": "assistant", "parts": [{CALL}]}}]'
HISTORY = (
    f'[{ASKED[1:-1]}, {WANTS[1:-1]}, {{"role": "tool", "parts": '
    '[{"type": "tool_call_response", "id": "call_1", "response": "fog"}]}]'
)
SAID = '[{"role": "assistant", "parts": [{"type": "text", "content": "Fog."}]}]'


def by_conventions(inputs: str, output: str, response: str) -> dict[str, Any]:
    """A call as the official instrumentation and OpenLLMetry write it."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m",
        "gen_ai.response.id": response,
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.input.messages": inputs,
        "gen_ai.output.messages": output,
    }


def flattened(response: str) -> dict[str, Any]:
    """A call as OpenInference writes it, here without its messages."""
    return {
        "openinference.span.kind": "LLM",
        "llm.provider": "openai",
        "llm.model_name": "m",
        "output.value": f'{{"id": "{response}"}}',
        "llm.token_count.prompt": 9,
        "llm.token_count.completion": 3,
    }


def call(first: int, at: int, inputs: str, output: str, response: str) -> list[SpanRecord]:
    """One call in three spans, each within the one before."""
    official = by_conventions(inputs, output, response)
    return [
        record(official, span=first + 2, parent=first + 1, at=(at + 2, at + 8), scope=OFFICIAL),
        record(
            flattened(response), span=first + 1, parent=first, at=(at + 1, at + 9),
            scope=OPENINFERENCE,
        ),
        record(official, span=first, parent=2, at=(at, at + 10), scope=OPENLLMETRY),
    ]  # fmt: skip


def agents_and_tool() -> list[SpanRecord]:
    """An agent and a tool, each in two spans."""
    official = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "geo"}
    other = {"openinference.span.kind": "AGENT", "agent.name": "geo"}
    tool = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "sky",
        "gen_ai.tool.call.id": "call_1",
        "gen_ai.tool.call.arguments": '{"city": "Lima"}',
        "gen_ai.tool.call.result": "fog",
    }
    flat = {
        "openinference.span.kind": "TOOL",
        "tool.name": "sky",
        "input.value": '{"city": "Lima"}',
        "output.value": "fog",
    }
    return [
        record(flat, span=31, parent=30, at=(22, 23), scope="openinference.agents"),
        record(tool, span=30, parent=2, at=(21, 24), scope="official.agents"),
        record(other, span=2, parent=1, at=(1, 99), scope="openinference.agents"),
        record(official, span=1, at=(0, 100), scope="official.agents"),
    ]


@pytest.mark.parametrize("backwards", [False, True], ids=["as they end", "backwards"])
def test_each_call_tool_and_agent_is_logged_once(backwards: bool) -> None:
    """In whatever order the spans arrive."""
    spans = [
        *call(10, 5, ASKED, WANTS, "resp-1"),
        *call(20, 40, HISTORY, SAID, "resp-2"),
        *agents_and_tool(),
    ]
    events = events_of(*(spans[::-1] if backwards else spans))

    assert actions(events) == [
        "system",
        "prompt",
        "completion",
        "tool_call",
        "tool_result",
        "completion",
        "system",
    ]
    assert len({event["session_id"] for event in events}) == 1
    assert [len(each["provenance"]["also_recorded_by"]) for each in (events[2], events[5])] == [
        2,
        2,
    ]

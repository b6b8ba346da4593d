"""Tests for spans as the Vercel AI SDK writes them, 4 to 6."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.hilt_otel_exporters.conftest import plain_events_of, record
from tests.hilt_otel_exporters.expected import call_events

SCOPE = "ai"


def generate(operation: str = "ai.generateText.doGenerate", **more: Any) -> dict[str, Any]:
    """The attributes of a chat call."""
    return {
        "ai.operationId": operation,
        "ai.model.provider": "openai.chat",
        "ai.model.id": "house-model",
        "ai.prompt.messages": '[{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]',
        "ai.response.text": "Hello",
        "ai.response.id": "resp-1",
        "ai.response.model": "house-1",
        "ai.usage.inputTokens": 9,
        "ai.usage.outputTokens": 3,
        **more,
    }


def test_call() -> None:
    """The provider's API follows its name, and is no part of it."""
    assert plain_events_of(record(generate(), scope=SCOPE)) == call_events("vercel", SCOPE)


def test_stream() -> None:
    """The operation says that it is one, and the time to the first chunk is in milliseconds."""
    attributes = generate("ai.streamText.doStream", **{"ai.response.msToFirstChunk": 40.5})

    assert plain_events_of(record(attributes, scope=SCOPE)) == call_events(
        "vercel", SCOPE, ending={"extensions": {"time_to_first_chunk_ms": 40.5}}
    )


@pytest.mark.parametrize("written", [list, tuple, json.dumps])
def test_tools(written: Callable[[list[str]], object]) -> None:
    """A list of texts, or what a store that keeps texts makes of it."""
    tool = {"type": "function", "name": "f", "inputSchema": {"type": "object"}}
    attributes = generate(**{"ai.prompt.tools": written([json.dumps(tool)])})

    prompt = plain_events_of(record(attributes, scope=SCOPE))[0]

    assert prompt["content"]["tools"] == [
        {"type": "function", "name": "f", "parameters": {"type": "object"}}
    ]


def test_function_around_the_call_repeats_it_and_is_a_chain() -> None:
    """``ai.generateText`` has the usage of all its calls: it is counted once."""
    outer = {"ai.operationId": "ai.generateText", "ai.usage.inputTokens": 9}
    events = plain_events_of(
        record(generate(), span=2, parent=1, scope=SCOPE), record(outer, scope=SCOPE)
    )

    assert [event["action"] for event in events] == ["system", "prompt", "completion", "system"]
    assert [event for event in events if "metrics" in event] == [events[2]]


def test_reasoning_and_tool_calls_are_in_attributes_of_their_own() -> None:
    """They become parts of the answer."""
    attributes = generate(
        **{
            "ai.response.reasoning": "Hm.",
            "ai.response.toolCalls": '[{"toolCallId": "c1", "toolName": "f", "input": "{}"}]',
        }
    )
    _, ending, call = plain_events_of(record(attributes, scope=SCOPE))

    assert ending["content"] == {"text": "Hello", "reasoning": "Hm."}
    assert call["content"] == {"tool": {"name": "f", "call_id": "c1", "arguments": {}}}


def test_settings_are_parameters() -> None:
    """They have JavaScript's names, and the usual ones in an event."""
    settings = {"maxOutputTokens": 10, "topP": 0.5, "temperature": 0.2}
    attributes = generate(**{f"ai.settings.{name}": settings[name] for name in settings})
    prompt, _ = plain_events_of(record(attributes, scope=SCOPE))

    assert prompt["extensions"]["parameters"] == {
        "max_tokens": 10,
        "top_p": 0.5,
        "temperature": 0.2,
    }


@pytest.mark.parametrize(
    ("values", "texts"),
    [({"ai.value": '"one"'}, ["one"]), ({"ai.values": ('"one"', '"two"')}, ["one", "two"])],
)
def test_embedding(values: dict[str, Any], texts: list[str]) -> None:
    """One value or several."""
    attributes = {"ai.operationId": "ai.embed.doEmbed", "ai.usage.tokens": 4, **values}
    prompt, ending = plain_events_of(record(attributes, scope=SCOPE))

    assert [each["parts"][0]["content"] for each in prompt["content"]["messages"]] == texts
    assert (ending["action"], ending["metrics"]["tokens"]) == ("embedding", {"prompt": 4})


def test_tool() -> None:
    """A tool's span has its arguments and its result."""
    attributes = {
        "ai.operationId": "ai.toolCall",
        "ai.toolCall.name": "weather",
        "ai.toolCall.id": "c1",
        "ai.toolCall.args": '{"city": "Paris"}',
        "ai.toolCall.result": '"14 degrees"',
    }
    call, result = plain_events_of(record(attributes, scope=SCOPE))

    assert call["content"]["tool"] == {
        "name": "weather",
        "call_id": "c1",
        "arguments": {"city": "Paris"},
    }
    assert result["content"]["text"] == "14 degrees"

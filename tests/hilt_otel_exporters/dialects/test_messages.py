"""Tests for messages in the shapes of many emitters."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.json_values import json_or_text
from hilt_otel_exporters.dialects.messages import (
    blocks_in_text,
    document_of,
    message_of,
    messages_of,
    recorded_messages,
    text_content,
)

CALL = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Paris"}}
RESULT = {"type": "tool_call_response", "id": "c1", "response": "14"}


@pytest.mark.parametrize(
    "raw",
    [
        {"role": "assistant", "parts": [CALL]},
        {"role": "assistant", "parts": [{**CALL, "arguments": '{"city":"Paris"}'}]},
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "c1", "function": {"name": "weather", "arguments": '{"city":"Paris"}'}}
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Paris"}}
            ],
        },
        {
            "role": "model",
            "parts": [
                {"function_call": {"id": "c1", "name": "weather", "args": {"city": "Paris"}}}
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"toolUse": {"toolUseId": "c1", "name": "weather", "input": {"city": "Paris"}}}
            ],
        },
        {
            "role": "assistant",
            "content": [
                {
                    "type": "tool-call",
                    "toolCallId": "c1",
                    "toolName": "weather",
                    "input": {"city": "Paris"},
                }
            ],
        },
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "c1",
            "name": "weather",
            "arguments": '{"city":"Paris"}',
        },
        {
            "lc": 1,
            "type": "constructor",
            "id": ["langchain", "schema", "messages", "AIMessage"],
            "kwargs": {
                "content": "",
                "tool_calls": [{"id": "c1", "name": "weather", "args": {"city": "Paris"}}],
            },
        },
        {
            "type": "ai",
            "data": {
                "content": "",
                "tool_calls": [{"id": "c1", "name": "weather", "args": {"city": "Paris"}}],
            },
        },
    ],
)
def test_tool_call_of_every_api_is_the_same(raw: dict[str, Any]) -> None:
    """However an API writes a tool call, it has an id, a name and arguments."""
    assert message_of(raw) == {"role": "assistant", "parts": [CALL]}


@pytest.mark.parametrize(
    "raw",
    [
        {"role": "tool", "parts": [RESULT]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "result": "14"}]},
        {"role": "tool", "tool_call_id": "c1", "content": "14"},
        {
            "role": "tool",
            "content": [
                {
                    "toolResult": {
                        "toolUseId": "c1",
                        "status": "success",
                        "content": [{"text": "14"}],
                    }
                }
            ],
        },
        {
            "role": "tool",
            "content": [
                {
                    "type": "tool-result",
                    "toolCallId": "c1",
                    "output": {"type": "json", "value": "14"},
                }
            ],
        },
        {"type": "function_call_output", "call_id": "c1", "output": "14"},
        {"lc": 1, "id": ["x", "ToolMessage"], "kwargs": {"content": "14", "tool_call_id": "c1"}},
    ],
)
def test_tool_result_of_every_api_is_the_same(raw: dict[str, Any]) -> None:
    """However an API writes what a tool answered, it has the call's id and the answer."""
    assert message_of(raw) == {"role": "tool", "parts": [RESULT]}


def test_a_call_without_a_type_is_a_tool_call() -> None:
    """Some SDKs write the calls of the chat API among the other parts, without their type."""
    call = {"id": "c1", "function": {"name": "add", "arguments": {"x": 1}}}
    message = message_of({"role": "assistant", "content": [{"text": "So"}, call]})

    assert message["parts"] == [
        {"type": "text", "content": "So"},
        {"type": "tool_call", "id": "c1", "name": "add", "arguments": {"x": 1}},
    ]


def test_binary_content_becomes_a_hash() -> None:
    """What another emitter recorded inline does not get into the log."""
    message = message_of(
        {
            "role": "user",
            "parts": [
                {
                    "type": "blob",
                    "mime_type": "image/png",
                    "modality": "image",
                    "content": "AAAA",
                }
            ],
        }
    )

    (part,) = message["parts"]
    assert (part["type"], part["size"]) == ("blob", 3)
    assert "content" not in part


def test_a_tool_call_given_twice_is_one() -> None:
    """A call among the contents and among the calls, with one id, is one call."""
    message = message_of(
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": {}}],
            "tool_calls": [{"id": "c1", "function": {"name": "weather", "arguments": "{}"}}],
        }
    )

    assert len(message["parts"]) == 1


def test_text_of_an_assistant_has_a_value() -> None:
    """Azure's agents write the text with its annotations."""
    said = {"role": "assistant", "content": {"text": {"value": "Hi", "annotations": []}}}

    assert message_of(said)["parts"] == [{"type": "text", "content": "Hi"}]


@pytest.mark.parametrize("summary", ["Hm.", '[{"text": "Hm.", "type": "summary_text"}]'])
def test_reasoning_may_be_the_json_of_its_summary(summary: str) -> None:
    """OpenLLMetry writes the parts of the Responses API so."""
    part = {"type": "reasoning", "content": summary}

    assert message_of({"role": "assistant", "parts": [part]})["parts"] == [
        {"type": "reasoning", "content": "Hm."}
    ]


def test_bare_texts_are_messages() -> None:
    """A text is said by whoever is asked for; a list of texts is several."""
    assert messages_of("Hi", "user") == [
        {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
    ]
    assert len(messages_of(["a", "b"])) == 2
    assert messages_of(None) == []


@pytest.mark.parametrize(("given", "read"), [("0.5", 0.5), (0.5, 0.5), ("near", "near")])
def test_score_may_be_a_text(given: object, read: object) -> None:
    """As stores give it that keep every attribute as a text."""
    document = document_of({"text": "Paris", "score": given, "distance": given})

    assert document == {"text": "Paris", "score": read, "distance": read}


def test_document_has_its_score_wherever_it_was_put() -> None:
    """LangChain keeps a document's score among its metadata."""
    document = document_of({"page_content": "Paris", "metadata": '{"score": 0.9}', "id": "d"})

    assert document == {"id": "d", "score": 0.9, "text": "Paris", "metadata": {"score": 0.9}}


@pytest.mark.parametrize(
    "value",
    ["Hi", [{"role": "user", "content": "Hi"}], {"messages": [{"role": "user", "content": "Hi"}]}],
)
def test_text_of_an_input_of_any_shape(value: Any) -> None:
    """What a person would read of it."""
    assert text_content(value) == "Hi"


@pytest.mark.parametrize(
    "text",
    [
        '[{"city": "Paris"}]',
        '{"city": "Paris", "n": 1}',
        '{"text": "x"}',
        '{"content": "x"}',
        '{"role": "admin", "name": "Bob"}',
        '[{"text": "x", "label": "y"}]',
        '["Paris", "Lima"]',
        "[1, 2]",
        "{}",
        "true",
        "42",
        "Hi",
        "[broken",
    ],
)
def test_answer_that_is_json_itself(text: str) -> None:
    """It is what was said, to the letter: an answer by a schema is a text."""
    said = [{"role": "assistant", "parts": [{"type": "text", "content": text}]}]

    assert recorded_messages(text, json_or_text(text), "assistant") == said
    assert blocks_in_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"role": "assistant", "content": "Hi"}',
        '[{"role": "assistant", "parts": [{"type": "text", "content": "Hi"}]}]',
        '{"messages": [{"role": "assistant", "content": "Hi"}]}',
        '[{"text": "Hi"}]',
        '[{"type": "text", "text": "Hi"}]',
        '{"type": "text", "text": "Hi"}',
        '"Hi"',
    ],
)
def test_messages_that_are_recorded_as_json(text: str) -> None:
    """Messages and their parts are read."""
    said = [{"role": "assistant", "parts": [{"type": "text", "content": "Hi"}]}]

    assert recorded_messages(text, json_or_text(text), "assistant") == said


@pytest.mark.parametrize("value", [{"city": "Paris"}, [{"city": "Paris"}], 42])
def test_value_that_holds_no_messages_is_said_as_json(value: Any) -> None:
    """Exports have answers by a schema decoded."""
    (read,) = recorded_messages(value, value, "assistant")

    assert json_or_text(read["parts"][0]["content"]) == value


@pytest.mark.parametrize("nothing", [None, "", "null", "[]"])
def test_nothing_that_is_recorded_is_no_message(nothing: str | None) -> None:
    """Emitters write an empty value in many ways."""
    assert recorded_messages(nothing, json_or_text(nothing), "assistant") == []


def test_texts_to_embed_are_a_message_each() -> None:
    """A list of texts that a user gives are prompts."""
    read = recorded_messages('["a", "b"]', ["a", "b"])

    assert [each["parts"][0]["content"] for each in read] == ["a", "b"]


def test_value_whose_type_is_an_object_is_said_as_json() -> None:
    """As in an answer by a schema that has a field of that name."""
    value = {"type": {"name": "city"}, "text": "Lima"}
    (read,) = recorded_messages(value, value, "assistant")

    assert json_or_text(read["parts"][0]["content"]) == value

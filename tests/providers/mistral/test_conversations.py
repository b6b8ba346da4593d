"""Mistral's conversations: requests, entries, answers and events."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Delta, Failure, Request, Response, ToolCallDelta, Usage
from hilt.providers._http import HttpRequest
from hilt.providers.mistral.conversations import (
    Conversations,
    conversation_request,
    message_of,
)
from tests.providers.wire import folded

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


def test_request_that_starts_a_conversation() -> None:
    """Model, inputs, instructions, tools and parameters."""
    body = {
        "model": "mistral-small",
        "inputs": "Hi",
        "instructions": "Be brief.",
        "tools": [{"type": "web_search"}],
        "completion_args": {"temperature": 0.5, "stop": "|"},
    }

    assert conversation_request(HttpRequest("post", "/v1/conversations", body)) == Request(
        "chat",
        "",
        model="mistral-small",
        messages=("Hi",),
        read=message_of,
        instructions=[text("Be brief.")],
        attributes={
            "gen_ai.request.temperature": 0.5,
            "gen_ai.request.stop_sequences": ["|"],
        },
        tools=[{"type": "web_search"}],
    )


@pytest.mark.parametrize("path", ["/v1/conversations/conv_1", "/v1/conversations/conv_1/restart"])
def test_request_in_a_conversation_with_an_agent(path: str) -> None:
    """The path names the conversation."""
    request = conversation_request(HttpRequest("post", path, {"agent_id": "ag_1"}))

    assert (request.operation, request.conversation, request.attributes) == (
        "invoke_agent", "conv_1", {"gen_ai.agent.id": "ag_1"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("Hi", {"role": "user", "parts": [text("Hi")]}),
        ({"role": "user", "content": "Hi"}, {"role": "user", "parts": [text("Hi")]}),
        ({"content": [{"type": "text", "text": "Hi"}]}, {"role": "user", "parts": [text("Hi")]}),
        ({"type": "message.output", "content": "Hi"},
         {"role": "assistant", "parts": [text("Hi")]}),
        ({"type": "function.result", "tool_call_id": "c1", "result": "14 C"},
         {"role": "tool",
          "parts": [{"type": "tool_call_response", "id": "c1", "response": "14 C"}]}),
        ({"type": "function.call", "tool_call_id": "c1", "name": "f", "arguments": '{"a":1}'},
         {"role": "assistant",
          "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}]}),
        ({"type": "tool.execution", "id": "t1", "name": "web_search", "arguments": '{"q":"x"}'},
         {"role": "assistant",
          "parts": [{"type": "server_tool_call", "id": "t1", "name": "web_search",
                     "server_tool_call": {"type": "web_search", "arguments": {"q": "x"}}}]}),
        ({"type": "agent.handoff", "next_agent_id": "ag_2"},
         {"role": "assistant", "parts": [{"type": "agent.handoff", "next_agent_id": "ag_2"}]}),
        (5, {"role": "user", "parts": [{"type": "unknown", "content": 5}]}),
    ],
)  # fmt: skip
def test_entry(entry: Any, message: dict[str, Any]) -> None:
    """Each kind of entry; new kinds as they came."""
    assert message_of(entry) == message


def test_whole_answer() -> None:
    """All outputs are one message, and the last model that is named answered."""
    body = {
        "conversation_id": "conv_1",
        "usage": USAGE,
        "outputs": [
            {"type": "tool.execution", "name": "web_search", "arguments": "{}"},
            {"type": "message.output", "model": "mistral-small", "content": "Hello."},
            {"type": "agent.handoff"},
        ],
    }

    assert Conversations().response(body) == Response(
        model="mistral-small",
        messages=[
            {
                "role": "assistant",
                "parts": [
                    {"type": "server_tool_call", "name": "web_search",
                     "server_tool_call": {"type": "web_search", "arguments": {}}},
                    text("Hello."),
                    {"type": "agent.handoff"},
                ],
            }
        ],
        usage=Usage(3, 2, 5),
        raw_usage=USAGE,
        conversation="conv_1",
        status="completed",
    )  # fmt: skip


def test_text_event() -> None:
    """Text of JSON is read at once."""
    surface, kind = Conversations(), "message.output.delta"

    assert surface.text({"type": kind, "content": "Hel"}) == "Hel"
    assert surface.text({"type": kind, "content": ""}) is None
    assert surface.text({"type": kind, "content": {"type": "text", "text": "Hel"}}) is None
    assert surface.text({"type": "function.call.delta", "content": "Hel"}) is None


@pytest.mark.parametrize(
    ("event", "delta"),
    [
        ({"type": "message.output.delta", "model": "m", "content": "Hi"},
         Delta(text="Hi", response=Response(model="m"))),
        ({"type": "message.output.delta", "content": {"type": "text", "text": "Hi"}},
         Delta(text="Hi", response=Response())),
        ({"type": "message.output.delta", "content": {"type": "thinking", "thinking": "Hm"}},
         Delta(reasoning="Hm", response=Response())),
        ({"type": "message.output.delta", "content": {"type": "tool_file", "file_id": "f1"}},
         Delta(parts=[{"type": "tool_file", "file_id": "f1"}], response=Response())),
        ({"type": "function.call.delta", "tool_call_id": "c1", "name": "f", "arguments": '{"a'},
         Delta(tool_calls=[ToolCallDelta("c1", "c1", "f", '{"a')], response=Response())),
        ({"type": "conversation.response.started", "conversation_id": "conv_1"},
         Delta(response=Response(conversation="conv_1"))),
        ({"type": "conversation.response.done", "usage": USAGE},
         Delta(response=Response(usage=Usage(3, 2, 5), raw_usage=USAGE, status="completed"))),
        ({"type": "conversation.response.error", "code": 429, "message": "Slow"},
         Delta(response=Response(failure=Failure("rate_limit", "conversation.response.error",
                                                 "Slow", 429)))),
        ({"type": "conversation.response.error", "code": 3},
         Delta(response=Response(failure=Failure("server_error", "conversation.response.error",
                                                 "the conversation failed", provider_code="3")))),
        ({"type": "conversation.response.error", "code": 3505},
         Delta(response=Response(failure=Failure("server_error", "conversation.response.error",
                                                 "the conversation failed",
                                                 provider_code="3505")))),
        ({"type": "tool.execution.started"}, Delta(response=Response())),
    ],
)  # fmt: skip
def test_event(event: dict[str, Any], delta: Delta) -> None:
    """What each event adds; a code of Mistral's own is not a status."""
    assert Conversations().delta(event) == delta


def test_stream_adds_up() -> None:
    """Text and a call are the answer that would have come whole."""
    call = {"type": "function.call.delta", "tool_call_id": "c1", "name": "f"}
    events = [
        {"type": "conversation.response.started", "conversation_id": "conv_1"},
        {"type": "message.output.delta", "model": "m", "content": "Look: "},
        {"type": "message.output.delta", "content": "now."},
        {**call, "arguments": '{"a":'},
        {**call, "arguments": "1}"},
        {"type": "conversation.response.done", "usage": USAGE},
    ]

    found = folded(Conversations(), events)

    assert [message["parts"] for message in found.messages] == [
        [
            text("Look: now."),
            {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}},
        ]
    ]
    assert (found.conversation, found.status, found.usage) == (
        "conv_1", "completed", Usage(3, 2, 5),
    )  # fmt: skip


@pytest.mark.parametrize("pieces", [['{"code":"1+1"}'], ["", '{"code":', '"1+1"}']])
def test_output_of_code_is_the_same_streamed_and_whole(pieces: list[str]) -> None:
    """The call with its arguments, at once or in pieces, and then what it printed."""
    call = {"id": "t1", "name": "code_interpreter", "arguments": '{"code":"1+1"}'}
    info = {"code": "1+1", "code_output": "2"}
    whole = Conversations().response(
        {"outputs": [{"type": "tool.execution", **call, "info": info}]}
    )

    streamed = folded(
        Conversations(),
        [
            {"type": "tool.execution.started", **call, "arguments": pieces[0]},
            *({"type": "tool.execution.delta", **call, "arguments": piece} for piece in pieces[1:]),
            {"type": "tool.execution.done", "id": "t1", "name": "code_interpreter", "info": info},
        ],
    )

    assert streamed.messages == whole.messages
    assert [part["type"] for part in whole.messages[0]["parts"]] == [
        "server_tool_call",
        "server_tool_call_response",
    ]

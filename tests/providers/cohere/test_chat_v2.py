"""Cohere's chat, version 2."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Delta, Failure, Request, Response, ToolCallDelta, Usage
from hilt.providers.cohere.chat_v2 import ChatV2, chat_request, message_of
from tests.providers.wire import folded

USAGE = {"billed_units": {"input_tokens": 3, "output_tokens": 2}}


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


def event(kind: str, **message: Any) -> dict[str, Any]:
    """An event of a stream."""
    return {"type": kind, "delta": {"message": message}}


def test_request() -> None:
    """Messages, tools and documents."""
    messages = [{"role": "user", "content": "Hi"}]
    body = {
        "model": "command-a",
        "messages": messages,
        "tools": [{"type": "function"}],
        "documents": ["Oslo is wet."],
        "p": 0.9,
        "response_format": {"type": "json_object"},
    }

    assert chat_request(body) == Request(
        "chat",
        "cohere",
        model="command-a",
        messages=messages,
        read=message_of,
        attributes={"gen_ai.request.top_p": 0.9, "gen_ai.output.type": "json"},
        tools=[{"type": "function"}],
        documents=["Oslo is wet."],
    )


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"role": "user", "content": "Hi"}, {"role": "user", "parts": [text("Hi")]}),
        ({"role": "user", "content": [{"type": "text", "text": "Hi"}]},
         {"role": "user", "parts": [text("Hi")]}),
        ({"role": "assistant", "tool_plan": "I will look.",
          "tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": '{"a":1}'}}]},
         {"role": "assistant",
          "parts": [{"type": "reasoning", "content": "I will look."},
                    {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}]}),
        ({"role": "assistant", "content": "Oslo is wet.", "citations": [{"start": 0}]},
         {"role": "assistant", "parts": [{**text("Oslo is wet."), "citations": [{"start": 0}]}]}),
        ({"role": "tool", "tool_call_id": "c1", "content": "14 C"},
         {"role": "tool",
          "parts": [{"type": "tool_call_response", "id": "c1", "response": "14 C"}]}),
        ({"role": "tool", "tool_call_id": "c1",
          "content": [{"type": "text", "text": "14"}, {"type": "text", "text": " C"}]},
         {"role": "tool",
          "parts": [{"type": "tool_call_response", "id": "c1", "response": "14 C"}]}),
        ({"role": "tool", "content": [{"type": "document", "document": {"data": "x"}}]},
         {"role": "tool",
          "parts": [{"type": "tool_call_response",
                     "response": [{"type": "document", "document": {"data": "x"}}]}]}),
        ({"role": "assistant", "tool_calls": ["f"]},
         {"role": "assistant", "parts": [{"type": "unknown", "content": "f"}]}),
        ("Hi", {"role": "user", "parts": [text("Hi")]}),
    ],
)  # fmt: skip
def test_message(raw: Any, message: dict[str, Any]) -> None:
    """Texts, plans, calls and results."""
    assert message_of(raw) == message


def test_whole_answer() -> None:
    """The message, its reason and its counts."""
    body = {
        "id": "r1",
        "message": {"role": "assistant", "content": [{"type": "text", "text": "Hello."}]},
        "finish_reason": "COMPLETE",
        "usage": USAGE,
    }

    assert ChatV2().response(body) == Response(
        id="r1",
        messages=[{"role": "assistant", "parts": [text("Hello.")], "finish_reason": "COMPLETE"}],
        finish_reasons=["COMPLETE"],
        usage=Usage(3, 2),
        raw_usage=USAGE,
    )


def test_answer_that_failed() -> None:
    """Its finish reason says so, and what came is kept."""
    body = {"message": {"content": "Hel"}, "finish_reason": "ERROR"}

    response = ChatV2().response(body)

    assert response.failure == Failure("server_error", "ERROR", provider_code="ERROR")
    assert response.messages[0]["parts"] == [text("Hel")]


def test_text_event() -> None:
    """An event that is text is read at once."""
    surface = ChatV2()

    assert surface.text(event("content-delta", content={"text": "Hel"})) == "Hel"
    assert surface.text(event("content-delta", content={"text": "Hel", "x": 1})) is None
    assert surface.text(event("content-delta", content={"thinking": "Hm"})) is None
    assert surface.text(event("content-start", content={"text": "Hel"})) is None
    assert surface.text({"type": "content-delta"}) is None
    assert surface.text(None) is None


@pytest.mark.parametrize(
    ("event", "delta"),
    [
        ({"type": "message-start", "id": "r1"}, Delta(response=Response(id="r1"))),
        (event("content-start", content={"type": "text", "text": ""}), Delta()),
        (event("content-delta", content={"thinking": "Hm"}), Delta(reasoning="Hm")),
        (event("tool-plan-delta", tool_plan="I will"), Delta(reasoning="I will")),
        ({**event("tool-call-start", tool_calls={"id": "c1", "function": {"name": "f"}}),
          "index": 1}, Delta(tool_calls=[ToolCallDelta(1, "c1", "f")])),
        (event("tool-call-delta", tool_calls=[{"function": {"arguments": '{"a'}}]),
         Delta(tool_calls=[ToolCallDelta(0, arguments='{"a')])),
        (event("citation-start", citations={"start": 0}),
         Delta(details={"citations": [{"start": 0}]})),
        (event("citation-start", citations=[{"start": 0}]),
         Delta(details={"citations": [{"start": 0}]})),
        ({"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": USAGE}},
         Delta(finish_reasons={0: "COMPLETE"},
               response=Response(usage=Usage(3, 2), raw_usage=USAGE))),
        ({"type": "message-end", "delta": {"finish_reason": "ERROR", "error": "Oops"}},
         Delta(finish_reasons={0: "ERROR"},
               response=Response(failure=Failure("server_error", "ERROR", "Oops",
                                                 provider_code="ERROR")))),
        ({"type": "content-end"}, None),
        ({"type": ["odd"]}, None),
    ],
)  # fmt: skip
def test_event(event: dict[str, Any], delta: Delta | None) -> None:
    """What each event adds."""
    assert ChatV2().delta(event) == delta


def test_stream_adds_up() -> None:
    """Reasoning, text and its citations are the answer that would have come whole."""
    events = [
        {"type": "message-start", "id": "r1"},
        event("content-delta", content={"thinking": "Hm"}),
        event("content-delta", content={"text": "Oslo "}),
        event("content-delta", content={"text": "is wet."}),
        event("citation-start", citations={"start": 0}),
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": USAGE}},
    ]

    assert folded(ChatV2(), events) == Response(
        id="r1",
        messages=[
            {
                "role": "assistant",
                "parts": [
                    {"type": "reasoning", "content": "Hm"},
                    {**text("Oslo is wet."), "citations": [{"start": 0}]},
                ],
                "finish_reason": "COMPLETE",
            }
        ],
        finish_reasons=["COMPLETE"],
        usage=Usage(3, 2),
        raw_usage=USAGE,
    )

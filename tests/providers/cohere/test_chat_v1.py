"""Cohere's chat and generate, version 1."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Delta, Failure, Request, Response, ToolCallDelta, Usage
from hilt.providers.cohere.chat_v1 import (
    ChatV1,
    GenerateV1,
    chat_request,
    generate_request,
    message_of,
)
from tests.providers.wire import folded

META = {"billed_units": {"input_tokens": 3, "output_tokens": 2}}


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


def test_chat_request() -> None:
    """The history, the new message, a preamble, and the conversation that Cohere keeps."""
    history = [{"role": "USER", "message": "Hi"}, {"role": "CHATBOT", "message": "Hello."}]
    body = {
        "model": "command-r",
        "message": "Weather?",
        "chat_history": history,
        "preamble": "Be brief.",
        "conversation_id": "conv_1",
        "tools": [{"name": "f"}],
        "documents": [{"text": "Oslo is wet."}],
        "temperature": 0.5,
    }

    assert chat_request(body) == Request(
        "chat",
        "cohere",
        model="command-r",
        messages=[*history, {"role": "USER", "message": "Weather?"}],
        read=message_of,
        instructions=[text("Be brief.")],
        attributes={"gen_ai.request.temperature": 0.5},
        tools=[{"name": "f"}],
        conversation="conv_1",
        stored_history=True,
        documents=[{"text": "Oslo is wet."}],
    )


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ({"message": "", "tool_results": [{"call": {"name": "f"}}]},
         [{"role": "TOOL", "tool_results": [{"call": {"name": "f"}}]}]),
        ({"message": "Hi", "tool_results": [{"call": {"name": "f"}}]},
         [{"role": "USER", "message": "Hi"},
          {"role": "TOOL", "tool_results": [{"call": {"name": "f"}}]}]),
        ({"message": ""}, [{"role": "USER", "message": ""}]),
    ],
)  # fmt: skip
def test_results_of_tools_are_a_message(body: dict[str, Any], messages: list[Any]) -> None:
    """With results and no text, the user said nothing."""
    assert chat_request(body).messages == messages


def test_generate_request() -> None:
    """One text."""
    body = {"model": "command", "prompt": "Once", "num_generations": 2, "end_sequences": ["|"]}

    assert generate_request(body) == Request(
        "text_completion",
        "cohere",
        model="command",
        messages=[{"role": "user", "parts": [text("Once")]}],
        attributes={
            "gen_ai.request.choice.count": 2,
            "gen_ai.request.stop_sequences": ["|"],
        },
    )


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"role": "USER", "message": "Hi"}, {"role": "user", "parts": [text("Hi")]}),
        ({"role": "Chatbot", "message": "Hi"}, {"role": "assistant", "parts": [text("Hi")]}),
        ({"role": "CHATBOT", "tool_calls": [{"name": "f", "parameters": {"a": 1}}]},
         {"role": "assistant",
          "parts": [{"type": "tool_call", "name": "f", "arguments": {"a": 1}}]}),
        ({"role": "TOOL", "tool_results": [{"call": {"name": "f"}, "outputs": [{"rain": True}]}]},
         {"role": "tool", "parts": [{"type": "tool_call_response", "name": "f",
                                     "response": [{"rain": True}]}]}),
        ({"role": "CHATBOT", "tool_calls": ["f"]},
         {"role": "assistant", "parts": [{"type": "unknown", "content": "f"}]}),
        ("Hi", {"role": "user", "parts": [{"type": "unknown", "content": "Hi"}]}),
    ],
)  # fmt: skip
def test_message(raw: Any, message: dict[str, Any]) -> None:
    """Roles in the conventions' terms, with texts, calls and results."""
    assert message_of(raw) == message


# -- answers ----------------------------------------------------------------------------------


def test_whole_answer() -> None:
    """Text with its citations, tool calls, ids, reason and counts."""
    body = {
        "response_id": "r1",
        "generation_id": "g1",
        "conversation_id": "conv_1",
        "text": "Oslo is wet.",
        "citations": [{"start": 0, "end": 4}],
        "tool_calls": [{"name": "f", "parameters": {}}],
        "finish_reason": "COMPLETE",
        "meta": META,
    }

    assert ChatV1().response(body) == Response(
        id="r1",
        messages=[
            {
                "role": "assistant",
                "parts": [
                    {**text("Oslo is wet."), "citations": [{"start": 0, "end": 4}]},
                    {"type": "tool_call", "name": "f", "arguments": {}},
                ],
                "finish_reason": "COMPLETE",
            }
        ],
        finish_reasons=["COMPLETE"],
        usage=Usage(3, 2),
        raw_usage=META,
        conversation="conv_1",
    )


@pytest.mark.parametrize(("reason", "code"), [("ERROR", "server_error"), ("TIMEOUT", "timeout")])
def test_answer_that_failed(reason: str, code: str) -> None:
    """Its finish reason says so."""
    response = ChatV1().response({"text": "Oslo", "finish_reason": reason})

    assert response.failure == Failure(code, reason, provider_code=reason)


def test_generations() -> None:
    """A message each; older models give no reason."""
    body = {"id": "g1", "generations": [{"text": "A", "finish_reason": "COMPLETE"}, {"text": "B"}]}
    plain = {"generations": [{"text": "A"}]}

    assert GenerateV1().response(body) == Response(
        id="g1",
        messages=[
            {"role": "assistant", "parts": [text("A")], "finish_reason": "COMPLETE"},
            {"role": "assistant", "parts": [text("B")]},
        ],
        finish_reasons=["COMPLETE"],
    )
    assert GenerateV1().response(plain).status == "completed"


# -- events -----------------------------------------------------------------------------------


def test_text_event() -> None:
    """A piece of the first choice's text is read at once."""
    surface = ChatV1()

    assert surface.text({"event_type": "text-generation", "text": "Hel"}) == "Hel"
    assert surface.text({"event_type": "text-generation", "text": "Hel", "index": 1}) is None
    assert surface.text({"event_type": "text-generation"}) is None
    assert surface.text({"event_type": "stream-start", "text": "Hel"}) is None
    assert surface.text("odd") is None


@pytest.mark.parametrize(
    ("event", "delta"),
    [
        ({"event_type": "stream-start", "generation_id": "g1"}, Delta(response=Response(id="g1"))),
        ({"event_type": "text-generation", "text": "Hi", "index": 1}, Delta(texts=[(1, "Hi")])),
        ({"event_type": "text-generation", "text": "Hi"}, Delta(text="Hi")),
        ({"event_type": "tool-calls-chunk", "tool_call_delta": {"text": "I will look."}},
         Delta(reasoning="I will look.")),
        ({"event_type": "tool-calls-chunk",
          "tool_call_delta": {"index": 1, "name": "f", "parameters": '{"a'}},
         Delta(tool_calls=[ToolCallDelta(1, name="f", arguments='{"a')])),
        ({"event_type": "citation-generation", "citations": [{"start": 0}]},
         Delta(details={"citations": [{"start": 0}]})),
        ({"event_type": "stream-end", "finish_reason": "ERROR", "error": "Oops"},
         Delta(finish_reasons={0: "ERROR"},
               response=Response(failure=Failure("server_error", "ERROR", "Oops",
                                                 provider_code="ERROR")))),
        ({"event_type": "new-event"}, None),
        ({"event_type": ["odd"]}, None),
    ],
)  # fmt: skip
def test_event(event: dict[str, Any], delta: Delta | None) -> None:
    """What each event adds."""
    assert ChatV1().delta(event) == delta


def test_last_event_has_the_whole_answer() -> None:
    """It replaces what the deltas added."""
    whole = {"response_id": "r1", "text": "Hello.", "meta": META}
    events = [
        {"event_type": "stream-start", "generation_id": "g1"},
        {"event_type": "text-generation", "text": "Hel"},
        {"event_type": "stream-end", "finish_reason": "COMPLETE", "response": whole},
    ]

    found = folded(ChatV1(), events)

    assert (found.id, found.finish_reasons, found.usage) == ("r1", ["COMPLETE"], Usage(3, 2))
    assert [message["parts"] for message in found.messages] == [[text("Hello.")]]

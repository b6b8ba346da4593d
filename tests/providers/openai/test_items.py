"""The items of the responses API, read from the wire."""

from __future__ import annotations

from typing import Any

from hilt.providers._http import HttpRequest
from hilt.providers.openai.items import message_of_output
from hilt.providers.openai.responses import Responses, responses_request
from tests.providers.wire import folded, wire


def options(body: dict[str, Any]) -> HttpRequest:
    """A request of ``responses.create`` as the SDK has built it."""
    return HttpRequest("post", "/responses", body, False, None, "api.openai.com", 443)


def test_items_of_one_answer_are_one_message() -> None:
    """Reasoning, calls and text that follow each other are what the model said at once."""
    request = responses_request(options({"input": wire("openai/responses_items")["input"]}))
    messages = [request.read(turn) for turn in request.messages]

    assert [message["role"] for message in messages] == [
        "user", "assistant", "tool", "user", "assistant", "tool", "user",
    ]  # fmt: skip
    assert messages[1]["parts"] == [
        {"type": "reasoning", "content": "Calendar first."},
        {"type": "tool_call", "id": "call_1", "name": "calendar", "arguments": {"day": "today"}},
        {"type": "text", "content": "Let me look."},
    ]
    assert messages[2]["parts"] == [
        {"type": "tool_call_response", "response": "Free all day", "id": "call_1"}
    ]


def test_pictures_and_files_are_blobs_or_references() -> None:
    """What is inline becomes a blob; what is elsewhere says where."""
    request = responses_request(options({"input": wire("openai/responses_items")["input"]}))
    parts = request.read(request.messages[3])["parts"]

    assert [part["type"] for part in parts] == ["text", "blob", "file", "uri", "blob"]
    assert parts[1]["size"] == len(b"pixels")
    assert parts[2] == {"type": "file", "modality": "image", "file_id": "file_1"}


def test_computer_use_is_a_tool_of_the_callers() -> None:
    """A click is a call, and its screenshot a blob in the result."""
    request = responses_request(options({"input": wire("openai/responses_items")["input"]}))
    (call,) = request.read(request.messages[4])["parts"]
    (result,) = request.read(request.messages[5])["parts"]

    assert (call["name"], call["id"], call["arguments"]["x"]) == ("computer", "call_2", 1)
    assert result["response"][0]["type"] == "blob"


def test_tools_that_openai_runs() -> None:
    """They are parts of the answer; custom tools are calls with text for arguments."""
    parts = message_of_output(wire("openai/responses_items")["output"])["parts"]

    kinds = [(part["type"], part.get("name")) for part in parts]
    assert kinds == [
        ("server_tool_call", "roll"),
        ("server_tool_call", "code_interpreter"),
        ("server_tool_call", "file_search"),
        ("tool_call", "sql"),
        ("compaction", None),
        ("text", None),
    ]
    assert parts[3]["arguments"] == "select 1"
    assert parts[5]["annotations"][0]["url"] == "https://example.com"


def test_parameters_of_a_request() -> None:
    """Only what was asked for is an attribute, by the conventions' names."""
    request = responses_request(
        options(
            {
                "model": "o4-mini",
                "input": "Hi",
                "max_output_tokens": 50,
                "reasoning": {"effort": "low"},
                "text": {"format": {"type": "json_schema"}},
                "service_tier": "flex",
                "prompt": {"id": "pmpt_1", "version": "2"},
                "conversation": {"id": "conv_1"},
                "safety_identifier": "user-7",
            }
        )
    )

    assert request.attributes == {
        "gen_ai.request.max_tokens": 50,
        "gen_ai.request.reasoning.level": "low",
        "gen_ai.output.type": "json",
        "openai.request.service_tier": "flex",
        "gen_ai.prompt.name": "pmpt_1",
        "gen_ai.prompt.version": "2",
    }
    assert (request.conversation, request.user) == ("conv_1", "user-7")


def test_error_event_in_a_stream() -> None:
    """An error that arrives as an event is a failure, with the text that had come."""
    events: list[Any] = [
        {"type": "response.output_text.delta", "delta": "Hel"},
        {"type": "error", "code": "server_error", "message": "Oops", "param": None},
    ]
    response = folded(Responses(), events)

    assert response.failure is not None
    assert (response.failure.error_code, response.failure.message) == ("server_error", "Oops")
    assert response.messages[0]["parts"] == [{"type": "text", "content": "Hel"}]


def test_unknown_events_and_empty_bodies_are_passed_over() -> None:
    """What is new tomorrow breaks nothing today."""
    surface = Responses()

    assert surface.delta({"type": "response.something.new"}) is None
    assert surface.response({}).messages == []
    assert surface.response(None).finish_reasons == []

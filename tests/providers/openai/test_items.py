"""The items of the responses API, read from the wire."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.providers._http import HttpRequest
from hilt.providers.openai.items import message_of_items, message_of_output
from hilt.providers.openai.responses import Responses, responses_request
from tests.providers.wire import PIXELS_BASE64, PIXELS_DIGEST, folded, wire


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


@pytest.mark.parametrize(
    ("item", "parts"),
    [
        ({"type": "message", "content": "Hi"}, [{"type": "text", "content": "Hi"}]),
        ({"content": [{"type": "refusal", "refusal": "No."}]},
         [{"type": "refusal", "content": "No."}]),
        ({"type": "message", "content": [{"type": "output_text", "text": "Hi",
                                          "annotations": [{"url": "https://x"}]}]},
         [{"type": "text", "content": "Hi", "annotations": [{"url": "https://x"}]}]),
        ({"type": "reasoning", "summary": [{"text": "Hm"}], "content": [{"text": "Well"}]},
         [{"type": "reasoning", "content": "Hm\nWell"}]),
        ({"type": "reasoning", "summary": []}, []),
        ({"type": "function_call", "id": "fc_1", "name": "f", "arguments": "{}"},
         [{"type": "tool_call", "id": "fc_1", "name": "f", "arguments": {}}]),
        ({"type": "custom_tool_call", "call_id": "c1", "name": "g", "input": "print(1)"},
         [{"type": "tool_call", "id": "c1", "name": "g", "arguments": "print(1)"}]),
        ({"type": "shell_call", "call_id": "c1", "action": {"commands": ["ls"]}},
         [{"type": "tool_call", "id": "c1", "name": "shell", "arguments": {"commands": ["ls"]}}]),
        ({"type": "apply_patch_call", "call_id": "c1", "operation": {"type": "create_file"}},
         [{"type": "tool_call", "id": "c1", "name": "apply_patch",
           "arguments": {"type": "create_file"}}]),
        ({"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"q": "x"}},
         [{"type": "server_tool_call", "id": "ws_1", "name": "web_search",
           "server_tool_call": {"type": "web_search_call", "action": {"q": "x"}}}]),
        ({"type": "mcp_list_tools", "error": "GET https://h/?api_key=abcdef12"},
         [{"type": "mcp_list_tools", "error": "GET https://h/?api_key=[redacted]"}]),
        ({"type": "mcp_call", "id": "mcp_1", "name": "roll", "output": "4"},
         [{"type": "server_tool_call", "id": "mcp_1", "name": "roll",
           "server_tool_call": {"type": "mcp_call", "name": "roll", "output": "4"}}]),
        ({"type": "image_generation_call", "id": "ig_1", "result": PIXELS_BASE64},
         [{"type": "server_tool_call", "id": "ig_1", "name": "image_generation",
           "server_tool_call": {"type": "image_generation_call"}},
          {"type": "blob", "mime_type": "image/png", "modality": "image", **PIXELS_DIGEST}]),
        ({"type": "image_generation_call", "id": "ig_1", "result": None},
         [{"type": "server_tool_call", "id": "ig_1", "name": "image_generation",
           "server_tool_call": {"type": "image_generation_call"}}]),
        ({"type": "compaction", "encrypted_content": "x"},
         [{"type": "compaction", "encrypted_content": "x"}]),
        ("odd", [{"type": "unknown", "content": "odd"}]),
    ],
)  # fmt: skip
def test_item_of_an_answer(item: Any, parts: list[dict[str, Any]]) -> None:
    """Each kind of item gives its parts; new kinds as they came."""
    assert message_of_output([item]) == {"role": "assistant", "parts": parts}


@pytest.mark.parametrize(
    ("item", "role", "part"),
    [
        ({"role": "developer", "content": "Be brief."}, "developer",
         {"type": "text", "content": "Be brief."}),
        ({"role": "user", "content": [{"type": "input_file", "file_url": "https://x/a.pdf"}]},
         "user", {"type": "uri", "modality": "document", "uri": "https://x/a.pdf"}),
        ({"role": "user", "content": [{"type": "input_file", "file_id": "f1"}]}, "user",
         {"type": "file", "modality": "document", "file_id": "f1"}),
        ({"type": "function_call_output", "call_id": "c1", "output": "14 C"}, "tool",
         {"type": "tool_call_response", "id": "c1", "response": "14 C"}),
        ({"type": "function_call_output", "call_id": "c1",
          "output": [{"type": "input_text", "text": "14 C"}]}, "tool",
         {"type": "tool_call_response", "id": "c1", "response": "14 C"}),
        ({"type": "shell_call_output", "call_id": "c1", "output": {"stdout": "a"}}, "tool",
         {"type": "tool_call_response", "id": "c1", "response": {"stdout": "a"}}),
        ({"type": "shell_call_output", "call_id": "c1", "output": [{"stdout": "", "stderr": "b"}]},
         "tool",
         {"type": "tool_call_response", "id": "c1", "response": [{"stdout": "", "stderr": "b"}]}),
        ({"type": "local_shell_call_output", "id": "c1", "output": "a"}, "tool",
         {"type": "tool_call_response", "id": "c1", "response": "a"}),
        ({"type": "mcp_approval_response", "approval_request_id": "a1", "approve": True}, "tool",
         {"type": "tool_call_response", "id": "a1",
          "response": {"type": "mcp_approval_response", "approval_request_id": "a1",
                       "approve": True}}),
        ({"type": "item_reference", "id": "msg_1"}, "user",
         {"type": "item_reference", "id": "msg_1"}),
        ({"id": "msg_1"}, "user", {"type": "item", "id": "msg_1"}),
    ],
)  # fmt: skip
def test_item_of_a_request(item: Any, role: str, part: dict[str, Any]) -> None:
    """Who speaks is named, or follows from the kind."""
    assert message_of_items(item) == {"role": role, "parts": [part]}

"""Parts of messages, in the shapes of the conventions."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.providers._message_parts import (
    file_part,
    index_of,
    server_tool_call,
    server_tool_response,
    text_message,
    text_part,
    tool_call,
    tool_response,
    without_error_credentials,
)


@pytest.mark.parametrize(
    ("text", "content"), [("Hi", "Hi"), ("", ""), (None, ""), (5, "5"), ({"a": 1}, '{"a":1}')]
)
def test_text(text: Any, content: str) -> None:
    """A text as it is, and anything else as JSON."""
    assert text_part(text) == {"type": "text", "content": content}
    assert text_message("user", text) == {
        "role": "user",
        "parts": [{"type": "text", "content": content}],
    }


@pytest.mark.parametrize(
    ("arguments", "plain"),
    [
        ('{"city": "Oslo"}', {"city": "Oslo"}),
        ({"city": "Oslo"}, {"city": "Oslo"}),
        ('{"city": "Os', '{"city": "Os'),
        ("", {}),
        (None, {}),
    ],
)
def test_arguments_of_a_tool_call(arguments: Any, plain: Any) -> None:
    """JSON is decoded; text that is cut off stays as it is."""
    assert tool_call("c1", "f", arguments) == {
        "type": "tool_call", "id": "c1", "name": "f", "arguments": plain,
    }  # fmt: skip


def test_what_is_missing_is_left_out() -> None:
    """No id, no field; a tool call without a name has an empty one."""
    assert tool_call(None, None, None) == {"type": "tool_call", "name": "", "arguments": {}}
    assert tool_response(None, "14 C") == {"type": "tool_call_response", "response": "14 C"}
    assert server_tool_call(None, None, {}) == {
        "type": "server_tool_call", "name": "", "server_tool_call": {},
    }  # fmt: skip
    assert server_tool_response(None, {}) == {
        "type": "server_tool_call_response", "server_tool_call_response": {},
    }  # fmt: skip
    assert file_part(None) == {"type": "file", "modality": "document", "file_id": ""}


def test_tool_response() -> None:
    """The id of the call, the name of the tool, and what it gave."""
    assert tool_response("c1", {"degrees": 14}, "weather") == {
        "type": "tool_call_response", "id": "c1", "name": "weather", "response": {"degrees": 14},
    }  # fmt: skip


def test_tools_of_the_provider() -> None:
    """Their details stand in a field that is named like the part."""
    details = {"type": "web_search", "query": "Oslo"}

    assert server_tool_call("s1", "search", details) == {
        "type": "server_tool_call", "id": "s1", "name": "search", "server_tool_call": details,
    }  # fmt: skip
    assert server_tool_response("s1", details) == {
        "type": "server_tool_call_response", "id": "s1", "server_tool_call_response": details,
    }  # fmt: skip


def test_file_part() -> None:
    """A stored file by its id."""
    assert file_part("file_1", "image") == {
        "type": "file", "modality": "image", "file_id": "file_1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "index"), [({"index": 2}, 2), ({"index": None}, 0), ({"index": "2"}, 0), (None, 0)]
)
def test_index(value: Any, index: int) -> None:
    """The first, where none is named."""
    assert index_of(value) == index


def test_errors_of_servers_quote_no_credentials() -> None:
    """The error of a tool that the provider ran, and nothing else of it."""
    error = {"type": "http", "message": "Authorization: Bearer abc.def0", "codes": [401, "k=v"]}
    details = {"type": "mcp_call", "arguments": '{"token": "mine42"}', "error": error}
    clean = {**error, "message": "Authorization: Bearer [redacted]"}

    assert without_error_credentials(details) == {**details, "error": clean}
    assert server_tool_call("1", "t", details)["server_tool_call"]["error"] == clean
    assert details["error"] is error

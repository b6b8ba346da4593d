"""Messages and their parts."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from hilt.testing.provider import (
    anthropic_messages,
    gemini,
    openai_chat,
    openai_responses,
    parts,
)

DATA = b"\xfb\xff\x00pixels"
BLOB = {
    "type": "blob",
    "mime_type": "image/png",
    "size": len(DATA),
    "sha256": hashlib.sha256(DATA).hexdigest(),
}


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_binary_content_becomes_its_hash(encode):
    """Both alphabets of base64 are decoded."""
    assert parts.blob(encode(DATA).decode(), "image/png") == BLOB


def test_content_that_is_not_base64_is_hashed_as_it_is():
    """Nothing is refused."""
    part = parts.blob("§§", "image/png")

    assert (part["size"], part["sha256"]) == (4, hashlib.sha256("§§".encode()).hexdigest())


def test_data_url_becomes_a_blob():
    """A URL that holds its data is not kept as a URL."""
    url = f"data:image/png;base64,{base64.b64encode(DATA).decode()}"

    assert parts.link(url) == BLOB
    assert parts.link("https://example.org/a,b.png") == {
        "type": "uri",
        "uri": "https://example.org/a,b.png",
    }


@pytest.mark.parametrize(
    ("arguments", "decoded"),
    [('{"a": 1}', {"a": 1}), ("{broken", "{broken"), ({"a": 1}, {"a": 1}), (None, None)],
)
def test_arguments_are_decoded(arguments, decoded):
    """Arguments that are JSON text become an object."""
    assert parts.call("f", arguments, "c1") == {
        "type": "tool_call",
        "id": "c1",
        "name": "f",
        "arguments": decoded,
    }


@pytest.mark.parametrize(("content", "kept"), [("Hi", "Hi"), (None, ""), (["Hi"], "")])
def test_text_is_always_text(content, kept):
    """Content of another type counts as empty."""
    assert parts.text(content, "reasoning") == {"type": "reasoning", "content": kept}


SOUND = {
    "type": "blob",
    "mime_type": "audio/wav",
    "size": 2,
    "sha256": hashlib.sha256(b"\x01\x02").hexdigest(),
}
LINK = {"type": "uri", "uri": "https://a/b"}


@pytest.mark.parametrize(
    ("read", "given", "part"),
    [
        (openai_chat._read_part, {"type": "input_audio",
                                  "input_audio": {"data": "AQI=", "format": "wav"}}, SOUND),
        (openai_chat._read_part, {"type": "image_url", "image_url": {"url": "https://a/b"}}, LINK),
        (openai_chat._read_part, {"type": "input_image", "image_url": "https://a/b"}, LINK),
        (openai_chat._read_part, {"type": "input_image", "file_id": "f"},
         {"type": "input_image", "file_id": "f"}),
        (openai_chat._read_part, {"type": "refusal", "refusal": "No"},
         {"type": "text", "content": "No"}),
        (anthropic_messages._read_block, {"type": "thinking", "thinking": "Hm"},
         {"type": "reasoning", "content": "Hm"}),
        (anthropic_messages._read_block,
         {"type": "document", "source": {"type": "url", "url": "https://a/b"}}, LINK),
        (anthropic_messages._read_block,
         {"type": "image", "source": {"type": "base64", "data": "AQI=",
                                      "media_type": "audio/wav"}}, SOUND),
        (anthropic_messages._read_block, {"type": "image", "source": {"type": "file"}},
         {"type": "image", "source": {"type": "file"}}),
        (anthropic_messages._read_block, {"type": "new"}, {"type": "new"}),
        (gemini._read_part, {"inlineData": {"data": "AQI=", "mimeType": "audio/wav"}}, SOUND),
        (gemini._read_part, {"inlineData": {"data": "AQI=", "mime_type": "audio/wav"}}, SOUND),
        (gemini._read_part, {"fileData": {"fileUri": "https://a/b"}}, LINK),
        (gemini._read_part, {"fileData": {"file_uri": "https://a/b"}}, LINK),
        (gemini._read_part, {"text": "Hm", "thought": True},
         {"type": "reasoning", "content": "Hm"}),
        (gemini._read_part, {"executableCode": {}}, {"executableCode": {}}),
    ],
)  # fmt: skip
def test_parts_of_each_api(read: Any, given: dict[str, Any], part: dict[str, Any]) -> None:
    """Sound, pictures and files by their hash or address; what is new stays as it is."""
    assert read(given) == part


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("Hi", ("user", {"type": "text", "content": "Hi"})),
        ({"role": "user", "content": "Hi"}, ("user", {"type": "text", "content": "Hi"})),
        ({"type": "reasoning", "summary": [{"text": "H"}, {"text": None}, {"text": "m"}]},
         ("assistant", {"type": "reasoning", "content": "Hm"})),
        ({"type": "reasoning"}, ("assistant", {"type": "reasoning", "content": ""})),
        ({"type": "web_search_call"}, ("assistant", {"type": "web_search_call"})),
        ({"type": "function_call_output", "output": "14", "call_id": "c"},
         ("tool", {"type": "tool_call_response", "id": "c", "response": "14"})),
    ],
)  # fmt: skip
def test_items_of_responses(item: Any, message: tuple[str, dict[str, Any]]) -> None:
    """Each is a message."""
    assert openai_responses._read_item(item) == {"role": message[0], "parts": [message[1]]}


def test_messages_of_chat_completions() -> None:
    """Reasoning comes first, and the result of a tool may be in pieces."""
    assert openai_chat._read_message(
        {"role": "assistant", "content": "Hi", "reasoning_content": "Hm"}
    ) == {
        "role": "assistant",
        "parts": [{"type": "reasoning", "content": "Hm"}, {"type": "text", "content": "Hi"}],
    }
    pieces = [{"type": "text", "text": "1"}, {"type": "text", "text": "4"}]
    assert openai_chat._read_message({"role": "tool", "tool_call_id": "c", "content": pieces}) == {
        "role": "tool",
        "parts": [{"type": "tool_call_response", "id": "c", "response": "14"}],
    }


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        ("required", "*"),
        ("auto", None),
        (None, None),
        ({"type": "function", "function": {"name": "f"}}, "f"),
        ({"type": "function", "name": "f"}, "f"),
        ({"type": "any"}, "*"),
    ],
)
def test_tool_that_must_be_called(choice: Any, name: str | None) -> None:
    """By its name, or any."""
    assert openai_chat.must_call(choice) == name

"""Tests for what hosts answer beside the text of a chat."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from hilt.genai.fold import Fold
from hilt.providers._chat_completions import ChatCompletions
from tests.providers import wire

PICTURE = b"\x89PNG" + b"x" * 50
URL = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
NOTE = {"type": "url_citation", "url_citation": {"url": "https://example.org"}}
TOOL = {"index": 0, "type": "search", "arguments": '{"query": "rome"}', "output": "Rome"}
MESSAGES: dict[str, dict[str, Any]] = {
    "OpenAI and OpenRouter, annotations": {"annotations": [NOTE]},
    "Perplexity, citations": {"citations": ["https://example.org"]},
    "OpenRouter, images": {"images": [{"type": "image_url", "image_url": {"url": URL}}]},
    "a host, image as text": {"images": [URL]},
    "Groq, executed tools": {"executed_tools": [TOOL, {**TOOL, "index": 1}]},
    "Azure, context": {"context": {"intent": "[]", "citations": [{"url": "https://a.org"}]}},
    "Writer, graph": {"graph_data": {"sources": [{"file_id": "f"}], "status": "done"}},
    "DeepSeek": {"reasoning_content": "Hm."},
    "Groq": {"reasoning": "Hm."},
    "a host, thinking": {"thinking": "Hm."},
    "OpenRouter, details": {"reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]},
    "refusal": {"refusal": "No."},
}


def folded(*deltas: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of a streamed answer."""
    fold = Fold()
    for delta in deltas:
        added = ChatCompletions().delta({"choices": [{"index": 0, "delta": delta}]})
        assert added is not None
        fold.add(added)
    return fold.result().messages[0]["parts"]


def whole(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of a whole answer."""
    body = {"choices": [{"index": 0, "message": {"role": "assistant", **message}}]}
    return ChatCompletions().response(body).messages[0]["parts"]


@pytest.mark.parametrize("fields", MESSAGES.values(), ids=list(MESSAGES))
def test_a_streamed_field_is_the_same_as_a_whole_one(fields: dict[str, Any]) -> None:
    """And it is there at all."""
    parts = whole({"content": "Old.", **fields})

    assert parts != [{"type": "text", "content": "Old."}]
    assert folded({"content": "Ol"}, {"content": "d."}, fields) == parts


def test_images_are_blobs() -> None:
    """Their bytes are in no log."""
    part = whole({"content": "", "images": [{"image_url": {"url": URL}}]})[-1]

    assert (part["type"], part["mime_type"], part["size"]) == ("blob", "image/png", len(PICTURE))


ENCODED = base64.b64encode(PICTURE).decode()


@pytest.mark.parametrize(
    ("image", "mime_type"),
    [
        (URL, "image/png"),
        ({"image_url": URL}, "image/png"),
        ({"url": URL}, "image/png"),
        ({"data": URL}, "image/png"),
        ({"image_url": {"url": URL}, "url": "https://x/a"}, "image/png"),
        ({"b64_json": ENCODED}, None),
        ({"data": ENCODED, "mime_type": "image/webp", "image_url": "https://x/a"}, "image/webp"),
        ({"b64_json": ENCODED, "data": "eA=="}, None),
        ({"data": PICTURE, "mime_type": "image/webp"}, "image/webp"),
    ],
)
def test_image_in_every_form(image: object, mime_type: str | None) -> None:
    """As a text, at an address with its content in it, in base64, or as bytes."""
    part = whole({"content": "", "images": [image]})[-1]
    kind = {} if mime_type is None else {"mime_type": mime_type}
    sha256 = hashlib.sha256(PICTURE).hexdigest()

    assert part == {"type": "blob", "modality": "image", "size": len(PICTURE), "sha256": sha256,
                    **kind}  # fmt: skip


def test_reasoning_by_its_first_name_with_a_value() -> None:
    """In pieces, or in details, whose encrypted ones say nothing."""
    details = [{"text": "A"}, {"summary": "B"}, {"data": "x"}, {"text": 5}]
    fields: list[dict[str, Any]] = [
        {"reasoning_content": "", "reasoning": "AB", "thinking": "C"},
        {"reasoning_text": "AB", "reasoning_details": [{"text": "C"}]},
        {"thinking": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]},
        {"reasoning_details": details},
    ]
    for each in fields:
        assert whole({"content": "Hi", **each})[0] == {"type": "reasoning", "content": "AB"}
    assert whole({"content": "Hi", "reasoning_details": [{"data": "x"}]}) == [
        {"type": "text", "content": "Hi"}
    ]


def test_sources_of_a_context_follow_the_others() -> None:
    """Those that a message has itself come first, and are not said again by the answer."""
    message = {"content": "Hi", "annotations": [1], "citations": [2], "context": {"citations": [3]}}
    body = {"citations": [4], "choices": [{"message": {"role": "assistant", **message}}]}
    (text, context) = ChatCompletions().response(body).messages[0]["parts"]

    assert text["citations"] == [1, 2, 3]
    assert context == {"type": "context", "content": {"citations": [3]}}


def test_results_of_a_search_stand_before_the_calls_of_tools() -> None:
    """Those that the message has itself are there once."""
    call = {"id": "c1", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "content": "Hi", "tool_calls": [call]}
    results = [{"title": "A"}]
    body = {"search_results": results, "choices": [{"message": message}]}
    own = {**body, "choices": [{"message": {**message, "search_results": [{"title": "B"}]}}]}

    parts = ChatCompletions().response(body).messages[0]["parts"]
    assert [part["type"] for part in parts] == ["text", "search_results", "tool_call"]
    parts = ChatCompletions().response(own).messages[0]["parts"]
    assert [part["content"] for part in parts if part["type"] == "search_results"] == [
        [{"title": "B"}]
    ]


def test_tools_that_the_provider_ran_are_kept_in_any_form() -> None:
    """By name or type; a picture that one gave is a blob, and a text is no context."""
    tools = ["odd", {"id": "t1", "name": "draw", "type": "x", "image": {"b64_json": ENCODED}}]
    odd, drawn = whole({"content": None, "executed_tools": tools, "graph_data": "text"})

    assert odd == {"type": "server_tool_call", "name": "",
                   "server_tool_call": {"type": None, "content": "odd"}}  # fmt: skip
    assert (drawn["id"], drawn["name"], drawn["server_tool_call"]["type"]) == ("t1", "draw", "x")
    assert ENCODED not in str(drawn)


def test_a_tool_that_the_provider_ran_is_no_tool_call() -> None:
    """The caller has nothing to answer."""
    part = whole({"content": "Old.", "executed_tools": [TOOL]})[-1]

    assert part == {
        "type": "server_tool_call",
        "name": "search",
        "server_tool_call": TOOL,
    }


def test_a_streamed_tool_s_result_replaces_its_beginning() -> None:
    """Groq sends a tool twice: before it runs, and after."""
    before = {name: TOOL[name] for name in ("index", "type", "arguments")}

    assert folded({"executed_tools": [before]}, {"executed_tools": [TOOL]}) == whole(
        {"executed_tools": [TOOL]}
    )


def test_references_stand_between_texts() -> None:
    """Mistral's: where they stand is what they are about."""
    reference = {"type": "reference", "reference_ids": [3]}
    texts = [{"type": "text", "text": "Rome"}, reference, {"type": "text", "text": " is old."}]

    assert folded({"content": "Rome"}, {"content": [reference]}, {"content": " is old."}) == whole(
        {"content": texts}
    )


def test_sources_that_are_repeated_are_there_once() -> None:
    """Some hosts send all of them with each chunk."""
    fields = {"citations": ["https://example.org"]}

    assert folded({"content": "Old.", **fields}, {"content": "", **fields}) == whole(
        {"content": "Old.", **fields}
    )


def test_sources_beside_the_choices_are_the_same_streamed_and_whole() -> None:
    """Perplexity repeats them with each chunk, and xAI has them in the last."""
    results = [{"title": "A", "url": "https://a", "date": None}]
    sources = {"citations": ["https://a"], "search_results": results}
    whole = {**sources, "choices": [{"message": {"role": "assistant", "content": "Hi you"}}]}
    chunks = [{**sources, "choices": [{"delta": {"content": text}}]} for text in ("Hi ", "you")]

    streamed = wire.folded(ChatCompletions(), chunks).messages[0]["parts"]

    assert streamed == ChatCompletions().response(whole).messages[0]["parts"]
    assert streamed == [
        {"type": "text", "content": "Hi you", "citations": ["https://a"]},
        {"type": "search_results", "content": [{"title": "A", "url": "https://a"}]},
    ]


def test_text_after_another_part_follows_it() -> None:
    """A piece of an answer that is text, a picture and text keeps that order."""
    shown = {"type": "image_url", "image_url": {"url": URL}}
    parts = folded(
        {"content": [{"type": "text", "text": "a"}, shown, {"type": "text", "text": "b"}]}
    )

    assert [part["type"] for part in parts] == ["text", "blob", "text"]
    assert [part["content"] for part in parts if part["type"] == "text"] == ["a", "b"]


def test_error_of_the_whole_answer_is_the_one_that_counts() -> None:
    """Beside it, that of a choice is another way to say the same."""
    choice = {"index": 0, "message": {"role": "assistant"}, "error": {"message": "Choice failed."}}
    answer = ChatCompletions().response({"error": {"message": "All failed."}, "choices": [choice]})

    assert answer.failure is not None
    assert answer.failure.message == "All failed."

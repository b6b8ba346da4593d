"""No nulls in what is logged of a message, whichever API it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hilt.providers import _chat_messages
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers.anthropic import blocks
from hilt.providers.anthropic.messages import Messages
from hilt.providers.bedrock.converse import Converse
from hilt.providers.cohere.chat_v2 import ChatV2
from hilt.providers.gemini import parts
from hilt.providers.gemini.content import GenerateContent
from hilt.providers.gemini.interactions import Interactions
from hilt.providers.mistral.conversations import Conversations
from hilt.providers.openai.responses import Responses

_CITATION = {"start": 1, "end": None, "document": {"id": "d", "title": None}}
_ITEM = {"type": "new_call", "id": "i", "results": [{"a": None, "b": 1}], "status": None}


def _nulls(value: object, path: str = "") -> Iterator[str]:
    if value is None:
        yield path
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _nulls(each, f"{path}.{name}")
    elif isinstance(value, list):
        for each in value:
            yield from _nulls(each, path)


@pytest.mark.parametrize(
    ("surface", "body"),
    [
        (ChatCompletions(), {"choices": [{"message": {
            "role": "assistant", "content": "a", "refusal": None, "annotations": [_CITATION],
            "executed_tools": [{"type": "search", "output": None}], "context": {"x": None},
        }}]}),
        (ChatCompletions(), {"choices": [{"message": {"content": [_ITEM]}}]}),
        (Responses(), {"output": [
            {"type": "message", "role": "assistant", "content": [
                {"type": "output_text", "text": "a", "annotations": [_CITATION]}]},
            {"type": "web_search_call", "id": "w", "action": {"type": "search", "query": None}},
            {"type": "computer_call", "call_id": "c", "action": {"type": "click", "keys": None}},
            _ITEM,
        ]}),
        (Messages(), {"content": [
            {"type": "text", "text": "a", "citations": [_CITATION]}, _ITEM]}),
        (GenerateContent(), {"candidates": [{
            "content": {"parts": [{"text": "a"}, {"executableCode": {"code": "1", "id": None}}]},
            "citationMetadata": {"citations": [_CITATION]},
            "groundingMetadata": {"groundingChunks": [{"web": None, "maps": {"title": None}}]},
        }]}),
        (Interactions(), {"outputs": [
            {"type": "google_search_call", "id": "g", "arguments": {"queries": None}}, _ITEM]}),
        (Conversations(), {"outputs": [_ITEM]}),
        (Converse(), {"output": {"message": {"content": [
            {"citationsContent": {"content": [{"text": "a"}], "citations": [_CITATION]}},
            {"newBlock": {"a": None}}]}}}),
        (ChatV2(), {"message": {
            "content": [{"type": "text", "text": "a"}], "citations": [_CITATION]}}),
    ],
)  # fmt: skip
def test_answers_have_no_nulls(surface: Any, body: dict[str, Any]) -> None:
    """Whatever was copied: citations, tools that the provider ran, blocks of an unknown kind."""
    messages = surface.response(body).messages

    assert messages
    assert list(_nulls(messages)) == []


@pytest.mark.parametrize("read", [_chat_messages.message_of, blocks.message_of, parts.message_of])
def test_requests_have_no_nulls(read: Callable[[object], Any]) -> None:
    """A caller sends back what `model_dump` gave."""
    message = read({"role": "user", "content": [_ITEM], "parts": [_ITEM]})

    assert list(_nulls(message)) == []


def test_arguments_of_a_tool_keep_their_nulls() -> None:
    """The model wrote them."""
    call = {"id": "c", "function": {"name": "f", "arguments": '{"unit": null}'}}

    (message,) = (
        ChatCompletions().response({"choices": [{"message": {"tool_calls": [call]}}]}).messages
    )

    assert message["parts"][0]["arguments"] == {"unit": None}

"""Whether two requests have the same input."""

from __future__ import annotations

import pytest

from hilt.testing.provider.answers import ParsedRequest
from hilt.testing.provider.request_matching import combined_hash, part_keys, request_part_keys


def message(role, *parts):
    """A message with parts."""
    return {"role": role, "parts": list(parts)}


def text(content, kind="text"):
    """A part with text."""
    return {"type": kind, "content": content}


CALL = {"type": "tool_call", "name": "f", "arguments": {"a": 1, "b": 2}}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([message("user", text("Hi"))], [message("user", text("H"), text("i"))]),
        ([message("system", text("Hi"))], [message("developer", text("Hi"))]),
        ([message("user", text("Hi"))], [message("user", text("Hi")), message("user", text(""))]),
        (
            [message("assistant", text("Hm", "reasoning"), text("Hi"))],
            [message("assistant", text("Hi"))],
        ),
        (
            [message("assistant", {**CALL, "id": "1"})],
            [message("assistant", {**CALL, "id": "2", "arguments": {"b": 2, "a": 1}})],
        ),
        (
            [message("tool", {"type": "tool_call_response", "id": "1", "response": "rain"})],
            [message("user", {"type": "tool_call_response", "id": "2", "result": "rain"})],
        ),
        (
            [message("user", {"type": "blob", "sha256": "a", "size": 1})],
            [message("user", {"type": "blob", "sha256": "a", "mime_type": "image/png"})],
        ),
    ],
)
def test_same_input(one, other):
    """How parts are grouped, ids, reasoning and the order of arguments make no difference."""
    assert part_keys(one) == part_keys(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([message("user", text("Hi"))], [message("user", text("Ho"))]),
        ([message("user", text("Hi"))], [message("assistant", text("Hi"))]),
        ([message("assistant", CALL)], [message("assistant", {**CALL, "arguments": {}})]),
        (
            [message("user", {"type": "uri", "uri": "a"})],
            [message("user", {"type": "uri", "uri": "b"})],
        ),
        ([message("user", {"type": "x", "y": 1})], [message("user", {"type": "x", "y": 2})]),
    ],
)
def test_other_input(one, other):
    """Another text, role, argument, link or unknown part is another input."""
    assert part_keys(one) != part_keys(other)


def test_inputs_are_parts_too():
    """The texts to embed or to rank follow the messages."""
    request = ParsedRequest(
        "cohere.rerank",
        "rerank",
        "m",
        {},
        messages=[message("user", text("Q"))],
        inputs=["A", "B"],
    )

    assert request_part_keys(request) == [
        ("user", "text", "Q"),
        ("user", "text", "A"),
        ("user", "text", "B"),
    ]


def test_hash_continues_that_of_earlier_parts():
    """A conversation's hash can be computed step by step."""
    parts = part_keys([message("user", text("One")), message("assistant", text("Two"))])

    assert combined_hash(parts[1:], combined_hash(parts[:1])) == combined_hash(parts)
    assert combined_hash(parts) != combined_hash(parts[::-1])

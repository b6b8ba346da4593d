"""What makes two messages the same, in whatever form a caller sends an answer back."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Message
from hilt.recording.message_keys import (
    extended_chain,
    instructions_key,
    message_keys,
    tools_key,
)
from tests.recording.calls import message, text

HO = message("assistant", "Ho")
CALL = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"a": 1, "b": 2}}
RESULT = {"type": "tool_call_response", "id": "c1", "name": "weather", "response": "14 C"}
SEARCH = {"type": "server_tool_call", "id": "s1", "name": "search", "server_tool_call": {"q": "x"}}


def key_of(*messages: Message) -> int:
    """The hash of some messages."""
    chain = 0
    for each in messages:
        chain = extended_chain(chain, each)
    return chain


@pytest.mark.parametrize(
    "lost",
    [
        {"type": "reasoning", "content": "Let me think."},
        {"type": "text", "content": ""},
        {"type": "text"},
    ],
)
def test_what_callers_do_not_send_back_is_not_in_the_hash(lost: dict[str, Any]) -> None:
    """An answer that comes back without its reasoning or its empty texts is the same answer."""
    assert key_of(message("assistant", lost, "Ho")) == key_of(HO)
    assert key_of(message("assistant", "Ho", lost, CALL)) == key_of(
        message("assistant", "Ho", CALL)
    )


def test_finish_reason_is_not_in_the_hash() -> None:
    """Callers do not send it back."""
    assert key_of({**HO, "finish_reason": "stop"}) == key_of(HO)


def test_reasoning_alone_is_not_text() -> None:
    """An answer that is all reasoning is not one with that text."""
    thought = {"type": "reasoning", "content": "Ho"}

    assert key_of(message("assistant", thought)) != key_of(HO)


@pytest.mark.parametrize(
    "other",
    [
        message("user", "Ho"),
        message("assistant", "Ho", "Ho"),
        message("user", "H", "o"),
        message("assistant", CALL),
        message("assistant", "Ho", CALL),
        message("assistant", "Ho", {"type": "blob", "sha256": "ab"}),
        message("assistant"),
    ],
)
def test_messages_that_differ_have_other_hashes(other: Message) -> None:
    """Role, texts, tool calls and media all count."""
    assert key_of(other) != key_of(HO)


def test_arguments_of_a_tool_call_in_any_order() -> None:
    """An object that was decoded and encoded again is the same."""
    turned = {**CALL, "arguments": {"b": 2, "a": 1}}
    other = {**CALL, "arguments": {"a": 1, "b": 3}}

    assert key_of(message("assistant", turned)) == key_of(message("assistant", CALL))
    assert key_of(message("assistant", other)) != key_of(message("assistant", CALL))


def test_tool_call_without_arguments() -> None:
    """Some APIs leave an empty object out."""
    empty, absent = {**CALL, "arguments": {}}, {**CALL, "arguments": None}

    assert key_of(message("assistant", empty)) == key_of(message("assistant", absent))


def test_calls_of_other_tools() -> None:
    """They are other messages."""
    other = message("assistant", {**CALL, "name": "other"})

    assert key_of(other) != key_of(message("assistant", CALL))


def test_keys_of_nothing() -> None:
    """No instructions and no tools are 0, as in a new `LoggedAnswer`."""
    assert (instructions_key(None), instructions_key([]), tools_key(None), tools_key([])) == (
        0,
    ) * 4
    assert instructions_key([text("Be brief.")]) != 0
    assert tools_key([{"name": "weather"}]) != tools_key([{"name": "news"}])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CALL, {**CALL, "id": "invented"}),
        (CALL, {"type": "tool_call", "name": "weather", "arguments": {"a": 1, "b": 2, "c": None}}),
        (RESULT, {"type": "tool_call_response", "response": "14 C"}),
        ({**RESULT, "response": {"c": 14}}, {**RESULT, "response": {"c": 14, "f": None}}),
        ({**CALL, "arguments": {"a": 1.0, "b": [2.0]}}, {**CALL, "arguments": {"a": 1, "b": [2]}}),
        (SEARCH, {**SEARCH, "id": None, "status": "completed"}),
        (SEARCH, {**SEARCH, "server_tool_call": {"q": "x", "sources": None}}),
        (SEARCH, {**SEARCH, "cache_control": {"type": "ephemeral"}}),
        (
            {"type": "search_result", "source": "s"},
            {"type": "search_result", "source": "s", "citations": {"enabled": True}},
        ),
        (SEARCH, {**SEARCH, "server_tool_call": {"q": "x", "cache_control": {"type": "e"}}}),
    ],
)
def test_what_frameworks_change_is_not_in_the_hash(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Ids that they invent, nulls that they drop or add, and marks for a cache."""
    assert key_of(message("assistant", one)) == key_of(message("assistant", other))


def test_cache_point_is_nothing() -> None:
    """Bedrock's mark stands where a part would."""
    marked = message("user", "Hi", {"type": "cachePoint", "content": {"type": "default"}})

    assert key_of(marked) == key_of(message("user", "Hi"))


def test_texts_that_follow_each_other_are_one() -> None:
    """Some frameworks join the texts of a message, and some take them apart."""
    assert key_of(message("user", "H", "i")) == key_of(message("user", "Hi"))
    assert key_of(message("user", "H", CALL, "i")) != key_of(message("user", "Hi", CALL))


def test_parts_in_one_message_or_in_several() -> None:
    """A text and a tool call are the same answer in two messages."""
    apart = [message("assistant", "Ho"), message("assistant", CALL)]

    assert key_of(*apart) == key_of(message("assistant", "Ho", CALL))


def test_role_of_a_result_does_not_count() -> None:
    """APIs call it a tool, a function or a user."""
    assert key_of(message("user", RESULT)) == key_of(message("tool", RESULT))


def test_keys_are_the_same_in_every_process() -> None:
    """Ids are derived from them, so they are no hashes."""
    parts = message("assistant", "H", "o", {"type": "reasoning", "content": "Hm"}, CALL)

    assert list(message_keys(parts)) == [
        ("assistant", "Ho"),
        ("tool_call", "weather", b'{"a":1,"b":2}'),
    ]


def test_text_that_is_no_text() -> None:
    """A host may send anything."""
    odd = message("assistant", {"type": "text", "content": {"a": 1}}, CALL)

    assert next(message_keys(odd)) == ("assistant", '{"a":1}')


def test_value_that_is_nested_deeply() -> None:
    """It is cut off nowhere, and breaks nothing."""
    deep: Any = None
    for _ in range(100):
        deep = {"a": deep}

    assert key_of(message("assistant", {**CALL, "arguments": deep}))


def test_compaction_stands_for_all_that_was_before_it() -> None:
    """Whether or not that is sent again; but not for what is given beside the messages."""
    summary = {"type": "compaction", "content": "We said hello."}
    compacted = message("assistant", summary)

    assert extended_chain(key_of(HO), compacted, 7) == extended_chain(7, compacted, 7)
    assert extended_chain(7, compacted, 7) != extended_chain(8, compacted, 8)


@pytest.mark.parametrize("mark", ["cache_control", "cachePoint"])
def test_marks_for_a_cache_are_no_difference(mark: str) -> None:
    """Nor deep within the result of a tool."""
    marked = {"type": "text", "text": "14 C", mark: {"type": "ephemeral"}}
    plain = {"type": "text", "text": "14 C"}

    results = [{**RESULT, "response": [part]} for part in (marked, plain)]
    assert key_of(message("tool", results[0])) == key_of(message("tool", results[1]))

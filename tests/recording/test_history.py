"""What of a request is in the log already, by the hashes of its messages."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Message, Request
from hilt.recording.history import (
    History,
    LoggedAnswer,
    conversation_of,
    instructions_key,
    message_key,
    tools_key,
)
from tests.recording.calls import message, request, text

HI, HO, MORE = message("user", "Hi"), message("assistant", "Ho"), message("user", "More")
ANSWER = LoggedAnswer("evt_1", "conv_1", 0)
CALL = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"a": 1, "b": 2}}


def remembered(*sent: Message, answer: Message | None = HO, **fields: Any) -> History:
    """A history that has one answer."""
    history, first = History(), request(*sent, **fields)
    stored = first.conversation if first.stored_history else None
    history.remember(history.continuation(first).chain, answer, ANSWER, "r1", stored)
    return history


def continued(history: History, *sent: Message, **fields: Any) -> tuple[LoggedAnswer | None, int]:
    """What a request continues, and from where its messages are new."""
    continuation = history.continuation(request(*sent, **fields))
    return continuation.answer, continuation.new_from


# -- what a request continues -------------------------------------------------------------------


def test_request_that_sends_an_answer_back() -> None:
    """What stands up to the logged answer is not new."""
    assert continued(remembered(HI), HI, HO, MORE) == (ANSWER, 2)


def test_request_that_begins() -> None:
    """Nothing of it is logged."""
    assert continued(History(), HI) == (None, 0)
    assert continued(remembered(HI), HI) == (None, 0)


@pytest.mark.parametrize(
    "changed",
    [
        [message("user", "Hey"), HO, MORE],
        [HI, message("assistant", "Hoho"), MORE],
        [message("system", "Hi"), HO, MORE],
        [MORE, HI, HO],
        [HO, HI, MORE],
    ],
)
def test_changed_history_is_new(changed: list[Message]) -> None:
    """One other text, role or order, and nothing of it is known to be logged."""
    assert continued(remembered(HI), *changed) == (None, 0)


def test_longest_logged_part_counts() -> None:
    """The newest answer that is sent back is the one that is continued."""
    history = remembered(HI)
    again = history.continuation(request(HI, HO, MORE))
    newest = LoggedAnswer("evt_2", "conv_1", 0)
    history.remember(again.chain, message("assistant", "Sure"), newest, None)

    sent = [HI, HO, MORE, message("assistant", "Sure"), MORE]
    assert continued(history, *sent) == (newest, 4)
    assert continued(history, HI, HO, message("user", "Less")) == (ANSWER, 2)


def test_instructions_are_part_of_what_is_sent() -> None:
    """The same messages under other instructions are another conversation."""
    history = remembered(HI, instructions=[text("Be brief.")])

    assert continued(history, HI, HO, MORE, instructions=[text("Be brief.")]) == (ANSWER, 2)
    assert continued(history, HI, HO, MORE, instructions=[text("Be long.")]) == (None, 0)
    assert continued(history, HI, HO, MORE) == (None, 0)


def test_response_that_is_continued_by_its_id() -> None:
    """The provider has the messages up to its own answer: all that are sent are new."""
    history = remembered(HI)

    assert continued(history, MORE, previous_response="r1") == (ANSWER, 0)
    assert continued(history, MORE, previous_response="r2") == (None, 0)


def test_conversation_that_the_provider_keeps() -> None:
    """All messages that are sent are new, and the newest answer is continued."""
    kept = {"conversation": "thread_1", "stored_history": True}
    history = remembered(HI, **kept)

    assert continued(history, MORE, **kept) == (ANSWER, 0)
    assert continued(history, MORE, conversation="thread_2", stored_history=True) == (None, 0)
    assert continued(history, MORE, conversation="thread_1") == (None, 0)


def test_continued_response_is_part_of_what_is_sent() -> None:
    """The same message after two different answers is not the same conversation."""
    history = History()
    chains = [
        history.continuation(request(MORE, previous_response=each)).chain
        for each in ("r1", "r2", None)
    ]

    assert len(set(chains)) == 3


def test_answer_without_a_message_is_found_by_its_id() -> None:
    """An answer of no choices cannot be sent back, but can be continued."""
    assert continued(remembered(HI, answer=None), MORE, previous_response="r1") == (ANSWER, 0)


def test_messages_of_an_api_are_compared_as_they_are_read() -> None:
    """A short form that an API takes and the form of the conventions have one hash."""

    def read(raw: Any) -> Message:
        return message(raw["role"], raw["content"])

    history = History()
    raw: list[Any] = [{"role": "user", "content": "Hi"}]
    first = Request("chat", "acme", messages=raw, read=read)
    history.remember(history.continuation(first).chain, HO, ANSWER, None)

    sent_back = [*raw, {"role": "assistant", "content": "Ho"}]
    again = history.continuation(Request("chat", "acme", messages=sent_back, read=read))
    assert (again.answer, again.new_from) == (ANSWER, 2)
    assert again.chain == history.continuation(request(HI, HO)).chain


def test_long_history_is_not_read() -> None:
    """A message of a role and a text has its hash without being turned into parts."""
    read: list[Any] = []
    sent: list[Any] = [{"role": "user", "content": "Hi"}, {"role": "user", "content": [{"a": 1}]}]

    def reader(raw: Any) -> Message:
        read.append(raw)
        return message("user", "x")

    History().continuation(Request("chat", "acme", messages=sent, read=reader))

    assert read == sent[1:]


def test_only_the_newest_answers_are_kept() -> None:
    """A process that logs for long does not grow."""
    history = History(limit=2)
    for number in range(3):
        logged = LoggedAnswer(f"evt_{number}", "conv_1", 0)
        history.remember(number, None, logged, f"r{number}")
        history.remember_tool_call(f"c{number}", "weather", f"evt_{number}")

    kept = [continued(history, MORE, previous_response=f"r{number}")[0] for number in range(3)]
    assert [each.event_id if each else None for each in kept] == [None, "evt_1", "evt_2"]
    assert history.tool_call("c0") is None


# -- hashes -------------------------------------------------------------------------------------


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
    assert message_key(message("assistant", lost, "Ho")) == message_key(HO)
    assert message_key(message("assistant", "Ho", lost, CALL)) == message_key(
        message("assistant", "Ho", CALL)
    )


def test_finish_reason_is_not_in_the_hash() -> None:
    """Callers do not send it back."""
    assert message_key({**HO, "finish_reason": "stop"}) == message_key(HO)


def test_reasoning_alone_is_not_text() -> None:
    """An answer that is all reasoning is not one with that text."""
    thought = {"type": "reasoning", "content": "Ho"}

    assert message_key(message("assistant", thought)) != message_key(HO)


@pytest.mark.parametrize(
    "other",
    [
        message("user", "Ho"),
        message("assistant", "Ho", "Ho"),
        message("assistant", CALL),
        message("assistant", "Ho", CALL),
        message("assistant", "Ho", {"type": "blob", "sha256": "ab"}),
        message("assistant"),
    ],
)
def test_messages_that_differ_have_other_hashes(other: Message) -> None:
    """Role, texts, tool calls and media all count."""
    assert message_key(other) != message_key(HO)


def test_arguments_of_a_tool_call_in_any_order() -> None:
    """An object that was decoded and encoded again is the same."""
    turned = {**CALL, "arguments": {"b": 2, "a": 1}}
    other = {**CALL, "arguments": {"a": 1, "b": 3}}

    assert message_key(message("assistant", turned)) == message_key(message("assistant", CALL))
    assert message_key(message("assistant", other)) != message_key(message("assistant", CALL))


def test_tool_call_without_arguments() -> None:
    """Some APIs leave an empty object out."""
    empty, absent = {**CALL, "arguments": {}}, {**CALL, "arguments": None}

    assert message_key(message("assistant", empty)) == message_key(message("assistant", absent))


@pytest.mark.parametrize("field", ["id", "name"])
def test_tool_calls_that_differ(field: str) -> None:
    """Another call of the same tool, and another tool, are other messages."""
    other = message("assistant", {**CALL, field: "other"})

    assert message_key(other) != message_key(message("assistant", CALL))


def test_keys_of_nothing() -> None:
    """No instructions and no tools are 0, as in a new `LoggedAnswer`."""
    assert (instructions_key(None), instructions_key([]), tools_key(None), tools_key([])) == (
        0,
    ) * 4
    assert instructions_key([text("Be brief.")]) != 0
    assert tools_key([{"name": "weather"}]) != tools_key([{"name": "news"}])


# -- tools --------------------------------------------------------------------------------------


def test_tool_call_is_found_by_its_id() -> None:
    """A result can be given the tool's name and a link."""
    history = History()
    history.remember_tool_call("c1", "weather", "evt_1")

    assert history.tool_call("c1") == ("weather", "evt_1")
    assert history.tool_call("c2") is None
    assert history.tool_call(None) is None


def test_result_of_a_span_and_result_that_was_sent() -> None:
    """Both are logged; only the first has an event that a request need not repeat."""
    history = History()
    history.remember_tool_result("c1", "evt_1")
    history.remember_sent_result("c2", "evt_2")

    assert [history.has_result(each) for each in ("c1", "c2", "c3", None)] == [
        True,
        True,
        False,
        False,
    ]
    assert [history.tool_result(each) for each in ("c1", "c2", None)] == ["evt_1", None, None]


# -- conversations ------------------------------------------------------------------------------


def test_conversation_is_known_by_its_opening() -> None:
    """Instructions and first user message; what follows does not change it."""
    opening = [message("system", "Be brief."), HI]

    assert conversation_of(request(), opening) == "conv_3a4b8945ff5bfcdc"
    assert conversation_of(request(), [*opening, HO, MORE]) == conversation_of(request(), opening)


@pytest.mark.parametrize(
    ("instructions", "messages"),
    [
        (None, [HI]),
        (None, [message("system", "Be long."), HI]),
        (None, [message("system", "Be brief."), MORE]),
        (None, [message("system", "Be brief.Hi")]),
        (None, [message("user", "Be brief."), HI]),
        ([text("Be brief.")], [HI]),
        (
            None,
            [message("system", "Be brief."), message("user", "Hi", {"type": "blob", "size": 1})],
        ),
        (None, []),
    ],
)
def test_other_openings_are_other_conversations(instructions: Any, messages: list[Message]) -> None:
    """Every part of the opening counts, and where it stands."""
    opening = [message("system", "Be brief."), HI]

    derived = conversation_of(request(instructions=instructions), messages)
    assert derived != conversation_of(request(), opening)


def test_texts_of_one_message_are_one_text() -> None:
    """A text that is sent in two parts is the same opening."""
    assert conversation_of(request(), [message("user", "H", "i")]) == conversation_of(
        request(), [HI]
    )


def test_developer_message_is_part_of_the_opening() -> None:
    """OpenAI's newer name for the system role means the same."""
    both = [
        conversation_of(request(), [message(role, "Be brief."), HI])
        for role in ("system", "developer")
    ]

    assert both[0] == both[1]


def test_half_a_character_in_the_opening() -> None:
    """What UTF-8 has no form for gives an id all the same."""
    assert conversation_of(request(), [message("user", "\ud83d")]).startswith("conv_")
    odd = request(instructions=[text("\ud83d")])
    assert conversation_of(odd, [message("user", "a", "\ud83d")]).startswith("conv_")


def test_messages_after_the_opening_are_not_read() -> None:
    """A long history costs no more than its beginning."""
    messages = iter([HI, HO, MORE])

    conversation_of(request(), messages)

    assert list(messages) == [HO, MORE]

"""Which conversation a call belongs to that nobody has named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hilt.genai.message_forms import instructions_key, normal_text, trimmed
from hilt.genai.values import Message, Request
from hilt.providers._chat_messages import message_of
from hilt.recording.conversation_ids import (
    DerivedIds,
    continued_id,
    first_answer,
    leading_messages,
    opening_id,
    plain_opening,
    stored_id,
    stored_key,
    unread_id,
)
from tests.recording.calls import message, request, text

HI, HO, MORE = message("user", "Hi"), message("assistant", "Ho"), message("user", "More")
OPENING = "conv_3a4b8945ff5bfcdc"
CALL = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"a": 1}}


def raw_request(*messages: tuple[str, str]) -> Request:
    """A request as it is sent, of messages that are a role and a text."""
    sent = [{"role": role, "content": content} for role, content in messages]
    return Request("chat", "openai", messages=sent)


def test_conversation_is_known_by_its_opening() -> None:
    """Instructions and first user message; what follows does not change it."""
    opening = [message("system", "Be brief."), HI]

    assert opening_id(request(), opening) == "conv_3a4b8945ff5bfcdc"
    assert opening_id(request(), [*opening, HO, MORE]) == opening_id(request(), opening)


def test_instructions_in_the_middle_are_not_part_of_the_opening() -> None:
    """A greeting of the model stands before them, so they came later."""
    late = message("system", "Be brief.")

    assert opening_id(request(), [HO, late, HI]) == opening_id(request(), [HO, HI])
    assert opening_id(request(), [late, HO, HI]) != opening_id(request(), [HO, HI])


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
    ],
)
def test_other_openings_are_other_conversations(instructions: Any, messages: list[Message]) -> None:
    """Every part of the opening counts, and where it stands."""
    opening = [message("system", "Be brief."), HI]

    derived = opening_id(request(instructions=instructions), messages)
    assert derived != opening_id(request(), opening)


def test_picture_alone_opens_a_conversation() -> None:
    """By what it is: two people who send nothing but a picture are two, unless it is the same."""
    pictures = [{"type": "blob", "mime_type": "image/png", "sha256": each} for each in "aba"]

    ids = [opening_id(request(), [message("user", each)]) for each in pictures]

    assert all(ids)
    assert ids[0] == ids[2] != ids[1]
    assert opening_id(request(), [message("user", {"type": "text", "content": None})]) == ""


def test_texts_of_one_message_are_one_text() -> None:
    """A text that is sent in two parts is the same opening."""
    assert opening_id(request(), [message("user", "H", "i")]) == opening_id(request(), [HI])


def test_spaces_around_the_opening_do_not_count() -> None:
    """Another process may have it from a form or a database that changed them."""
    one = opening_id(request(instructions=[text("Brief.\n")]), [message("user", " Hi\r\nHo ")])
    other = opening_id(request(instructions=[text("Brief.")]), [message("user", "Hi\nHo")])

    assert one == other
    assert opening_id(request(), [message("user", " ")])


@pytest.mark.parametrize("asked", ["\0", "\1", "\0\1"])
def test_control_characters_open_a_conversation(asked: str) -> None:
    """They are text, as any others: one question has one id, in whatever way it is found."""
    opening = plain_opening(raw_request(("user", asked)))
    assert opening is not None
    assert opening_id(request(), [message("user", asked)]) == opening.derived
    assert opening_id(request(), [message("system", asked)])
    assert not opening_id(request(), [message("system"), message("user")])


def test_developer_message_is_part_of_the_opening() -> None:
    """OpenAI's newer name for the system role means the same."""
    both = [
        opening_id(request(), [message(role, "Be brief."), HI]) for role in ("system", "developer")
    ]

    assert both[0] == both[1]


def test_half_a_character_in_the_opening() -> None:
    """What UTF-8 has no form for gives an id all the same."""
    assert opening_id(request(), [message("user", "\ud83d")]).startswith("conv_")
    odd = request(instructions=[text("\ud83d")])
    assert opening_id(odd, [message("user", "a", "\ud83d")]).startswith("conv_")


def test_messages_after_the_opening_are_not_read() -> None:
    """A long history costs no more than its beginning."""
    messages = iter([HI, HO, MORE])

    opening_id(request(), messages)

    assert list(messages) == [HO, MORE]


def test_nothing_opens_no_conversation() -> None:
    """Calls without text do not all belong together."""
    assert opening_id(request(), []) == ""
    assert opening_id(request(), [message("user")]) == ""


def test_user_who_is_named_is_part_of_the_opening() -> None:
    """Two people who open alike are two."""
    ids = {opening_id(request(), [HI], user) for user in (None, "alice", "bob")}

    assert len(ids) == 3
    assert opening_id(request(), [HI], "alice") in ids


def test_greeting_before_the_user_is_not_the_opening() -> None:
    """A program may begin every conversation with the same answer."""
    assert opening_id(request(), [HO, HI]) == opening_id(request(), [HI])
    assert opening_id(request(), [HO]) != opening_id(request(), [HI])


def test_of_several_messages_that_nobody_asked_the_first_is_the_opening() -> None:
    """As of a prompt that begins with an answer, and goes on with another one."""
    assert opening_id(request(), [HO, message("assistant", "Hm")]) == opening_id(request(), [HO])


def test_mark_for_a_cache_is_not_part_of_the_opening() -> None:
    """It is elsewhere when the conversation goes on."""
    marked = message("user", "Hi", {"type": "cachePoint", "content": {"type": "default"}})

    assert opening_id(request(), [marked]) == opening_id(request(), [HI])


def test_id_of_a_conversation_that_goes_on_elsewhere() -> None:
    """Opening and first answer make it, without what is lost when the answer is sent back."""
    asked = [message("assistant", "Ho", {**CALL, "id": each}) for each in ("c1", "c2")]

    assert continued_id(OPENING, HO) == "conv_d3ad4073ebbcf96e"
    assert continued_id(OPENING, message("assistant", "Ho \n")) == continued_id(OPENING, HO)
    assert continued_id(OPENING, asked[0]) == continued_id(OPENING, asked[1])
    assert len({continued_id(OPENING, each) for each in (HO, MORE, asked[0])}) == 3


def test_id_of_what_the_provider_has_stored() -> None:
    """Each process derives the same."""
    assert stored_id("r1") == stored_id("r1") != stored_id("r2")
    assert stored_id("r1", "alice") != stored_id("r1", "bob")


def test_id_of_what_cannot_be_read() -> None:
    """Calls of one trace are together; a call without one is alone."""
    assert unread_id("ab" * 16) == "conv_abababababababab"
    assert unread_id(None) != unread_id(None)


# -- which are given ----------------------------------------------------------------------------


def test_derived_id_is_given_once() -> None:
    """Whatever opens alike later has an id of its own."""
    ids = DerivedIds()

    first, second, third = (ids.take(OPENING) for _ in range(3))

    assert first == OPENING
    assert len({first, second, third}) == 3
    assert all(each.startswith("conv_") and len(each) == 21 for each in (second, third))


def test_id_that_is_released_is_given_again() -> None:
    """Of the same opening, and once."""
    ids = DerivedIds()
    ids.take(OPENING)
    second = ids.take(OPENING)

    ids.release(OPENING, second)

    assert ids.take("conv_other") == "conv_other"
    assert ids.take(OPENING) == second
    assert ids.take(OPENING) not in (OPENING, second)


def test_threads_are_never_given_one_id() -> None:
    """However they run."""
    ids = DerivedIds()

    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(ids.take, [OPENING] * 400))

    assert len(set(given)) == 400


def test_when_there_are_too_many_none_is_derived() -> None:
    """An id that was forgotten might be given to two."""
    ids = DerivedIds(limit=2)

    given = [ids.take(f"conv_{number}") for number in range(3)]

    assert given[:2] == ["conv_0", "conv_1"]
    assert given[2] != "conv_2"


@pytest.mark.parametrize("user", [None, "alice"])
@pytest.mark.parametrize("system", ["", "Brief.", " Brief.\r\n", "Cafe\u0301"])
@pytest.mark.parametrize("asked", ["Hi", " Hi\r\nHo ", "Cafe\u0301", "{}"])
def test_quick_way_gives_the_same_id(asked: str, system: str, user: str | None) -> None:
    """A question, alone or after a system message, has the id that `opening_id` gives."""
    told = [message("system", system)] if system else []
    raw = [("system", system)] if system else []
    quick = plain_opening(raw_request(*raw, ("user", asked)), user)
    derived = opening_id(request(), [*told, message("user", asked)], user)
    assert quick == (system, trimmed(system), asked, normal_text(asked), derived)


def test_two_questions_are_no_plain_opening() -> None:
    """Not even the same one twice, by one object."""
    asked = {"role": "user", "content": "Hi"}
    twice = Request("chat", "openai", messages=[asked, asked])

    assert plain_opening(twice) is None
    assert plain_opening(raw_request(("user", "Hi"), ("system", "Brief."))) is None
    assert plain_opening(raw_request(("system", "Brief."), ("system", "Brief."))) is None


def test_leading_messages() -> None:
    """Those of the system at the front, by either name of its role."""
    sent = request(message("system", "A"), message("developer", "B"), HI, message("system", "C"))
    same = request(message("developer", "A\n"), message("system", "B"), HI)

    assert leading_messages(sent, 0)[0] == 2
    assert leading_messages(sent, 0) == leading_messages(same, 0)
    assert leading_messages(request(HI), 5) == (0, 5)


@pytest.mark.parametrize(
    ("content", "is_told"), [("", False), (None, False), (" ", True), ("A", True), ([], False)]
)
def test_system_message_that_says_nothing_adds_nothing(content: Any, is_told: bool) -> None:
    """It is counted, and the conversation is that without it."""
    told: list[Any] = [{"role": "system", "content": content}, {"role": "user", "content": "Hi"}]

    sent = Request("chat", "openai", messages=told, read=message_of)
    leading, instructions = leading_messages(sent, 5)

    assert leading == 1
    assert (instructions != 5) is is_told


def test_system_message_with_more_than_a_text_is_read() -> None:
    """What else an API has in it may be part of what the model is told."""
    told: list[Any] = [{"role": "system", "content": "A", "more": "B"}]

    both = [
        leading_messages(
            request(messages=told, read=lambda _, text=text: message("system", text)), 0
        )
        for text in ("A", "AB")
    ]

    assert both[0] == leading_messages(request(message("system", "A")), 0)
    assert both[0] != both[1]
    parts: list[Any] = [{"role": "system", "content": [{"type": "text", "text": "A"}]}]
    read = request(messages=parts, read=lambda _: message("system", "A"))
    assert leading_messages(read, 0) == both[0]


def test_system_message_that_is_an_object_of_an_sdk_is_read() -> None:
    """It may have as many items as a message of a role and a text has fields."""

    class Told(list[str]):
        role = "system"

    told: list[Any] = [Told(["A", "B"])]

    assert leading_messages(
        request(messages=told, read=lambda _: message("system", "AB")), 0
    ) == leading_messages(request(message("system", "AB")), 0)


def test_instructions_in_parts_are_those_in_a_text() -> None:
    """The hash goes by what is read."""
    short: list[Any] = [{"role": "system", "content": "A"}]
    raw = request(messages=short, read=lambda _: message("system", "A"))

    assert leading_messages(raw, 0) == leading_messages(request(message("system", " A")), 0)
    assert instructions_key([{"type": "text", "content": "A "}]) == instructions_key(
        [{"type": "text", "content": "A"}]
    )


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"previous_response": "r1"}, "r1"),
        ({"conversation": "c1", "stored_history": True}, "conversation c1"),
        ({"conversation": "c1"}, None),
        ({}, None),
    ],
)
def test_key_of_what_the_provider_stores(fields: dict[str, Any], key: str | None) -> None:
    """An answer, or a conversation; an id alone says nothing of its messages."""
    assert stored_key(request(**fields)) == key


def test_first_answer() -> None:
    """What the model says before the user has asked is no answer."""
    greeting = message("assistant", "Welcome")

    assert first_answer([greeting, HI, HO, HI, greeting]) is HO
    assert first_answer([greeting, HI]) is None


def test_question_beside_instructions_is_no_plain_opening() -> None:
    """What is sent apart from the messages counts as much as a system message."""
    asked = [{"role": "user", "content": "Hi"}]
    opening = plain_opening(Request("chat", "openai", messages=asked))
    assert opening is not None
    assert (opening.system, opening.asked) == ("", "Hi")
    told = [{"type": "text", "content": "Brief."}]
    for more in (
        {"instructions": told},
        {"previous_response": "resp_1"},
        {"references": {0: "item"}},
        {"stored_history": True, "conversation": "conv"},
    ):
        assert plain_opening(Request("chat", "openai", messages=asked, **more)) is None

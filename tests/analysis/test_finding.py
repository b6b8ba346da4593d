"""What the beginning of an id names."""

from __future__ import annotations

import pytest

from hilt.analysis.calls import Call
from hilt.analysis.conversations import Conversation
from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError
from hilt.core.ids_and_times import conversation_id_of

DERIVED = "conv_0123456789abcdef"
FIRST, SECOND = f"evt_{'1' * 32}", f"evt_1{'2' * 31}"


@pytest.fixture
def found(log):
    """Finds what an id names in a log of a conversation, another one, and a notice."""
    prompt = log.write(DERIVED, content={"text": "Hi"}, event_id=FIRST)
    answer = log.answer(prompt, session_id=DERIVED)
    log.write(DERIVED, action="feedback", extensions={"reply_to": answer, "rating": 1},
              event_id="evt_fb")  # fmt: skip
    log.call(session_id="order-42")
    log.call(session_id=conversation_id_of("order-43"))
    log.write(actor=("system", "hilt"), action="system", event_id=SECOND)
    return log.open().find


@pytest.mark.parametrize("text", [FIRST, FIRST[:9], "111", "evt_fb", "fb"])
def test_any_event_of_a_call_names_it(found, text):
    """With or without the prefix."""
    thing = found(text)

    assert isinstance(thing, Call)
    assert thing.opening[0].event_id.decode() == FIRST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (DERIVED, DERIVED),
        ("conv_01", DERIVED),
        ("0123", DERIVED),
        ("order-42", "order-42"),
        ("ord", "order-42"),
        ("order-43", conversation_id_of("order-43")),
    ],
)
def test_conversations(found, text, expected):
    """In each form that their ids have."""
    thing = found(text)

    assert isinstance(thing, Conversation)
    assert thing.id == expected


def test_a_conversation_without_calls(log):
    """Its other events are found by its id, and say when it was."""
    first = log.write("checks", ("system", "guardrail"), "system", content={"text": "Passed"})
    log.write("checks", ("human", "ann"), "feedback", extensions={"reply_to": first, "rating": 1})
    log.call(session_id="checks-2")
    thing = log.open().find("checks")

    assert isinstance(thing, Conversation)
    assert (thing.id, thing.calls) == ("checks", ())
    assert [line.action for line in thing.other_lines] == [b"system", b"feedback"]
    assert thing.started <= thing.ended == thing.other_lines[1].record.timestamp


def test_an_event_without_a_call(found):
    """It is found by itself."""
    thing = found(SECOND)

    assert isinstance(thing, Event)
    assert thing.event_id == SECOND


def test_an_ambiguous_beginning_lists_what_it_could_be(found):
    """So that it can be continued."""
    with pytest.raises(ConfigurationError, match=f"'evt_1' could be {FIRST}, {SECOND}: give more"):
        found("evt_1")


def test_an_unknown_id_names_the_nearest(found):
    """It is mostly a slip of the pen."""
    with pytest.raises(ConfigurationError, match=f"no id begins with .*; the nearest is {FIRST}"):
        found(f"{FIRST[:-2]}99")
    with pytest.raises(ConfigurationError, match=r"no id begins with 'zzzzz'$"):
        found("zzzzz")


@pytest.mark.parametrize("text", ["", " ", '"', "ü"])
def test_what_is_no_id(found, text):
    """It is refused before the log is read."""
    with pytest.raises(ConfigurationError, match="is not an id"):
        found(text)


def test_lines_that_are_no_events_name_nothing(log):
    """They are passed over where an id is looked for."""
    log.path.write_bytes(b'{"event_id":"evt_111",\n')
    log.write(event_id=FIRST)

    assert log.open().find("111").opening[0].event_id.decode() == FIRST

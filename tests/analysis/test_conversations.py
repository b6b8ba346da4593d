"""Conversations."""

from __future__ import annotations

from functools import partial

import pytest

from hilt.analysis.conversations import is_derived

DERIVED = "conv_0123456789abcdef"


def test_a_conversation_sums_up_its_calls(log):
    """Who, when, what and how much."""
    first = log.call("one", session_id=DERIVED, user="alice")
    log.call("two", session_id=DERIVED, user="alice", context=first)

    (conversation,) = log.open().conversations()

    assert conversation.to_dict() == {
        "id": DERIVED,
        "started": "2026-11-28T10:00:01.000000Z",
        "ended": "2026-11-28T10:00:04.000000Z",
        "calls": 2,
        "failed": 0,
        "users": ["alice"],
        "models": ["gpt-5-2026"],
        "title": "one",
        "tokens_in": 20,
        "tokens_out": 8,
        "cost_usd": 1.0,
    }


def test_a_given_id_is_one_conversation(log):
    """However its calls are linked: the program has said so."""
    log.call("one", session_id="order-42")
    log.call("two", session_id="order-42")

    assert [len(each.calls) for each in log.open().conversations()] == [2]


def test_a_call_that_failed_belongs_to_the_one_that_follows(log):
    """A retry is not another conversation, and another person's is."""
    log.failure(log.prompt("one", DERIVED, "alice"), DERIVED)
    log.call("one", session_id=DERIVED, user="bob")
    log.call("one", session_id=DERIVED, user="alice")

    assert [each.users * len(each.calls) for each in log.open().conversations()] == [
        ["bob"],
        ["alice"] * 2,
    ]


def test_only_conversations_with_a_call_that_fits(log):
    """They are given whole."""
    log.call("one", session_id="a")
    log.call("refund", session_id="b")
    log.call("two", session_id="b")

    assert [len(each.calls) for each in log.open().conversations(text="refund")] == [2]


def test_derived_ids():
    """They have a form that programs do not give by chance."""
    assert is_derived(DERIVED)
    assert not is_derived("order-42")
    assert not is_derived("conv_order")


def test_a_call_that_failed_last_belongs_to_the_same_person(log):
    """To the newest of what was going on; where nothing was, it is a conversation of its own."""
    log.call("one", session_id=DERIVED, user="ann")
    log.call("two", session_id=DERIVED, user="ann")
    for user in ("ann", "bob"):
        log.failure(log.prompt("again", DERIVED, user), DERIVED)

    assert [each.users * len(each.calls) for each in log.open().conversations()] == [
        ["ann"],
        ["ann"] * 2,
        ["bob"],
    ]


def test_a_conversation_and_a_call_name_themselves(log):
    """In a debugger."""
    answer = log.call(session_id="order-42")
    opened = log.open()

    assert repr(opened.conversations().first()) == "<Conversation order-42, 1 calls>"
    assert repr(opened.calls().first()) == f"<Call {answer} gpt-5-2026 completed>"


@pytest.mark.parametrize(("most", "ways"), [(1 << 20, 3), (1, 7)])
def test_many_conversations_are_read_at_once(log, monkeypatch, most, ways):
    """As many as memory may have: which fit, the feedback, and the conversations."""
    for number in range(10):
        answer = log.call(f"{number}?", f"{number}!", f'chat "{number % 5}"')
        log.write(action="feedback", extensions={"reply_to": answer, "rating": number})
    opened = log.open()
    parts, found = opened.parts, []
    monkeypatch.setattr(opened, "parts", lambda *size: found.append(size) or parts(*size))
    monkeypatch.setattr(opened, "calls_by_id", partial(opened.calls_by_id, most=most))

    conversations = [*opened.conversations()]

    assert [each.id for each in conversations] == [f'chat "{number}"' for number in range(5)]
    assert [[call.rating for call in each.calls] for each in conversations] == [
        [number, number + 5] for number in range(5)
    ]
    assert len(found) == ways

"""Histories in which the tool calls of one answer stand apart."""

from __future__ import annotations

from hilt.genai.message_forms import extended_chain
from hilt.genai.values import Message
from hilt.recording.parallel_calls import has_divided_calls, undivided_calls
from tests.recording.calls import message

HI, MORE = message("user", "Hi"), message("user", "More")
A, B, C = (
    message("assistant", {"type": "tool_call", "id": each, "name": each, "arguments": {}})
    for each in "abc"
)
RA, RB, RC = (
    message("tool", {"type": "tool_call_response", "id": each, "response": each}) for each in "abc"
)


def chain_of(*messages: Message) -> int:
    """The hash of some messages."""
    chain = 0
    for each in messages:
        chain = extended_chain(chain, each)
    return chain


def test_calls_of_a_logged_answer_are_put_together() -> None:
    """Their results come after them, and the rest as it is."""
    logged = {chain_of(HI, A, B)}

    assert undivided_calls([HI, A, RA, B, RB, MORE], 0, logged) == [HI, A, B, RA, RB, MORE]


def test_result_that_a_history_begins_with() -> None:
    """Its call was dropped, or the provider has it: it stays where it is."""
    logged = {chain_of(RC, HI, A, B)}

    assert undivided_calls([RC, HI, A, RA, B, RB], 0, logged) == [RC, HI, A, B, RA, RB]


def test_call_that_stands_beside_a_text() -> None:
    """What a model says before it calls a tool makes no difference."""
    spoken = {**A, "parts": [{"type": "text", "content": "Let me see."}, *A["parts"]]}
    logged = {chain_of(HI, spoken, B)}

    assert has_divided_calls([HI, spoken, RA, B, RB])
    assert undivided_calls([HI, spoken, RA, B, RB], 0, logged) == [HI, spoken, B, RA, RB]


def test_answers_after_each_other() -> None:
    """Each one has its own calls, however many there are."""
    logged = {chain_of(HI, A, B), chain_of(HI, A, B, RA, RB, C)}

    assert undivided_calls([HI, A, RA, B, RB, C, RC], 0, logged) == [HI, A, B, RA, RB, C, RC]


def test_two_answers_that_are_both_divided() -> None:
    """The results of the first one stay where they belong."""
    d = message("assistant", {"type": "tool_call", "id": "d", "name": "d", "arguments": {}})
    rd = message("tool", {"type": "tool_call_response", "id": "d", "response": "d"})
    logged = {chain_of(HI, A, B), chain_of(HI, A, B, RA, RB, C, d)}

    whole = undivided_calls([HI, A, RA, B, RB, C, RC, d, rd], 0, logged)
    assert whole == [HI, A, B, RA, RB, C, d, RC, rd]


def test_calls_that_are_one_answer_each() -> None:
    """Nothing is put together that was apart."""
    logged = {chain_of(HI, A), chain_of(HI, A, RA, B)}

    assert undivided_calls([HI, A, RA, B, RB], 0, logged) is None


def test_calls_that_are_not_logged() -> None:
    """Nobody can tell how they were made."""
    assert undivided_calls([HI, A, RA, B, RB], 0, ()) is None


def test_only_calls_after_results_are_divided() -> None:
    """Calls that stand together, or one call, need no second look."""
    assert has_divided_calls([HI, A, RA, B, RB])
    assert not has_divided_calls([HI, A, B, RA, RB])
    assert not has_divided_calls([A, RA, MORE])
    assert not has_divided_calls([RA, A, MORE])

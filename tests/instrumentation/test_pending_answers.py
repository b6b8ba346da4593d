"""Answers that are fetched in pieces."""

from __future__ import annotations

import multiprocessing.process
import multiprocessing.util
from typing import Any, cast

import pytest

from hilt.core import forks
from hilt.instrumentation.engine import Call
from hilt.instrumentation.pending_answers import PendingCalls, joined

THOUGHT = {"type": "reasoning", "content": "Hm."}
TEXT = {"type": "text", "content": "Done."}


@pytest.fixture(autouse=True)
def childless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another test may have forked this process."""
    monkeypatch.setattr(forks, "has_forked", False)


def test_pieces_of_an_answer_are_joined() -> None:
    """What came earlier stands before what is new, each part once."""
    older = [{"role": "assistant", "parts": [THOUGHT, TEXT]}]
    newer = [{"role": "assistant", "parts": [TEXT], "finish_reason": "stop"}]

    assert joined(older, newer) == [
        {"role": "assistant", "parts": [THOUGHT, TEXT], "finish_reason": "stop"}
    ]
    assert joined([], newer) == joined(newer, []) == newer


class Waiting:
    """A call that waits for its answer, and notes how it was ended without one."""

    def __init__(self) -> None:
        self.endings: list[bool] = []

    def end_pending(self, *, may_have_ended: bool = False) -> None:
        """Note it."""
        self.endings.append(may_have_ended)


def waiting_calls(pending: PendingCalls, count: int) -> list[Waiting]:
    """Calls that wait, by the ids "0", "1", ..."""
    calls = [Waiting() for _ in range(count)]
    for number, call in enumerate(calls):
        pending.keep(str(number), cast("Call", call))
    return calls


def test_call_that_was_answered_has_no_other_ending() -> None:
    """What waits at the end is ended, once."""
    pending = PendingCalls()
    answered, waiting = waiting_calls(pending, 2)

    assert pending.pop("0") is cast("Call", answered)
    assert pending.pop("0") is None
    pending.end_all()
    pending.end_all()

    assert (answered.endings, waiting.endings) == ([], [False])


def test_calls_beyond_the_limit_have_an_ending() -> None:
    """A batch may have more calls than are remembered; none is forgotten without a word."""
    pending = PendingCalls(limit=2)
    calls = waiting_calls(pending, 3)

    assert [call.endings for call in calls] == [[False], [], []]
    assert len(pending) == 2


def test_answer_that_a_child_may_have_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process with children looks into the file first."""
    monkeypatch.setattr(forks, "has_forked", True)
    pending = PendingCalls()
    (call,) = waiting_calls(pending, 1)
    pending.end_all()

    assert call.endings == [True]


def test_child_of_multiprocessing_ends_its_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not run what `atexit` has, but its own finalizers."""
    at_exit: list[Any] = []
    monkeypatch.setattr(multiprocessing.process, "parent_process", object)
    monkeypatch.setattr(
        multiprocessing.util, "Finalize", lambda _, end, exitpriority: at_exit.append(end)
    )
    calls = waiting_calls(PendingCalls(), 2)

    for end in at_exit:
        end()

    assert [call.endings for call in calls] == [[False], [False]]
    assert len(at_exit) == 1

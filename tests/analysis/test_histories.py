"""Conversations that more than two processes went on with."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hilt

OPENING = "conv_0123456789abcdef"
CONTINUED = "conv_fedcba9876543210"


def _held(*texts):
    """The messages of a history: a question, its answer, and so on."""
    roles = ["user", "assistant"] * len(texts)
    return [
        {"role": role, "parts": [{"type": "text", "content": text}]}
        for role, text in zip(roles, texts, strict=False)
    ]


def _call_with_history(log, *texts, user="user"):
    content = {"text": texts[-2], "messages": _held(*texts[:-1])}
    prompt = log.write(CONTINUED, ("human", user), content=content)
    return log.answer(prompt, texts[-1], CONTINUED)


def _counts(log):
    return [len(each.calls) for each in log.open().conversations()]


def test_three_processes_are_one_conversation(log):
    """Each holds what the one before was sent and answered; their turns may alternate."""
    log.call("Hello", "a", OPENING, continues_as=CONTINUED)
    second = _call_with_history(log, "Hello", "a", "q1", "r1")
    _call_with_history(log, "Hello", "a", "q1", "r1", "q2", "r2")
    log.call("q3", "r3", CONTINUED, context=second)

    assert _counts(log) == [4]


def test_history_in_another_dress_is_joined(log):
    """Spaces at the ends and line ends may have changed on the way to the other process."""
    _call_with_history(log, "Hello\n", "a", "q1\r\nq", "r1")
    _call_with_history(log, "Hello", " a", "q1\nq", "r1", "q2", "r2")

    assert _counts(log) == [2]


def test_another_continuation_is_another_conversation(log):
    """Two that only begin alike are never joined."""
    _call_with_history(log, "Hello", "a", "q1", "r1")
    _call_with_history(log, "Hello", "a", "q2", "r2")

    assert _counts(log) == [1, 1]


def test_people_are_never_joined(log):
    """However alike their words are."""
    _call_with_history(log, "Hello", "a", "q1", "r1", user="alice")
    _call_with_history(log, "Hello", "a", "q1", "r1", "q2", "r2", user="bob")

    assert _counts(log) == [1, 1]


def test_where_two_chains_fit_neither_is_joined(log):
    """Two conversations of the same words, and one that goes on."""
    for _ in range(2):
        _call_with_history(log, "Hello", "a", "q1", "r1")
    _call_with_history(log, "Hello", "a", "q1", "r1", "q2", "r2")

    assert _counts(log) == [1, 1, 1]


def test_the_same_history_twice_is_two_conversations(log):
    """A program that ran twice with the same saved history."""
    for _ in range(2):
        _call_with_history(log, "Hello", "a", "q1", "r1")

    assert _counts(log) == [1, 1]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_conversations_over_forked_workers_are_those_that_were_held(tmp_path):
    """Six people say "Hello" to four workers, and each turn is any worker's."""
    pytest.importorskip("openai")
    program, path = Path(__file__).parent / "programs" / "prefork.py", tmp_path / "log.jsonl"
    subprocess.run([sys.executable, program, path], check=True, timeout=200)

    held = [
        {re.sub(r".* of ", "", call.prompt_text) for call in each.calls} - {"Hello"}
        for each in hilt.open_log(path).conversations()
    ]
    assert sorted(map(sorted, held)) == [[str(person)] for person in range(6)]

"""One set of filters."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from hilt.analysis.filters import Filters
from hilt.core.exceptions import ConfigurationError
from hilt.core.ids_and_times import conversation_id_of


@pytest.fixture
def calls(log):
    """A log of three calls, named by their questions."""
    answer = log.call("one", "Die Größe", "conv_abc", "Alice", finish_reason="tool_calls")
    log.tool_call(answer, "run_sql", "conv_abc")
    log.failure(log.prompt("two", "order-42", "bob"), "order-42", model="claude", outcome="timeout")
    log.call("three", session_id=conversation_id_of("order-43"), latency_ms=9000.0, cost=2.0)
    return log


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, "one two three"),
        ({"session": "conv_abc"}, "one"),
        ({"session": "ab"}, "one"),
        ({"session": "order-4"}, "two"),
        ({"session": "order-43"}, "three"),
        ({"user": "alice"}, "one"),
        ({"user": "*o*"}, "two"),
        ({"model": "GPT-5"}, "one three"),
        ({"model": "gpt-5-2026"}, "one three"),
        ({"model": "gpt-*"}, "one three"),
        ({"provider": "openai"}, "one three"),
        ({"action": "tool_call"}, "one"),
        ({"outcome": "timeout"}, "two"),
        ({"errors": True}, "two"),
        ({"tool": "run_sql"}, "one"),
        ({"text": "grösse"}, "one"),
        ({"text": "one größe"}, "one"),
        ({"text": '"die größe"'}, "one"),
        ({"slower_than": 2}, "three"),
        ({"costlier_than": 0.5}, "three"),
        ({"since": "2026-11-28T10:00:03Z"}, "two three"),
        ({"until": "2026-11-28T10:00:03Z"}, "one"),
        ({"since": datetime(2026, 11, 28, 10, 0, 6, tzinfo=timezone.utc)}, "three"),
        ({"since": "2026-11-28", "until": "2026-11-28", "utc": True}, "one two three"),
        ({"since": "2026-11-29", "utc": True}, ""),
        ({"user": "alice", "errors": True}, ""),
    ],
)
def test_calls_are_chosen(calls, filters, expected):
    """Each filter, and several together."""
    chosen = [call.prompt_text for call in calls.open().calls(**filters)]

    assert chosen == expected.split()


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"action": "dance"}, "action: no action 'dance'; expected one of prompt, "),
        ({"outcome": "great"}, "outcome: no outcome 'great'; expected one of completed, "),
        ({"since": "soon"}, "since: 'soon' is not a time; expected a date"),
        ({"until": "32.13."}, "until: '32.13.' is not a time"),
        ({"slower_than": -1}, "slower_than: -1 is not a number from 0"),
        ({"costlier_than": float("nan")}, "costlier_than: nan is not a number from 0"),
        ({"text": '""'}, "text: '\"\"' has no words"),
        ({"text": ""}, "text: '' has no words"),
        ({"user": ""}, "user: '' names none; leave it out"),
        ({"session": ""}, "session: '' names none; leave it out"),
        ({"since": "2026-11-29Z", "until": "x"}, "since: "),
        (
            {"since": "2026-11-29", "until": "2026-11-01"},
            "since: .* not before the end: .2026-11-01. is",
        ),
        (
            {"since": "2026-11-29T10:00:00Z", "until": "2026-11-29T10:00:00Z"},
            "since: .* not before the end",
        ),
    ],
)
def test_wrong_values_are_named(filters, message):
    """At once, with what would be right."""
    with pytest.raises(ConfigurationError, match=message):
        Filters(**filters)


def test_what_is_empty():
    """Only what chooses counts."""
    assert Filters(chunks=True, utc=True).is_empty
    assert not Filters(errors=True).is_empty


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, 7),
        ({"action": "prompt"}, 3),
        ({"session": "order-4"}, 2),
        ({"model": "claude"}, 1),
        ({"provider": "OpenAI"}, 2),
        ({"errors": True}, 1),
        ({"text": "größe"}, 1),
        ({"since": "2026-11-28T10:00:03Z"}, 5),
        ({"until": "2026-11-28T10:00:03Z"}, 2),
        ({"since": "2026-11-28T10:00:03Z", "provider": "openai"}, 1),
        ({"user": "alice"}, 3),
    ],
)
def test_events_are_chosen(calls, filters, expected):
    """Each filter, and several together; by their calls where only these have what is asked."""
    events = list(calls.open().events(**filters))

    assert len(events) == expected


@pytest.mark.parametrize(("filters", "expected"), [({"slower_than": 9}, ""), ({"slower_than": 8.999}, "three"), ({"costlier_than": 2.0}, ""), ({"costlier_than": 0}, "one three")])  # fmt: skip
def test_bounds_are_not_passed_by_what_reaches_them(calls, filters, expected):
    """Slower and costlier than a value is more than it; a call without it has none."""
    chosen = [call.prompt_text for call in calls.open().calls(**filters)]

    assert chosen == expected.split()

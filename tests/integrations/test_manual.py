"""A call told step by step, as the helpers do."""

from __future__ import annotations

from typing import Any

import pytest

from hilt import Event, feedback
from hilt.core.exceptions import ConfigurationError, EventError, SessionError
from hilt.core.ids import conversation_id_of
from hilt.genai.values import Delta, Failure, Request, Response
from hilt.integrations.manual import (
    ManualCall,
    conversation_for,
    plain_messages,
    texts_checked,
)
from hilt.integrations.manual import session_checked as checked
from hilt.testing import fixed


def _request() -> Request:
    said = {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
    return Request("chat", "acme", model="acme-1", messages=[said])


def test_story_of_a_stream_is_whole(logged: Any) -> None:
    """Prompt, chunks and completion come with times of the clock, and are linked."""
    with fixed() as time:
        call = ManualCall(logged.session, _request(), session_id="demo", user="alice")
        call.begin()
        time.advance(0.25)
        call.chunk(Delta(text="Hel"))
        time.advance(0.25)
        call.chunk(Delta(text="lo", finish_reasons={0: "stop"}))
        call.chunk(None)
        call.complete()

    prompt, first, _, completion = logged.dicts
    assert logged.outline == [
        ("prompt", "Hi", None),
        ("completion_chunk", "Hel", "prompt"),
        ("completion_chunk", "lo", "prompt"),
        ("completion", "Hello", "prompt"),
    ]
    assert prompt["actor"] == {"type": "human", "id": "alice"}
    assert first["timestamp"] == "2026-01-01T00:00:00.250000Z"
    assert completion["timestamp"] == "2026-01-01T00:00:00.500000Z"
    assert completion["extensions"] == {
        "reply_to": prompt["event_id"],
        "model": "acme-1",
        "latency_ms": 500.0,
        "status_code": 200,
        "outcome": "completed",
        "finish_reason": "stop",
        "time_to_first_chunk_ms": 250.0,
        "cost_unknown": "the provider sent no usage",
    }


def test_failure_keeps_what_arrived(logged: Any) -> None:
    """A call that raises after some chunks is a system event with the partial text."""
    call = ManualCall(logged.session, _request())
    call.begin()
    call.chunk(Delta(text="Hel"))
    call.fail(TimeoutError("too slow"))

    system = logged.only("system")
    assert system["content"]["text"] == "too slow"
    assert system["content"]["partial_text"] == "Hel"
    assert system["extensions"]["outcome"] == "timeout"
    assert system["extensions"]["status_code"] == 408


def test_answer_that_reports_an_error_is_a_system_event(logged: Any) -> None:
    """An answer with a failure of its own ends as one."""
    call = ManualCall(logged.session, _request())
    call.begin()
    call.complete(Response(failure=Failure("overloaded", "acme.Overloaded", "Later.")))

    assert logged.only("system")["extensions"]["error_code"] == "overloaded"


def test_conversation_is_derived_without_an_id(logged: Any) -> None:
    """Without an id, the same beginning gives the same conversation."""
    for _ in range(2):
        ManualCall(logged.session, _request()).begin()

    first, second = logged.events
    assert first.session_id == second.session_id
    assert first.session_id.startswith("conv_")


def test_simple_id_becomes_a_conversation() -> None:
    """Ids are made by one rule, and stay where they are conversations already."""
    assert conversation_for("demo") == conversation_id_of("demo")
    assert conversation_for("conv_0123456789abcdef") == "conv_0123456789abcdef"
    assert conversation_for(None) is None


@pytest.mark.parametrize("wrong", ["", 7, b"x", []])
def test_id_that_is_no_text_is_refused(wrong: Any) -> None:
    """An id is text that is not empty."""
    with pytest.raises(ConfigurationError, match=r"session_id: .* is not text that is not empty"):
        conversation_for(wrong)


def test_messages_are_in_the_chat_apis_form() -> None:
    """A system prompt stands first, where there is one."""
    user = {"role": "user", "content": "Hi"}

    assert plain_messages("Hi") == [user]
    assert plain_messages("Hi", "Be brief.") == [{"role": "system", "content": "Be brief."}, user]


@pytest.mark.parametrize("wrong", ["text", b"bytes", 3, {"a": 1}])
def test_what_is_no_list_is_refused(wrong: Any) -> None:
    """A text is not taken for a list of letters."""
    with pytest.raises(ConfigurationError, match=r"scores: .* is not a list"):
        texts_checked("scores", wrong)


def test_session_is_checked() -> None:
    """A path is not a session, and the message says how to get one."""
    with pytest.raises(SessionError, match=r"open one: Session\(path\)"):
        checked("logs/x.jsonl")


def test_custom_events_are_appended_whole(logged: Any) -> None:
    """The verdict of a guardrail, and feedback on it, are plain events."""
    verdict = logged.session.append(
        Event(
            session_id="order-42",
            actor={"type": "system", "id": "guardrail"},
            action="system",
            content={"text": "No personal data."},
            provenance={"guardrail": "pii", "version": "3"},
            extensions={"score": 0.02},
        )
    )
    feedback(
        verdict.event_id,
        rating="good",
        comment="Right.",
        correction="None.",
        session=logged.session,
        session_id="order-42",
    )

    first, second = logged.dicts
    assert first["provenance"] == {"guardrail": "pii", "version": "3"}
    assert first["extensions"] == {"score": 0.02}
    assert second["action"] == "feedback"
    assert second["extensions"]["reply_to"] == first["event_id"]


def test_wrong_custom_event_names_the_field(logged: Any) -> None:
    """An action that does not exist is refused with those that do."""
    with pytest.raises(EventError, match=r"action.*guardrail"):
        logged.session.append(
            Event(session_id="s", actor={"type": "system", "id": "g"}, action="guardrail")
        )

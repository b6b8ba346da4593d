"""Runs of assistants: requests, states, and the events of their streams."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Delta, Failure, Request, Response, Usage
from hilt.providers._chat_messages import message_of
from hilt.providers._http import HttpRequest
from hilt.providers.openai.assistants import Runs, fetch_run_request, run_request

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
RUN = {"object": "thread.run", "id": "run_1", "thread_id": "thread_1", "model": "gpt-4o"}


def test_run_in_a_thread() -> None:
    """The thread is the conversation, and keeps the messages before."""
    body = {
        "assistant_id": "asst_1",
        "instructions": "Be brief.",
        "additional_instructions": "Be kind.",
        "additional_messages": [{"role": "user", "content": "Hi"}],
        "model": "gpt-4o",
        "tools": [{"type": "code_interpreter"}],
        "temperature": 0.5,
    }

    assert run_request(HttpRequest("post", "/threads/thread_1/runs", body)) == Request(
        "invoke_agent",
        "",
        model="gpt-4o",
        messages=[{"role": "user", "content": "Hi"}],
        read=message_of,
        instructions=[
            {"type": "text", "content": "Be brief."},
            {"type": "text", "content": "Be kind."},
        ],
        attributes={"gen_ai.request.temperature": 0.5, "gen_ai.agent.id": "asst_1"},
        tools=[{"type": "code_interpreter"}],
        conversation="thread_1",
        stored_history=True,
    )


def test_run_that_makes_its_thread() -> None:
    """The messages stand in the thread that is made."""
    body = {"thread": {"messages": [{"role": "user", "content": "Hi"}]}}

    assert run_request(HttpRequest("post", "/threads/runs", body)) == Request(
        "invoke_agent", "", messages=[{"role": "user", "content": "Hi"}], read=message_of
    )


@pytest.mark.parametrize("end", ["", "/", "/cancel", "/submit_tool_outputs"])
def test_requests_that_continue_a_run(end: str) -> None:
    """They fetch the answer of the call that began it."""
    sent = HttpRequest("get", f"/threads/thread_1/runs/run_1{end}", {})

    assert fetch_run_request(sent) == Request("fetch_response", "", fetched_response="run_1")


@pytest.mark.parametrize("status", ["queued", "in_progress", "requires_action", "cancelling"])
def test_run_that_is_not_over(status: str) -> None:
    """A later request fetches its end."""
    assert Runs().response({**RUN, "status": status, "usage": None}) == Response(
        id="run_1", model="gpt-4o", conversation="thread_1", status=status, pending=True
    )


def test_run_that_is_over() -> None:
    """Its status is the finish reason, and its tokens are counted."""
    assert Runs().response({**RUN, "status": "completed", "usage": USAGE}) == Response(
        id="run_1",
        model="gpt-4o",
        conversation="thread_1",
        status="completed",
        finish_reasons=["completed"],
        usage=Usage(3, 2, 5),
        raw_usage=USAGE,
    )


def test_run_that_was_cut_short() -> None:
    """An incomplete run reached a limit."""
    response = Runs().response({**RUN, "status": "incomplete"})

    assert (response.outcome, response.failure) == ("length", None)


@pytest.mark.parametrize(
    ("status", "error", "failure"),
    [
        ("failed", {"code": "rate_limit_exceeded", "message": "Slow down"},
         Failure("rate_limit", "rate_limit_exceeded", "Slow down",
                 provider_code="rate_limit_exceeded")),
        ("failed", {"code": "server_error", "message": "Oops"},
         Failure("server_error", "server_error", "Oops", provider_code="server_error")),
        ("failed", None,
         Failure("server_error", "failed", "the run is failed", provider_code="failed")),
        ("cancelled", None,
         Failure("cancelled", "cancelled", "the run is cancelled", 499, "cancelled", "cancelled")),
        ("expired", None,
         Failure("timeout", "expired", "the run is expired", 408, "timeout", "expired")),
    ],
)  # fmt: skip
def test_run_that_failed(status: str, error: Any, failure: Failure) -> None:
    """Why, by its last error or its status."""
    assert Runs().response({**RUN, "status": status, "last_error": error}).failure == failure


def test_tool_calls_that_a_run_waits_for() -> None:
    """They are the answer of this call."""
    call = {"id": "c1", "function": {"name": "f", "arguments": "{}"}}
    action = {"submit_tool_outputs": {"tool_calls": [call]}}
    response = Runs().response({**RUN, "status": "requires_action", "required_action": action})

    assert response.messages == [
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": {}}],
        }
    ]


@pytest.mark.parametrize("wrapped", [True, False])
def test_text_of_a_stream(wrapped: bool) -> None:
    """Pieces of a message are text, also in the object that the SDK wraps around them."""
    content = [{"type": "text", "text": {"value": "Hi"}}, {"type": "text", "text": {"value": "!"}}]
    data = {"object": "thread.message.delta", "delta": {"content": content}}

    assert Runs().delta({"event": "x", "data": data} if wrapped else data) == Delta(text="Hi!")


def test_state_of_a_stream() -> None:
    """A run in a stream brings its state, its reason and its tool calls as parts."""
    call = {"id": "c1", "function": {"name": "f", "arguments": "{}"}}
    action = {"submit_tool_outputs": {"tool_calls": [call]}}
    waiting = Runs().delta({**RUN, "status": "requires_action", "required_action": action})
    over = Runs().delta({**RUN, "status": "completed"})

    assert waiting is not None
    assert over is not None
    assert waiting.parts == [{"type": "tool_call", "id": "c1", "name": "f", "arguments": {}}]
    assert waiting.response == Response(
        id="run_1", model="gpt-4o", conversation="thread_1", status="requires_action", pending=True
    )
    assert over.finish_reasons == {0: "completed"}


def test_other_events_add_nothing() -> None:
    """Steps, messages and what comes later are passed over."""
    assert Runs().delta({"object": "thread.run.step"}) is None
    assert Runs().delta({"data": None}) is None
    assert Runs().text({"object": "thread.message.delta"}) is None

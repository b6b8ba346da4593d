"""Which conversation is current: what the program says, or the framework that runs it."""

from __future__ import annotations

from contextvars import copy_context
from typing import Any

import pytest

import hilt
from hilt import _context
from hilt._context import Conversation, current_conversation
from hilt.core.event import Event
from tests.conftest import Log
from tests.instrumentation.mock_http import openai_client

ANSWER = {
    "id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-4o",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "Ho"}}],
}  # fmt: skip


def ask() -> None:
    """One call of an SDK."""
    client = openai_client({"POST /chat/completions": [ANSWER]})
    client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hi"}])


def in_run(config: dict[str, Any], function: Any) -> Any:
    """What a function returns that LangChain runs with a config."""
    runnables = pytest.importorskip("langchain_core.runnables")
    return runnables.RunnableLambda(lambda _: function()).invoke(None, config=config)


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"configurable": {"thread_id": "t"}}, "t"),
        ({"configurable": {"thread_id": 7}}, "7"),
        ({"configurable": {"session_id": "s"}, "metadata": {"thread_id": "t"}}, "t"),
        ({"metadata": {"conversation_id": "c", "session_id": "s"}}, "s"),
        ({"configurable": {"thread_id": ["t"]}}, None),
        ({"configurable": {"thread_id": ""}}, None),
        ({}, None),
    ],
)
def test_thread_of_a_framework(config: dict[str, Any], named: str | None) -> None:
    """LangGraph and LangChain have it in the config of what they run."""
    assert in_run(config, current_conversation) == Conversation(named)
    assert current_conversation() == Conversation()


def test_what_the_program_says_comes_first() -> None:
    """And who speaks is what it says, whoever names the conversation."""
    config = {"configurable": {"thread_id": "t"}}

    with hilt.conversation(user="alice"):
        assert in_run(config, current_conversation) == Conversation("t", "alice")
        with hilt.conversation("order-42"):
            assert in_run(config, current_conversation) == Conversation("order-42", "alice")


def test_call_of_an_sdk_in_a_node_belongs_to_the_thread(log: Log) -> None:
    """Nobody need hand a callback handler to the graph."""
    for thread in ("a", "b", "a"):
        in_run({"configurable": {"thread_id": thread}}, ask)

    prompts: list[Event] = log.of("prompt")
    assert [event.session_id for event in prompts] == ["a", "b", "a"]


def test_call_of_an_sdk_in_a_node_is_by_whom_the_program_says(log: Log) -> None:
    """The graph names the conversation, unless the program does."""
    config = {"configurable": {"thread_id": "t"}}
    with hilt.conversation(user="alice"):
        in_run(config, ask)
        with hilt.conversation("order-42"):
            in_run(config, ask)

    prompts: list[Event] = log.of("prompt")
    assert [(event.session_id, event.actor.id) for event in prompts] == [
        ("t", "alice"),
        ("order-42", "alice"),
    ]


class Interrupted:
    """A context variable; an interrupt arrives right after it was set for the first time."""

    def __init__(self, variable: Any) -> None:
        self.variable = variable
        self.is_due = True

    def get(self) -> Any:
        """The value."""
        return self.variable.get()

    def set(self, value: Any) -> None:
        """Set it, and be interrupted."""
        self.variable.set(value)
        if self.is_due:
            self.is_due = False
            raise KeyboardInterrupt


def test_interrupt_right_after_a_conversation_began(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the block would have set does not stay set."""
    monkeypatch.setattr(
        "hilt._context.CURRENT_CONVERSATION", Interrupted(_context.CURRENT_CONVERSATION)
    )
    with pytest.raises(KeyboardInterrupt), hilt.conversation("order-42", user="alice"):
        pytest.fail("the block is never entered")

    assert current_conversation() == Conversation()


def test_interrupt_right_after_a_session_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread's later calls go where they went before."""
    before, other = hilt.get_context().session, Log().session
    monkeypatch.setattr("hilt._context.CURRENT_SESSION", Interrupted(_context.CURRENT_SESSION))
    with pytest.raises(KeyboardInterrupt), hilt.get_context().use_session(other):
        pytest.fail("the block is never entered")

    assert hilt.get_context().session is before


def test_block_left_in_another_context_changes_nothing_there() -> None:
    """A generator that another context closes puts nothing back in it."""
    block = hilt.conversation("order-42")
    copy_context().run(block.__enter__)
    with hilt.conversation("order-43"):
        block.__exit__(None, None, None)
        inner = current_conversation().id

    assert inner == "order-43"
    assert current_conversation() == Conversation()

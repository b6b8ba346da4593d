"""Which conversation is current: what the program says, or the framework that runs it."""

from __future__ import annotations

from typing import Any

import pytest

import hilt
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

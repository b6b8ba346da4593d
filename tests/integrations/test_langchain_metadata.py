"""What LangChain's metadata, serialized runnables, inputs and outputs mean."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.integrations.langchain_metadata import (
    conversation_of,
    input_text,
    is_agent,
    name_of,
    output_text,
    run_provenance,
)


def test_provenance_has_what_is_the_users() -> None:
    """Ids, tags and metadata are kept, without those that LangChain and LangGraph add."""
    provenance = run_provenance(
        "run-1",
        "run-0",
        ["seq:step:1", "graph:step:2", "mine"],
        {"ls_provider": "openai", "langgraph_node": "a", "checkpoint_ns": "b", "tenant": {"x": 1}},
    )

    assert provenance == {
        "framework": "langchain",
        "run_id": "run-1",
        "parent_run_id": "run-0",
        "tags": ["mine"],
        "metadata": {"tenant": {"x": 1}},
    }


@pytest.mark.parametrize(
    ("tags", "metadata"), [(None, None), ([], {}), (["seq:step:1"], {"ls_temperature": 0.5})]
)
def test_provenance_leaves_out_what_is_empty(tags: Any, metadata: Any) -> None:
    """A run without tags and metadata of the user's has its id only."""
    assert run_provenance("run-1", None, tags, metadata) == {
        "framework": "langchain",
        "run_id": "run-1",
    }


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        (None, None),
        ({"tenant": "x"}, None),
        ({"session_id": ""}, None),
        ({"session_id": ["a"], "thread_id": "b"}, "b"),
        ({"thread_id": 7}, "7"),
        ({"conversation_id": "c", "session_id": "s"}, "s"),
    ],
)
def test_conversation(metadata: Any, name: str | None) -> None:
    """It is the first id in the metadata that is text or a number."""
    assert conversation_of(metadata) == (name or None)


@pytest.mark.parametrize(
    ("serialized", "name"),
    [
        (None, None),
        ({}, None),
        ({"name": "search", "id": ["a", "b"]}, "search"),
        ({"id": ["langchain", "chains", "LLMChain"]}, "LLMChain"),
        ({"id": []}, None),
    ],
)
def test_name(serialized: Any, name: str | None) -> None:
    """A runnable is named by its name, else by the last part of its id."""
    assert name_of(serialized) == name


@pytest.mark.parametrize(
    ("name", "metadata", "agent"),
    [
        ("AgentExecutor", {}, True),
        ("weather_agent", {}, True),
        ("LangGraph", {}, False),
        ("LangGraph", {"ls_integration": "langchain_create_agent"}, True),
        ("bob", {"ls_integration": "langchain_create_agent", "lc_agent_name": "bob"}, True),
        ("tools", {"ls_integration": "langchain_create_agent", "lc_agent_name": "bob"}, False),
    ],
)
def test_agents(name: str, metadata: dict[str, Any], agent: bool) -> None:
    """A chain is an agent by its name, or as ``create_agent`` marks it."""
    assert is_agent(name, metadata) is agent


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Hi", "Hi"),
        ({"input": "Hi"}, "Hi"),
        ({"input": ["Hi"], "question": "Why?"}, "Why?"),
        ({"messages": [{"role": "user", "content": "Hi"}]}, None),
        (["Hi"], None),
        (None, None),
    ],
)
def test_input_is_a_single_text(value: object, text: str | None) -> None:
    """A chain's input is shown where it is one text, or has one under a usual name."""
    assert input_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [("Hi", "Hi"), ({"answer": "Hi"}, "Hi"), ({"input": "Hi"}, None), (7, None)]
)
def test_output_is_a_single_text(value: object, text: str | None) -> None:
    """A chain's output is shown where it is one text, or has one under a usual name."""
    assert output_text(value) == text

"""Tools, retrievers, chains, agents and graphs of LangChain and LangGraph."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytest.importorskip("langchain_openai")

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from hilt.genai.values import Failure
from hilt.integrations.langchain_steps import (
    _end_attributes,
    _start_attributes,
    chain_step,
    retrieval_step,
    tool_step,
)
from hilt.recording.step_events import Step
from hilt.testing.provider import Provider
from tests.integrations.langchain_programs import (
    all_steps_ended,
    events_of_calls,
    make_agent,
    retrieval_chain,
    run_async,
    thread_graph,
    weather,
)

_DEMO = "demo"


def test_tool_call_and_result_are_linked(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """The answer's tool call is logged once, and the tool's result replies to it."""
    provider.answer(tool_calls=[("weather", {"city": "Rome"})])
    config: Any = {"callbacks": [handler]}

    answer = model.bind_tools([weather]).invoke("Rome?", config=config)
    weather.invoke(answer.tool_calls[0], config=config)

    call = logged.only("tool_call")["content"]["tool"]
    assert logged.outline == [
        ("prompt", "Rome?", None),
        ("completion", "", "prompt"),
        ("tool_call", None, "completion"),
        ("tool_result", "Sunny in Rome", "tool_call"),
    ]
    assert call == {
        "name": "weather",
        "call_id": answer.tool_calls[0]["id"],
        "arguments": {"city": "Rome"},
    }
    assert logged.only("tool_result")["actor"] == {"type": "tool", "id": "weather"}


def test_tool_without_a_model_is_call_and_result(logged: Any, handler: Any) -> None:
    """A tool that no logged answer called has a call and a result of its own."""
    weather.invoke({"city": "Rome"}, config={"callbacks": [handler]})

    assert logged.outline == [
        ("tool_call", None, None),
        ("tool_result", "Sunny in Rome", "tool_call"),
    ]
    assert logged.only("tool_call")["content"]["tool"]["arguments"] == {"city": "Rome"}


def test_tool_may_return_a_number_of_any_length(logged: Any, handler: Any) -> None:
    """One of more digits than Python writes is a text in the log."""

    @tool
    def power(exponent: int) -> dict[str, Any]:
        """Give a power of ten."""
        return {"power": 10**exponent, "exponent": exponent}

    power.invoke({"exponent": 5000}, config={"callbacks": [handler]})

    assert logged.only("tool_result")["content"]["tool"]["result"] == {
        "power": hex(10**5000),
        "exponent": 5000,
    }


def test_tool_that_fails_says_so(logged: Any, handler: Any) -> None:
    """A tool's error is its result, and comes out."""
    with pytest.raises(LookupError):
        weather.invoke({"city": "Atlantis"}, config={"callbacks": [handler]})

    result = logged.only("tool_result")
    assert result["content"]["text"] == "no such city"
    assert result["extensions"]["outcome"] == "failed"
    assert result["extensions"]["error_type"] == "LookupError"


def test_retriever_chain_is_logged_whole(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """A chain's boundaries, its retrieval with scores, and its call stand in one tree."""
    provider.answer("A letter.")

    retrieval_chain(model).invoke("What is alpha?", config={"callbacks": [handler]})

    retrieval, prompt = logged.only("retrieval"), logged.only("prompt")
    root = logged.dicts[0]
    assert events_of_calls(logged) == [
        ("retrieval", "What is alpha?", None),
        ("prompt", "What is alpha?", None),
        ("completion", "A letter.", "prompt"),
    ]
    assert all_steps_ended(logged)
    assert root["content"]["text"] == "What is alpha?"
    assert logged.dicts[-1]["content"]["text"] == "A letter."
    assert logged.dicts[-1]["extensions"]["reply_to"] == root["event_id"]
    assert retrieval["content"]["documents"] == [
        {"id": "d1", "text": "Alpha doc", "score": 0.9, "metadata": {"score": 0.9}},
        {"id": "document-1", "text": "Beta doc", "metadata": {"source": "b"}},
    ]
    assert retrieval["extensions"]["score"] == 0.9
    assert {each["session_id"] for each in logged.dicts} == {_DEMO}
    assert prompt["provenance"]["parent_run_id"] == root["provenance"]["run_id"]
    assert prompt["provenance"]["parent_span_id"] == root["provenance"]["span_id"]
    assert {each["provenance"]["trace_id"] for each in logged.dicts} == {
        root["provenance"]["trace_id"]
    }


def test_prompts_and_parsers_are_no_steps(logged: Any, model: Any, handler: Any) -> None:
    """The output of templates and parsers is in the events of the model."""
    chain = ChatPromptTemplate.from_template("{input}") | model | StrOutputParser()

    chain.invoke({"input": "Hi"}, config={"callbacks": [handler]})

    assert logged.outline == [
        ("system", "Hi", None),
        ("prompt", "Hi", None),
        ("completion", "You said: Hi", "prompt"),
        ("system", "You said: Hi", "system"),
    ]


def test_chain_that_fails_ends_as_failed(logged: Any, model: Any, handler: Any) -> None:
    """An error within is an ending of every step above it."""
    with pytest.raises(LookupError):
        retrieval_chain(model).invoke("fail", config={"callbacks": [handler]})

    assert all_steps_ended(logged)
    assert logged.only("retrieval")["extensions"]["outcome"] == "failed"
    assert logged.dicts[-1]["extensions"]["outcome"] == "failed"
    assert logged.dicts[-1]["content"]["text"] == "the shelf is empty"


def test_agent_loop_is_logged_whole(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """Prompt, tool call, its result and the answer are one chain of replies, each once."""
    pytest.importorskip("langgraph")
    provider.answer(tool_calls=[("weather", {"city": "Rome"})])
    provider.answer("Sunny.")

    agent = make_agent(model, [weather], name="weather_agent")
    agent.invoke(
        {"messages": [{"role": "user", "content": "Weather?"}]}, config={"callbacks": [handler]}
    )

    assert events_of_calls(logged) == [
        ("prompt", "Weather?", None),
        ("completion", "", "prompt"),
        ("tool_call", None, "completion"),
        ("tool_result", "Sunny in Rome", "tool_call"),
        ("completion", "Sunny.", "tool_result"),
    ]
    assert all_steps_ended(logged)
    assert logged.dicts[0]["actor"] == {"type": "agent", "id": "weather_agent"}
    assert logged.dicts[0]["provenance"]["operation"] == "invoke_agent"
    assert all(each["metrics"]["cost_usd"] > 0 for each in logged.all("completion"))


def test_threads_of_a_graph_are_conversations(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """Two threads at once are two conversations, and nothing of one is in the other."""
    graph = thread_graph(model)

    def talk(thread: str) -> None:
        config: Any = {"callbacks": [handler], "configurable": {"thread_id": thread}}
        for number in range(5):
            graph.invoke({"messages": [("user", f"{thread} {number}")]}, config)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(talk, ["anna", "bert"]))

    assert all_steps_ended(logged)
    for name in ("anna", "bert"):
        own = [each for each in logged.dicts if each["session_id"] == name]
        texts = [each["content"]["text"] for each in own if each["action"] == "prompt"]
        said = [each["content"]["text"] for each in own if each["action"] == "completion"]
        assert texts == [f"{name} {number}" for number in range(5)]
        assert said == [f"You said: {name} {number}" for number in range(5)]
    assert {each["session_id"] for each in logged.dicts} == {
        "anna",
        "bert",
    }


def test_history_of_a_thread_is_logged_once(logged: Any, model: Any, handler: Any) -> None:
    """A later prompt holds what is new, and names the completion that it continues."""
    graph = thread_graph(model)
    config: Any = {"callbacks": [handler], "configurable": {"thread_id": "t"}}

    for text in ("One", "Two"):
        graph.invoke({"messages": [("user", text)]}, config)

    first = logged.all("completion")[0]
    second = logged.all("prompt")[1]
    assert second["extensions"]["context_of"] == first["event_id"]
    assert len(second["content"]["messages"]) == 1


def test_tasks_of_one_loop_are_not_mixed(logged: Any, provider: Provider, handler: Any) -> None:
    """Asynchronous runs in one event loop keep to their conversations and parents."""

    async def main(model: ChatOpenAI) -> None:
        graph = thread_graph(model)

        async def talk(name: str) -> None:
            config: Any = {"callbacks": [handler], "configurable": {"thread_id": name}}
            await graph.ainvoke({"messages": [("user", name)]}, config)

        await asyncio.gather(*(talk(f"user-{number}") for number in range(10)))

    run_async(provider, main)

    assert all_steps_ended(logged)
    for number in range(10):
        own = [each for each in logged.dicts if each["session_id"] == f"user-{number}"]
        (completion,) = [each for each in own if each["action"] == "completion"]
        assert completion["content"]["text"] == f"You said: user-{number}"
        assert len({each["provenance"]["trace_id"] for each in own}) == 1


def test_interrupt_of_a_graph_is_no_failure(logged: Any, handler: Any) -> None:
    """A graph that stops to ask a human has not failed."""
    graphs = pytest.importorskip("langgraph.graph")
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.types import Command, interrupt

    graph = graphs.StateGraph(graphs.MessagesState)
    graph.add_node("ask", lambda _state: {"messages": [("ai", interrupt("Sure?"))]})
    graph.add_edge(graphs.START, "ask")
    asking = graph.compile(checkpointer=InMemorySaver())
    config: Any = {"callbacks": [handler], "configurable": {"thread_id": "1"}}

    asking.invoke({"messages": [("user", "Go")]}, config)
    asking.invoke(Command(resume="Yes."), config)

    ends = [each["extensions"] for each in logged.dicts if each["extensions"]["phase"] == "end"]
    assert all_steps_ended(logged)
    assert {each["outcome"] for each in ends} == {"completed"}
    assert [each.get("interrupted") for each in ends] == [True, None, None, None]


@pytest.mark.parametrize(
    ("step", "attribute"),
    [
        (
            tool_step("rain", {}, "", "c1"),
            {"gen_ai.tool.name": "rain", "gen_ai.tool.call.id": "c1"},
        ),
        (tool_step("rain", {}, "", None), {"gen_ai.tool.name": "rain"}),
        (retrieval_step("shelf", "q"), {"gen_ai.data_source.id": "shelf"}),
        (chain_step("agent", {}, {}, is_root=True), None),
        (chain_step("graph", {}, {}, is_root=True), {"gen_ai.workflow.name": "graph"}),
    ],
)
def test_span_of_a_step_names_what_runs(step: Step, attribute: dict[str, str] | None) -> None:
    """By the attribute that is for its kind."""
    step.session_id = "s"
    if attribute is None:
        step.kind, attribute = "agent", {"gen_ai.agent.name": "agent"}

    assert _start_attributes(step) == {
        "gen_ai.operation.name": step.operation,
        "gen_ai.conversation.id": "s",
        **attribute,
    }


@pytest.mark.parametrize(
    ("content", "failed", "expected"),
    [
        (False, False, {}),
        (False, True, {"error.type": "builtins.ValueError"}),
        (True, False, {"gen_ai.tool.call.arguments": '{"a":1}', "gen_ai.tool.call.result": "14"}),
        (True, True, {"gen_ai.tool.call.arguments": '{"a":1}',
                      "error.type": "builtins.ValueError"}),
    ],
)  # fmt: skip
def test_span_of_a_tool_has_content_where_it_may(
    content: bool, failed: bool, expected: dict[str, str]
) -> None:
    """A tool that failed has no result."""
    step = tool_step("f", {"a": 1}, "", "c1")
    step.result = "14"
    step.failure = Failure("unknown", "builtins.ValueError") if failed else None

    assert _end_attributes(step, content=content) == {"gen_ai.tool.call.id": "c1", **expected}


def test_input_of_older_releases_is_text() -> None:
    """JSON in it is read; an id that is no text is none."""
    assert tool_step("f", None, '{"a": 1}', 7).arguments == {"a": 1}
    assert tool_step("f", None, "Paris", 7).arguments == "Paris"
    assert tool_step("f", {}, '{"a": 1}', "c").arguments == {}
    assert (tool_step("f", None, "", 7).call_id, tool_step("f", None, "", "c").call_id) == (
        None,
        "c",
    )

"""LangChain and LangGraph: real chains, agents and graphs on the embedded provider."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytest.importorskip("langchain_openai")

import openai
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from hilt.core.exceptions import ConfigurationError, SessionError
from hilt.core.guard import guard
from hilt.core.ids import conversation_id_of
from hilt.integrations.langchain import HILTCallbackHandler
from hilt.io.session import Session
from hilt.testing import MemorySink
from hilt.testing.provider import Asked, Provider, Tokens

_DEMO = conversation_id_of("demo")


class _Shelf(BaseRetriever):
    """Finds the same two documents for every question."""

    def _get_relevant_documents(self, query: str, **_: Any) -> list[Document]:
        if query == "fail":
            raise LookupError("the shelf is empty")
        return [
            Document(page_content="Alpha doc", id="d1", metadata={"score": 0.9}),
            Document(page_content="Beta doc", metadata={"source": "b"}),
        ]


@tool
def weather(city: str) -> str:
    """The weather of a city."""
    if city == "Atlantis":
        raise LookupError("no such city")
    return f"Sunny in {city}"


@pytest.fixture
def model(provider: Provider) -> ChatOpenAI:
    """A chat model on the embedded provider that tries once."""
    return _model(provider)


def _model(provider: Provider, **options: Any) -> ChatOpenAI:
    given: dict[str, Any] = {
        "model": "gpt-4o-mini",
        "base_url": provider.openai_url,
        "api_key": "k",
        "max_retries": 0,
        "stream_usage": True,
        **options,
    }
    return ChatOpenAI(**given)


@pytest.fixture
def handler(logged: Any) -> Iterator[HILTCallbackHandler]:
    """A handler whose runs all end, without an internal error."""
    errors = guard.errors
    made = HILTCallbackHandler(logged.session, session_id="demo")
    yield made
    assert len(made._runs) == 0
    assert guard.errors == errors


def _run(provider: Provider, body: Callable[[ChatOpenAI], Awaitable[Any]]) -> Any:
    """Run something in a loop of its own, with a model whose connections end with it."""

    async def main() -> Any:
        async with openai.DefaultAsyncHttpxClient() as http:
            return await body(_model(provider, http_async_client=http))

    return asyncio.run(main())


def _agent(model: Any, tools: list[Any], **options: Any) -> Any:
    """An agent as this version of LangChain makes it."""
    agents: Any = pytest.importorskip("langchain.agents")
    if hasattr(agents, "create_agent"):
        return agents.create_agent(model, tools, **options)
    prebuilt: Any = pytest.importorskip("langgraph.prebuilt")
    return prebuilt.create_react_agent(model, tools, **options)


def _calls(logged: Any) -> list[tuple[str, str | None, str | None]]:
    """What was told, without what stands at the boundaries of steps."""
    steps = {each["event_id"] for each in logged.dicts if "phase" in each["extensions"]}
    return [
        told
        for told, each in zip(logged.told, logged.dicts, strict=True)
        if each["event_id"] not in steps
    ]


def _ended(logged: Any) -> bool:
    """Whether each step that began has its one end, in its conversation."""
    steps = [each for each in logged.all("system") if "phase" in each["extensions"]]
    begun = [
        (each["event_id"], each["session_id"])
        for each in steps
        if each["extensions"]["phase"] == "start"
    ]
    ends = [
        (each["extensions"]["reply_to"], each["session_id"])
        for each in steps
        if each["extensions"]["phase"] == "end"
    ]
    return sorted(begun) == sorted(ends)


# -- models -----------------------------------------------------------------------------------


def test_chat_model_is_logged_whole(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """A call is a prompt and a completion with tokens, cost, ids, tags and metadata."""
    provider.answer("Hello.", tokens=Tokens(prompt=5, completion=87), model="gpt-4o-mini")

    answer = model.invoke(
        "Hi", config={"callbacks": [handler], "tags": ["t1"], "metadata": {"tenant": "x"}}
    )

    prompt, completion = logged.dicts
    origin = {
        "provider": "openai",
        "operation": "chat",
        "request_model": "gpt-4o-mini",
        "sdk": prompt["provenance"]["sdk"],
        "trace_id": prompt["provenance"]["trace_id"],
        "span_id": prompt["provenance"]["span_id"],
        "framework": "langchain",
        "run_id": prompt["provenance"]["run_id"],
        "tags": ["t1"],
        "metadata": {"tenant": "x"},
    }
    assert answer.content == "Hello."
    assert prompt == {
        "hilt_version": "1.0.0",
        "event_id": prompt["event_id"],
        "timestamp": prompt["timestamp"],
        "session_id": _DEMO,
        "actor": {"type": "human", "id": "user"},
        "action": "prompt",
        "content": {
            "text": "Hi",
            "messages": [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}],
        },
        "provenance": origin,
        "extensions": {"model": "gpt-4o-mini"},
    }
    assert completion == {
        "hilt_version": "1.0.0",
        "event_id": completion["event_id"],
        "timestamp": completion["timestamp"],
        "session_id": _DEMO,
        "actor": {"type": "agent", "id": "openai"},
        "action": "completion",
        "content": {"text": "Hello."},
        "metrics": {
            "tokens": {
                **completion["metrics"]["tokens"],
                "prompt": 5,
                "completion": 87,
                "total": 92,
            },
            "cost_usd": pytest.approx(5 * 0.15e-6 + 87 * 0.6e-6),
        },
        "provenance": {
            **origin,
            "response_model": "gpt-4o-mini",
            "response_id": answer.response_metadata["id"],
            "service_tier": "default",
            "usage": completion["provenance"]["usage"],
            "price_version": completion["provenance"]["price_version"],
        },
        "extensions": {
            "reply_to": prompt["event_id"],
            "model": "gpt-4o-mini",
            "latency_ms": completion["extensions"]["latency_ms"],
            "status_code": 200,
            "outcome": "completed",
            "finish_reason": "stop",
        },
    }
    assert prompt["provenance"]["sdk"].startswith("langchain-core ")


def test_stream_gives_chunks_and_then_the_whole(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """Each chunk is an event; the completion has the text, usage and cost."""
    provider.answer(chunks=["Hel", "lo"], tokens=Tokens(prompt=5, completion=2))

    chunks = list(model.stream("Hi", config={"callbacks": [handler]}))

    text = "".join(str(chunk.content) for chunk in chunks)
    completion = logged.only("completion")
    assert text == "Hello"
    assert logged.told == [
        ("prompt", "Hi", None),
        ("completion_chunk", "Hel", "prompt"),
        ("completion_chunk", "lo", "prompt"),
        ("completion", "Hello", "prompt"),
    ]
    assert completion["metrics"]["tokens"]["total"] == 7
    assert completion["metrics"]["cost_usd"] > 0
    assert completion["extensions"]["time_to_first_chunk_ms"] > 0


def test_stream_left_early_is_closed(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """A stream that is left has one ending, with what had arrived."""
    provider.answer(chunks=["one ", "two ", "three"])
    stream = model.stream("Count", config={"callbacks": [handler]})

    for chunk in stream:
        if chunk.content == "two ":
            break
    stream.close()

    ending = logged.only("completion")
    assert ending["content"]["text"] == "one two "
    assert ending["extensions"]["outcome"] == "closed"
    assert ending["extensions"]["partial"] is True


def test_error_is_logged_and_raised(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """A rate limit is a system event, and LangChain's exception comes out."""
    provider.fail(status=429)

    with pytest.raises(openai.RateLimitError):
        model.invoke("Hi", config={"callbacks": [handler]})

    prompt, system = logged.dicts
    assert system["extensions"]["reply_to"] == prompt["event_id"]
    assert system["extensions"]["error_code"] == "rate_limit"
    assert system["extensions"]["status_code"] == 429


def test_retries_are_calls_of_their_own(
    logged: Any,
    provider: Provider,
    model: Any,
    handler: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What LangChain tries again is logged with each attempt's ending."""
    provider.fail(status=500)
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _seconds: None)

    model.with_retry(stop_after_attempt=2).invoke("Hi", config={"callbacks": [handler]})

    assert _calls(logged) == [
        ("prompt", "Hi", None),
        ("system", logged.all("system")[1]["content"]["text"], "prompt"),
        ("prompt", "Hi", None),
        ("completion", "You said: Hi", "prompt"),
    ]
    assert logged.all("prompt")[1]["provenance"]["tags"] == ["retry:attempt:2"]
    assert _ended(logged)


def test_content_can_be_left_out(logged: Any, model: Any) -> None:
    """Without content there is no text anywhere in the log."""
    handler = HILTCallbackHandler(logged.session, capture_content=False)
    chain = ChatPromptTemplate.from_template("{input} secret") | model

    chain.invoke({"input": "Very"}, config={"callbacks": [handler]})
    weather.invoke({"city": "secret"}, config={"callbacks": [handler]})

    assert logged.actions == [
        "system",
        "prompt",
        "completion",
        "system",
        "tool_call",
        "tool_result",
    ]
    assert not any(b"secret" in line for line in logged.sink.lines)


def test_chunks_can_be_left_out(logged: Any, model: Any) -> None:
    """Without chunks, a stream is its final completion."""
    handler = HILTCallbackHandler(logged.session, capture_chunks=False)

    list(model.stream("Hi there", config={"callbacks": [handler]}))

    assert logged.actions == ["prompt", "completion"]


# -- tools, retrievers, chains ----------------------------------------------------------------


def test_tool_call_and_result_are_linked(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """The answer's tool call is told once, and the tool's result replies to it."""
    provider.answer(tool_calls=[("weather", {"city": "Rome"})])
    config: Any = {"callbacks": [handler]}

    answer = model.bind_tools([weather]).invoke("Rome?", config=config)
    weather.invoke(answer.tool_calls[0], config=config)

    call = logged.only("tool_call")["content"]["tool"]
    assert logged.told == [
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
    """A tool that no answer asked for is told whole by itself."""
    weather.invoke({"city": "Rome"}, config={"callbacks": [handler]})

    assert logged.told == [
        ("tool_call", None, None),
        ("tool_result", "Sunny in Rome", "tool_call"),
    ]
    assert logged.only("tool_call")["content"]["tool"]["arguments"] == {"city": "Rome"}


def test_tool_that_fails_says_so(logged: Any, handler: Any) -> None:
    """A tool's error is its result, and comes out."""
    with pytest.raises(LookupError):
        weather.invoke({"city": "Atlantis"}, config={"callbacks": [handler]})

    result = logged.only("tool_result")
    assert result["content"]["text"] == "no such city"
    assert result["extensions"]["outcome"] == "failed"
    assert result["extensions"]["error_type"] == "LookupError"


def _rag(model: Any) -> Any:
    prompt = ChatPromptTemplate.from_messages([("system", "{context}"), ("human", "{question}")])
    found = {"context": _Shelf(), "question": RunnableLambda(str)}
    return found | prompt | model | StrOutputParser()


def test_retriever_chain_is_logged_whole(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """A chain's boundaries, its retrieval with scores, and its call stand in one tree."""
    provider.answer("A letter.")

    _rag(model).invoke("What is alpha?", config={"callbacks": [handler]})

    retrieval, prompt = logged.only("retrieval"), logged.only("prompt")
    root = logged.dicts[0]
    assert _calls(logged) == [
        ("retrieval", "What is alpha?", None),
        ("prompt", "What is alpha?", None),
        ("completion", "A letter.", "prompt"),
    ]
    assert _ended(logged)
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
    """What a template or a parser makes is told by the model's own events."""
    chain = ChatPromptTemplate.from_template("{input}") | model | StrOutputParser()

    chain.invoke({"input": "Hi"}, config={"callbacks": [handler]})

    assert logged.told == [
        ("system", "Hi", None),
        ("prompt", "Hi", None),
        ("completion", "You said: Hi", "prompt"),
        ("system", "You said: Hi", "system"),
    ]


def test_chain_that_fails_ends_as_failed(logged: Any, model: Any, handler: Any) -> None:
    """An error within is an ending of every step above it."""
    with pytest.raises(LookupError):
        _rag(model).invoke("fail", config={"callbacks": [handler]})

    assert _ended(logged)
    assert logged.only("retrieval")["extensions"]["outcome"] == "failed"
    assert logged.dicts[-1]["extensions"]["outcome"] == "failed"
    assert logged.dicts[-1]["content"]["text"] == "the shelf is empty"


# -- agents and graphs ------------------------------------------------------------------------


def test_agent_loop_is_logged_whole(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """Prompt, tool call, its result and the answer are one chain of replies, each once."""
    pytest.importorskip("langgraph")
    provider.answer(tool_calls=[("weather", {"city": "Rome"})])
    provider.answer("Sunny.")

    agent = _agent(model, [weather], name="weather_agent")
    agent.invoke(
        {"messages": [{"role": "user", "content": "Weather?"}]}, config={"callbacks": [handler]}
    )

    assert _calls(logged) == [
        ("prompt", "Weather?", None),
        ("completion", "", "prompt"),
        ("tool_call", None, "completion"),
        ("tool_result", "Sunny in Rome", "tool_call"),
        ("completion", "Sunny.", "tool_result"),
    ]
    assert _ended(logged)
    assert logged.dicts[0]["actor"] == {"type": "agent", "id": "weather_agent"}
    assert logged.dicts[0]["provenance"]["operation"] == "invoke_agent"
    assert all(each["metrics"]["cost_usd"] > 0 for each in logged.all("completion"))


def _threads(model: Any) -> Any:
    graphs = pytest.importorskip("langgraph.graph")
    from langgraph.checkpoint.memory import InMemorySaver

    # Python 3.10 does not hand the callbacks on to what a task awaits: the config does.
    def talk(state: Any, config: Any) -> Any:
        return {"messages": [model.invoke(state["messages"], config)]}

    async def atalk(state: Any, config: Any) -> Any:
        return {"messages": [await model.ainvoke(state["messages"], config)]}

    graph = graphs.StateGraph(graphs.MessagesState)
    graph.add_node("talk", RunnableLambda(talk, atalk))
    graph.add_edge(graphs.START, "talk")
    graph.add_edge("talk", graphs.END)
    return graph.compile(checkpointer=InMemorySaver())


def test_threads_of_a_graph_are_conversations(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """Two threads at once are two conversations, and nothing of one is in the other."""
    graph = _threads(model)

    def talk(thread: str) -> None:
        config: Any = {"callbacks": [handler], "configurable": {"thread_id": thread}}
        for number in range(5):
            graph.invoke({"messages": [("user", f"{thread} {number}")]}, config)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(talk, ["anna", "bert"]))

    assert _ended(logged)
    for name in ("anna", "bert"):
        own = [each for each in logged.dicts if each["session_id"] == conversation_id_of(name)]
        texts = [each["content"]["text"] for each in own if each["action"] == "prompt"]
        said = [each["content"]["text"] for each in own if each["action"] == "completion"]
        assert texts == [f"{name} {number}" for number in range(5)]
        assert said == [f"You said: {name} {number}" for number in range(5)]
    assert {each["session_id"] for each in logged.dicts} == {
        conversation_id_of("anna"),
        conversation_id_of("bert"),
    }


def test_history_of_a_thread_is_logged_once(logged: Any, model: Any, handler: Any) -> None:
    """A later prompt holds what is new, and names the completion that it continues."""
    graph = _threads(model)
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
        graph = _threads(model)

        async def talk(name: str) -> None:
            config: Any = {"callbacks": [handler], "configurable": {"thread_id": name}}
            await graph.ainvoke({"messages": [("user", name)]}, config)

        await asyncio.gather(*(talk(f"user-{number}") for number in range(10)))

    _run(provider, main)

    assert _ended(logged)
    for number in range(10):
        own = [
            each
            for each in logged.dicts
            if each["session_id"] == conversation_id_of(f"user-{number}")
        ]
        (completion,) = [each for each in own if each["action"] == "completion"]
        assert completion["content"]["text"] == f"You said: user-{number}"
        assert len({each["provenance"]["trace_id"] for each in own}) == 1


def test_async_stream_is_logged(logged: Any, provider: Provider, handler: Any) -> None:
    """An asynchronous stream gives its chunks and the whole."""
    provider.answer(chunks=["Hel", "lo"])

    async def main(model: ChatOpenAI) -> None:
        async for _ in model.astream("Hi", config={"callbacks": [handler]}):
            pass

    _run(provider, main)

    assert logged.actions == ["prompt", "completion_chunk", "completion_chunk", "completion"]


def test_batch_is_logged_run_by_run(logged: Any, model: Any, handler: Any) -> None:
    """Each call of a batch has its own prompt and ending."""
    model.batch(["a", "b", "c"], config={"callbacks": [handler], "max_concurrency": 3})

    assert sorted(_calls(logged)) == sorted(
        [("prompt", text, None) for text in "abc"]
        + [("completion", f"You said: {text}", "prompt") for text in "abc"]
    )


def test_cancelled_runs_end_as_cancelled(logged: Any, provider: Provider, handler: Any) -> None:
    """LangChain says nothing of a model or a tool that is cancelled: the log does."""
    provider.fail(first_byte_delay=30)
    begun = asyncio.Event()

    @tool
    async def slow(city: str) -> str:
        """A tool that never comes back."""
        begun.set()
        await asyncio.sleep(30)
        return city

    async def main(model: ChatOpenAI) -> None:
        config: Any = {"callbacks": [handler]}
        asked = asyncio.gather(model.ainvoke("Hi", config), slow.ainvoke({"city": "Rome"}, config))
        await begun.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked

    _run(provider, main)

    ending, result = logged.only("system"), logged.only("tool_result")
    for event in (ending, result):
        assert event["extensions"]["outcome"] == "cancelled"
        assert event["extensions"]["error_code"] == "cancelled"
        assert event["extensions"]["status_code"] == 499
    assert ending["extensions"]["reply_to"] == logged.only("prompt")["event_id"]


def test_long_task_keeps_nothing_of_its_runs(logged: Any, provider: Provider) -> None:
    """A task that makes many calls is not hung with what watched each of them."""
    handler = HILTCallbackHandler(logged.session)

    async def main(model: ChatOpenAI) -> list[Any]:
        config: Any = {"callbacks": [handler]}
        for number in range(5):
            await model.ainvoke(str(number), config)
        return list(asyncio.current_task()._callbacks or [])  # type: ignore[union-attr]

    kept = _run(provider, main)

    assert not any("_task_ended" in str(each) for each in kept)


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
    assert _ended(logged)
    assert {each["outcome"] for each in ends} == {"completed"}
    assert [each.get("interrupted") for each in ends] == [True, None, None, None]


# -- conversations ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["session_id", "thread_id", "conversation_id"])
def test_runs_own_session_is_preferred(logged: Any, model: Any, handler: Any, name: str) -> None:
    """An id in a run's config goes before the handler's."""
    config = {"callbacks": [handler], "metadata": {name: "mine"}}

    model.invoke("Hi", config=config)

    assert {each["session_id"] for each in logged.dicts} == {conversation_id_of("mine")}


def test_without_any_id_the_history_decides(logged: Any, model: Any) -> None:
    """Without an id, a call has the conversation that its history gives."""
    handler = HILTCallbackHandler(logged.session)

    model.invoke("Hi", config={"callbacks": [handler]})
    model.invoke("Hi", config={"callbacks": [handler]})

    assert len({each["session_id"] for each in logged.dicts}) == 1


def test_chain_without_an_id_is_one_conversation(logged: Any, model: Any) -> None:
    """Without an id, everything of one run belongs together."""
    handler = HILTCallbackHandler(logged.session)

    _rag(model).invoke("What is alpha?", config={"callbacks": [handler]})

    assert len({each["session_id"] for each in logged.dicts}) == 1


@pytest.mark.parametrize("wrong", ["", 7])
def test_wrong_session_id_is_refused(logged: Any, wrong: Any) -> None:
    """An id is text that is not empty."""
    with pytest.raises(ConfigurationError, match="session_id"):
        HILTCallbackHandler(logged.session, session_id=wrong)


def test_wrong_session_is_refused() -> None:
    """A path is not a session."""
    with pytest.raises(SessionError, match="session"):
        HILTCallbackHandler("log.jsonl")


# -- with instrument() ------------------------------------------------------------------------


@pytest.fixture
def automatic(instrumented: Any) -> Any:
    """A second log, of `hilt.instrument`."""
    return instrumented(providers=["openai"])


def test_call_is_logged_once_and_enriched(
    logged: Any, provider: Provider, handler: Any, automatic: Any
) -> None:
    """The handler's events have what the SDK knows: attempts, server, request id, raw usage."""
    provider.fail(status=500, retry_after=0.01)

    _model(provider, max_retries=2).invoke("Hi", config={"callbacks": [handler]})

    completion = logged.only("completion")
    assert automatic.events == []
    assert logged.actions == ["prompt", "completion"]
    assert completion["extensions"]["attempts"] == 2
    assert completion["provenance"]["sdk"].startswith("openai ")
    assert completion["provenance"]["request_id"].startswith("req_")
    assert completion["provenance"]["server"] == provider.url.removeprefix("http://")
    assert completion["provenance"]["framework"] == "langchain"


def test_error_is_logged_once_and_enriched(
    logged: Any, provider: Provider, model: Any, handler: Any, automatic: Any
) -> None:
    """A failure has the SDK's own error type, and is told once."""
    provider.fail(status=429)

    with pytest.raises(openai.RateLimitError):
        model.invoke("Hi", config={"callbacks": [handler]})

    assert automatic.events == []
    assert logged.actions == ["prompt", "system"]
    assert logged.only("system")["extensions"]["error_type"] == "openai.RateLimitError"
    assert logged.only("system")["extensions"]["attempts"] == 1


def test_own_call_between_chunks_is_logged(
    logged: Any, provider: Provider, model: Any, handler: Any, automatic: Any
) -> None:
    """A call that the user makes while a LangChain stream is open is a call of its own."""
    provider.answer(chunks=["Hel", "lo"], tokens=Tokens(prompt=5, completion=2))
    stream = model.stream("Hi", config={"callbacks": [handler]})

    next(stream)
    with openai.OpenAI(base_url=provider.openai_url, api_key="k") as client:
        client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Mine"}]
        )
    list(stream)

    assert [event.content.text for event in automatic.events] == ["Mine", "You said: Mine"]
    assert logged.actions == ["prompt", "completion_chunk", "completion_chunk", "completion"]
    assert logged.only("completion")["provenance"]["usage"].keys() >= {"prompt_tokens"}
    assert "input_tokens" not in logged.only("completion")["provenance"]["usage"]


def test_calls_without_the_handler_are_automatic(
    logged: Any, model: Any, handler: Any, automatic: Any
) -> None:
    """A model that the handler does not watch is logged by the SDK's instrumentor."""
    model.invoke("Hi", config={"callbacks": [handler]})
    model.invoke("Unwatched")

    assert logged.actions == ["prompt", "completion"]
    assert [event.content.text for event in automatic.events] == [
        "Unwatched",
        "You said: Unwatched",
    ]


def test_agent_is_logged_once(
    logged: Any, provider: Provider, model: Any, handler: Any, automatic: Any
) -> None:
    """Every model call of an agent's loop is told once."""
    pytest.importorskip("langgraph")
    provider.answer(tool_calls=[("weather", {"city": "Rome"})])
    provider.answer("Sunny.")

    _agent(model, [weather]).invoke(
        {"messages": [{"role": "user", "content": "Weather?"}]}, config={"callbacks": [handler]}
    )

    assert automatic.events == []
    assert [told[0] for told in _calls(logged)] == [
        "prompt",
        "completion",
        "tool_call",
        "tool_result",
        "completion",
    ]


def test_tasks_with_instrument_are_logged_once(
    logged: Any, provider: Provider, handler: Any, automatic: Any
) -> None:
    """Asynchronous calls at once are each matched with the SDK's own."""

    async def main(model: ChatOpenAI) -> None:
        config: Any = {"callbacks": [handler]}
        await asyncio.gather(*(model.ainvoke(f"q{number}", config) for number in range(10)))

    _run(provider, main)

    assert automatic.events == []
    assert sorted(logged.actions) == ["completion"] * 10 + ["prompt"] * 10


# -- doing no harm ----------------------------------------------------------------------------


class _Broken(MemorySink):
    """A sink that breaks its promise never to raise."""

    def write(self, lines: bytes, count: int) -> None:
        raise RuntimeError("no disk")


def test_error_of_ours_never_reaches_a_run(
    provider: Provider, model: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A session that raises at every event changes no chain, stream, tool or agent."""
    with Session(_Broken()) as session:
        handler = HILTCallbackHandler(session)
        config: Any = {"callbacks": [handler]}
        provider.answer("A letter.")
        provider.answer(chunks=["Hel", "lo"])

        said = _rag(model).invoke("What is alpha?", config=config)
        streamed = [chunk.content for chunk in model.stream("Hi", config=config)]
        called = weather.invoke({"city": "Rome"}, config=config)

    assert said == "A letter."
    assert "".join(map(str, streamed)) == "Hello"
    assert called == "Sunny in Rome"
    assert len(handler._runs) == 0
    assert not any("Error in HILTCallbackHandler" in each.message for each in caplog.records)


def test_memory_stays_flat_over_many_runs(logged: Any) -> None:
    """A thousand runs of chains, models and tools leave nothing behind."""
    from langchain_core.language_models.fake_chat_models import FakeListChatModel

    handler = HILTCallbackHandler(logged.session)
    chain = RunnableLambda(str) | FakeListChatModel(responses=["Yes."])
    config: Any = {"callbacks": [handler]}

    for number in range(500):
        chain.invoke(f"q{number}", config)
        weather.invoke({"city": "Rome"}, config)
    logged.sink.clear()
    gc.collect()

    assert len(handler._runs) == 0
    assert len(handler._engine.pending) == 0
    kept = [each for each in gc.get_objects() if type(each).__name__ in ("Run", "Step")]
    assert kept == []


def test_requests_are_the_same_with_the_handler(
    provider: Provider, model: Any, handler: Any
) -> None:
    """The same bytes go to the provider with and without the handler."""
    model.invoke("Hi")
    model.invoke("Hi", config={"callbacks": [handler]})

    bare, watched = provider.requests
    assert bare.body == watched.body


def test_answers_of_a_function_reach_each_thread(provider: Provider, model: Any) -> None:
    """Calls at once, each with a handler of its own, keep their sessions apart."""

    @provider.answer_with
    def _(asked: Asked) -> str:
        return f"echo {asked.text}"

    def talk(number: int) -> list[str | None]:
        sink = MemorySink()
        with Session(sink) as session:
            handler = HILTCallbackHandler(session)
            model.invoke(str(number), config={"callbacks": [handler]})
        return [event.content.text if event.content else None for event in sink.events]

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(talk, range(8)))

    assert told == [[str(number), f"echo {number}"] for number in range(8)]

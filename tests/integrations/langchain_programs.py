"""Programs that use LangChain and LangGraph, and what their logs are compared by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import openai
import pytest
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from hilt.testing.provider import Provider


class Shelf(BaseRetriever):
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


def chat_model(provider: Provider, **options: Any) -> ChatOpenAI:
    """A chat model on the embedded provider that tries once."""
    given: dict[str, Any] = {
        "model": "gpt-4o-mini",
        "base_url": provider.openai_url,
        "api_key": "k",
        "max_retries": 0,
        "stream_usage": True,
        **options,
    }
    return ChatOpenAI(**given)


def run_async(provider: Provider, body: Callable[[ChatOpenAI], Awaitable[Any]]) -> Any:
    """Run something in a loop of its own, with a model whose connections end with it."""

    async def main() -> Any:
        async with openai.DefaultAsyncHttpxClient() as http:
            return await body(chat_model(provider, http_async_client=http))

    return asyncio.run(main())


def make_agent(model: Any, tools: list[Any], **options: Any) -> Any:
    """An agent as this version of LangChain makes it."""
    agents: Any = pytest.importorskip("langchain.agents")
    if hasattr(agents, "create_agent"):
        return agents.create_agent(model, tools, **options)
    prebuilt: Any = pytest.importorskip("langgraph.prebuilt")
    return prebuilt.create_react_agent(model, tools, **options)


def retrieval_chain(model: Any) -> Any:
    """A chain that answers a question from the documents that it retrieves."""
    prompt = ChatPromptTemplate.from_messages([("system", "{context}"), ("human", "{question}")])
    inputs = {"context": Shelf(), "question": RunnableLambda(str)}
    return inputs | prompt | model | StrOutputParser()


def thread_graph(model: Any) -> Any:
    """A graph that keeps the messages of each thread."""
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


def events_of_calls(logged: Any) -> list[tuple[str, str | None, str | None]]:
    """Action, text and replied action of each event, without those at the boundaries of steps."""
    steps = {each["event_id"] for each in logged.dicts if "phase" in each["extensions"]}
    return [
        event
        for event, each in zip(logged.outline, logged.dicts, strict=True)
        if each["event_id"] not in steps
    ]


def all_steps_ended(logged: Any) -> bool:
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

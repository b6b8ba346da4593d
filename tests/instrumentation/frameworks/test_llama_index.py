"""LlamaIndex, by a dispatcher that has the interface of its own."""

from __future__ import annotations

import asyncio
import sys
from contextvars import ContextVar
from types import ModuleType, SimpleNamespace

import pytest
from openai import OpenAI

import hilt
from hilt import Session
from hilt.testing import MemorySink, Provider

MODULE = "llama_index.core.instrumentation"


class RetrievalStartEvent(SimpleNamespace):
    """What a retriever begins with."""


class RetrievalEndEvent(SimpleNamespace):
    """What a retriever ends with."""


class ExceptionEvent(SimpleNamespace):
    """What a span that raises ends with."""


class Dispatcher:
    """The root dispatcher."""

    def __init__(self):
        self.span_handlers, self.event_handlers = [], []
        self.add_span_handler = self.span_handlers.append
        self.add_event_handler = self.event_handlers.append

    def span(self, method, span_id, **arguments):
        """Report a span to the handlers."""
        for each in self.span_handlers:
            getattr(each, method)(id_=span_id, **arguments)

    def event(self, event):
        """Report an event to the handlers."""
        for each in self.event_handlers:
            asyncio.run(each.ahandle(event))


@pytest.fixture
def index(monkeypatch):
    """LlamaIndex, imported."""
    dispatcher = Dispatcher()
    core, spans = ModuleType(MODULE), ModuleType(f"{MODULE}.span")
    tags = ModuleType(f"{MODULE}.dispatcher")
    core.get_dispatcher = lambda: dispatcher
    spans.active_span_id = ContextVar("active_span_id", default=None)
    tags.active_instrument_tags = ContextVar("tags", default=None)
    for name in list(sys.modules):
        if name.startswith("llama_index"):
            monkeypatch.delitem(sys.modules, name)
    for module in (core, spans, tags):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return SimpleNamespace(
        dispatcher=dispatcher, span=spans.active_span_id, tags=tags.active_instrument_tags
    )


@pytest.fixture
def sink(index):
    """What is logged meanwhile."""
    sink = MemorySink()
    with Session(sink) as session:
        hilt.instrument(session=session, providers=["openai"])
        yield sink
        hilt.uninstrument()


@pytest.fixture
def ask():
    """A call of a model."""
    with Provider() as provider, OpenAI(base_url=provider.openai_url, api_key="test") as client:

        def call(text):
            messages = [{"role": "user", "content": text}]
            client.chat.completions.create(model="gpt-4o-mini", messages=messages)

        yield call


def retrieve(index, error=None):
    """A retrieval in the span ``r``."""
    bundle = SimpleNamespace(query_str="What does HILT do?")
    index.dispatcher.event(RetrievalStartEvent(span_id="r", str_or_query_bundle=bundle))
    if error is not None:
        index.dispatcher.event(ExceptionEvent(span_id="r", exception=error))
        return
    node = SimpleNamespace(node_id="n1", text="It logs calls.", metadata={})
    nodes = [SimpleNamespace(node=node, score=0.5)]
    index.dispatcher.event(RetrievalEndEvent(span_id="r", str_or_query_bundle=bundle, nodes=nodes))


def test_query_is_one_conversation_with_its_retrieval(index, sink, ask):
    """Also where nothing was called before the retrieval."""
    index.dispatcher.span("span_enter", "q")
    index.dispatcher.span("span_enter", "r", parent_id="q")
    retrieve(index)
    index.dispatcher.span("span_exit", "r")
    index.span.set("q")
    ask("Rewrite the question.")
    ask("Answer the question.")
    index.dispatcher.span("span_exit", "q")

    assert sorted(each.action for each in sink.events) == [
        "completion",
        "completion",
        "prompt",
        "prompt",
        "retrieval",
    ]
    assert len({each.session_id for each in sink.events}) == 1
    assert {each.provenance["run"] for each in sink.events} == {"q"}
    retrieval = next(each for each in sink.events if each.action == "retrieval")
    assert retrieval.content.to_dict() == {
        "text": "What does HILT do?",
        "documents": [{"id": "n1", "text": "It logs calls.", "score": 0.5}],
    }
    assert retrieval.extensions["score"] == 0.5


class ChatEngine:
    """A chat engine: it has a memory."""

    _memory = ()


def take_turn(index, ask, engine, number, **arguments):
    """A turn of a chat, which asks about a text of its own; the conversations it is in."""
    turn = f"ChatEngine.chat-{number}"
    bound = SimpleNamespace(arguments={"message": "Hi", **arguments})
    index.dispatcher.span("span_enter", turn, instance=engine, bound_args=bound)
    index.span.set(turn)
    ask(f"Question {number}")
    index.dispatcher.span("span_exit", turn)


def conversations(sink):
    """The conversations of the prompts, by the order of their first one."""
    ids = [each.session_id for each in sink.events if each.action == "prompt"]
    return [ids.index(each) for each in ids]


def test_turns_of_a_chat_engine_are_one_conversation(index, sink, ask):
    """Also where a turn begins with a call that has no history, such as an embedding."""
    engine, other = ChatEngine(), ChatEngine()
    take_turn(index, ask, engine, 1)
    take_turn(index, ask, other, 2)
    take_turn(index, ask, engine, 3)
    take_turn(index, ask, other, 4)

    assert conversations(sink) == [0, 1, 0, 1]
    assert {each.provenance["run"] for each in sink.events} == {
        f"ChatEngine.chat-{number}" for number in (1, 2, 3, 4)
    }


def test_memory_of_a_chat_engine_that_is_replaced(index, sink, ask):
    """It is another chat: of another person, perhaps."""
    engine = ChatEngine()
    take_turn(index, ask, engine, 1)
    index.dispatcher.span("span_enter", "ChatEngine.reset-2", instance=engine)
    take_turn(index, ask, engine, 3)
    take_turn(index, ask, engine, 4, chat_history=["Hello"])
    take_turn(index, ask, engine, 5)

    assert conversations(sink) == [0, 1, 2, 2]


def test_retrieval_that_fails(index, sink):
    """Says so."""
    index.dispatcher.span("span_enter", "r")
    retrieve(index, error=TimeoutError("too late"))
    index.dispatcher.span("span_drop", "r")

    (retrieval,) = sink.events
    assert retrieval.extensions["outcome"] == "timeout"


def test_agent_and_tags_are_named(index, sink, ask):
    """The tags that a program has set are its conversation and its user."""

    class BaseWorkflowAgent:
        name = "Forecaster"

    index.dispatcher.span("span_enter", "a", instance=BaseWorkflowAgent())
    index.dispatcher.span("span_enter", "m", parent_id="a")
    index.span.set("m")
    index.tags.set({"session_id": "chat-7", "user_id": "alice"})
    ask("Weather?")

    assert [(each.session_id, each.actor.id, each.actor.name) for each in sink.events] == [
        ("chat-7", "alice", None),
        ("chat-7", "openai", "Forecaster"),
    ]


def test_uninstrument_takes_the_handlers_back(index, sink):
    """Both of them."""
    hilt.uninstrument()

    assert index.dispatcher.span_handlers == index.dispatcher.event_handlers == []

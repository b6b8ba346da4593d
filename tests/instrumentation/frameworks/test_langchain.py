"""LangChain and LangGraph under `hilt.instrument` alone."""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace

import pytest

import hilt
from hilt import Session
from hilt.core.guard import guard
from hilt.instrumentation.frameworks.langchain import LangChain
from hilt.testing import MemorySink, Provider

pytest.importorskip("langchain_core")
from langchain_core.documents import Document
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tracers import context
from openai import OpenAI


class Model(BaseChatModel):
    """A model over OpenAI's SDK."""

    client: object

    @property
    def _llm_type(self):
        return "test"

    def _generate(self, messages, *args, **kwargs):
        sent = [{"role": "user", "content": each.content} for each in messages]
        answer = self.client.chat.completions.create(model="gpt-4o-mini", messages=sent)
        message = AIMessage(answer.choices[0].message.content)
        return ChatResult(generations=[ChatGeneration(message=message)])


class Retriever(BaseRetriever):
    """Finds one document."""

    def _get_relevant_documents(self, query, *, run_manager):
        return [Document("Orders take a week.", id="d1")]


@pytest.fixture
def sink(monkeypatch):
    """What is logged meanwhile."""
    monkeypatch.delitem(sys.modules, "hilt.integrations.langchain", raising=False)
    sink = MemorySink()
    with Session(sink) as session:
        hilt.instrument(session=session, providers=["openai"])
        yield sink
        hilt.uninstrument()


@pytest.fixture
def client():
    """A client of a local provider."""
    with Provider() as provider, OpenAI(base_url=provider.openai_url, api_key="test") as client:
        yield client


def test_thread_in_the_config_of_a_model_is_the_conversation(sink, client):
    """Of a call that no chain is around; with the user, where the metadata names one."""
    model = Model(client=client)
    for thread in ("t1", "t2"):
        model.invoke("Hi", {"metadata": {"thread_id": thread, "user_id": "alice"}})

    assert [(each.session_id, each.actor.id) for each in sink.events] == [
        ("t1", "alice"),
        ("t1", "openai"),
        ("t2", "alice"),
        ("t2", "openai"),
    ]


def test_run_of_a_chain_is_one_conversation(sink, client):
    """Its retrieval, a model's call and a call of the SDK in a function, whatever they send."""
    model = Model(client=client)

    def direct(message):
        messages = [{"role": "user", "content": "Translate"}]
        client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        return message

    chain = Retriever() | RunnableLambda(lambda found: found[0].page_content) | model | direct
    chain.invoke("When?", {"metadata": {"lc_agent_name": "Support"}})

    actions = sorted(each.action for each in sink.events)
    assert actions == ["completion", "completion", "prompt", "prompt", "retrieval"]
    assert len({each.session_id for each in sink.events}) == 1
    assert len({each.provenance["run"] for each in sink.events}) == 1
    retrieval = next(each for each in sink.events if each.action == "retrieval")
    assert retrieval.content.text == "When?"
    assert retrieval.content.documents == [{"id": "d1", "text": "Orders take a week."}]
    answers = [each for each in sink.events if each.action == "completion"]
    assert [each.actor.name for each in answers] == ["Support", "Support"]


def test_asynchronous_chain_is_one_conversation(sink, client):
    """Also where LangChain calls the model in a thread."""
    chain = RunnableLambda(lambda text: f"{text} Now?") | Model(client=client)
    asyncio.run(chain.ainvoke("When?", {"configurable": {"thread_id": "t1"}}))

    assert [(each.action, each.session_id) for each in sink.events] == [
        ("prompt", "t1"),
        ("completion", "t1"),
    ]
    assert {each.provenance["framework"] for each in sink.events} == {"langchain"}


def test_call_after_a_model_is_not_part_of_its_run(sink, client):
    """Even in the same context."""
    Model(client=client).invoke("Hi", {"metadata": {"thread_id": "t1"}})
    messages = [{"role": "user", "content": "Hi"}]
    client.chat.completions.create(model="gpt-4o-mini", messages=messages)

    assert [each.session_id == "t1" for each in sink.events] == [True, True, False, False]
    assert "framework" not in sink.events[-1].provenance


def test_uninstrument_takes_the_hook_back():
    """LangChain has no handler of HILT's then."""
    before = list(context._configure_hooks)
    with Session(MemorySink()) as session:
        hilt.instrument(session=session, providers=[])
        during = len(context._configure_hooks)
        hilt.uninstrument()

    assert during == len(before) + 1
    assert context._configure_hooks == before


@pytest.fixture
def observed(monkeypatch):
    """What reads LangChain's runs, and what it has told of them."""
    monkeypatch.delitem(sys.modules, "hilt.integrations.langchain", raising=False)
    told = []
    steps = SimpleNamespace(
        add=lambda step, of: told.append(("add", step, of)),
        end=lambda run: told.append(("end", run)),
    )
    found = LangChain(context, steps)
    yield found, told
    found.close()


def test_every_kind_of_run_has_the_run_at_its_root(observed):
    """Chains and tools, also in each other; a root that ends, or fails, is told."""
    found, told = observed
    handler = found._handler
    handler.on_chain_start({}, {}, run_id="r", parent_run_id=None)
    handler.on_tool_start({}, "", run_id="t", parent_run_id="r")
    handler.on_retriever_start({"name": "shelf"}, "q", run_id="d", parent_run_id="t")
    handler.on_retriever_end([Document("A", id="d1", metadata={"n": 1})], run_id="d")
    handler.on_chain_error(ValueError(), run_id="t", parent_run_id="r")
    assert [each[0] for each in told] == ["add"]
    handler.on_chain_error(ValueError(), run_id="r", parent_run_id=None)
    handler.on_chain_end({}, run_id="s", parent_run_id=None)

    (_, step, of), *ends = told
    assert (step.name, step.input_text, step.failure, of.run) == ("shelf", "q", None, "r")
    assert step.documents == [{"id": "d1", "text": "A", "metadata": {"n": 1}}]
    assert step.ended >= step.started
    assert ends == [("end", "r"), ("end", "s")]


def test_retrieval_that_fails_is_a_step_without_documents(observed):
    """In the conversation that the program names, if it does; it ends once."""
    found, told = observed
    handler = found._handler
    handler.on_retriever_start(None, "q", run_id="d", name="shelf")
    with hilt.conversation("order-42"):
        handler.on_retriever_error(LookupError("empty"), run_id="d")
        handler.on_retriever_error(LookupError("empty"), run_id="d")

    ((_, step, of),) = told
    assert (step.name, step.documents, step.failure.message) == ("shelf", [], "empty")
    assert of.conversation == "order-42"


def test_what_the_handler_cannot_read_harms_nothing(observed, monkeypatch):
    """It is reported to the guard, and LangChain goes on."""
    found, told = observed
    failures = []
    monkeypatch.setattr(guard, "report", failures.append)
    monkeypatch.setattr(found, "begin", lambda *_: 1 / 0)

    found._handler.on_tool_start({}, "", run_id="t")

    assert failures == ["reading a run of LangChain"]
    assert told == []


def test_handler_that_is_closed_reports_nothing(observed):
    """LangChain may have it in callbacks that it has made; of hooks it is taken out."""
    found, told = observed
    assert found._hook in context._configure_hooks

    found.close()
    found._handler.on_chain_end({}, run_id="r")

    assert told == []
    assert found._hook not in context._configure_hooks

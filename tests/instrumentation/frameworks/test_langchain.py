"""LangChain and LangGraph under `hilt.instrument` alone."""

from __future__ import annotations

import asyncio
import sys

import pytest

import hilt
from hilt import Session
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

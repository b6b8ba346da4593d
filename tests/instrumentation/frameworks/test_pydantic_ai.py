"""Pydantic AI, by a module that has the interface of its own."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

from openai import OpenAI

import hilt
from hilt import Session
from hilt.testing import MemorySink, Provider

MODULE = "pydantic_ai._run_context"


def test_run_context_names_conversation_run_and_agent(monkeypatch):
    """A call outside of a run has none of them."""
    module = ModuleType(MODULE)
    agent = SimpleNamespace(name="Weather")
    run = SimpleNamespace(conversation_id="c1", run_id="r1", agent=agent)
    contexts = iter([run, None])
    module.get_current_run_context = lambda: next(contexts)
    monkeypatch.setitem(sys.modules, MODULE, module)
    sink = MemorySink()
    with Provider() as provider, Session(sink) as session:
        hilt.instrument(session=session, providers=["openai"])
        with OpenAI(base_url=provider.openai_url, api_key="test") as client:
            for _ in range(2):
                messages = [{"role": "user", "content": "Hi"}]
                client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        hilt.uninstrument()

    _, first, _, second = sink.events
    assert (first.session_id, first.actor.name) == ("c1", "Weather")
    assert first.provenance["run"] == "r1"
    assert second.session_id.startswith("conv_")
    assert "framework" not in second.provenance


def test_version_without_a_current_run_is_left_alone(monkeypatch):
    """Calls are logged as ever."""
    monkeypatch.setitem(sys.modules, MODULE, ModuleType(MODULE))
    with Session(MemorySink()) as session:
        hilt.instrument(session=session, providers=[])
        hilt.uninstrument()

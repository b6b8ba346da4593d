"""CrewAI, by modules that have the interface of its own."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from types import ModuleType, SimpleNamespace

import pytest
from openai import OpenAI

import hilt
from hilt import Session
from hilt.testing import MemorySink, Provider


class Started:
    """The type of an event."""


class Bus:
    """The event bus."""

    def __init__(self):
        self.handlers = []

    def on(self, _type):
        """Add a handler."""
        return self.handlers.append

    def off(self, _type, handler):
        """Take a handler back."""
        self.handlers.remove(handler)


@pytest.fixture
def crewai(monkeypatch):
    """CrewAI, imported."""
    parts = {
        "event_bus": {"crewai_event_bus": Bus()},
        "event_context": {"_event_id_stack": ContextVar("stack", default=())},
        "types.agent_events": {"AgentExecutionStartedEvent": Started},
    }
    for name, content in parts.items():
        module = ModuleType(f"crewai.events.{name}")
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return SimpleNamespace(
        bus=parts["event_bus"]["crewai_event_bus"], stack=parts["event_context"]["_event_id_stack"]
    )


def test_crew_is_one_conversation_of_its_agents(crewai):
    """Whatever each of them is asked; afterwards CrewAI has no handler of HILT's."""
    sink = MemorySink()
    with Provider() as provider, Session(sink) as session:
        hilt.instrument(session=session, providers=["openai"])
        with OpenAI(base_url=provider.openai_url, api_key="test") as client:
            for role in ("Writer", "Editor"):
                agent = SimpleNamespace(role=role)
                crewai.bus.handlers[0](None, SimpleNamespace(agent=agent, event_id=role))
                token = crewai.stack.set((("crew", "crew_kickoff_started"), (role, "agent")))
                messages = [{"role": "user", "content": role}]
                client.chat.completions.create(model="gpt-4o-mini", messages=messages)
                crewai.stack.reset(token)
        hilt.uninstrument()

    assert len({each.session_id for each in sink.events}) == 1
    assert {each.provenance["run"] for each in sink.events} == {"crew"}
    assert [each.provenance["agent"] for each in sink.events] == ["Writer"] * 2 + ["Editor"] * 2
    assert crewai.bus.handlers == []

"""OpenAI Agents, by modules and spans that have the interface of its own."""

from __future__ import annotations

import contextlib
import sys
from types import ModuleType, SimpleNamespace

import pytest
from openai import OpenAI

import hilt
from hilt import Session
from hilt.testing import MemorySink, Provider


class Agents(ModuleType):
    """The module ``agents``, as far as processors of traces go."""

    def __init__(self):
        super().__init__("agents")
        self.processors = []
        self.trace = self.span = None
        self.count = 0

    def add_trace_processor(self, processor):
        """Report to one more."""
        self.processors.append(processor)

    def get_current_trace(self):
        """The trace that runs."""
        return self.trace

    def get_current_span(self):
        """The innermost span."""
        return self.span

    @contextlib.contextmanager
    def run(self, trace_id="trace_1", group_id=None):
        """A trace."""
        self.trace = SimpleNamespace(trace_id=trace_id, group_id=group_id)
        yield
        for each in self.processors:
            each.on_trace_end(self.trace)
        self.trace = None

    @contextlib.contextmanager
    def within(self, **data):
        """A span below the current one."""
        self.count += 1
        above = self.span
        self.span = SimpleNamespace(
            span_id=f"span_{self.count}",
            parent_id=above.span_id if above else None,
            trace_id=self.trace.trace_id,
            span_data=SimpleNamespace(**data),
            error=None,
        )
        for each in self.processors:
            each.on_span_start(self.span)
        yield
        for each in self.processors:
            each.on_span_end(self.span)
        self.span = above


@pytest.fixture
def agents(monkeypatch):
    """The module, imported."""
    module = Agents()
    monkeypatch.setitem(sys.modules, "agents", module)
    return module


@pytest.fixture
def sink(agents):
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


def test_run_is_one_conversation_of_its_agents(agents, sink, ask):
    """Also where the second agent is sent other messages; each answer names its agent."""
    with agents.run():
        with agents.within(type="agent", name="Triage"):
            with agents.within(type="response"):
                ask("Where is my order?")
            with agents.within(type="handoff", from_agent="Triage", to_agent="Orders"):
                pass
        with agents.within(type="agent", name="Orders"), agents.within(type="response"):
            ask("Look for an order.")
    ask("Something else")

    assert [(each.action, each.actor.id, each.actor.name) for each in sink.events] == [
        ("prompt", "user", None),
        ("completion", "openai", "Triage"),
        ("system", "Triage", None),
        ("system", "Triage", None),
        ("prompt", "user", None),
        ("completion", "openai", "Orders"),
        ("system", "Orders", None),
        ("prompt", "user", None),
        ("completion", "openai", None),
    ]
    *run, other_prompt, other_answer = sink.events
    assert len({each.session_id for each in run}) == 1
    assert other_prompt.session_id == other_answer.session_id != run[0].session_id
    assert {(each.provenance["framework"], each.provenance["run"]) for each in run} == {
        ("openai-agents", "trace_1")
    }
    handoff = run[2]
    assert handoff.content.text == "Handoff to Orders"
    assert handoff.extensions["handoff_to"] == "Orders"


def test_group_is_the_conversation(agents, sink, ask):
    """The program's own id comes first."""
    with agents.run(group_id="chat-7"):
        ask("One")
        with hilt.conversation("order-42"):
            ask("Two")

    assert [each.session_id for each in sink.events] == ["chat-7"] * 2 + ["order-42"] * 2


def test_guardrail_before_the_first_call_is_in_its_conversation(agents, sink, ask):
    """It waits until the conversation is known, or the run is over."""
    with agents.run(), agents.within(type="agent", name="Triage"):
        with agents.within(type="guardrail", name="polite", triggered=False):
            pass
        ask("One")
    with agents.run("trace_2"), agents.within(type="guardrail", name="polite", triggered=True):
        pass

    passed = next(each for each in sink.events if each.actor.id == "polite")
    assert passed.session_id == sink.events[0].session_id
    assert passed.content.text == "Passed"
    assert sink.events[-1].content.text == "Triggered"
    assert sink.events[-1].extensions["triggered"] is True


def test_nothing_is_read_after_uninstrument(agents, sink, ask):
    """A processor cannot be taken back, and does nothing."""
    hilt.uninstrument()

    with agents.run(), agents.within(type="agent", name="Triage"):
        ask("One")

    assert sink.events == []


def test_broken_framework_costs_no_event(agents, sink, ask):
    """The call is logged without what the framework knows."""
    agents.trace = object()

    ask("One")

    assert [each.action for each in sink.events] == ["prompt", "completion"]
    assert "framework" not in sink.events[0].provenance


def test_other_module_of_that_name_is_left_alone(monkeypatch):
    """A program may have a package ``agents`` of its own."""
    module = ModuleType("agents")
    monkeypatch.setitem(sys.modules, "agents", module)
    with Session(MemorySink()) as session:
        hilt.instrument(session=session, providers=[])
        hilt.uninstrument()

    assert not [name for name in vars(module) if not name.startswith("__")]


def test_second_instrument_does_not_pile_up_processors(agents, sink, ask):
    """One that cannot be taken out is used again; one that the program took out is added again."""
    agents.tracing = SimpleNamespace(
        get_trace_provider=lambda: SimpleNamespace(
            _multi_processor=SimpleNamespace(_processors=tuple(agents.processors))
        )
    )
    again = MemorySink()
    for _ in range(3):
        hilt.instrument(session=Session(again), providers=["openai"])
    assert len(agents.processors) == 1
    with agents.run(), agents.within(type="agent", name="Triage"):
        ask("Where is my order?")
    agents.processors.clear()
    hilt.instrument(session=Session(again), providers=["openai"])
    assert len(agents.processors) == 1

    assert sink.events == []
    assert [(each.action, each.actor.name) for each in again.events] == [
        ("prompt", None),
        ("completion", "Triage"),
        ("system", None),
    ]

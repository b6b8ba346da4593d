"""Frameworks without observers, by functions that have the names and variables of theirs."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest
from openai import OpenAI

import hilt
from hilt import Session
from hilt._context import FrameworkContext
from hilt.instrumentation.frameworks import running_agents
from hilt.instrumentation.frameworks.run_steps import RunSteps
from hilt.testing import MemorySink, Provider
from tests.instrumentation.frameworks.framed import framed


class Weakly(SimpleNamespace):
    """An object that can be referred to weakly."""


def read_within(package: str, module: str, source: str, **values: Any) -> FrameworkContext | None:
    """What is read while a function of a framework calls something."""
    reader = running_agents.observe(ModuleType(package), cast("RunSteps", None))
    found: FrameworkContext | None = framed(module, source)(reader.read, **values)
    return found


AGNO = "def invoke(call, run_response): return call()"
FLOW = "def run(call, invocation_context): return call()"
LOOP = "def cycle(call, agent): return call()"


@pytest.mark.parametrize(
    ("package", "module", "source", "values", "expected"),
    [
        (
            "agno", "agno.models.base", AGNO,
            {"run_response": SimpleNamespace(run_id="r1", session_id="s1", user_id="alice",
                                             agent_name="Weather", parent_run_id=None)},
            FrameworkContext("agno", "s1", "alice", "r1", "Weather"),
        ),
        (
            "agno", "agno.models.base", AGNO,
            {"run_response": SimpleNamespace(run_id="r2", parent_run_id="r1", team_name="Team")},
            FrameworkContext("agno", run="r1", agent="Team"),
        ),
        ("agno", "agno.models.base", AGNO, {"run_response": None}, None),
        ("agno", "other.models.base", AGNO, {"run_response": SimpleNamespace(run_id="r1")}, None),
        (
            "agent_framework", "agent_framework._tools",
            "def respond(call, invocation_session): return call()",
            {"invocation_session": SimpleNamespace(session_id="s1")},
            FrameworkContext("agent-framework", "s1"),
        ),
        (
            "agent_framework", "agent_framework._types",
            "def _pull_next_update(call, self): return call()",
            {"self": SimpleNamespace(_map_update=SimpleNamespace(keywords={"agent_name": "W"}))},
            FrameworkContext("agent-framework", agent="W"),
        ),
        ("agent_framework", "agent_framework._types", "def other(call, self): return call()",
         {"self": None}, None),
        (
            "haystack", "haystack.core.pipeline.pipeline",
            "def run(call, component_name, instance, parent_span): return call()",
            {"component_name": "llm", "instance": object(), "parent_span": None},
            FrameworkContext("haystack", node="llm"),
        ),
        (
            "google.adk", "google.adk.flows.llm_flows.base_llm_flow", FLOW,
            {"invocation_context": SimpleNamespace(
                session=SimpleNamespace(id="s1", user_id="alice"), invocation_id="e-1",
                agent=SimpleNamespace(name="Weather"))},
            FrameworkContext("google-adk", "s1", "alice", "e-1", "Weather"),
        ),
        (
            "strands", "strands.event_loop.event_loop", LOOP,
            {"agent": SimpleNamespace(name="Weather", trace_attributes={"session.id": "s1"})},
            FrameworkContext("strands", "s1", agent="Weather"),
        ),
        (
            "strands", "strands.event_loop.event_loop", LOOP,
            {"agent": SimpleNamespace(
                name="Weather", _session_manager=SimpleNamespace(session_id="kept"))},
            FrameworkContext("strands", "kept", agent="Weather"),
        ),
        ("strands", "strands.models.openai", LOOP, {"agent": SimpleNamespace(name="W")}, None),
        ("semantic_kernel", "semantic_kernel.connectors.ai", LOOP, {"agent": None}, None),
    ],
)  # fmt: skip
def test_variables(
    package: str, module: str, source: str, values: dict[str, Any], expected: object
) -> None:
    """Each framework says what it knows in variables of its own; other functions say nothing."""
    assert read_within(package, module, source, **values) == expected


def test_run_of_agent_framework_has_an_id() -> None:
    """Calls of one run have one id, which is that of its context."""
    source = """
    def _run_non_streaming(call, session_context):
        ctx = {"agent_name": "W", "session": None, "session_context": session_context}
        return call()
    """
    runs = [Weakly(), Weakly()]
    first, again, other = (
        read_within("agent_framework", "agent_framework._agents", source, session_context=each)
        for each in (runs[0], runs[0], runs[1])
    )

    assert first is not None
    assert first == again
    assert (first.agent, first.conversation) == ("W", None)
    assert first != other


def test_thread_of_semantic_kernel() -> None:
    """The agent is the object whose method runs."""
    found = read_within(
        "semantic_kernel",
        "semantic_kernel.agents.chat_completion.chat_completion_agent",
        "def invoke(call, self, thread): return call()",
        self=SimpleNamespace(name="Weather"),
        thread=Weakly(id="thread_1"),
    )

    assert found is not None
    assert (found.conversation, found.agent) == ("thread_1", "Weather")


def test_agent_of_haystack_is_named_by_its_component() -> None:
    """The span of the pipeline is the run, and an agent's own run is one without a pipeline."""

    class Agent:
        """Has the name of Haystack's class."""

    agent = framed("haystack.components.agents.agent", "def run(call, exe_context): return call()")
    reader = running_agents.observe(ModuleType("haystack"), cast("RunSteps", None))
    span, run = Weakly(), Weakly()
    within = framed(
        "haystack.core.pipeline.pipeline",
        "def run(call, component_name, instance, parent_span): return call()",
    )(
        lambda: agent(reader.read, run),
        component_name="Weather",
        instance=Agent(),
        parent_span=span,
    )
    alone = agent(reader.read, run)

    assert (within.agent, within.node) == ("Weather", "Weather")
    assert within.run is not None
    assert alone.run not in (None, within.run)


def test_agent_within_an_agent() -> None:
    """The inner one calls; the session and the run are those of the outer one."""
    reader = running_agents.observe(ModuleType("agno"), cast("RunSteps", None))
    invoke = framed("agno.models.base", AGNO)
    inner = SimpleNamespace(run_id="r2", session_id="s2", agent_name="Member")
    outer = SimpleNamespace(run_id="r1", session_id="s1", agent_name="Lead")

    found = invoke(lambda: invoke(reader.read, inner), outer)

    assert found == FrameworkContext("agno", "s1", run="r1", agent="Member")


def test_call_within_a_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as a framework is imported, its calls are logged with what it knows."""
    monkeypatch.setitem(sys.modules, "agno", ModuleType("agno"))
    run = SimpleNamespace(run_id="r1", session_id="s1", user_id="alice", agent_name="Weather")
    sink = MemorySink()
    with Provider() as provider, Session(sink) as session:
        hilt.instrument(session=session, providers=["openai"])
        with OpenAI(base_url=provider.openai_url, api_key="test") as client:
            messages: Any = [{"role": "user", "content": "Hi"}]
            framed("agno.models.base", AGNO)(
                lambda: client.chat.completions.create(model="gpt-4o-mini", messages=messages), run
            )
        hilt.uninstrument()

    prompt, answer = sink.events
    assert (prompt.session_id, prompt.actor.id, answer.actor.name) == ("s1", "alice", "Weather")
    assert answer.provenance is not None
    assert answer.provenance["framework"] == "agno"


def test_broken_variables_cost_the_context_only() -> None:
    """An object that raises is none of the call's business: the engine guards the reader."""

    class Broken:
        @property
        def run_id(self) -> str:
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        read_within("agno", "agno.models.base", AGNO, run_response=Broken())

"""Frameworks whose spans say what they know."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from openai import OpenAI
from opentelemetry.sdk.trace import TracerProvider

import hilt
from hilt import Session
from hilt.testing import MemorySink, Provider

SPANS = {
    "gcp.vertex.agent": {
        "gen_ai.conversation.id": "s1",
        "gen_ai.agent.name": "Weather",
        "gcp.vertex.agent.invocation_id": "e-1",
    },
    "strands.telemetry.tracer": {"session.id": "s1", "user.id": "alice"},
    "somebody": {"gen_ai.conversation.id": "s1"},
}


@pytest.mark.parametrize(
    ("scope", "session", "user", "provenance"),
    [
        ("gcp.vertex.agent", "s1", "user", ("google-adk", "e-1", "Weather")),
        ("strands.telemetry.tracer", "s1", "alice", ("strands", None, None)),
        ("somebody", None, "user", (None, None, None)),
    ],
)
def test_span_of_a_framework_names_the_conversation(monkeypatch, scope, session, user, provenance):
    """The user, the run and the agent, too; a span of the program's own does not."""
    for name in ("google.adk.telemetry.tracing", "strands.telemetry.tracer"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer(scope)
    sink = MemorySink()
    with Provider() as provider, Session(sink) as logged:
        hilt.instrument(session=logged, providers=["openai"])
        with (
            OpenAI(base_url=provider.openai_url, api_key="test") as client,
            tracer.start_as_current_span("chat", attributes=SPANS[scope]),
        ):
            messages = [{"role": "user", "content": "Hi"}]
            client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        hilt.uninstrument()

    prompt, answer = sink.events
    assert prompt.session_id == answer.session_id
    assert (prompt.session_id if session else None) == session
    assert prompt.actor.id == user
    assert tuple(answer.provenance.get(name) for name in ("framework", "run", "agent")) == (
        provenance
    )

"""Tests for HILT in a program's own provider, beside its exporters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import hilt
from hilt.instrumentation.instrumentors import OpenAIInstrumentor
from hilt.io.session import Session
from hilt.testing import MemorySink, Provider
from hilt_otel_exporters import HiltJsonlSpanExporter
from tests.hilt_otel_exporters.conftest import chat


@pytest.fixture
def client() -> Iterator[openai.OpenAI]:
    """A client of a provider on the loopback."""
    with Provider() as provider, openai.OpenAI(base_url=provider.openai_url, api_key="x") as client:
        yield client
    hilt.uninstrument()


@pytest.fixture
def theirs() -> tuple[TracerProvider, InMemorySpanExporter]:
    """A program's own provider with an exporter of its own."""
    provider, exporter = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider, exporter


def ask(client: openai.OpenAI, **more: Any) -> Any:
    """A call of a model."""
    messages: Any = [{"role": "user", "content": "What is Python?"}]
    return client.chat.completions.create(model="gpt-4o-mini", messages=messages, **more)


def read(path: Path) -> list[dict[str, Any]]:
    """The events of a log."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_attached_provider_gets_spans_without_content(client: openai.OpenAI, theirs: Any) -> None:
    """The program's exporter sees the call and not what was said; the log sees both."""
    provider, exporter = theirs
    sink = MemorySink()
    hilt.instrument(session=Session(sink), tracer_provider=provider)

    ask(client)

    (span,) = exporter.get_finished_spans()
    assert span.attributes["gen_ai.request.model"] == "gpt-4o-mini"
    assert "Python" not in span.to_json()
    assert sink.events[0].content is not None
    assert sink.events[0].content.text == "What is Python?"


def test_own_spans_of_the_program_are_as_before(client: openai.OpenAI, theirs: Any) -> None:
    """A span around the call is the parent of HILT's, and is not changed by it."""
    provider, exporter = theirs
    hilt.instrument(session=Session(MemorySink()), tracer_provider=provider)

    with provider.get_tracer("mine").start_as_current_span("work") as work:
        ask(client)
        with provider.get_tracer("mine").start_as_current_span("after") as after:
            pass

    call = next(span for span in exporter.get_finished_spans() if span.name.startswith("chat"))
    assert call.parent.span_id == work.get_span_context().span_id
    assert after.parent.span_id == work.get_span_context().span_id
    assert dict(work.attributes) == {}


def test_spans_of_others_on_an_attached_provider_are_left_alone(theirs: Any) -> None:
    """Attaching is about HILT's own calls: another's GenAI span is not logged by it."""
    provider, _ = theirs
    sink = MemorySink()
    hilt.instrument(session=Session(sink), tracer_provider=provider)

    provider.get_tracer("other").start_span("chat", attributes=chat()).end()
    hilt.uninstrument()

    assert sink.events == []


def test_uninstrument_leaves_the_provider_as_it_was(client: openai.OpenAI, theirs: Any) -> None:
    """Afterwards a call makes no span, and the provider goes on with the program's."""
    provider, exporter = theirs
    for _ in range(3):
        hilt.instrument(session=Session(MemorySink()), tracer_provider=provider)
        hilt.uninstrument()
    processors = provider._active_span_processor._span_processors

    ask(client)
    provider.get_tracer("mine").start_span("work").end()

    assert [span.name for span in exporter.get_finished_spans()] == ["work"]
    assert len(processors) == 2


def test_exporter_in_the_process_gets_content_that_is_not_on_the_span(
    client: openai.OpenAI, theirs: Any, tmp_path: Path
) -> None:
    """HILT's exporter has prompts, chunks and answers; another on the same provider has none."""
    provider, exporter = theirs
    provider.add_span_processor(SimpleSpanProcessor(HiltJsonlSpanExporter(tmp_path / "log.jsonl")))
    instrumentor = OpenAIInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        for _ in ask(client, stream=True):
            pass
    finally:
        instrumentor.uninstrument()
    provider.shutdown()

    events = read(tmp_path / "log.jsonl")
    chunks = [each["content"]["text"] for each in events if each["action"] == "completion_chunk"]
    assert "".join(chunks) == events[-1]["content"]["text"] == "You said: What is Python?"
    assert "What is Python" not in "".join(span.to_json() for span in exporter.get_finished_spans())


def test_processor_and_exporter_to_one_file_log_a_call_once(
    client: openai.OpenAI, theirs: Any, tmp_path: Path
) -> None:
    """Attached and exported to the same file, a call is one set of events; elsewhere, another."""
    provider, _ = theirs
    for name in ("same.jsonl", "other.jsonl"):
        exporter = HiltJsonlSpanExporter(tmp_path / name)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    hilt.instrument(filepath=tmp_path / "same.jsonl", tracer_provider=provider)

    ask(client)
    hilt.uninstrument()
    provider.shutdown()

    same, other = read(tmp_path / "same.jsonl"), read(tmp_path / "other.jsonl")
    assert [event["action"] for event in same] == ["prompt", "completion"]
    assert [event["content"]["text"] for event in same] == [
        event["content"]["text"] for event in other
    ]


def test_call_that_another_instrumentation_recorded_is_logged_once(
    client: openai.OpenAI, theirs: Any, tmp_path: Path
) -> None:
    """A framework's span around HILT's own, to one exporter, is the same call."""
    provider, _ = theirs
    provider.add_span_processor(SimpleSpanProcessor(HiltJsonlSpanExporter(tmp_path / "log.jsonl")))
    instrumentor = OpenAIInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        outer = chat(**{"gen_ai.response.id": ""})
        with provider.get_tracer("framework").start_as_current_span("chat", attributes=outer):
            ask(client)
    finally:
        instrumentor.uninstrument()
    provider.shutdown()

    prompt, completion = read(tmp_path / "log.jsonl")
    assert completion["content"]["text"] == "You said: What is Python?"
    assert prompt["provenance"]["also_recorded_by"][0]["instrumentation"] == "framework"


def test_tools_of_a_framework_join_the_calls_that_hilt_logs(theirs: Any, tmp_path: Path) -> None:
    """An agent's spans, exported to the file that calls are logged to live, add what is missing."""
    provider, _ = theirs
    log = tmp_path / "log.jsonl"
    provider.add_span_processor(SimpleSpanProcessor(HiltJsonlSpanExporter(log)))
    hilt.instrument(filepath=log, tracer_provider=provider)
    tracer = provider.get_tracer("framework")
    messages: list[Any] = [{"role": "user", "content": "Weather?"}]
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "a"}
    with Provider() as served, openai.OpenAI(base_url=served.openai_url, api_key="x") as client:
        served.answer(tool_calls=[("weather", {"city": "Paris"})])
        served.answer("14 degrees.")
        with tracer.start_as_current_span("agent", attributes=agent):
            first = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
            (call,) = first.choices[0].message.tool_calls or []
            tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "weather"}
            tool |= {"gen_ai.tool.call.id": call.id, "gen_ai.tool.call.result": "14"}
            tracer.start_span("tool", attributes=tool).end()
            messages.append(first.choices[0].message.model_dump(exclude_none=True))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": "14"})
            client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    hilt.uninstrument()
    provider.shutdown()

    events = read(log)
    logged = [event["action"] for event in events]
    assert sorted(logged) == sorted(
        ["prompt", "completion", "tool_call", "tool_result", "completion", "system", "system"]
    )
    assert len({event["session_id"] for event in events}) == 1


def test_exporter_of_the_environment_has_calls_written_as_they_happen(
    client: openai.OpenAI, theirs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made as the auto-agent makes it, an exporter does not wait for a batch: prompt first."""
    monkeypatch.setenv("HILT_FILEPATH", str(tmp_path / "log.jsonl"))
    provider, _ = theirs
    exporter = HiltJsonlSpanExporter()
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=60_000))
    instrumentor = OpenAIInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        stream = ask(client, stream=True)
        before = [event["action"] for event in read(tmp_path / "log.jsonl")]
        for _ in stream:
            pass
        after = [event["action"] for event in read(tmp_path / "log.jsonl")]
    finally:
        instrumentor.uninstrument()
        provider.shutdown()

    assert before == ["prompt"]
    assert after[-1] == "completion"
    assert [event["action"] for event in read(tmp_path / "log.jsonl")] == after

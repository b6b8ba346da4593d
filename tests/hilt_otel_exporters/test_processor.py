"""Tests for the span processor."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from opentelemetry.sdk.trace import SpanLimits, TracerProvider

from hilt import get_context
from hilt.core.guard import guard
from hilt.instrumentation.instrumentors import OpenAIInstrumentor
from hilt.io.session import Session
from hilt.testing import MemorySink, Provider
from hilt_otel_exporters import HiltSpanProcessor, processor
from tests.hilt_otel_exporters.conftest import chat

ASKED = {name: value for name, value in chat().items() if name != "gen_ai.output.messages"}


class Watched:
    """A processor on a provider, and the log that it writes to."""

    def __init__(self, limits: SpanLimits | None = None, **options: Any) -> None:
        self.sink = MemorySink()
        self.processor = HiltSpanProcessor(Session(self.sink), **options)
        self.provider = TracerProvider(shutdown_on_exit=False, span_limits=limits)
        self.provider.add_span_processor(self.processor)
        self.tracer = self.provider.get_tracer("somebody.else")

    @property
    def actions(self) -> list[str]:
        """What was written."""
        return [event.action for event in self.sink.events]


@pytest.fixture
def client() -> Iterator[openai.OpenAI]:
    """A client of a provider on the loopback."""
    with Provider() as served, openai.OpenAI(base_url=served.openai_url, api_key="x") as client:
        yield client


def ask(client: openai.OpenAI, provider: TracerProvider, **more: Any) -> None:
    """A call that HILT observes, with its spans on a provider."""
    instrumentor = OpenAIInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    messages: Any = [{"role": "user", "content": "What is Python?"}]
    try:
        client.chat.completions.create(model="gpt-4o-mini", messages=messages, **more)
    finally:
        instrumentor.uninstrument()


def test_prompt_of_a_foreign_span_is_written_when_it_starts() -> None:
    """Where the input is on it by then; the rest follows when it ends."""
    watched = Watched()
    span = watched.tracer.start_span("chat", attributes=ASKED)
    assert watched.actions == ["prompt"]

    span.set_attribute("gen_ai.output.messages", chat()["gen_ai.output.messages"])
    span.end()
    assert watched.processor.force_flush()

    prompt, completion = watched.sink.events
    assert completion.content is not None
    assert completion.content.text == "Hello"
    assert completion.extensions is not None
    assert completion.extensions["reply_to"] == prompt.event_id


def test_other_spans_are_passed_over() -> None:
    """When they start and when they end."""
    watched = Watched()
    watched.tracer.start_span("GET", attributes={"http.method": "GET"}).end()
    watched.processor.force_flush()

    assert watched.actions == []


def test_foreign_spans_may_be_left_to_others() -> None:
    """As where HILT is attached to a program's own provider."""
    watched = Watched(foreign=False)
    watched.tracer.start_span("chat", attributes=chat()).end()
    watched.processor.force_flush()

    assert watched.actions == []


def test_shutdown_writes_what_waits_and_no_more() -> None:
    """A span that starts or ends later is not logged."""
    watched = Watched()
    late = watched.tracer.start_span("chat", attributes={"gen_ai.operation.name": "chat"})
    watched.tracer.start_span("chat", attributes=chat()).end()

    watched.provider.shutdown()
    assert watched.actions == ["prompt", "completion"]
    late.end()
    watched.processor.on_start(watched.tracer.start_span("chat", attributes=ASKED))  # type: ignore[arg-type]  # the SDK's
    watched.processor.force_flush()
    assert watched.actions == ["prompt", "completion"]


def test_without_a_session_the_current_one_is_written_to() -> None:
    """And nothing where there is none."""
    watched, sink = Watched(), MemorySink()
    following = HiltSpanProcessor()
    span: Any = watched.tracer.start_span("chat", attributes=chat())
    with get_context().use_session(Session(sink)):
        following.on_start(span)
    span.end()
    following.on_end(span)

    assert [event.action for event in sink.events] == ["prompt"]
    assert following.force_flush()


def test_call_that_hilt_observes_is_written_as_it_happens(client: openai.OpenAI) -> None:
    """Its content is not on the span."""
    watched = Watched()
    ask(client, watched.provider)

    texts = [event.content.text for event in watched.sink.events if event.content]
    assert watched.actions == ["prompt", "completion"]
    assert texts == ["What is Python?", "You said: What is Python?"]


@pytest.mark.parametrize(
    "limits",
    [SpanLimits(max_attributes=1), SpanLimits(max_attribute_length=5)],
    ids=["number", "length"],
)
def test_limits_on_attributes_cost_no_event(client: openai.OpenAI, limits: SpanLimits) -> None:
    """The call is found when its span ends, though the attribute that brings it is cut or gone."""
    watched = Watched(limits)
    ask(client, watched.provider)

    assert watched.actions == ["prompt", "completion"]


def test_stream_that_is_dropped_is_abandoned(client: openai.OpenAI) -> None:
    """The processor does not keep it from being collected."""
    watched = Watched()
    ask(client, watched.provider, stream=True)
    gc.collect()

    assert watched.actions == ["prompt", "completion"]
    assert (watched.sink.events[-1].extensions or {})["outcome"] == "abandoned"


def test_two_processors_write_a_call_once(client: openai.OpenAI) -> None:
    """The first one does."""
    watched = Watched()
    second = MemorySink()
    watched.provider.add_span_processor(HiltSpanProcessor(Session(second)))
    ask(client, watched.provider)

    assert watched.actions == ["prompt", "completion"]
    assert second.events == []


def test_error_inside_is_counted_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's span starts and ends as if nothing was."""
    watched, errors = Watched(), guard.errors
    monkeypatch.setattr(processor, "record_of_span", lambda _: 1 / 0)

    watched.tracer.start_span("chat", attributes=chat()).end()

    assert guard.errors == errors + 2
    assert watched.actions == []

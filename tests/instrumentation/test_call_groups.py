"""Functions that make several calls at once: one span, one prompt and one ending for each."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import hilt
from hilt.instrumentation import VLLMInstrumentor
from hilt.instrumentation.engine import Engine
from tests.conftest import Log
from tests.providers.doubles import imported_from

DOUBLES = Path(__file__).parents[1] / "providers" / "vllm"


@pytest.fixture
def llm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A double of ``vllm.LLM``, whose methods make a call for each prompt."""
    with imported_from(DOUBLES / "newest", "vllm", monkeypatch, DOUBLES / "both"):
        yield import_module("vllm").LLM("Qwen/Qwen3-8B")


def test_spans(llm):
    """Each prompt has a span of its own, and no span is within another."""
    exporter, log = InMemorySpanExporter(), Log()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    hilt.instrument(session=log.session, providers=["vllm"], tracer_provider=provider)
    try:
        llm.generate(["Hi", "Bye"])
    finally:
        hilt.uninstrument()

    spans = exporter.get_finished_spans()
    assert [each.name for each in spans] == ["text_completion Qwen/Qwen3-8B"] * 2
    assert [each.parent for each in spans] == [None, None]
    assert log.actions == ["prompt", "prompt", "completion", "completion"]


def test_two_instrumentors(llm):
    """A program that also instruments by itself has each call once in its log."""
    exporter, log = InMemorySpanExporter(), Log()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    hilt.instrument(session=log.session, providers=["vllm"])
    VLLMInstrumentor().instrument(tracer_provider=provider)
    try:
        llm.generate(["Hi", "Bye"])
    finally:
        VLLMInstrumentor().uninstrument()
        hilt.uninstrument()

    assert len(log.of("prompt")) == len(log.endings) == 2


def test_one_prompt_is_no_batch(llm, instrumented):
    """A call that is alone has a latency of its own."""
    log = instrumented(providers=["vllm"])
    llm.generate(["Hi"])

    assert "batch_size" not in log.ending["extensions"]
    assert log.ending["extensions"]["latency_ms"] > 0


def test_prompt_that_cannot_be_read(llm, instrumented, monkeypatch):
    """A prompt that HILT fails to read leaves the others in the log, each with its answer."""
    log = instrumented(providers=["vllm"])
    begin = Engine.begin

    def choosy(engine: Any, arguments: Any) -> Any:
        return None if arguments.args[1] == "no" else begin(engine, arguments)

    monkeypatch.setattr(Engine, "begin", choosy)
    llm.generate(["blue", "no", "green"])

    replies = {each.extensions["reply_to"]: each.to_dict() for each in log.endings}
    prompts = log.of("prompt")
    counts = [replies[each.event_id]["metrics"]["tokens"]["prompt"] for each in prompts]
    assert counts == [4, 5]

"""The spans of calls: the newest GenAI conventions, and metrics where they are wanted."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from tests.instrumentation.mock_http import openai_client, sse
from tests.instrumentation.test_cases import ASK, chat, chunk, whole


@pytest.fixture
def exported(instrumented: Any) -> tuple[TracerProvider, InMemorySpanExporter]:
    """A tracer provider of the program's own, and what it exports."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider, exporter


def test_span_of_a_call(exported: Any, instrumented: Any) -> None:
    """The whole span of a chat call."""
    provider, exporter = exported
    instrumented(tracer_provider=provider)
    chat(whole()).chat.completions.create(**ASK, temperature=0.2, max_tokens=9)

    (span,) = exporter.get_finished_spans()
    attributes = dict(span.attributes)
    assert attributes.pop("hilt.event_id").startswith("evt_")
    assert (span.name, span.kind, span.status.status_code) == (
        "chat gpt-4o", SpanKind.CLIENT, StatusCode.UNSET,
    )  # fmt: skip
    assert attributes.pop("hilt.cost_usd") > 0
    assert attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.max_tokens": 9,
        "gen_ai.response.id": "c1",
        "gen_ai.response.model": "gpt-4o",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 1,
        "gen_ai.usage.output_tokens": 2,
        "openai.api.type": "chat_completions",
        "server.address": "api.openai.com",
        "server.port": 443,
        "hilt.status_code": 200,
        "hilt.outcome": "completed",
    }


def test_span_of_a_stream_has_an_event_per_chunk(
    exported: Any, instrumented: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With content, where the standard variable says so."""
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SPAN_ONLY")
    provider, exporter = exported
    instrumented(tracer_provider=provider)
    chunks = [chunk({"content": "Hel"}), chunk({"content": "lo"}), chunk({}, "stop")]
    list(chat(sse(chunks)).chat.completions.create(**ASK, stream=True))

    (span,) = exporter.get_finished_spans()
    assert [dict(event.attributes) for event in span.events] == [
        {"hilt.chunk.index": 0, "hilt.chunk.text": "Hel"},
        {"hilt.chunk.index": 1, "hilt.chunk.text": "lo"},
    ]
    assert '"content":"Hello"' in span.attributes["gen_ai.output.messages"]
    assert span.attributes["gen_ai.request.stream"] is True
    assert span.attributes["gen_ai.response.time_to_first_chunk"] > 0


def test_span_of_an_error(exported: Any, instrumented: Any) -> None:
    """Status, message, type; the SDK's own exception goes on."""
    import openai

    provider, exporter = exported
    instrumented(tracer_provider=provider)
    client = chat(
        lambda _: client.wire.http.Response(429, json={"error": {"message": "Slow down"}})
    )
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(**ASK)

    (span,) = exporter.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert "Slow down" in span.status.description
    assert span.attributes["error.type"] == "openai.RateLimitError"
    assert span.attributes["hilt.status_code"] == 429


def test_fetched_response_has_a_span_without_tokens(exported: Any, instrumented: Any) -> None:
    """Tokens count where the answer was made, not where it is fetched."""
    provider, exporter = exported
    log = instrumented(tracer_provider=provider)
    body = {"id": "resp_1", "object": "response", "status": "completed", "model": "gpt-4o",
            "output": [], "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}}  # fmt: skip
    client = openai_client({"GET /responses/resp_1": body})
    if not hasattr(client, "responses"):
        pytest.skip("this openai has no responses")
    client.responses.retrieve("resp_1")

    (span,) = exporter.get_finished_spans()
    assert span.name == "fetch_response"
    assert span.attributes["gen_ai.response.id"] == "resp_1"
    assert span.attributes["gen_ai.response.status"] == "completed"
    assert not [name for name in span.attributes if name.startswith("gen_ai.usage")]
    assert log.events == []


@pytest.mark.parametrize("value", ["true", "0"])
def test_cost_by_its_proposed_names(
    exported: Any, instrumented: Any, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """They are there if a variable says so."""
    monkeypatch.setenv("HILT_SPAN_COST", value)
    provider, exporter = exported
    instrumented(tracer_provider=provider)
    chat(whole()).chat.completions.create(**ASK)

    (span,) = exporter.get_finished_spans()
    found = {name: each for name, each in span.attributes.items() if ".cost" in name}
    expected = {
        "gen_ai.usage.cost.amount": found.pop("hilt.cost_usd"),
        "gen_ai.usage.cost.currency": "USD",
        "gen_ai.usage.cost.source": "genai-prices",
    }
    assert found == (expected if value == "true" else {})


def test_metrics_of_a_stream(instrumented: Any) -> None:
    """One point for each chunk with text but the first."""
    reader = InMemoryMetricReader()
    instrumented(meter_provider=MeterProvider([reader]))
    pieces = [*(chunk({"content": text}) for text in "abc"), chunk({}, "stop")]
    list(chat(sse(pieces)).chat.completions.create(**ASK, stream=True))

    points = {
        metric.name: [point.count for point in metric.data.data_points]
        for resource in reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    assert points["gen_ai.client.operation.time_to_first_chunk"] == [1]
    assert points["gen_ai.client.operation.time_per_output_chunk"] == [2]


def test_metrics(instrumented: Any) -> None:
    """Duration and tokens, through the meter provider that is given."""
    reader = InMemoryMetricReader()
    instrumented(meter_provider=MeterProvider([reader]))
    chat(whole()).chat.completions.create(**ASK)

    data = reader.get_metrics_data()
    found = {
        metric.name: [point.sum for point in metric.data.data_points]
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    assert sorted(found["gen_ai.client.token.usage"]) == [1, 2]
    assert found["gen_ai.client.operation.duration"][0] > 0

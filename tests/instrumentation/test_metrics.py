"""The GenAI client metrics."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from hilt.genai.observation import Observation
from hilt.genai.values import Failure, Request, Response, Usage
from hilt.instrumentation.metrics import meters_for


@pytest.fixture
def reader() -> InMemoryMetricReader:
    """Gives what was recorded."""
    return InMemoryMetricReader()


def recorded(reader: InMemoryMetricReader, call: Observation) -> dict[str, list[tuple[float, int]]]:
    """The sums and counts of each metric that a call has."""
    provider = MeterProvider(metric_readers=[reader])
    record = meters_for(provider)
    assert record is not None
    record(call)
    data = reader.get_metrics_data()
    provider.shutdown()
    return {
        metric.name.removeprefix("gen_ai.client."): [
            (round(point.sum, 6), point.count) for point in metric.data.data_points
        ]
        for resource in (data.resource_metrics if data is not None else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def call_of(**fields: object) -> Observation:
    """A call."""
    call = Observation(Request("chat", "openai", model="gpt-4o"), 0)
    for name, value in fields.items():
        setattr(call, name, value)
    return call


def test_stream_has_a_time_for_each_chunk_after_the_first(reader: InMemoryMetricReader) -> None:
    """Seconds; a clock that is put back in between makes none of them less than nothing."""
    second = 1_000_000_000
    chunks = [(second, "a"), (3 * second, "b"), (2 * second, "c"), (2 * second, "d")]
    call = call_of(latency_ms=4000.0, first_chunk_ms=500.0, chunks=chunks)

    assert recorded(reader, call) == {
        "operation.duration": [(4.0, 1)],
        "operation.time_to_first_chunk": [(0.5, 1)],
        "operation.time_per_output_chunk": [(2.0, 3)],
    }


def test_counts_that_the_provider_sent(reader: InMemoryMetricReader) -> None:
    """A zero is a count; one that is not there is none."""
    call = call_of(response=Response(usage=Usage(7, None)))
    assert recorded(reader, call) == {"token.usage": [(7.0, 1)]}


def test_zero_is_a_count(reader: InMemoryMetricReader) -> None:
    """As of an answer that is nothing but a refusal."""
    call = call_of(response=Response(usage=Usage(7, 0)))
    assert recorded(reader, call) == {"token.usage": [(7.0, 1), (0.0, 1)]}


def test_call_that_failed_names_its_error(reader: InMemoryMetricReader) -> None:
    """And nothing that it does not know."""
    failure = Failure("timeout", "openai.APITimeoutError", "", outcome="timeout")
    provider = MeterProvider(metric_readers=[reader])
    record = meters_for(provider)
    assert record is not None
    record(call_of(latency_ms=1.0, failure=failure))
    data = reader.get_metrics_data()
    provider.shutdown()

    assert data is not None
    (point,) = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
    assert point.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "error.type": "openai.APITimeoutError",
    }


def test_without_a_meter_provider_nothing_is_recorded() -> None:
    """The API's own placeholder counts as none."""
    assert meters_for() is None

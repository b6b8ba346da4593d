"""The GenAI client metrics, recorded where the program has a meter provider."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from opentelemetry import metrics

from hilt import semconv
from hilt.core.event import HILT_VERSION
from hilt.genai.observation import Observation

__all__ = ["meters_for"]

_SECONDS = tuple(0.01 * 2**step for step in range(14))
_CHUNK_SECONDS = (
    *(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4),
    *(0.5, 0.75, 1.0, 2.5),
)
_TOKENS = tuple(float(4**step) for step in range(14))
_KEPT = (semconv.OPENAI_RESPONSE_SERVICE_TIER, semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT)


def meters_for(provider: Any = None) -> Callable[[Observation], None] | None:
    """What records a call's metrics; None where no meter provider is set.

    Names and buckets are those that dashboards use today (conventions 1.41).
    """
    if provider is None:
        provider = metrics.get_meter_provider()
        # The API's own placeholder: nobody has set one.
        if type(provider).__module__.startswith("opentelemetry.metrics"):
            return None
    meter = provider.get_meter("hilt.instrumentation", HILT_VERSION, semconv.SCHEMA_URL)
    duration = _histogram(meter, semconv.METRIC_OPERATION_DURATION, "s", _SECONDS)
    tokens = _histogram(meter, semconv.METRIC_TOKEN_USAGE, "{token}", _TOKENS)
    first_chunk = _histogram(meter, semconv.METRIC_TIME_TO_FIRST_CHUNK, "s", _SECONDS)
    next_chunk = _histogram(meter, semconv.METRIC_TIME_PER_OUTPUT_CHUNK, "s", _CHUNK_SECONDS)

    def record(call: Observation) -> None:
        attributes = _attributes(call)
        if call.latency_ms is not None:
            duration.record(call.latency_ms / 1000, attributes)
        if call.first_chunk_ms is not None:
            first_chunk.record(call.first_chunk_ms / 1000, attributes)
        for (before, _), (arrival, _) in pairwise(call.chunks):
            next_chunk.record(max(arrival - before, 0) / 1e9, attributes)
        usage = call.response.usage if call.response is not None else None
        if usage is None:
            return
        for kind, count in (("input", usage.input_tokens), ("output", usage.output_tokens)):
            if count is not None:
                tokens.record(count, {**attributes, semconv.TOKEN_TYPE: kind})

    return record


def _histogram(meter: Any, name: str, unit: str, buckets: tuple[float, ...]) -> Any:
    return meter.create_histogram(
        name, unit=unit, explicit_bucket_boundaries_advisory=list(buckets)
    )


def _attributes(call: Observation) -> dict[str, Any]:
    request, response = call.request, call.response
    attributes: dict[str, Any] = {
        semconv.OPERATION_NAME: request.operation,
        semconv.PROVIDER_NAME: request.provider,
        semconv.REQUEST_MODEL: request.model,
        semconv.SERVER_ADDRESS: request.server_address,
        semconv.SERVER_PORT: request.server_port,
    }
    if response is not None:
        attributes[semconv.RESPONSE_MODEL] = response.model
        attributes.update({name: response.attributes.get(name) for name in _KEPT})
    if call.failure is not None:
        attributes[semconv.ERROR_TYPE] = call.failure.error_type
    return {name: value for name, value in attributes.items() if value is not None}

"""Tests for the spans that the anthropic SDK records by itself."""

from __future__ import annotations

from tests.hilt_otel_exporters.conftest import chat, plain_events_of, record
from tests.hilt_otel_exporters.expected import call_events

SCOPE = "com.anthropic.sdk.python"


def test_call() -> None:
    """Why it stopped, the service tier and the request's id are in attributes of its own."""
    attributes = chat(
        **{
            "anthropic.message.stop_reason": "end_turn",
            "anthropic.response.service_tier": "standard",
            "anthropic.request.id": "req-1",
            "http.response.status_code": 200,
        }
    )

    assert plain_events_of(record(attributes, scope=SCOPE, status="OK")) == call_events(
        "anthropic-sdk",
        SCOPE,
        ending={
            "provenance": {"service_tier": "standard", "request_id": "req-1"},
            "extensions": {"finish_reason": "end_turn"},
        },
    )


def test_error_is_a_status_and_a_type_of_the_api() -> None:
    """There is no exception and no text."""
    attributes = {name: value for name, value in chat().items() if "output" not in name}
    attributes |= {
        "error.type": "rate_limit_error",
        "http.response.status_code": 429,
        "anthropic.request.id": "req-1",
    }
    _, ending = plain_events_of(record(attributes, scope=SCOPE, status="ERROR"))

    assert ending["action"] == "system"
    assert ending["provenance"]["request_id"] == "req-1"
    assert (ending["extensions"]["error_code"], ending["extensions"]["status_code"]) == (
        "rate_limit",
        429,
    )


def test_request_that_is_no_call_is_passed_over() -> None:
    """One that counts tokens names a model, and no operation."""
    counting = {"gen_ai.provider.name": "anthropic", "gen_ai.request.model": "house-model"}

    assert plain_events_of(record(counting, scope=SCOPE)) == []


def test_cache_for_an_hour_is_priced_apart() -> None:
    """How much of what was written into the cache is kept for so long."""
    hour = "anthropic.usage.cache_creation.ephemeral_1h_input_tokens"
    model = {"gen_ai.provider.name": "anthropic", "gen_ai.response.model": "claude-sonnet-4-5"}
    counts = {"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.cache_write.input_tokens": 1000}
    costs = []
    for kept in (0, 1000):
        from tests.hilt_otel_exporters.conftest import events_of

        _, ending = events_of(record(chat(**model, **counts, **{hour: kept}), scope=SCOPE))
        costs.append(ending["metrics"]["cost_usd"])

    assert costs[1] > costs[0]

"""Tests for spans as OpenLIT writes them."""

from __future__ import annotations

from tests.hilt_otel_exporters.conftest import chat, plain_events_of, record
from tests.hilt_otel_exporters.expected import call_events

SCOPE = "openlit.instrumentation.openai"
DEFAULTS = {
    "gen_ai.request.seed": 0,
    "gen_ai.request.frequency_penalty": 0.0,
    "gen_ai.request.presence_penalty": 0.0,
    "gen_ai.request.temperature": 1.0,
    "gen_ai.request.top_p": 1.0,
}


def test_call_without_the_defaults_that_nobody_asked_for() -> None:
    """They are sent all together; the cost is what it says beside the price table's."""
    attributes = chat(**DEFAULTS, **{"gen_ai.usage.cost": 0.25})

    assert plain_events_of(record(attributes, scope=SCOPE, status="OK")) == call_events(
        "openlit", SCOPE, ending={"provenance": {"reported_cost_usd": 0.25}}
    )


def test_one_of_the_defaults_may_have_been_asked_for() -> None:
    """With a temperature of another value, all of them stay."""
    attributes = chat(**{**DEFAULTS, "gen_ai.request.temperature": 0.5})
    prompt, _ = plain_events_of(record(attributes, scope=SCOPE))

    assert len(prompt["extensions"]["parameters"]) == 5


def test_time_to_the_first_token_counts_where_there_is_a_stream() -> None:
    """It is set, and says nothing, for other calls."""
    first = {"gen_ai.server.time_to_first_token": 0.25}
    times = []
    for streams in (False, True):
        attributes = chat(**first, **{"gen_ai.request.stream": streams})
        _, ending = plain_events_of(record(attributes, scope=SCOPE))
        times.append(ending["extensions"].get("time_to_first_chunk_ms"))

    assert times == [None, 250.0]


def test_system_message_that_is_given_twice_is_one() -> None:
    """As a message, and apart from them."""
    told = '{"type": "text", "content": "Be terse."}'
    user = '{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}'
    attributes = chat(
        **{
            "gen_ai.system_instructions": f"[{told}]",
            "gen_ai.input.messages": f'[{{"role": "system", "parts": [{told}]}}, {user}]',
        }
    )
    prompt, _ = plain_events_of(record(attributes, scope=SCOPE))

    assert [each["role"] for each in prompt["content"]["messages"]] == ["system", "user"]

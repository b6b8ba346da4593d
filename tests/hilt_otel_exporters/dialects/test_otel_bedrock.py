"""Tests for the spans of instrumentations of Amazon Bedrock."""

from __future__ import annotations

import pytest

from tests.hilt_otel_exporters.conftest import chat, events_of, record

CACHED = {
    "gen_ai.usage.input_tokens": 2000,
    "gen_ai.usage.output_tokens": 12,
    "gen_ai.usage.cache_read.input_tokens": 1024,
    "gen_ai.usage.cache_write.input_tokens": 256,
}


@pytest.mark.parametrize(
    "scope",
    [
        "opentelemetry.instrumentation.genai.bedrock",
        "opentelemetry.instrumentation.bedrock",
        "opentelemetry.instrumentation.botocore",
    ],
)
def test_what_was_cached_is_a_part_of_the_prompt(scope: str) -> None:
    """Bedrock's own count of the input leaves it out, and so does the span's."""
    _, answer = events_of(record(chat(**CACHED), scope=scope))

    assert answer["metrics"]["tokens"] == {
        "prompt": 3280,
        "completion": 12,
        "total": 3292,
        "cached": 1024,
        "cache_write": 256,
    }


def test_other_emitters_give_the_whole_input() -> None:
    """As the conventions have it."""
    _, answer = events_of(record(chat(**CACHED)))

    assert answer["metrics"]["tokens"]["prompt"] == 2000

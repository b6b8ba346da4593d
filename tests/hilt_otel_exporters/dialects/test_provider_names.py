"""Tests for which provider answered."""

from __future__ import annotations

import pytest

from hilt_otel_exporters.dialects.provider_names import provider_guessed, provider_named
from tests.hilt_otel_exporters.conftest import chat, plain_events_of, record


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("openai", "openai"),
        ("gemini", "gcp.gemini"),
        ("az.ai.openai", "azure.ai.openai"),
        (" Anthropic ", "anthropic"),
        ("openai.chat", "openai"),
        ("google.generative-ai", "gcp.gemini"),
        ("mistral.chat", "mistral_ai"),
        ("aws.bedrock", "aws.bedrock"),
        ("house.ai", "house.ai"),
        ("langgenius/openai/openai", "openai"),
        ("azure.openai", "azure.ai.openai"),
        ("langchain", None),
        ("strands-agents", None),
        ("gcp.vertex.agent", None),
        ("", None),
    ],
)
def test_provider_has_one_name(given: str, name: str | None) -> None:
    """Spellings are unified, the name of an API is left out, and a framework is no provider."""
    assert provider_named(given) == name


@pytest.mark.parametrize(
    ("model", "host", "expected"),
    [
        ("gpt-4o", "api.anthropic.com", ("anthropic", "host")),
        ("gpt-4o", "gateway.example", ("openai", "model")),
        ("models/gemini-2.5-flash", None, ("gcp.gemini", "model")),
        ("eu.anthropic.claude-haiku-4-5-v1:0", None, ("aws.bedrock", "model")),
        ("arn:aws:bedrock:us-east-1:1:inference-profile/x", None, ("aws.bedrock", "model")),
        ("openrouter/anthropic/claude-haiku", None, ("openrouter", "model")),
        ("ollama/llama3", None, ("ollama", "model")),
        ("house-model", None, ("unknown", None)),
        (None, None, ("unknown", None)),
    ],
)
def test_provider_that_no_attribute_names(
    model: str | None, host: str | None, expected: tuple[str, str | None]
) -> None:
    """The host says it, or else the family of the model; it is never guessed from less."""
    assert provider_guessed(model, host) == expected


def test_event_says_what_the_provider_was_found_out_from() -> None:
    """A framework's name is passed over for the host, and that is said."""
    attributes = chat(
        **{"gen_ai.provider.name": "langchain", "server.address": "api.anthropic.com"}
    )
    prompt, _ = plain_events_of(record(attributes))

    assert prompt["provenance"]["provider"] == "anthropic"
    assert prompt["provenance"]["provider_told_by"] == "host"

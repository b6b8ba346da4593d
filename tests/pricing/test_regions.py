"""What a region adds to the list price."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hilt.pricing.names import Unpriced
from hilt.pricing.regions import regional_factor

REGIONAL, SEVERAL = "us-east5-aiplatform.googleapis.com", "aiplatform.eu.rep.googleapis.com"


@pytest.mark.parametrize(
    ("provider_id", "model_id", "region", "host", "factor"),
    [
        ("anthropic", "claude-opus-4-6", "us", None, "1.1"),
        ("anthropic", "claude-opus-5", "us", None, "1.1"),
        ("anthropic", "claude-sonnet-4-5", "us", None, "1"),
        ("anthropic", "claude-3-5-haiku-latest", "us", None, "1"),
        ("anthropic", "claude-opus-4-6", "global", None, "1"),
        ("anthropic", "claude-opus-4-6", None, "api.anthropic.com", "1"),
        ("google", "claude-haiku-4-5", None, REGIONAL, "1.1"),
        ("google", "claude-haiku-4-5", None, SEVERAL, "1.1"),
        ("google", "claude-haiku-4-5", None, "aiplatform.googleapis.com", "1"),
        ("google", "claude-4-sonnet", None, REGIONAL, "1"),
        ("google", "gemini-2.5-pro", None, REGIONAL, "1"),
        ("openai", "gpt-5.4", None, "eu.api.openai.com", "1.1"),
        ("openai", "gpt-6-sol", None, "us.api.openai.com", "1.1"),
        ("openai", "gpt-5", None, "eu.api.openai.com", "1"),
        ("openai", "gpt-5.4", None, "api.openai.com", "1"),
        ("mistral", "mistral-large", None, "api.mistral.ai", "1"),
        ("anthropic", "claude-opus-4-6", "not_available", None, "1"),
        ("anthropic", "claude-opus-4-5", "eu", None, "1"),
        ("anthropic", "claude-opus-4.6", "us", None, "1.1"),
        ("anthropic", "claude-opus-4-10", "us", None, "1.1"),
        ("anthropic", "claude-opus-4-20250514", "us", None, "1"),
        ("anthropic", "claude-opus-4-6-20260101", "us", None, "1.1"),
        ("anthropic", "claude-opus-5", "us", "eu.api.openai.com", "1.1"),
        ("anthropic", "claude-2.1", "us", None, "1"),
        ("google", "claude-opus-4-1", None, REGIONAL, "1"),
        ("google", "claude-opus-4-5@20251101", None, REGIONAL, "1.1"),
        ("google", "claude-opus-5", None, SEVERAL, "1.1"),
        ("google", "claude-opus-5", None, None, "1"),
        ("google", "gemini-3-pro", None, "aiplatform.googleapis.com", "1"),
        ("google", "gemini-embedding-001", None, REGIONAL, "1"),
        ("google", "text-gemini-3", None, REGIONAL, "1"),
        ("aws", "claude-opus-5", "us", REGIONAL, "1"),
        ("openai", "gpt-5.3", None, "eu.api.openai.com", "1"),
        ("openai", "gpt-5-mini", None, "eu.api.openai.com", "1"),
        ("openai", "ft:gpt-4.1:acme", None, "eu.api.openai.com", "1"),
        ("openai", "o3-mini", None, "eu.api.openai.com", "1"),
        ("openai", "o1", None, "eu.api.openai.com", "1"),
        ("openai", "gpt-5.9", None, "eu.api.openai.com", "1.1"),
        ("openai", "gpt-5.4", None, None, "1"),
        ("azure", "gpt-5.4", None, "eu.api.openai.com", "1"),
    ],
)
def test_factor(
    provider_id: str, model_id: str, region: str | None, host: str | None, factor: str
) -> None:
    """Ten per cent where the provider publishes them, and the list price elsewhere."""
    assert regional_factor(provider_id, model_id, region, host) == Decimal(factor)


@pytest.mark.parametrize(
    ("provider_id", "model_id", "region", "host"),
    [
        ("anthropic", "claude-opus-4-6", "eu", None),
        ("google", "gemini-3.5-flash", None, REGIONAL),
        ("openai", "computer-use-preview", None, "eu.api.openai.com"),
        ("openai", "gpt-50", None, "eu.api.openai.com"),
        ("openai", "o33", None, "eu.api.openai.com"),
        ("openai", "my-gpt-5.4", None, "eu.api.openai.com"),
        ("anthropic", "claude-opus-4-6", "", None),
        ("anthropic", "claude-opus-4-7", "US", None),
        ("google", "gemini-3-pro", None, SEVERAL),
        ("google", "gemini-10-pro", None, REGIONAL),
    ],
)
def test_no_price_is_guessed(
    provider_id: str, model_id: str, region: str | None, host: str | None
) -> None:
    """A region whose price nobody published has none."""
    with pytest.raises(Unpriced, match=model_id):
        regional_factor(provider_id, model_id, region, host)

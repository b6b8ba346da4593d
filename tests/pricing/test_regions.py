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
    ],
)
def test_no_price_is_guessed(
    provider_id: str, model_id: str, region: str | None, host: str | None
) -> None:
    """A region whose price nobody published has none."""
    with pytest.raises(Unpriced, match=model_id):
        regional_factor(provider_id, model_id, region, host)

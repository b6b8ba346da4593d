"""Names of providers, models and tiers, as they come and as the price table has them."""

from __future__ import annotations

import pytest

from hilt.pricing.names import Unpriced, price_provider_of, reference_of, tier_of


@pytest.mark.parametrize(
    ("provider", "model", "provider_id", "reference"),
    [
        ("openai", "gpt-4o", "openai", "gpt-4o"),
        ("az.ai.openai", "gpt-4o", "azure", "gpt-4o"),
        ("gcp.gemini", "models/gemini-2.5-flash", "google", "gemini-2.5-flash"),
        ("vertex_ai", "google/gemini-2.5-flash", "google", "gemini-2.5-flash"),
        ("gcp.vertex_ai", "projects/p/locations/l/publishers/anthropic/models/claude-opus-4@20250514", "google", "claude-opus-4@20250514"),
        ("aws.bedrock", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", "aws", "amazon.nova-pro-v1:0"),
        ("litellm", "vertex_ai/gemini-2.5-flash", "google", "gemini-2.5-flash"),
        ("litellm", "openrouter/openai/gpt-4o", "openrouter", "openai/gpt-4o"),
        ("xai", "grok-4", "x-ai", "grok-4"),
        ("Groq", "openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
    ],
)  # fmt: skip
def test_names_of_providers_and_models(
    provider: str, model: str, provider_id: str, reference: str
) -> None:
    """OpenTelemetry's and the SDKs' names become the table's."""
    found, name = price_provider_of(provider, model)

    assert (found, reference_of(found, name)) == (provider_id, reference)


@pytest.mark.parametrize(
    ("given_tier", "tier"),
    [("SERVICE_TIER_FLEX", "flex"), ("ON_DEMAND_PRIORITY", "priority"), ("fast", "fast"), ("auto", "")],
)  # fmt: skip
def test_names_of_service_tiers(given_tier: str, tier: str) -> None:
    """One spelling for each tier."""
    assert tier_of(given_tier) == tier


@pytest.mark.parametrize(
    "model",
    [
        "tunedModels/mine",
        "projects/1/locations/us-central1/endpoints/42",
        "projects/1/locations/us-central1/tunedModels/models/gemini-2.5-flash",
    ],
)
def test_endpoint_of_google_does_not_name_its_model(model: str) -> None:
    """Whatever its path ends in: what was tuned has a price of its own."""
    with pytest.raises(Unpriced, match="does not name it"):
        reference_of("google", model)

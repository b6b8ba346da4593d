"""Names of providers, models and tiers, as they come and as the price table has them."""

from __future__ import annotations

import pytest

from hilt.pricing.names import (
    Unpriced,
    is_fine_tuned,
    is_free,
    is_router,
    price_provider_of,
    reference_of,
    tier_of,
)


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


@pytest.mark.parametrize(
    ("provider", "model", "hint", "found"),
    [
        ("openai", "openai/gpt-4o", None, ("openai", "gpt-4o")),
        ("OpenAI", "gpt-4o", None, ("openai", "gpt-4o")),
        ("openai", "anthropic/claude", None, ("openai", "anthropic/claude")),
        ("vertex_ai", "gemini/g", None, ("google", "g")),
        ("custom", "openai/gpt-4o", "openai", ("openai", "gpt-4o")),
        ("litellm", "openai/gpt-4o", "azure", ("azure", "openai/gpt-4o")),
        ("LiteLLM", "groq/groq/x", None, ("groq", "x")),
        ("litellm", "gpt-4o", "openai", ("openai", "gpt-4o")),
        ("openai", "/gpt-4o", None, ("openai", "/gpt-4o")),
        ("openai", "openai", None, ("openai", "openai")),
    ],
)
def test_whose_model_it_is(
    provider: str, model: str, hint: str | None, found: tuple[str, str]
) -> None:
    """The caller knows best; a prefix is taken off only if it is the provider's own name."""
    assert price_provider_of(provider, model, hint) == found


@pytest.mark.parametrize(
    ("provider", "model", "hint"),
    [("litellm", "ollama/llama3", None), ("Ollama", "llama3", None), ("vllm", "x", "openai")],
)
def test_model_on_a_machine_of_ones_own(provider: str, model: str, hint: str | None) -> None:
    """It has no price, by whichever way it is asked."""
    with pytest.raises(Unpriced, match="one's own machines"):
        price_provider_of(provider, model, hint)


@pytest.mark.parametrize(
    ("provider_id", "model", "reference"),
    [
        ("aws", "amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0"),
        ("aws", "arn:aws:bedrock:us-east-1:1:inference-profile/us.a.b-v1:0", "us.a.b-v1:0"),
        ("aws", "arn:aws:bedrock:us-east-1:1:inference-profile/a/b", "a/b"),
        ("openai", "arn:aws:bedrock:us-east-1:1:custom-model/x", "arn:aws:bedrock:us-east-1:1:custom-model/x"),
        ("openai", "models/gpt", "models/gpt"),
        ("google", "google/gemini-2", "gemini-2"),
        ("google", "models/google/gemini-2", "gemini-2"),
        ("google", "gemini-2", "gemini-2"),
        ("google", "my-tunedModels/x", "my-tunedModels/x"),
    ],
)  # fmt: skip
def test_name_of_a_model_in_a_path(provider_id: str, model: str, reference: str) -> None:
    """Only where that provider has paths, and whatever else stands in them."""
    assert reference_of(provider_id, model) == reference


def test_router() -> None:
    """Bedrock's are known by their ARN."""
    arn = "arn:aws:bedrock:us-east-1:1:"

    assert is_router(f"{arn}default-prompt-router/anthropic.claude:1")
    assert is_router(f"{arn}prompt-router/abc")
    assert not is_router(f"{arn}inference-profile/prompt-router/x")
    assert not is_router("prompt-router/abc")
    assert not is_router(None)


@pytest.mark.parametrize(
    "kind", ["custom-model", "provisioned-model", "application-inference-profile"]
)
def test_arn_that_names_no_price(kind: str) -> None:
    """It may be anybody's model."""
    with pytest.raises(Unpriced, match=f"{kind} names neither a model nor a price"):
        reference_of("aws", f"arn:aws:bedrock:us-east-1:1:{kind}/foundation-model/x")


@pytest.mark.parametrize(
    "tier", [None, "", "Default", "none", "on_demand", "SERVICE_TIER_STANDARD", "standard_only",
             "TRAFFIC_TYPE_UNSPECIFIED", "on_demand_standard"],
)  # fmt: skip
def test_standard_tier(tier: str | None) -> None:
    """It has no name."""
    assert tier_of(tier) == ""


@pytest.mark.parametrize(
    ("model", "is_tuned"),
    [("ft:gpt-4o:acme", True), ("gpt-4o.ft-01", True), ("davinci:ft-acme", True), ("gpt-4o", False),
     ("x-ft-1", False), ("swift:ft", False), ("a-ft:b", False)],
)  # fmt: skip
def test_name_of_a_fine_tuned_model(model: str, is_tuned: bool) -> None:
    """OpenAI's and Azure's, new and old."""
    assert is_fine_tuned(model) is is_tuned


@pytest.mark.parametrize(
    ("model", "is_for_free"),
    [("x:free", True), ("moderation", True), ("gemma-3", True), ("x:freedom", False),
     ("omni-moderation", False), ("moderation-2", False), ("my-gemma-3", False)],
)  # fmt: skip
def test_name_of_a_free_model(model: str, is_for_free: bool) -> None:
    """No price of it means nothing to pay."""
    assert is_free(model) is is_for_free

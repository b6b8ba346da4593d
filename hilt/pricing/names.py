"""Names of providers, models and tiers: OpenTelemetry's to genai-prices'.

There are no prices here. What is not certain raises `Unpriced`.
"""

from __future__ import annotations

import re

__all__ = [
    "Unpriced",
    "is_fine_tuned",
    "is_free",
    "is_router",
    "price_provider_of",
    "reference_of",
    "tier_of",
]


class Unpriced(Exception):  # noqa: N818  # not an error: the answer is "no price", and why
    """There is no price that is certain; the message says why."""


_PRICE_PROVIDERS = {
    "aws.bedrock": "aws",
    "az.ai.inference": "azure",
    "az.ai.openai": "azure",
    "azure.ai.agents": "azure",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "bedrock": "aws",
    "fireworks_ai": "fireworks",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "gemini": "google",
    "microsoft.foundry": "azure",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "moonshot": "moonshotai",
    "moonshot_ai": "moonshotai",
    "together_ai": "together",
    "vertex_ai": "google",
    "voyage": "voyageai",
    "x_ai": "x-ai",
    "xai": "x-ai",
}
"""``gen_ai.provider.name``, old spellings and LiteLLM's prefixes to the table's providers.

A provider that is not here goes by its own name. The table's own matching is not used, because it
takes any name that contains "openai" for OpenAI.
"""

_LOCAL = frozenset(
    {
        "llama_cpp",
        "llamafile",
        "lmstudio",
        "lm_studio",
        "localai",
        "ollama",
        "sglang",
        "tgi",
        "transformers",
        "vllm",
    }
)

_STANDARD_TIERS = frozenset(
    {"auto", "default", "none", "on_demand", "standard", "standard_only", "unspecified"}
)

_TIER_PREFIX = re.compile(r"^(service_tier_|traffic_type_|on_demand_)")
_FINE_TUNED = re.compile(r"^ft:|[.:]ft-")
_FREE = re.compile(r":free$|^moderation$|^gemma-")
_PRICED_BY_NAME = frozenset({"foundation-model", "inference-profile"})
_ROUTERS = frozenset({"default-prompt-router", "prompt-router"})


def price_provider_of(provider: str, model: str, hint: str | None = None) -> tuple[str, str]:
    """The table's id of the provider, and the model as that provider calls it.

    Args:
        provider: ``gen_ai.provider.name``.
        model: The model's name; in LiteLLM its prefix names the provider.
        hint: The table's id of the provider, where the caller knows better.
    """
    name = provider.lower()
    if name == "litellm" and not hint:
        name, slash, model = model.partition("/")
        if not slash:
            raise Unpriced("litellm does not say which provider answered")
    if name in _LOCAL:
        raise Unpriced(f"{name} runs on one's own machines: there is no price per token")
    provider_id = hint or _PRICE_PROVIDERS.get(name, name)
    prefix, slash, rest = model.partition("/")
    if slash and _PRICE_PROVIDERS.get(prefix, prefix) == provider_id:
        model = rest  # ``openai/gpt-4o`` of OpenAI, as routers and frameworks call it
    return provider_id, model


def reference_of(provider_id: str, model: str) -> str:
    """The model's own name, out of the paths and ARNs that some providers take."""
    if provider_id == "aws" and model.startswith("arn:"):
        return _of_arn(model)
    if provider_id == "google":
        return _of_google(model)
    return model


def is_router(model: str | None) -> bool:
    """Whether it is a prompt router of Bedrock's, whose answer names the model that it chose."""
    return bool(model and model.startswith("arn:") and _kind_and_name(model)[0] in _ROUTERS)


def _kind_and_name(arn: str) -> tuple[str, str]:
    kind, _, name = arn.split(":", 5)[-1].partition("/")
    return kind, name


def _of_arn(arn: str) -> str:
    """The model that an ARN names; custom and provisioned models have prices of their own."""
    kind, name = _kind_and_name(arn)
    if kind in _PRICED_BY_NAME:
        return name
    raise Unpriced(f"no price for model {arn}: {kind} names neither a model nor a price")


def _of_google(path: str) -> str:
    """``gemini-x`` out of ``models/gemini-x`` or ``projects/.../google/models/gemini-x``."""
    if path.startswith("tunedModels/") or "/endpoints/" in path or "/tunedModels/" in path:
        raise Unpriced(f"no price for model {path}: the name of an endpoint does not name it")
    return path.rpartition("models/")[2].removeprefix("google/")


def tier_of(service_tier: str | None) -> str:
    """The service tier in one spelling, and ``""`` for the standard one."""
    if not service_tier:
        return ""
    tier = _TIER_PREFIX.sub("", service_tier.lower())
    return "" if tier in _STANDARD_TIERS else tier


def is_fine_tuned(model: str) -> bool:
    """Whether the name is a fine-tuned model's, whose price is not its base model's."""
    return _FINE_TUNED.search(model) is not None


def is_free(model: str) -> bool:
    """Whether the provider gives the model away, so that no price means nothing to pay."""
    return _FREE.search(model) is not None

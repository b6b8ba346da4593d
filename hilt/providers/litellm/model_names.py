"""Which provider LiteLLM sends a model's name to."""

from __future__ import annotations

import sys
from functools import lru_cache

from hilt.genai.json_values import get_path

__all__ = ["listed_provider_of", "provider_of_model"]

_PROVIDER_NAMES = {
    "azure": "azure.ai.openai",
    "azure_text": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "cohere_chat": "cohere",
    "fireworks_ai": "fireworks",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "ollama_chat": "ollama",
    "openai": "openai",
    "text-completion-openai": "openai",
    "together_ai": "together",
    "vertex_ai": "gcp.vertex_ai",
    "vertex_ai_beta": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
"""LiteLLM's names of providers that the conventions call otherwise."""


def provider_of_model(model: str, provider: object = None) -> tuple[str, str]:
    """The provider that LiteLLM sends a model's name to, and what it calls the model there.

    Args:
        model: ``anthropic/claude-x``, or a name whose provider LiteLLM knows.
        provider: The ``custom_llm_provider``, where the caller gives one.
    """
    prefix, slash, rest = model.partition("/")
    if isinstance(provider, str) and provider:
        name = rest if slash and prefix == provider else model
        return _PROVIDER_NAMES.get(provider, provider), name
    if slash and _is_provider(prefix):
        return _PROVIDER_NAMES.get(prefix, prefix), rest
    listing = listed_provider_of(model) or "litellm"
    return _PROVIDER_NAMES.get(listing, listing), model


def _is_provider(name: str) -> bool:
    providers = get_path(sys.modules.get("litellm"), "provider_list") or ()
    is_listed = any(getattr(each, "value", each) == name for each in providers)
    return name in _PROVIDER_NAMES or is_listed


@lru_cache(maxsize=1024)
def listed_provider_of(model: str) -> str | None:
    """The provider in whose list of models a name stands."""
    lists = get_path(sys.modules.get("litellm"), "models_by_provider") or {}
    return next((name for name, models in lists.items() if model in models), None)

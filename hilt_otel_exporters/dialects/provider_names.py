"""Which provider answered: emitters spell it in many ways, and some name a framework instead."""

from __future__ import annotations

import re
from functools import lru_cache

from hilt.providers._hosts import provider_of_host
from hilt_otel_exporters.dialects.all_dialects import DIALECTS

__all__ = ["provider_guessed", "provider_named"]

_SPELLINGS = {
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "google_genai": "gcp.gemini",
    "gcp": "gcp.gemini",
    "vertex_ai": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "google_vertexai": "gcp.vertex_ai",
    "az.ai.openai": "azure.ai.openai",
    "azure": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "azure.openai": "azure.ai.openai",
    "az.ai.inference": "azure.ai.inference",
    "xai": "x_ai",
    "mistralai": "mistral_ai",
    "mistral": "mistral_ai",
    "bedrock": "aws.bedrock",
    "aws": "aws.bedrock",
    "amazon_bedrock": "aws.bedrock",
    "watsonx": "ibm.watsonx.ai",
}
_FAMILIES = frozenset({"openai", "anthropic", "google", "mistral", "cohere", "groq"})
_PREFIXES = frozenset(
    {
        "cerebras",
        "deepinfra",
        "deepseek",
        "fireworks_ai",
        "huggingface",
        "moonshot",
        "nvidia_nim",
        "ollama",
        "openrouter",
        "perplexity",
        "sambanova",
        "together_ai",
    }
)
"""Further providers that LiteLLM and others write before the name of a model."""

_FRAMEWORKS = frozenset(
    {
        "langchain",
        "langgraph",
        "microsoft.agent_framework",
        "llama_index",
        "llamaindex",
        "crewai",
        "dspy",
        "other",
        "_other",
        "unknown",
    }
).union(*(dialect.frameworks for dialect in DIALECTS))
_BEDROCK = (
    "ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshot|nvidia|openai|qwen"
    "|stability|twelvelabs|writer"
)
_MODELS = (
    (re.compile(rf"arn:aws[\w-]*:bedrock:|([a-z]{{2,6}}(-gov)?\.)?({_BEDROCK})\."), "aws.bedrock"),
    (re.compile(r"(ft:)?(gpt-|o[134](-|$)|chatgpt|text-embedding-|davinci|dall-e)"), "openai"),
    (re.compile(r"claude"), "anthropic"),
    (re.compile(r"(models/)?(gemini|gemma)"), "gcp.gemini"),
    (re.compile(r"(mistral|mixtral|codestral|ministral|pixtral)"), "mistral_ai"),
    (re.compile(r"(command|embed-(english|multilingual)|rerank-)"), "cohere"),
    (re.compile(r"deepseek"), "deepseek"),
    (re.compile(r"grok"), "x_ai"),
    (re.compile(r"voyage"), "voyage"),
)


@lru_cache(maxsize=256)
def provider_named(value: str) -> str | None:
    """``gen_ai.provider.name`` for what an emitter calls a provider; None for a framework."""
    name = value.strip().lower().rpartition("/")[2]  # a plugin's: langgenius/openai/openai
    if not name or name in _FRAMEWORKS:
        return None
    family = name.partition(".")[0]
    if name in _SPELLINGS:
        return _SPELLINGS[name]
    if family in _FAMILIES:  # the API may follow: openai.chat
        return _SPELLINGS.get(family, family)
    return name


def provider_guessed(model: str | None, host: str | None) -> tuple[str, str | None]:
    """The provider that no attribute names, and what it was found out from.

    The host that was called says it, or else the family that the model belongs to; a provider
    that cannot be told is ``unknown``.
    """
    if host:
        name = provider_of_host(host, None, "")
        if name:
            return name, "host"
    prefix = model.partition("/")[0] if model and "/" in model else ""
    if prefix in _SPELLINGS or prefix in _FAMILIES or prefix in _PREFIXES:
        return _SPELLINGS.get(prefix, prefix), "model"
    for pattern, name in _MODELS:
        if model and pattern.match(model):
            return name, "model"
    return "unknown", None

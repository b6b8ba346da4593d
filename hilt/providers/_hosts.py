"""Which provider answers, by the host: many offer OpenAI's API."""

from __future__ import annotations

from functools import lru_cache

__all__ = ["is_price_assumed", "provider_of_host"]

_SUFFIXES = (
    ("api.openai.com", "openai"),
    ("openai.azure.com", "azure.ai.openai"),
    ("cognitiveservices.azure.com", "azure.ai.openai"),
    ("services.ai.azure.com", "azure.ai.openai"),
    ("models.inference.ai.azure.com", "azure.ai.inference"),
    ("api.deepseek.com", "deepseek"),
    ("openrouter.ai", "openrouter"),
    ("api.groq.com", "groq"),
    ("api.together.xyz", "together"),
    ("api.together.ai", "together"),
    ("api.x.ai", "x_ai"),
    ("api.mistral.ai", "mistral_ai"),
    ("api.perplexity.ai", "perplexity"),
    ("api.fireworks.ai", "fireworks"),
    ("api.cerebras.ai", "cerebras"),
    ("api.anthropic.com", "anthropic"),
    ("rep.googleapis.com", "gcp.vertex_ai"),
    ("generativelanguage.googleapis.com", "gcp.gemini"),
    ("aiplatform.googleapis.com", "gcp.vertex_ai"),
    ("api.moonshot.ai", "moonshot_ai"),
    ("api.moonshot.cn", "moonshot_ai"),
    ("api.cohere.com", "cohere"),
    ("api.cohere.ai", "cohere"),
    ("api.ai21.com", "ai21"),
    ("api.writer.com", "writer"),
    ("integrate.api.nvidia.com", "nvidia"),
    ("router.huggingface.co", "huggingface"),
    ("api.sambanova.ai", "sambanova"),
    ("api.portkey.ai", "portkey"),
    ("amazonaws.com", "aws.bedrock"),
)
_LOCAL_PORTS = {11434: "ollama", 1234: "lm_studio", 8000: "vllm", 4000: "litellm"}
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "host.docker.internal")  # noqa: S104
_NAMES = ("ollama", "vllm", "litellm")


@lru_cache(maxsize=256)
def provider_of_host(host: str | None, port: int | None, fallback: str) -> str:
    """``gen_ai.provider.name`` for a host; the fallback for any other host.

    Local servers are recognised by the default port of each.
    """
    return _named_by_host(host, port) or fallback


@lru_cache(maxsize=256)
def is_price_assumed(host: str | None, port: int | None) -> bool:
    """Whether nobody knows who sells models at a host: a price is its provider's list price."""
    return host is not None and _named_by_host(host, port) is None


def _named_by_host(host: str | None, port: int | None) -> str | None:
    if not host:
        return None
    for suffix, name in _SUFFIXES:
        if host == suffix or host.endswith((f".{suffix}", f"-{suffix}")):  # "us-east5-..."
            return name
    if host in _LOCAL_HOSTS:
        return _LOCAL_PORTS.get(port or 0)
    return next((name for name in _NAMES if name in host), None)

"""Every provider that HILT knows, without importing an adapter or an SDK."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from hilt.genai.values import Provider

__all__ = ["PROVIDERS", "Entry", "installed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a provider's adapter stands, and which package it is about."""

    name: str  #: as in ``instrument(providers=[...])``
    adapter: str  #: ``module:Class`` below ``hilt.providers``
    package: str  #: the SDK's import name
    distribution: str  #: the SDK's name for pip
    extra: str  #: the extra of ``hilt`` that installs it, if there is one

    def load(self) -> Provider:
        """The adapter, which is the same object at every call."""
        return _load(self.adapter)

    @property
    def is_written(self) -> bool:
        """Whether HILT has the adapter."""
        return find_spec(f"hilt.providers.{self.adapter.partition(':')[0]}") is not None

    @property
    def is_installed(self) -> bool:
        """Whether the SDK can be imported; nothing is imported to find out."""
        try:
            return find_spec(self.package) is not None
        except (ImportError, ValueError):
            return False


@cache
def _load(adapter: str) -> Provider:
    module, _, name = adapter.partition(":")
    provider: Provider = getattr(import_module(f"hilt.providers.{module}"), name)()
    return provider


PROVIDERS: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry("openai", "openai.adapter:OpenAI", "openai", "openai", "openai"),
        Entry("anthropic", "anthropic.adapter:Anthropic", "anthropic", "anthropic", "anthropic"),
        Entry("gemini", "gemini.adapter:Gemini", "google.genai", "google-genai", "gemini"),
        Entry(
            "generativeai",
            "generativeai.adapter:GenerativeAI",
            "google.generativeai",
            "google-generativeai",
            "",  # retired, and it pins what others need newer
        ),
        Entry("cohere", "cohere.adapter:Cohere", "cohere", "cohere", "cohere"),
        Entry("ai21", "ai21.adapter:AI21", "ai21", "ai21", "ai21"),
        Entry("mistral", "mistral.adapter:Mistral", "mistralai", "mistralai", "mistral"),
        Entry("groq", "groq.adapter:Groq", "groq", "groq", "groq"),
        Entry("together", "together.adapter:Together", "together", "together", "together"),
        Entry("writer", "writer.adapter:Writer", "writerai", "writer-sdk", "writer"),
        Entry(
            "cerebras",
            "cerebras.adapter:Cerebras",
            "cerebras.cloud.sdk",
            "cerebras-cloud-sdk",
            "cerebras",
        ),
        Entry("ollama", "ollama.adapter:Ollama", "ollama", "ollama", "ollama"),
        Entry("bedrock", "bedrock.adapter:Bedrock", "botocore", "boto3", "bedrock"),
        Entry("voyage", "voyage.adapter:Voyage", "voyageai", "voyageai", "voyage"),
        Entry("litellm", "litellm.adapter:LiteLLM", "litellm", "litellm", ""),  # it pins other SDKs
    )
}
"""The providers by name."""


def installed() -> list[str]:
    """The names of the providers whose SDK is installed."""
    return [name for name, entry in PROVIDERS.items() if entry.is_installed and entry.is_written]

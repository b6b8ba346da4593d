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
    adapter: str  #: ``module:Class`` below ``hilt.genai.providers``
    package: str  #: the SDK's import name
    distribution: str  #: the SDK's name for pip
    extra: str  #: the extra of ``hilt`` that installs it, if there is one

    def load(self) -> Provider:
        """The adapter, which is the same object at every call."""
        return _load(self.adapter)

    @property
    def is_written(self) -> bool:
        """Whether HILT has the adapter."""
        return find_spec(f"hilt.genai.providers.{self.adapter.partition(':')[0]}") is not None

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
    provider: Provider = getattr(import_module(f"hilt.genai.providers.{module}"), name)()
    return provider


PROVIDERS: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry("openai", "openai:OpenAI", "openai", "openai", "openai"),
        Entry("anthropic", "anthropic:Anthropic", "anthropic", "anthropic", "anthropic"),
        Entry("gemini", "gemini:Gemini", "google.genai", "google-genai", "gemini"),
        Entry(
            "generativeai",
            "generativeai:GenerativeAI",
            "google.generativeai",
            "google-generativeai",
            "",  # retired, and it pins what others need newer
        ),
        Entry("cohere", "cohere:Cohere", "cohere", "cohere", "cohere"),
        Entry("ai21", "ai21:AI21", "ai21", "ai21", "ai21"),
        Entry("mistral", "mistral:Mistral", "mistralai", "mistralai", "mistral"),
        Entry("groq", "groq:Groq", "groq", "groq", "groq"),
        Entry("together", "together:Together", "together", "together", "together"),
        Entry("writer", "writer:Writer", "writerai", "writer-sdk", "writer"),
        Entry(
            "cerebras", "cerebras:Cerebras", "cerebras.cloud.sdk", "cerebras-cloud-sdk", "cerebras"
        ),
        Entry("ollama", "ollama:Ollama", "ollama", "ollama", "ollama"),
        Entry("bedrock", "bedrock:Bedrock", "botocore", "boto3", "bedrock"),
        Entry("voyage", "voyage:Voyage", "voyageai", "voyageai", "voyage"),
        Entry("litellm", "litellm:LiteLLM", "litellm", "litellm", ""),  # it pins other SDKs
    )
}
"""The providers by name."""


def installed() -> list[str]:
    """The names of the providers whose SDK is installed."""
    return [name for name, entry in PROVIDERS.items() if entry.is_installed and entry.is_written]

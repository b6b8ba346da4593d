"""Every provider that HILT supports, one row each, without importing an adapter or an SDK.

What else names a provider follows from its row, and `tests/providers/test_registry.py` compares
them: the instrumentor class, the entry point and the extra in ``pyproject.toml``, what
``hilt doctor`` lists, and the tables of the README.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from hilt.genai.values import Provider

__all__ = ["PROVIDERS", "Entry", "installed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A provider's row.

    Args:
        name: As in ``instrument(providers=[...])``; also the package of `hilt.providers` that
            holds its adapter, and its extra of ``hilt``.
        adapter: The class of its adapter.
        package: The SDK's import name.
        distribution: The SDK's name for pip.
        has_extra: Whether ``pip install "hilt[name]"`` installs the SDK.
        older_sdk: The provider that this name stands for where only its SDK is installed.
    """

    name: str
    adapter: str
    package: str
    distribution: str
    has_extra: bool = True
    older_sdk: str | None = None

    @property
    def instrumentor(self) -> str:
        """The name of its instrumentor class in `hilt.instrumentation`."""
        return f"{self.adapter}Instrumentor"

    @property
    def is_installed(self) -> bool:
        """Whether the SDK can be imported; nothing is imported to find out."""
        try:
            return find_spec(self.package) is not None
        except (ImportError, ValueError):
            return False

    def load(self) -> Provider:
        """The adapter, which is the same object at every call."""
        return _load(self.name, self.adapter)


@cache
def _load(name: str, adapter: str) -> Provider:
    provider: Provider = getattr(import_module(f"hilt.providers.{name}.adapter"), adapter)()
    return provider


PROVIDERS: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        Entry("openai", "OpenAI", "openai", "openai"),
        Entry("anthropic", "Anthropic", "anthropic", "anthropic"),
        Entry("gemini", "Gemini", "google.genai", "google-genai", older_sdk="generativeai"),
        Entry(
            "generativeai",
            "GenerativeAI",
            "google.generativeai",
            "google-generativeai",
            has_extra=False,  # It is retired, and pins what other SDKs need newer.
        ),
        Entry("cohere", "Cohere", "cohere", "cohere"),
        Entry("ai21", "AI21", "ai21", "ai21"),
        Entry("mistral", "Mistral", "mistralai", "mistralai"),
        Entry("groq", "Groq", "groq", "groq"),
        Entry("together", "Together", "together", "together"),
        Entry("writer", "Writer", "writerai", "writer-sdk"),
        Entry("cerebras", "Cerebras", "cerebras.cloud.sdk", "cerebras-cloud-sdk"),
        Entry("ollama", "Ollama", "ollama", "ollama"),
        Entry("bedrock", "Bedrock", "botocore", "boto3"),
        Entry("voyage", "Voyage", "voyageai", "voyageai"),
        Entry("huggingface", "HuggingFace", "huggingface_hub", "huggingface_hub"),
        Entry("xai", "XAI", "xai_sdk", "xai-sdk"),
        Entry("fireworks", "Fireworks", "fireworks", "fireworks-ai"),
        Entry("azure_inference", "AzureInference", "azure.ai.inference", "azure-ai-inference"),
        Entry("mcp", "MCP", "mcp", "mcp"),
        Entry(
            "claude_agent",
            "ClaudeAgent",
            "claude_agent_sdk",
            "claude-agent-sdk",
            has_extra=False,  # It brings Claude Code, a program of many megabytes.
        ),
        Entry("dspy", "DSPy", "dspy", "dspy", has_extra=False),  # It brings LiteLLM.
        Entry(
            "transformers",
            "Transformers",
            "transformers",
            "transformers",
            has_extra=False,  # Its models need PyTorch, in the build for the machine.
        ),
        Entry("vllm", "VLLM", "vllm", "vllm", has_extra=False),  # The same, and a GPU.
        Entry("litellm", "LiteLLM", "litellm", "litellm", has_extra=False),  # It pins other SDKs.
    )
}
"""The providers by name."""


def installed() -> list[str]:
    """The names of the providers whose SDK is installed."""
    return [name for name, entry in PROVIDERS.items() if entry.is_installed]

"""Which provider answers, by its host."""

from __future__ import annotations

import pytest

from hilt.providers._hosts import is_price_assumed, provider_of_host


@pytest.mark.parametrize(
    ("host", "port", "provider"),
    [
        ("api.openai.com", 443, "openai"),
        ("my-resource.openai.azure.com", 443, "azure.ai.openai"),
        ("us-east5-aiplatform.googleapis.com", 443, "gcp.vertex_ai"),
        ("bedrock-runtime.us-east-1.amazonaws.com", 443, "aws.bedrock"),
        ("openrouter.ai", 443, "openrouter"),
        ("localhost", 11434, "ollama"),
        ("127.0.0.1", 8000, "vllm"),
        ("ollama.internal", 80, "ollama"),
        ("my-vllm.example.com", 80, "vllm"),
        ("litellm", None, "litellm"),
        ("host.docker.internal", 1234, "lm_studio"),
        ("::1", 4000, "litellm"),
        ("0.0.0.0", 11434, "ollama"),
        ("eu.api.x.ai", None, "x_ai"),
    ],
)
def test_host_names_its_provider(host: str, port: int, provider: str) -> None:
    """A known domain, a prefix of one, a local server's port, or a name within the host."""
    assert provider_of_host(host, port, "fallback") == provider


@pytest.mark.parametrize(
    ("host", "port"),
    [(None, None), ("", 11434), ("localhost", None), ("llm.example.com", 11434),
     ("llm.example.com", 443), ("localhost", 9999), ("notapi.openai.com", 443),
     ("api.openai.com.evil.example", 443)],
)  # fmt: skip
def test_other_hosts_are_the_fallback(host: str | None, port: int | None) -> None:
    """A domain that only resembles a known one names nobody."""
    assert provider_of_host(host, port, "fallback") == "fallback"


@pytest.mark.parametrize(
    ("host", "port", "assumed"),
    [
        ("llm.example.com", 443, True),
        ("localhost", 9999, True),
        ("api.openai.com", 443, False),
        ("localhost", 8000, False),
        (None, None, False),  # nothing says that it is not the provider's own
    ],
)
def test_price_at_an_unknown_host_is_assumed(host: str | None, port: int, assumed: bool) -> None:
    """Nobody knows who sells models there."""
    assert is_price_assumed(host, port) is assumed

"""Which provider LiteLLM sends a model's name to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest

from hilt.providers.litellm import model_names
from hilt.providers.litellm.model_names import provider_of_model


class Providers(Enum):
    """As LiteLLM's enumeration."""

    GROQ = "groq"


@pytest.fixture(autouse=True)
def litellm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A LiteLLM that knows two providers and one model."""
    module = SimpleNamespace(
        provider_list=[Providers.GROQ, "perplexity"],
        models_by_provider={"mistral": {"mistral-small"}},
    )
    monkeypatch.setitem(sys.modules, "litellm", module)  # type: ignore[arg-type]  # a stand-in
    model_names.listed_provider_of.cache_clear()
    yield
    model_names.listed_provider_of.cache_clear()


@pytest.mark.parametrize(
    ("model", "provider", "expected"),
    [
        ("groq/llama-3", None, ("groq", "llama-3")),
        ("perplexity/sonar", None, ("perplexity", "sonar")),
        ("gemini/gemini-2.5", None, ("gcp.gemini", "gemini-2.5")),
        ("vertex_ai/publishers/x/m", None, ("gcp.vertex_ai", "publishers/x/m")),
        ("meta-llama/Llama-3", None, ("litellm", "meta-llama/Llama-3")),
        ("mistral-small", None, ("mistral_ai", "mistral-small")),
        ("unknown-model", None, ("litellm", "unknown-model")),
        ("gpt-4o", "azure", ("azure.ai.openai", "gpt-4o")),
        ("azure/gpt-4o", "azure", ("azure.ai.openai", "gpt-4o")),
        ("org/gpt-4o", "azure", ("azure.ai.openai", "org/gpt-4o")),
        ("gpt-4o", "my_provider", ("my_provider", "gpt-4o")),
        ("gpt-4o", 5, ("litellm", "gpt-4o")),
    ],
)
def test_provider_and_its_name_of_the_model(
    model: str, provider: Any, expected: tuple[str, str]
) -> None:
    """A prefix, the caller's argument, or LiteLLM's own lists name it."""
    assert provider_of_model(model, provider) == expected

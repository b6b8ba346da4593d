"""Which provider a call of LiteLLM's goes to, told from the model's name; no SDK is needed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.values import Arguments
from hilt.providers.litellm import model_names
from hilt.providers.litellm.adapter import LiteLLM
from hilt.providers.litellm.model_names import provider_of_model


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A LiteLLM that knows few providers."""
    model_names._provider_that_lists.cache_clear()
    provider_list = [SimpleNamespace(value="openai"), "anthropic", "huggingface"]
    lists = {"openai": {"gpt-4o-mini"}, "anthropic": ["claude-3-5-haiku-20241022"]}
    sdk = SimpleNamespace(provider_list=provider_list, models_by_provider=lists)
    monkeypatch.setitem(sys.modules, "litellm", sdk)  # type: ignore[arg-type]
    yield
    model_names._provider_that_lists.cache_clear()


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("model", "given", "expected"),
    [
        ("anthropic/claude-x", None, ("anthropic", "claude-x")),
        ("azure/my-deployment", None, ("azure.ai.openai", "my-deployment")),
        ("bedrock/us.amazon.nova-lite-v1:0", None, ("aws.bedrock", "us.amazon.nova-lite-v1:0")),
        ("huggingface/meta/llama", None, ("huggingface", "meta/llama")),
        ("meta-llama/Llama-3", None, ("litellm", "meta-llama/Llama-3")),
        ("meta-llama/Llama-3", "together_ai", ("together", "meta-llama/Llama-3")),
        ("gemini/gemini-x", "gemini", ("gcp.gemini", "gemini-x")),
        ("gpt-4o-mini", None, ("openai", "gpt-4o-mini")),
        ("claude-3-5-haiku-20241022", None, ("anthropic", "claude-3-5-haiku-20241022")),
    ],
)
def test_provider_of_model(model: str, given: str | None, expected: tuple[str, str]) -> None:
    """The prefix tells, else what the caller said, else LiteLLM's own lists."""
    assert provider_of_model(model, given) == expected


@pytest.mark.usefixtures("known")
def test_arguments_that_are_read() -> None:
    """Keys, headers and what else is among the arguments is not in what the call asks for."""
    targets = {target.path: target for target in LiteLLM.targets}
    kwargs: dict[str, Any] = {
        "messages": [{"role": "user", "content": "Hello"}],
        "api_key": "SECRET",
        "extra_headers": {"x": "SECRET"},
        "metadata": {"token": "SECRET"},
        "temperature": 0.5,
        "api_base": "https://user:SECRET@example.com/v1",
    }
    target = targets["completion.original_function"]
    found = LiteLLM().request(Arguments(target, None, ("anthropic/claude-x",), kwargs))

    assert found is not None
    request, _ = found
    assert (request.provider, request.model) == ("anthropic", "claude-x")
    assert request.server_address == "example.com"
    assert "SECRET" not in repr(request)


@pytest.mark.usefixtures("known")
def test_one_shot_messages_are_left_alone() -> None:
    """What can be read only once is the SDK's to read."""
    messages = iter([{"role": "user", "content": "Hello"}])
    target = LiteLLM.targets[0]
    found = LiteLLM().request(Arguments(target, None, ("gpt-4o-mini", messages), {}))

    assert found is not None
    assert list(messages) == [{"role": "user", "content": "Hello"}]

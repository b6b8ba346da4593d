"""HuggingFace's inference clients: which requests are observed, who answers and what it costs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.observation import Observation
from hilt.genai.values import Arguments, Request
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers.huggingface.adapter import HuggingFace
from hilt.recording.event_fields import add_cost

ROUTER = "https://router.huggingface.co"
HI = [{"role": "user", "content": "Hi"}]


def request_of(url: str, task: str = "conversational", **body: Any) -> Request | None:
    """What the adapter reads of a request, as the SDK has prepared it."""
    sent = SimpleNamespace(url=url, task=task, model=None, json=body, data=None, headers={})
    adapter = HuggingFace()
    observed = adapter.request(Arguments(adapter.targets[0], object(), (sent,), {"stream": False}))
    return None if observed is None else observed[0]


def test_chat_request() -> None:
    """A chat has its model, its server and its parameters."""
    url = f"{ROUTER}/groq/openai/v1/chat/completions"

    request = request_of(url, model="openai/gpt-oss-20b", messages=HI, max_tokens=9)

    assert request is not None
    assert (request.operation, request.provider) == ("chat", "huggingface")
    assert (request.server_address, request.server_port) == ("router.huggingface.co", 443)
    assert (request.model, request.messages) == ("openai/gpt-oss-20b", HI)
    assert request.attributes == {"gen_ai.request.max_tokens": 9}
    assert request.provider_hint == "huggingface_groq"


def test_other_tasks_are_not_observed() -> None:
    """A task that nobody knows is not guessed."""
    assert request_of(f"{ROUTER}/hf-inference/models/m", "mind-reading") is None


def test_endpoint_of_one_model_has_no_model_name() -> None:
    """What the SDK sends in place of a name is not a model."""
    request = request_of("https://x.endpoints.huggingface.cloud/v1", model="dummy", messages=HI)

    assert request is not None
    assert request.model is None


def test_key_of_another_provider_names_it() -> None:
    """With a key of the seller's own, the SDK sends to the seller."""
    request = request_of("https://api.together.xyz/v1/chat/completions", model="m", messages=HI)

    assert request is not None
    assert (request.provider, request.provider_hint) == ("together", None)


@pytest.mark.parametrize(
    ("path", "model", "hint", "unknown"),
    [
        ("v1/chat/completions", "openai/gpt-oss-20b:groq", "huggingface_groq", None),
        ("v1/chat/completions", "openai/gpt-oss-20b", None, "the router chooses the provider"),
        ("v1/chat/completions", "openai/gpt-oss-20b:cheapest", None, "the router chooses"),
        ("v1/chat/completions", "m:hf-inference", None, "hf-inference is paid by compute time"),
        ("hf-inference/models/m/v1/chat/completions", "m", None, "hf-inference is paid by"),
    ],
)
def test_seller_is_that_of_the_path_or_the_name(
    path: str, model: str, hint: str | None, unknown: str | None
) -> None:
    """Who sells a model decides its price; where nobody says it, there is none."""
    request = request_of(f"{ROUTER}/{path}", model=model, messages=HI)

    assert request is not None
    assert request.provider_hint == hint
    assert (request.cost_unknown or "").startswith(unknown or "")
    assert (request.cost_unknown is None) == (unknown is None)


def test_cost() -> None:
    """1,000 tokens in and 100 out of gpt-oss-20b at Groq through the router, by hand."""
    url = f"{ROUTER}/groq/openai/v1/chat/completions"
    request = request_of(url, model="openai/gpt-oss-20b", messages=HI)
    assert request is not None
    call = Observation(request, 0)
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    call.response = ChatCompletions().response({"model": request.model, "usage": usage})

    add_cost(call)

    # $0.10 and $0.50 a million tokens
    assert call.cost_usd == 0.00015

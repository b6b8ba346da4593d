"""Which requests of OpenAI's SDK are observed, and whose they are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.values import Arguments, Target
from hilt.providers.openai.adapter import OpenAI


class OpenAIClient:
    """A client of OpenAI."""

    def __init__(self, host: str = "api.openai.com", **fields: Any) -> None:
        self._base_url = SimpleNamespace(scheme="https", host=host, port=None)
        self.__dict__.update(fields)


class AzureOpenAI(OpenAIClient):
    """A client of Azure."""


def call(path: str, method: str = "post", client: Any = None, **body: Any) -> Arguments:
    """A request on its way."""
    options = SimpleNamespace(method=method, url=path, json_data=body)
    target = Target("openai._base_client", "SyncAPIClient.request")
    return Arguments(target, client or OpenAIClient(), (object, options), {"stream": False})


@pytest.mark.parametrize(
    ("method", "path", "operation", "surface"),
    [
        ("post", "/chat/completions", "chat", "chat.completions"),
        ("post", "/responses", "chat", "responses"),
        ("post", "/responses/compact", "chat", "responses"),
        ("get", "/responses/resp_1", "fetch_response", "responses"),
        ("post", "/responses/resp_1/cancel", "fetch_response", "responses"),
        ("post", "/completions", "text_completion", "completions"),
        ("post", "/embeddings", "embeddings", "embeddings"),
        ("post", "/moderations", "moderation", "moderations"),
        ("post", "/images/generations", "generate_content", "images"),
        ("post", "/images/edits", "generate_content", "images"),
        ("post", "/images/variations", "generate_content", "images"),
        ("post", "/audio/speech", "generate_content", "audio.speech"),
        ("post", "/audio/transcriptions", "generate_content", "audio.transcriptions"),
        ("post", "/audio/translations", "generate_content", "audio.transcriptions"),
        ("post", "/threads/runs", "invoke_agent", "beta.assistants"),
        ("post", "/threads/thread_1/runs", "invoke_agent", "beta.assistants"),
        ("get", "/threads/thread_1/runs/run_1", "fetch_response", "beta.assistants"),
        ("post", "/threads/thread_1/runs/run_1/cancel", "fetch_response", "beta.assistants"),
        ("post", "/threads/thread_1/runs/run_1/submit_tool_outputs", "fetch_response",
         "beta.assistants"),
    ],
)  # fmt: skip
def test_routes(method: str, path: str, operation: str, surface: str) -> None:
    """Each path has its operation and what reads its answer."""
    found = OpenAI().request(call(path, method))

    assert found is not None
    assert (found[0].operation, found[1].name) == (operation, surface)


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "/models"), ("get", "/chat/completions"), ("post", "/files"),
     ("post", "/threads/thread_1/messages"), ("delete", "/responses/resp_1"),
     ("get", "/threads/thread_1/runs")],
)  # fmt: skip
def test_requests_that_call_no_model(method: str, path: str) -> None:
    """They are not observed."""
    assert OpenAI().request(call(path, method)) is None


def test_api_type_of_both_chat_apis() -> None:
    """The span says which of them it was."""
    chat = OpenAI().request(call("/chat/completions"))
    responses = OpenAI().request(call("/responses"))

    assert chat is not None
    assert responses is not None
    assert chat[0].attributes == {"openai.api.type": "chat_completions"}
    assert responses[0].attributes == {"openai.api.type": "responses"}


@pytest.mark.parametrize(
    ("client", "provider"),
    [
        (OpenAIClient(), "openai"),
        (OpenAIClient("api.deepseek.com"), "deepseek"),
        (OpenAIClient("llm.example.com"), "openai"),
        (AzureOpenAI("proxy.example.com"), "azure.ai.openai"),
    ],
)
def test_provider(client: Any, provider: str) -> None:
    """The host decides; where it is not known, the client's class does."""
    found = OpenAI().request(call("/chat/completions", client=client))

    assert found is not None
    assert found[0].provider == provider


def test_deployment_of_azure_is_the_model() -> None:
    """Azure has it in the path, and old clients in the client only."""
    client = AzureOpenAI("r.openai.azure.com", _azure_deployment="my-gpt")
    path = "/openai/deployments/my-gpt/chat/completions"
    found = OpenAI().request(call(path, client=client))
    named = OpenAI().request(call(path, client=client, model="gpt-4o"))

    assert found is not None
    assert named is not None
    assert (found[0].model, named[0].model) == ("my-gpt", "gpt-4o")


@pytest.mark.parametrize(
    ("client", "path", "prices"),
    [
        (OpenAIClient(), "/decisions", "openai-decisions"),
        (OpenAIClient("llm.example.com"), "/decisions", "openai-decisions"),
        (OpenAIClient("openrouter.ai"), "/decisions", None),
        (AzureOpenAI("proxy.example.com"), "/decisions", None),
        (OpenAIClient(), "/chat/completions", None),
    ],
)
def test_prices_of_decisions_are_openais(client: Any, path: str, prices: str | None) -> None:
    """Whoever else sells them has prices of their own."""
    found = OpenAI().request(call(path, client=client))

    assert found is not None
    assert found[0].provider_hint == prices

"""Which requests of Anthropic's SDK are observed, and whose they are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.values import Arguments, Failure, Request, Target
from hilt.providers.anthropic.adapter import Anthropic, messages_request, refine
from hilt.providers.anthropic.blocks import message_of

BODY = {"model": "claude-x", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


class Client:
    """A client of Anthropic's own API."""

    def __init__(self, host: str = "api.anthropic.com", **fields: Any) -> None:
        self._base_url = SimpleNamespace(scheme="https", host=host, port=None)
        self.__dict__.update(fields)


class AnthropicBedrock(Client):
    """A client of Bedrock."""


class Derived(AnthropicBedrock):
    """A client of a program's own."""


class AnthropicVertex(Client):
    """A client of Vertex AI."""


class AnthropicFoundry(Client):
    """A client of Microsoft Foundry."""


def call(path: str, method: str = "post", client: Any = None, name: str = "_request") -> Arguments:
    """A request on its way."""
    options = SimpleNamespace(method=method, url=path, json_data=BODY)
    target = Target("anthropic._base_client", f"SyncAPIClient.{name}")
    return Arguments(target, client or Client(), (object, options), {"stream": True})


def test_messages_request() -> None:
    """Messages, system, tools, user, and the message that this one continues."""
    body = {
        **BODY,
        "system": "Be brief.",
        "tools": [{"name": "f"}],
        "metadata": {"user_id": "alice"},
        "thread": {"previous_message_id": "msg_0"},
    }

    assert messages_request(body) == Request(
        "chat",
        "anthropic",
        model="claude-x",
        messages=BODY["messages"],  # type: ignore[arg-type]  # a list
        read=message_of,
        instructions=[{"type": "text", "content": "Be brief."}],
        attributes={"gen_ai.request.max_tokens": 9},
        tools=[{"name": "f"}],
        previous_response="msg_0",
        user="alice",
    )


@pytest.mark.parametrize(
    ("method", "path", "operation", "surface"),
    [
        ("post", "/v1/messages", "chat", "messages"),
        ("post", "/v1/messages?beta=true", "chat", "messages"),
        ("post", "/v1/complete", "text_completion", "completions"),
        ("post", "/v1/messages/batches", "batch", "messages.batches"),
        ("get", "/v1/messages/batches/msgbatch_1/results", "batch", "messages.batches"),
    ],
)
def test_routes(method: str, path: str, operation: str, surface: str) -> None:
    """Each path has its operation and what reads its answer."""
    found = Anthropic().request(call(path, method))

    assert found is not None
    assert (found[0].operation, found[1].name) == (operation, surface)
    assert (found[0].server_address, found[0].server_port, found[0].stream) == (
        "api.anthropic.com", 443, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/v1/messages/count_tokens"), ("get", "/v1/models"), ("get", "/v1/messages"),
     ("get", "/v1/messages/batches/msgbatch_1")],
)  # fmt: skip
def test_requests_that_call_no_model(method: str, path: str) -> None:
    """They are not observed."""
    assert Anthropic().request(call(path, method)) is None


def test_each_call_reads_its_own_stream() -> None:
    """A surface keeps the usage of its stream, so no two calls share one."""
    first, second = (Anthropic().request(call("/v1/messages")) for _ in range(2))

    assert first is not None
    assert second is not None
    assert first[1] is not second[1]


@pytest.mark.parametrize(
    ("client", "provider"),
    [
        (Client(), "anthropic"),
        (Client("api.deepseek.com"), "deepseek"),
        (AnthropicBedrock("proxy.example.com"), "aws.bedrock"),
        (Derived("proxy.example.com"), "aws.bedrock"),
        (AnthropicVertex("proxy.example.com"), "gcp.vertex_ai"),
        (AnthropicFoundry("r.services.ai.azure.com"), "anthropic"),
    ],
)
def test_provider(client: Any, provider: str) -> None:
    """The client's class decides for a platform, the host for everything else."""
    found = Anthropic().request(call("/v1/messages", client=client))

    assert found is not None
    assert found[0].provider == provider


def test_users_own_conversation() -> None:
    """Anthropic 2.x takes the id as an option of the client."""
    client = Client(_otel=SimpleNamespace(conversation_id="order-42"))
    found = Anthropic().request(call("/v1/messages", client=client))

    assert found is not None
    assert found[0].conversation == "order-42"


def test_request_that_is_not_prepared_yet_is_left_alone() -> None:
    """Where the SDK prepares requests in `_request`, `request` is not the place to read them."""
    client = Client(_copy_and_prepare=print)

    assert Anthropic().request(call("/v1/messages", client=client, name="request")) is None
    assert Anthropic().request(call("/v1/messages", client=client)) is not None
    assert Anthropic().request(call("/v1/messages", name="request")) is not None


@pytest.mark.parametrize(
    ("provider_code", "status", "expected"),
    [
        ("overloaded_error", 200, ("overloaded", 529)),
        ("overloaded_error", None, ("overloaded", 529)),
        ("overloaded_error", 503, ("unknown", 503)),
        ("new_error", 200, ("unknown", 200)),
        (None, None, ("unknown", None)),
    ],
)
def test_error_in_a_stream(provider_code: Any, status: Any, expected: tuple[Any, ...]) -> None:
    """A stream begins with status 200; the type of its error has another one."""
    failure = refine(Failure("unknown", "E", status_code=status, provider_code=provider_code))

    assert (failure.error_code, failure.status_code) == expected

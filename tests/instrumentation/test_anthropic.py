"""Anthropic's SDK: its platforms, tools, tool runner, and errors within a stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from hilt.testing.provider import Provider, ToolCall
from tests.conftest import Log
from tests.instrumentation.anthropic_transport import ASK, MODEL, Canned, aws_frames
from tests.providers.anthropic_stream import events_of, message, sse_of

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider on this machine."""
    with Provider(seed=7) as running:
        yield running


def _answer(request: Any) -> Any:
    return message("text")


PLATFORMS = [
    pytest.param(
        "AnthropicBedrock",
        {"aws_access_key": "a", "aws_secret_key": "b", "aws_region": "us-east-1"},
        "aws.bedrock",
        "bedrock-runtime.us-east-1.amazonaws.com",
        id="bedrock",
    ),
    pytest.param(
        "AnthropicVertex",
        {"region": "us-east5", "project_id": "p", "access_token": "t"},
        "gcp.vertex_ai",
        "us-east5-aiplatform.googleapis.com",
        id="vertex",
    ),
    pytest.param(
        "AnthropicFoundry",
        {"api_key": "k", "resource": "res"},
        "anthropic",
        "res.services.ai.azure.com",
        id="foundry",
    ),
]


@pytest.mark.parametrize(("name", "options", "provider_name", "server"), PLATFORMS)
def test_platform(
    log: Log, name: str, options: dict[str, Any], provider_name: str, server: str
) -> None:
    """A platform's own client is seen before it moves the model from the body into the path."""
    cls = getattr(anthropic, name, None)
    if cls is None:
        pytest.skip(f"this release of anthropic has no {name}")
    if name == "AnthropicBedrock":
        pytest.importorskip("botocore")  # it signs the requests
    client = cls(http_client=Canned(_answer).client, max_retries=0, **options)

    client.messages.create(**ASK)

    ending = log.ending
    assert ending["provenance"]["provider"] == provider_name
    assert ending["provenance"]["server"] == server
    assert ending["extensions"]["model"] == MODEL
    assert ending["content"]["text"] == "Blue light is scattered the most."
    assert log.internal_errors == 0


def test_bedrock_stream(log: Log) -> None:
    """Bedrock's own framing of a stream is read by the SDK, and seen as the events in it."""
    pytest.importorskip("botocore")
    canned = Canned(
        lambda request: aws_frames(events_of(message("thinking_and_tools"))),
        "application/vnd.amazon.eventstream",
    )
    client = anthropic.AnthropicBedrock(
        http_client=canned.client, aws_access_key="a", aws_secret_key="b", aws_region="us-east-1"
    )

    events = [event.type for event in client.messages.create(**ASK, stream=True)]

    assert canned.requests[0].url.path.endswith("/invoke-with-response-stream")
    assert events[0] == "message_start"
    assert log.actions == ["prompt", "completion", "tool_call", "tool_call"]
    assert log.ending["metrics"]["tokens"] == {
        "prompt": 300, "completion": 120, "total": 420, "reasoning": 40,
    }  # fmt: skip


def test_bedrock_raw_stream(log: Log) -> None:
    """A caller who reads Bedrock's frames from the raw response is seen to read them."""
    pytest.importorskip("botocore")
    canned = Canned(
        lambda request: aws_frames(events_of(message("text"))),
        "application/vnd.amazon.eventstream",
    )
    client = anthropic.AnthropicBedrock(
        http_client=canned.client, aws_access_key="a", aws_secret_key="b", aws_region="us-east-1"
    )

    with client.messages.with_streaming_response.create(**ASK, stream=True) as raw:
        assert sum(len(data) for data in raw.iter_bytes()) > 1000

    assert log.ending["content"]["text"] == "Blue light is scattered the most."
    assert log.ending["metrics"]["tokens"]["prompt"] == 12


def test_token_count_is_no_call(log: Log) -> None:
    """Counting tokens, and listing models, ask no model."""
    client = anthropic.Anthropic(
        api_key="k", http_client=Canned(lambda request: {"input_tokens": 3}).client
    )
    count = getattr(client.messages, "count_tokens", None) or client.beta.messages.count_tokens

    assert count(model=MODEL, messages=ASK["messages"]).input_tokens == 3
    assert log.events == []


def test_tool_loop(log: Log, provider: Provider) -> None:
    """A tool call, its result and the answer: the history is logged once, in one conversation."""
    client = anthropic.Anthropic(api_key="k", base_url=provider.url)
    provider.answer(tool_calls=[ToolCall("get_weather", {"city": "Lyon"}, "toolu_1")])
    provider.answer("14 degrees.")
    messages: list[Any] = [{"role": "user", "content": "Weather in Lyon?"}]
    tools = [{"name": "get_weather", "input_schema": {"type": "object", "properties": {}}}]
    ask = {"model": MODEL, "max_tokens": 50, "tools": tools, "system": "Be brief."}

    with client:
        asked = client.messages.create(messages=messages, **ask)
        messages.append({"role": "assistant", "content": asked.content})
        result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "14 C"}
        messages.append({"role": "user", "content": [result]})
        client.messages.create(messages=messages, **ask)

    assert log.actions == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    prompt, called, tool_call, tool_result, told = [event.to_dict() for event in log.events]
    assert prompt["content"]["tools"] == tools
    assert prompt["content"]["messages"][0]["role"] == "system"
    assert tool_call["content"]["tool"] == {
        "name": "get_weather", "call_id": "toolu_1", "arguments": {"city": "Lyon"},
    }  # fmt: skip
    assert tool_result["actor"] == {"type": "tool", "id": "get_weather"}
    assert tool_result["extensions"]["reply_to"] == tool_call["event_id"]
    assert tool_result["extensions"]["context_of"] == called["event_id"]
    assert told["extensions"]["reply_to"] == tool_result["event_id"]
    assert {event.session_id for event in log.events} == {prompt["session_id"]}


def test_streamed_answer_continues_its_conversation(log: Log) -> None:
    """An answer of several blocks is known again when the caller sends it back."""
    whole = message("server_tools")
    canned = Canned(
        lambda request: (
            sse_of(events_of(whole))
            if json.loads(request.content).get("stream")
            else message("text")
        )
    )
    client = anthropic.Anthropic(api_key="k", http_client=canned.client)
    list(client.messages.create(**ASK, stream=True))

    again = {"role": "user", "content": "Sure?"}
    history = [*ASK["messages"], {"role": "assistant", "content": whole["content"]}, again]
    client.messages.create(**{**ASK, "messages": history})

    first, second = log.of("prompt")
    assert [each["role"] for each in second.to_dict()["content"]["messages"]] == ["user"]
    assert second.extensions["context_of"] == log.endings[0].event_id
    assert second.session_id == first.session_id
    content = log.endings[0].to_dict()["content"]
    assert content["text"] == "I'll search.It was Assur, then Nineveh."
    assert [part["type"] for part in content["parts"]] == [
        "server_tool_call", "server_tool_call_response",
    ]  # fmt: skip


def test_citations_are_logged(log: Log) -> None:
    """What an answer cites is in its event."""
    canned = Canned(lambda request: message("server_tools"))
    anthropic.Anthropic(api_key="k", http_client=canned.client).messages.create(**ASK)

    (citation,) = log.ending["content"]["citations"]
    assert citation["url"] == "https://example.org/assyria"


def test_refusal_is_filtered(log: Log) -> None:
    """A model that refuses ends with ``filtered``, in the provider's own word."""
    canned = Canned(lambda request: message("refusal"))
    anthropic.Anthropic(api_key="k", http_client=canned.client).messages.create(**ASK)

    assert log.ending["extensions"]["outcome"] == "filtered"
    assert log.ending["extensions"]["finish_reason"] == "refusal"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("overloaded_error", 529, "overloaded"),
        ("rate_limit_error", 429, "rate_limit"),
        ("api_error", 500, "server_error"),
        ("something_new", 200, "unknown"),
    ],
)
def test_error_within_a_stream(log: Log, kind: str, status: int, code: str) -> None:
    """An error that comes after status 200 has the status and code of its type."""
    start = list(events_of(message("text")))[:4]
    error = {"type": "error", "error": {"type": kind, "message": "Too much."}}
    canned = Canned(lambda request: sse_of(iter([*start, error])))
    client = anthropic.Anthropic(api_key="k", http_client=canned.client)

    with pytest.raises(anthropic.APIStatusError):
        list(client.messages.create(**ASK, stream=True))

    facts = log.ending["extensions"]
    assert (facts["outcome"], facts["error_code"]) == ("failed", code)
    assert facts["error_provider_code"] == kind
    assert facts.get("status_code") == status
    assert facts["partial"] is True


def test_user_and_conversation(log: Log) -> None:
    """Who speaks is in ``metadata``; a conversation id may be an option of the client."""
    options: dict[str, Any] = {}
    if hasattr(anthropic.Anthropic, "open_telemetry"):
        options["open_telemetry"] = {"conversation_id": "chat-7"}
    client = anthropic.Anthropic(api_key="k", http_client=Canned(_answer).client, **options)

    client.messages.create(**ASK, metadata={"user_id": "u-42"})

    assert log.one("prompt")["actor"] == {"type": "human", "id": "u-42"}
    if options:
        assert log.ending["session_id"] == "chat-7"


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_tool_runner(log: Log, provider: Provider, mode: str) -> None:
    """Each turn of the runner is one call, and its tools' results are logged between them."""
    if not hasattr(anthropic, "beta_tool"):
        pytest.skip("this release of anthropic has no tool runner")
    provider.answer(tool_calls=[ToolCall("add", {"a": 2, "b": 3}, "toolu_1")])
    provider.answer("Five.")
    ask: dict[str, Any] = {**ASK, "messages": [{"role": "user", "content": "2 + 3?"}]}

    said = _run(provider, ask) if mode == "sync" else asyncio.run(_run_async(provider, ask))

    assert said == "Five."
    assert log.actions == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    assert log.one("tool_result")["content"]["text"] == "5"
    assert len({event.session_id for event in log.events}) == 1


def _run(provider: Provider, ask: dict[str, Any]) -> Any:
    @anthropic.beta_tool
    def add(a: int, b: int) -> str:
        """Add two numbers."""
        return str(a + b)

    with anthropic.Anthropic(api_key="k", base_url=provider.url) as client:
        runner: Any = client.beta.messages.tool_runner(**ask, tools=[add])
        return runner.until_done().content[0].text


async def _run_async(provider: Provider, ask: dict[str, Any]) -> Any:
    @anthropic.beta_async_tool
    async def add(a: int, b: int) -> str:
        """Add two numbers."""
        return str(a + b)

    async with anthropic.AsyncAnthropic(api_key="k", base_url=provider.url) as client:
        runner: Any = client.beta.messages.tool_runner(**ask, tools=[add])
        return (await runner.until_done()).content[0].text


def test_legacy_completions(log: Log) -> None:
    """The old completions have a text and a reason, and never say what they cost."""
    body = {"id": "compl_1", "type": "completion", "completion": " Hi.", "model": "claude-2.1"}
    body["stop_reason"] = "stop_sequence"
    client = anthropic.Anthropic(api_key="k", http_client=Canned(lambda request: body).client)
    if not hasattr(client, "completions"):
        pytest.skip("this release of anthropic has no completions")

    client.completions.create(
        model="claude-haiku-4-5", prompt="\n\nHuman: Hello\n\nAssistant:", max_tokens_to_sample=9
    )

    assert log.ending["content"]["text"] == " Hi."
    assert log.ending["provenance"]["operation"] == "text_completion"
    assert log.ending["extensions"]["cost_unknown"]


@pytest.mark.parametrize("shape", ["whole", "stream", "raw stream"])
def test_fallback_after_a_refusal(log: Log, shape: str) -> None:
    """What a middleware makes of two answers is one call, as the caller sees it."""
    middleware = pytest.importorskip("anthropic.lib.middleware")
    canned = Canned(_refused_by_the_first)
    fallback = middleware.BetaRefusalFallbackMiddleware([{"model": "claude-other"}])
    client = anthropic.Anthropic(api_key="k", http_client=canned.client, middleware=[fallback])
    messages = client.beta.messages

    with middleware.BetaFallbackState():
        if shape == "whole":
            messages.create(**ASK)
        elif shape == "stream":
            list(messages.create(**ASK, stream=True))
        else:
            list(messages.with_raw_response.create(**ASK, stream=True).parse())

    assert len(canned.requests) == 2
    assert log.actions == ["prompt", "completion"]
    assert log.ending["content"]["text"] == "Blue light is scattered the most."
    assert log.ending["extensions"]["outcome"] == "completed"
    assert log.internal_errors == 0


def _refused_by_the_first(request: Any) -> Any:
    body = json.loads(request.content)
    found = message("refusal" if body["model"] == MODEL else "text")
    return sse_of(events_of(found)) if body.get("stream") else found


def test_answer_of_a_middleware(log: Log) -> None:
    """An answer that never came over the wire is logged as the caller got it."""
    if not hasattr(anthropic.Anthropic, "middleware"):
        pytest.skip("this release of anthropic has no middlewares")
    cached = anthropic.types.Message.model_validate(message("text"))
    client = anthropic.Anthropic(
        api_key="k",
        http_client=Canned(_answer).client,
        middleware=[lambda request, call_next: cached],
    )

    assert client.messages.create(**ASK) is cached
    assert log.ending["content"]["text"] == "Blue light is scattered the most."

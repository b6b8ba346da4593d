"""mistralai's own client against a server that answers like Mistral."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.conftest import Log
from tests.providers.scripted import Scripted
from tests.providers.wire import wire

pytest.importorskip("mistralai")
try:
    from mistralai.client import Mistral
    from mistralai.client.utils import BackoffStrategy, RetryConfig
except ImportError:
    from mistralai import Mistral
    from mistralai.utils import BackoffStrategy, RetryConfig

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

MODEL = "mistral-small-latest"
HELLO = [{"role": "user", "content": "Hello"}]


_made: list[Any] = []
"""Clients in use: some versions close one that is dropped."""


@pytest.fixture(autouse=True)
def drop_clients() -> Iterator[None]:
    """Let the clients of a test go when it ends."""
    yield
    _made.clear()
    gc.collect()  # here, where the sockets that they leave open are forgiven


def client(url: str, **options: Any) -> Any:
    """A client at a URL."""
    _made.append(Mistral(api_key="SECRET-KEY", server_url=url, **options))
    return _made[-1]


def test_chat(log: Log) -> None:
    """A call of the chat API is a prompt and a completion, with Mistral's usage."""
    with Scripted(wire("mistral/chat")) as server:
        client(server.url).chat.complete(
            model=MODEL, messages=HELLO, temperature=0.5, random_seed=7, max_tokens=9
        )

    asked, event = log.one("prompt"), log.one("completion")
    assert asked["extensions"]["parameters"] == {"temperature": 0.5, "seed": 7, "max_tokens": 9}
    assert event["content"]["text"] == "Hello."
    assert event["provenance"]["provider"] == "mistral_ai"
    assert event["provenance"]["usage"] == wire("mistral/chat")["usage"]
    assert event["provenance"]["response_model"] == "mistral-small-2506"
    assert event["extensions"]["attempts"] == 1
    assert "SECRET-KEY" not in json.dumps([each.to_dict() for each in log.events])


def test_thinking_and_tools(log: Log) -> None:
    """Thoughts are reasoning, and calls of tools are events."""
    with (
        Scripted(wire("mistral/thinking")) as server,
        suppress(ValueError),
    ):  # 1.x knows no thoughts
        client(server.url).chat.complete(model="magistral-small-latest", messages=HELLO)

    event = log.one("completion")
    assert event["content"]["text"] == "42."
    assert event["content"]["reasoning"] == "Hm."
    assert log.one("tool_call")["content"]["tool"] == {
        "name": "add", "call_id": "tc1", "arguments": {"a": 1},
    }  # fmt: skip


def test_documents_are_not_inline(log: Log) -> None:
    """A document or an image in base64 is in the log by its hash."""
    data = "data:application/pdf;base64,JVBERi0xLjQ="
    parts = [
        {"type": "text", "text": "Read"},
        {"type": "document_url", "document_url": data},
        {"type": "image_url", "image_url": "data:image/png;base64,iVBORw0KGgo="},
    ]
    with Scripted(wire("mistral/chat")) as server:
        try:
            client(server.url).chat.complete(
                model=MODEL, messages=[{"role": "user", "content": parts}]
            )
        except ValueError:
            pytest.skip("this version takes no documents")

    (message,) = log.one("prompt")["content"]["messages"]
    assert [part["type"] for part in message["parts"]] == ["text", "blob", "blob"]
    assert "JVBERi0xLjQ" not in json.dumps(log.one("prompt"))


def test_stream(log: Log) -> None:
    """Parallel calls of a stream, which Mistral does not number, are kept apart."""
    with Scripted(wire("mistral/stream")) as server:
        stream = client(server.url).chat.stream(model=MODEL, messages=HELLO)
        assert len(list(stream)) == 3

    assert [event.content.text for event in log.of("completion_chunk")] == ["One ", "two."]
    event = log.one("completion")
    assert event["content"]["text"] == "One two."
    assert event["provenance"]["usage"] == wire("mistral/stream")[2]["usage"]
    calls = [event.content.to_dict()["tool"] for event in log.of("tool_call")]
    assert [call["call_id"] for call in calls] == ["tA", "tB"]
    assert [call["arguments"] for call in calls] == [{"a": 1}, {"a": 2}]


def test_async_stream(log: Log) -> None:
    """The asynchronous stream is logged as the synchronous one is."""

    async def ask(url: str) -> int:
        stream = await client(url).chat.stream_async(model=MODEL, messages=HELLO)
        return len([event async for event in stream])

    with Scripted(wire("mistral/stream")) as server:
        assert asyncio.run(ask(server.url)) == 3

    assert log.one("completion")["content"]["text"] == "One two."


def test_agents(log: Log) -> None:
    """A call of an agent names it; the model is the one that answered."""
    with Scripted(wire("mistral/chat")) as server:
        client(server.url).agents.complete(messages=HELLO, agent_id="ag_1")

    event = log.one("completion")
    assert "request_model" not in event["provenance"]
    assert event["provenance"]["response_model"] == "mistral-small-2506"
    assert event["content"]["text"] == "Hello."


def test_fill_in_the_middle(log: Log) -> None:
    """What stands before and after the gap is the prompt."""
    with Scripted(wire("mistral/chat")) as server:
        client(server.url).fim.complete(model="codestral-latest", prompt="def f(", suffix="return")

    asked = log.one("prompt")
    assert asked["content"]["text"] == "def f("
    assert asked["content"]["messages"][0]["parts"][1]["content"] == "return"
    assert asked["provenance"]["operation"] == "text_completion"


def test_embeddings(log: Log) -> None:
    """Embeddings say how many vectors, and how long they are."""
    with Scripted(wire("mistral/embeddings")) as server:
        client(server.url).embeddings.create(model="mistral-embed", inputs=["a", "b"])

    facts = log.one("embedding")["extensions"]
    assert (facts["vectors"], facts["dimensions"]) == (2, 2)


def test_retries_are_counted(log: Log) -> None:
    """A call that the SDK tried twice is one call of two attempts."""
    patience = RetryConfig("backoff", BackoffStrategy(1, 10, 1.1, 5000), False)
    with Scripted((503, {"message": "busy"}), wire("mistral/chat")) as server:
        client(server.url, retry_config=patience).chat.complete(model=MODEL, messages=HELLO)

    assert len(server.requests) == 2
    assert log.ending["extensions"]["attempts"] == 2


@pytest.mark.parametrize("status", [401, 422, 429, 500])
@pytest.mark.parametrize("streamed", [False, True])
def test_refusals(log: Log, status: int, *, streamed: bool) -> None:
    """An error is logged under the name of the exception that the caller gets, with its body."""
    body = {"message": "No.", "detail": [], "object": "error"}
    with Scripted((status, {"retry-after": "3"}, body)) as server:
        chat = client(server.url).chat
        ask = chat.stream if streamed else chat.complete
        with pytest.raises(Exception, match=r".") as caught:
            ask(model=MODEL, messages=HELLO)

    facts = log.ending["extensions"]
    cls = type(caught.value)
    assert facts["status_code"] == status
    assert facts["error_type"] == f"{cls.__module__}.{cls.__qualname__}"
    assert facts["retry_after_s"] == 3
    assert '"No."' in log.ending["content"]["text"]


@pytest.mark.parametrize(
    ("kind", "body", "streamed", "code", "said"),
    [
        ("text/html", "<html>Sign in</html>", False, "unknown", "<html>Sign in</html>"),
        ("text/html", "<html>Sign in</html>", True, "unknown", "<html>Sign in</html>"),
        ("application/json", '{"id":', False, "unknown", '{"id":'),
        ("application/json", "", False, "unknown", "the answer is not JSON"),
        ("application/json", '{"error": {"code": 429, "message": "Too much."}}', True,
         "rate_limit", "Too much."),
    ],
)  # fmt: skip
def test_answers_that_the_sdk_raises_for(
    log: Log, kind: str, body: str, streamed: bool, code: str, said: str
) -> None:
    """What it cannot take for an answer is none, although the status is 200."""
    with Scripted((200, {"content-type": kind}, body)) as server:
        chat = client(server.url).chat
        with pytest.raises(Exception) as raised:  # the SDK's own, which has other names in each
            (chat.stream if streamed else chat.complete)(model=MODEL, messages=HELLO)
        raised.traceback.clear()

    ending = log.ending
    assert ending["action"] == "system"
    assert said in ending["content"]["text"]
    facts = ending["extensions"]
    assert (facts["outcome"], facts["error_code"]) == ("failed", code)


def test_clouds(log: Log) -> None:
    """The clients for Azure and Google Cloud are seen as well."""
    azure = pytest.importorskip("mistralai.azure.client")
    cloud = pytest.importorskip("mistralai.gcp.client")
    with Scripted(wire("mistral/chat")) as server:
        made = azure.MistralAzure(api_key="k", server_url=server.url)
        made.chat.complete(model=MODEL, messages=HELLO)
        other = cloud.MistralGCP(
            project_id="p", region="r", access_token="t", server_url=server.url
        )
        other.chat.complete(model="mistral-large-2411", messages=HELLO)
        other.fim.complete(model="codestral-2", prompt="def f(")

    assert log.actions == ["prompt", "completion"] * 3
    asked = [event.content.to_dict()["text"] for event in log.of("prompt")]
    assert asked == ["Hello", "Hello", "def f("]


def _conversations(url: str) -> Any:
    beta = getattr(client(url), "beta", None)
    if beta is None:
        pytest.skip("this version has no conversations")
    return beta.conversations


def test_conversation(log: Log) -> None:
    """A conversation's outputs are one answer."""
    with Scripted(wire("mistral/conversation")) as server:
        _conversations(server.url).start(
            model="mistral-medium-latest", inputs="The sky?", instructions="Be brief."
        )

    event = log.one("completion")
    assert log.one("prompt")["content"]["text"] == "The sky?"
    assert event["content"]["text"] == "Blue."
    assert event["metrics"]["tokens"]["total"] == 14
    assert log.one("tool_call")["content"]["tool"]["arguments"] == {"at": "sky"}


def test_conversation_stream(log: Log) -> None:
    """A streamed conversation gives its chunks, and ends when Mistral says so."""
    with Scripted(wire("mistral/conversation_stream")) as server:
        stream = _conversations(server.url).append_stream(
            conversation_id="conv_mi_2", inputs="The sky?"
        )
        assert len(list(stream)) == 4

    event = log.one("completion")
    assert event["session_id"] == "conv_mi_2"
    assert event["content"]["text"] == "Blue."
    assert event["metrics"]["tokens"]["total"] == 14
    assert event["extensions"]["outcome"] == "completed"
    assert "partial" not in event["extensions"]

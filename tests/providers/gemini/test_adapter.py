"""google-genai's own client against a server that answers like Gemini."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.conftest import Log
from tests.providers.scripted import Scripted
from tests.providers.wire import wire

genai = pytest.importorskip("google.genai")
types = genai.types

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

MODEL = "gemini-2.5-flash"
PNG = bytes.fromhex("89504e470d0a1a0a")


_made: list[Any] = []
"""Clients in use: one that is dropped closes itself."""


@pytest.fixture(autouse=True)
def drop_clients() -> Iterator[None]:
    """Let the clients of a test go when it ends."""
    yield
    _made.clear()
    gc.collect()  # here, where the sockets that they leave open are forgiven


def _kept(made: Any) -> Any:
    _made.append(made)
    return made


def client(url: str, **options: Any) -> Any:
    """A client of Gemini's own API at a URL."""
    return _kept(genai.Client(api_key="SECRET-KEY", http_options={"base_url": url, **options}))


def vertex(url: str) -> Any:
    """A client in Vertex AI's mode."""
    from google.oauth2.credentials import Credentials

    return genai.Client(
        vertexai=True,
        project="p",
        location="l",
        credentials=Credentials(token="SECRET-TOKEN"),
        http_options={"base_url": url},
    )


def said(chunk: Any) -> str:
    """The text of a chunk; the SDK's own way warns, or raises, where there is more than text."""
    parts = chunk.candidates[0].content.parts
    return "".join(part.text or "" for part in parts if not part.thought)


def test_everything_in_an_answer(log: Log) -> None:
    """Text, thoughts, calls, media, code and choices each have their place; nothing is inline."""
    with Scripted(wire("gemini/everything")) as server:
        client(server.url).models.generate_content(model=MODEL, contents="Weather?")

    content = log.one("completion")["content"]
    assert content["text"] == "It is sunny."
    assert content["reasoning"] == "Let me look that up."
    assert content["images"][0]["sha256"] == hashlib.sha256(PNG).hexdigest()
    kinds = [part["type"] for part in content["parts"]]
    assert kinds == ["server_tool_call", "server_tool_call_response"]
    assert content["choices"][0]["parts"] == [{"type": "text", "content": "Rain."}]
    assert log.one("tool_call")["content"]["tool"] == {
        "name": "get_weather", "call_id": "fc_1", "arguments": {"city": "Oslo"},
    }  # fmt: skip
    assert log.ending["extensions"]["finish_reasons"] == ["STOP", "MAX_TOKENS"]
    assert "iVBORw0KGgo" not in json.dumps([event.to_dict() for event in log.events])


def test_usage_counts_thoughts_and_tools(log: Log) -> None:
    """Thoughts are output, the results of tools are input, and the raw counts are kept."""
    answer = wire("gemini/everything")
    with Scripted(answer) as server:
        client(server.url).models.generate_content(model=MODEL, contents="Weather?")

    event = log.one("completion")
    assert event["metrics"]["tokens"] == {
        "prompt": 105, "completion": 50, "total": 155, "cached": 64, "reasoning": 30, "audio": 10,
    }  # fmt: skip
    assert event["provenance"]["usage"] == answer["usageMetadata"]
    assert event["provenance"]["response_model"] == "gemini-2.5-flash-002"
    assert event["provenance"]["response_id"] == "resp_1"
    assert event["provenance"]["provider"] == "gcp.gemini"


def test_request(log: Log) -> None:
    """Instructions, parameters, tools and images of a request are in the prompt, keys are not."""
    config = types.GenerateContentConfig(
        system_instruction="Be brief.",
        temperature=0.5,
        top_p=0.9,
        max_output_tokens=50,
        stop_sequences=["END"],
        seed=7,
        tools=[types.Tool(google_search=types.GoogleSearch())],
    )
    image = types.Part.from_bytes(data=PNG, mime_type="image/png")
    stored = types.Part.from_uri(file_uri="https://example.com/a.pdf", mime_type="application/pdf")
    parts = [types.Part(text="Look:"), image, stored]
    with Scripted(wire("gemini/plain")) as server:
        client(server.url).models.generate_content(
            model=MODEL, contents=[types.Content(role="user", parts=parts)], config=config
        )

    event = log.one("prompt")
    system, asked = event["content"]["messages"]
    assert system == {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]}
    text, shown, linked = asked["parts"]
    assert text == {"type": "text", "content": "Look:"}
    assert (shown["type"], shown["size"]) == ("blob", len(PNG))
    assert linked["uri"] == "https://example.com/a.pdf"
    assert linked["modality"] == "document"
    assert event["content"]["tools"][0]["type"] in ("googleSearch", "google_search")
    assert event["extensions"]["parameters"] == {
        "temperature": 0.5, "top_p": 0.9, "max_tokens": 50, "seed": 7, "stop_sequences": ["END"],
    }  # fmt: skip
    assert "SECRET-KEY" not in json.dumps([each.to_dict() for each in log.events])


@pytest.mark.parametrize(("name", "reason"), [("blocked", "content_filter"), ("safety", "SAFETY")])
def test_blocks_are_filtered(log: Log, name: str, reason: str) -> None:
    """A prompt or an answer that is blocked is a completion that was filtered."""
    with Scripted(wire(f"gemini/{name}")) as server:
        client(server.url).models.generate_content(model=MODEL, contents="Bad")

    assert log.ending["action"] == "completion"
    assert log.ending["extensions"]["outcome"] == "filtered"
    assert log.ending["extensions"]["finish_reason"] == reason


@pytest.mark.parametrize("streamed", [False, True])
def test_citations(log: Log, *, streamed: bool) -> None:
    """What an answer recites, and what search found for it, stands beside its text."""
    answer = wire("gemini/search")
    with Scripted([answer] if streamed else answer) as server:
        models = client(server.url).models
        if streamed:
            list(models.generate_content_stream(model=MODEL, contents="Who won?"))
        else:
            models.generate_content(model=MODEL, contents="Who won?")

    recited, found = log.one("completion")["content"]["citations"]
    assert recited["uri"] == "https://example.com/b"
    assert found["text"] == "Spain won."
    assert found["sources"] == [{"web": {"uri": "https://example.com/a", "title": "example.com"}}]


def test_stream(log: Log) -> None:
    """The chunks of a stream are its texts; thoughts and parallel calls come together."""
    with Scripted(wire("gemini/stream")) as server:
        stream = client(server.url).models.generate_content_stream(model=MODEL, contents="Count")
        assert [said(chunk) for chunk in stream] == ["", "One ", "two."]

    assert [event.content.text for event in log.of("completion_chunk")] == ["One ", "two."]
    event = log.one("completion")
    assert event["content"]["text"] == "One two."
    assert event["content"]["reasoning"] == "Hm."
    assert event["metrics"]["tokens"]["completion"] == 7
    calls = [event.content.to_dict()["tool"]["arguments"] for event in log.of("tool_call")]
    assert calls == [{"a": 1}, {"a": 2}]


def test_stream_broken_by_an_error(log: Log) -> None:
    """An error in the middle of a stream is a failure that keeps what had come."""
    first, error = (
        wire("gemini/stream")[1],
        {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}},
    )
    with (
        Scripted([first, error]) as server,
        suppress(genai.errors.APIError),  # the first versions go on
    ):
        list(client(server.url).models.generate_content_stream(model=MODEL, contents="Count"))

    facts = log.ending["extensions"]
    assert (facts["outcome"], facts["error_code"]) == ("failed", "overloaded")
    assert facts["status_code"] == 503
    assert facts["partial"] is True
    assert log.ending["content"]["partial_text"] == "One "


def test_async_stream(log: Log) -> None:
    """The asynchronous stream is logged as the synchronous one is."""

    async def ask(url: str) -> list[str]:
        stream = await client(url).aio.models.generate_content_stream(model=MODEL, contents="Count")
        return [said(chunk) async for chunk in stream]

    with Scripted(wire("gemini/stream")) as server:
        asyncio.run(ask(server.url))

    assert log.one("completion")["content"]["text"] == "One two."
    assert len(log.of("completion_chunk")) == 2


def test_chat_says_its_history_once(log: Log) -> None:
    """A chat sends everything at every turn; the log has each message once, streams too."""
    with Scripted(wire("gemini/stream")[1:2] + wire("gemini/stream")[2:]) as server:
        server.answers[0][1]["candidates"][0]["content"]["parts"] = [{"text": "two."}]
        chat = client(server.url).chats.create(model=MODEL)
        list(chat.send_message_stream("Count"))
        list(chat.send_message_stream("More"))

    first, second = log.of("prompt")
    assert len(server.requests[1][1]["contents"]) > 2
    assert [len(each.content.to_dict()["messages"]) for each in (first, second)] == [1, 1]
    assert second.extensions["context_of"] == log.of("completion")[0].event_id
    assert first.session_id == second.session_id


@pytest.mark.filterwarnings("ignore:Pydantic serializer")
def test_automatic_function_calling(log: Log) -> None:
    """Each call of the model is logged, and what the tool said between them."""

    def double(x: int) -> int:
        """Twice x."""
        return 2 * x

    double.__annotations__ = {"x": int, "return": int}  # the first versions read no text
    with Scripted(wire("gemini/call"), wire("gemini/plain")) as server:
        client(server.url).models.generate_content(
            model=MODEL, contents="Twice 21?", config={"tools": [double]}
        )

    assert log.actions == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    result = log.one("tool_result")
    assert result["actor"] == {"type": "tool", "id": "double"}
    assert result["content"]["tool"]["result"] == {"result": 42}
    assert log.endings[1].extensions["reply_to"] == result["event_id"]


def test_vertex(log: Log) -> None:
    """Vertex AI is a provider of its own, and its model has the same name."""
    with Scripted(wire("gemini/plain")) as server:
        cloud = vertex(server.url)
        cloud.models.generate_content(model=MODEL, contents="Hi")

    provenance = log.one("completion")["provenance"]
    assert provenance["provider"] == "gcp.vertex_ai"
    assert provenance["request_model"] == MODEL
    assert "/projects/p/locations/l/" in server.requests[0][0]
    assert "SECRET-TOKEN" not in json.dumps([each.to_dict() for each in log.events])


def test_vertex_embeddings(log: Log) -> None:
    """Vertex AI's predictions are embeddings, with the tokens that it counts in each."""
    with Scripted(wire("gemini/predict")) as server:
        cloud = vertex(server.url)
        cloud.models.embed_content(model="text-embedding-005", contents=["Hi"])

    event = log.one("embedding")
    assert event["extensions"]["vectors"] == 1
    assert event["extensions"]["dimensions"] == 3
    assert event["metrics"]["tokens"]["prompt"] == 4
    assert log.one("prompt")["content"]["text"] == "Hi"


def test_generated_images(log: Log) -> None:
    """An image that was made is in the log by its hash."""
    with Scripted(wire("gemini/imagen")) as server:
        cloud = vertex(server.url)
        cloud.models.generate_images(model="imagen-4", prompt="A dot")

    assert log.one("prompt")["content"]["text"] == "A dot"
    image = log.one("completion")["content"]["images"][0]
    assert image["sha256"] == hashlib.sha256(PNG).hexdigest()


def test_counting_tokens_is_no_call(log: Log) -> None:
    """Counting tokens asks no model for an answer."""
    with Scripted({"totalTokens": 3}) as server:
        client(server.url).models.count_tokens(model=MODEL, contents="Hi")

    assert log.events == []


def test_refusals(log: Log) -> None:
    """An error has the server's number, Google's word, and how long to wait."""
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "12s"}
    body = {
        "error": {
            "code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED", "details": [info],
        },
    }  # fmt: skip
    with Scripted((429, body)) as server, pytest.raises(genai.errors.APIError) as caught:
        client(server.url).models.generate_content(model=MODEL, contents="Hi")

    facts = log.ending["extensions"]
    assert caught.value.code == 429
    assert (facts["error_code"], facts["status_code"]) == ("rate_limit", 429)
    assert facts["error_provider_code"] == "RESOURCE_EXHAUSTED"
    assert facts["retry_after_s"] == 12
    assert facts["error_type"] == "google.genai.errors.ClientError"


@pytest.mark.filterwarnings("ignore:Pydantic serializer")
def test_tools_have_spans(instrumented: Any) -> None:
    """A tool that the SDK runs is a span of its own, and no further event."""
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    spans = memory.InMemorySpanExporter()
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(spans))
    log = instrumented(tracer_provider=provider)

    def double(x: int) -> int:
        """Twice x."""
        return 2 * x

    double.__annotations__ = {"x": int, "return": int}
    with Scripted(wire("gemini/call"), wire("gemini/plain")) as server:
        client(server.url).models.generate_content(
            model=MODEL, contents="Twice 21?", config={"tools": [double]}
        )

    names = [span.name for span in spans.get_finished_spans()]
    model = f"generate_content {MODEL}"
    assert names == [model, "execute_tool double", model]
    assert log.actions == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    tool = spans.get_finished_spans()[1]
    assert tool.attributes["gen_ai.tool.name"] == "double"
    assert tool.kind.name == "INTERNAL"


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("body", ["<html>Sign in</html>", '{"candidates":'])
@pytest.mark.parametrize("method", ["generate_content", "embed_content"])
def test_page_in_place_of_an_answer(log: Log, method: str, body: str, is_async: bool) -> None:
    """The SDK raises for it after the text came: it is no answer, although the status is 200."""
    with Scripted(body) as server:
        made = client(server.url)
        ask = getattr(made.aio.models if is_async else made.models, method)

        async def call() -> None:
            asked = ask(model=MODEL, contents="Hi")
            if is_async:
                await asked

        with pytest.raises(ValueError, match="Expecting value"):
            asyncio.run(call())

    assert log.actions == ["prompt", "system"]
    assert log.ending["content"]["text"] == f"the answer is not JSON: {body}"
    assert log.ending["extensions"]["outcome"] == "failed"

"""google-generativeai's own model objects, on gRPC, against a server of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import pytest

from tests.conftest import Log

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
pytest.importorskip("google.generativeai")


def _answer(text: str, *, last: bool = True) -> Any:
    from google.ai import generativelanguage as api

    content = api.Content(role="model", parts=[api.Part(text=text)])
    usage = api.GenerateContentResponse.UsageMetadata(
        prompt_token_count=3, candidates_token_count=2, total_token_count=5
    )
    return api.GenerateContentResponse(
        candidates=[api.Candidate(content=content, finish_reason=1 if last else 0, index=0)],
        usage_metadata=usage,
    )


def _whole(request: Any, context: Any) -> Any:
    import grpc

    if request.contents[-1].parts[-1].text == "Fail":
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too much")
    return _answer("Hello back")


def _pieces(request: Any, context: Any) -> Iterator[Any]:
    yield _answer("Hel", last=False)
    yield _answer("lo")


def _embedded(request: Any, context: Any) -> Any:
    from google.ai import generativelanguage as api

    return api.EmbedContentResponse(embedding=api.ContentEmbedding(values=[1, 2, 3]))


@pytest.fixture
def port() -> Iterator[int]:
    """A server that speaks the Gemini API's gRPC."""
    import grpc
    from google.ai import generativelanguage as api

    content = (api.GenerateContentRequest, api.GenerateContentResponse)
    rows = {
        "GenerateContent": (grpc.unary_unary_rpc_method_handler, _whole, *content),
        "StreamGenerateContent": (grpc.unary_stream_rpc_method_handler, _pieces, *content),
        "EmbedContent": (
            grpc.unary_unary_rpc_method_handler,
            _embedded,
            api.EmbedContentRequest,
            api.EmbedContentResponse,
        ),
    }
    handlers = {
        name: make(
            function, request_deserializer=asked.deserialize, response_serializer=said.serialize
        )
        for name, (make, function, asked, said) in rows.items()
    }
    server = grpc.server(futures.ThreadPoolExecutor(2))
    service = "google.ai.generativelanguage.v1beta.GenerativeService"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    found = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield found
    server.stop(0)


def model(port: int) -> Any:
    """A model whose client asks the server."""
    import google.generativeai as genai
    import grpc
    from google.ai import generativelanguage as api
    from google.ai.generativelanguage_v1beta.services.generative_service import transports

    made = genai.GenerativeModel("gemini-1.5-flash", system_instruction="Be brief.")
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    transport = transports.GenerativeServiceGrpcTransport(channel=channel)
    made._client = api.GenerativeServiceClient(transport=transport)
    return made


def async_model(port: int) -> Any:
    """The same, asynchronous; made where its event loop runs."""
    import google.generativeai as genai
    import grpc
    from google.ai import generativelanguage as api
    from google.ai.generativelanguage_v1beta.services.generative_service import transports

    made = genai.GenerativeModel("gemini-1.5-flash")
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
    transport = transports.GenerativeServiceGrpcAsyncIOTransport(channel=channel)
    made._async_client = api.GenerativeServiceAsyncClient(transport=transport)
    return made


def test_generate_content(log: Log, port: int) -> None:
    """A call is a prompt and a completion, as the wire would say it."""
    assert model(port).generate_content("Hi").text == "Hello back"

    asked, event = log.one("prompt"), log.one("completion")
    assert asked["content"]["messages"][0]["parts"][0]["content"] == "Be brief."
    assert asked["content"]["text"] == "Hi"
    assert event["content"]["text"] == "Hello back"
    assert event["metrics"]["tokens"] == {"prompt": 3, "completion": 2, "total": 5}
    assert event["extensions"]["finish_reason"] == "STOP"
    assert event["provenance"]["request_model"] == "gemini-1.5-flash"


def test_stream(log: Log, port: int) -> None:
    """A stream gives its chunks and then the whole."""
    said = [chunk.text for chunk in model(port).generate_content("Hi", stream=True)]

    assert said == ["Hel", "lo"]
    assert [event.content.text for event in log.of("completion_chunk")] == said
    assert log.ending["content"]["text"] == "Hello"


def test_async(log: Log, port: int) -> None:
    """The asynchronous calls are logged as the synchronous ones are."""

    async def ask() -> list[str]:
        made = async_model(port)
        whole = await made.generate_content_async("Hi")
        stream = await made.generate_content_async("Hi again", stream=True)
        return [whole.text, *[chunk.text async for chunk in stream]]

    assert asyncio.run(ask()) == ["Hello back", "Hel", "lo"]
    assert log.actions == ["prompt", "completion", "prompt", "completion"]
    assert log.internal_errors == 0


def test_chat_says_its_history_once(log: Log, port: int) -> None:
    """A chat sends everything at every turn; the log has each message once."""
    chat = model(port).start_chat()
    chat.send_message("One")
    chat.send_message("Two")

    _, second = log.of("prompt")
    assert second.extensions["context_of"] == log.of("completion")[0].event_id
    assert [len(second.content.to_dict()["messages"])] == [1]


def test_errors(log: Log, port: int) -> None:
    """An error has the HTTP status and gRPC's word for it."""
    with pytest.raises(Exception, match="too much"):
        model(port).generate_content("Fail", request_options={"retry": None})

    facts = log.ending["extensions"]
    assert (facts["error_code"], facts["status_code"]) == ("rate_limit", 429)
    assert facts["error_provider_code"] == "RESOURCE_EXHAUSTED"


def test_embed_content(log: Log, port: int) -> None:
    """Embeddings say how many vectors, and how long they are."""
    import google.generativeai as genai

    client = model(port)._client
    genai.embed_content(model="models/text-embedding-004", content="x", client=client)

    facts = log.one("embedding")["extensions"]
    assert (facts["vectors"], facts["dimensions"]) == (1, 3)

"""xAI's own clients against a gRPC server of the same process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import pytest

from tests.conftest import Log

xai_sdk = pytest.importorskip("xai_sdk")
grpc = pytest.importorskip("grpc")

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

USAGE = {
    "prompt_tokens": 1000,
    "completion_tokens": 60,
    "reasoning_tokens": 40,
    "total_tokens": 1100,
    "cached_prompt_text_tokens": 200,
}


class Service:
    """Answers like xAI, and keeps the requests."""

    def __init__(self) -> None:
        from xai_sdk.proto import chat_pb2, chat_pb2_grpc, usage_pb2

        self.pb, self.usage = chat_pb2, usage_pb2.SamplingUsage(**USAGE)
        self.requests: list[Any] = []
        self.error: Any = None
        self.tool = False
        self.server = grpc.server(futures.ThreadPoolExecutor(2))
        service = self

        class Servicer(chat_pb2_grpc.ChatServicer):  # type: ignore[misc]  # generated, untyped
            def GetCompletion(self, request: Any, context: Any) -> Any:  # noqa: N802 # its name
                return service.answer(request, context)

            def GetCompletionChunk(self, request: Any, context: Any) -> Any:  # noqa: N802 # as above
                yield from service.chunks(request, context)

        chat_pb2_grpc.add_ChatServicer_to_server(Servicer(), self.server)
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def _accept(self, request: Any, context: Any) -> None:
        self.requests.append(request)
        if self.error is not None:
            context.abort(self.error, "Slow down.")

    def answer(self, request: Any, context: Any) -> Any:
        """A whole answer."""
        self._accept(request, context)
        pb = self.pb
        message = pb.CompletionMessage(
            content="" if self.tool else "Paris.", reasoning_content="Hm.", role=pb.ROLE_ASSISTANT
        )
        if self.tool:
            function = pb.FunctionCall(name="weather", arguments='{"city": "Paris"}')
            message.tool_calls.append(pb.ToolCall(id="call_1", type=1, function=function))
        output = pb.CompletionOutput(index=0, message=message, finish_reason=4 if self.tool else 3)
        return pb.GetChatCompletionResponse(
            id="r1", model="grok-4.3", outputs=[output], usage=self.usage
        )

    def chunks(self, request: Any, context: Any) -> Iterator[Any]:
        """The same in pieces."""
        self._accept(request, context)
        pb = self.pb
        for text in ("Par", "is."):
            delta = pb.Delta(content=text, role=pb.ROLE_ASSISTANT)
            output = pb.CompletionOutputChunk(index=0, delta=delta)
            yield pb.GetChatCompletionChunk(id="r1", model="grok-4.3", outputs=[output])
        last = pb.CompletionOutputChunk(
            index=0, delta=pb.Delta(role=pb.ROLE_ASSISTANT), finish_reason=3
        )
        yield pb.GetChatCompletionChunk(id="r1", model="grok-4.3", outputs=[last], usage=self.usage)

    def chat(self, *, is_async: bool = False, **settings: Any) -> Any:
        """A chat with a system message and a question."""
        cls = xai_sdk.AsyncClient if is_async else xai_sdk.Client
        client = cls(
            api_key="SECRET",
            api_host=f"localhost:{self.port}",
            use_insecure_channel=True,
            timeout=5,
        )
        chat = client.chat.create(model="grok-4.3", **settings)
        chat.append(xai_sdk.chat.system("Be brief."))
        chat.append(xai_sdk.chat.user("Capital of France?"))
        return chat


@pytest.fixture
def service() -> Iterator[Service]:
    """A server of xAI's."""
    made = Service()
    yield made
    made.server.stop(None).wait()


def check(log: Log, *, chunks: int = 0) -> None:
    """The log has one call, whole and priced."""
    assert log.actions == ["prompt", "completion"]
    asked, ending = log.one("prompt"), log.one("completion")
    assert asked["content"]["text"] == "Capital of France?"
    assert [each["role"] for each in asked["content"]["messages"]] == ["system", "user"]
    assert ending["content"]["text"] == "Paris."
    assert ending["extensions"]["outcome"] == "completed"
    assert ending["extensions"]["finish_reason"] == "stop"
    assert ending["provenance"]["provider"] == "x_ai"
    assert ending["provenance"]["response_id"] == "r1"
    assert ending["provenance"]["usage"] == USAGE
    assert ending["metrics"]["tokens"] == {
        "prompt": 1000, "completion": 100, "total": 1100, "cached": 200, "reasoning": 40,
    }  # fmt: skip
    # 1.25 USD a million tokens, 0.20 where they are cached, and 2.50 for the answer
    expected = (800 * 1.25 + 200 * 0.20 + 100 * 2.50) / 1e6
    assert ending["metrics"]["cost_usd"] == pytest.approx(expected)
    assert len(log.of("completion_chunk")) == chunks
    assert "SECRET" not in str([each.to_dict() for each in log.events])


def test_sample(log: Log, service: Service) -> None:
    """A whole answer, with its reasoning and parameters."""
    response = service.chat(temperature=0.5, max_tokens=99).sample()

    assert response.content == "Paris."
    check(log)
    assert log.one("completion")["content"]["reasoning"] == "Hm."
    assert log.one("prompt")["extensions"]["parameters"] == {"temperature": 0.5, "max_tokens": 99}


def test_stream(log: Log, service: Service) -> None:
    """Each piece is a chunk, and the last one has the counts."""
    texts = [chunk.content for _, chunk in service.chat().stream()]

    assert texts == ["Par", "is.", ""]
    check(log, chunks=2)


def test_async(log: Log, service: Service) -> None:
    """The asynchronous client is logged as the other is."""

    async def ask() -> str:
        return str((await service.chat(is_async=True).sample()).content)

    assert asyncio.run(ask()) == "Paris."
    check(log)


def test_async_stream(log: Log, service: Service) -> None:
    """So are its streams."""

    async def ask() -> list[str]:
        return [chunk.content async for _, chunk in service.chat(is_async=True).stream()]

    assert asyncio.run(ask()) == ["Par", "is.", ""]
    check(log, chunks=2)


def test_stream_that_is_closed(log: Log, service: Service) -> None:
    """What came by then is kept."""
    stream = service.chat().stream()
    next(stream)
    stream.close()

    ending = log.one("completion")
    assert ending["extensions"]["outcome"] == "closed"
    assert ending["content"]["text"] == "Par"


def test_error(log: Log, service: Service) -> None:
    """The caller gets gRPC's exception, and the log its code."""
    service.error = grpc.StatusCode.RESOURCE_EXHAUSTED

    with pytest.raises(grpc.RpcError):
        service.chat().sample()

    ending = log.one("system")
    assert ending["content"]["text"] == "Slow down."
    facts = ending["extensions"]
    assert (facts["error_code"], facts["status_code"], facts["outcome"]) == (
        "rate_limit", 429, "failed",
    )  # fmt: skip


def test_tools_and_history(log: Log, service: Service) -> None:
    """A tool call and its result are events, and the history is logged once."""
    chat = service.chat(
        tools=[xai_sdk.chat.tool("weather", "The weather.", {"type": "object", "properties": {}})]
    )
    service.tool = True
    chat.append(chat.sample())
    chat.append(xai_sdk.chat.tool_result("14 C", tool_call_id="call_1"))
    service.tool = False
    chat.sample()

    assert log.actions == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    call, result = log.one("tool_call"), log.one("tool_result")
    assert call["content"]["tool"]["arguments"] == {"city": "Paris"}
    assert result["content"]["text"] == "14 C"
    assert result["extensions"]["reply_to"] == call["event_id"]
    assert len({event.session_id for event in log.events}) == 1


def test_picture(log: Log, service: Service) -> None:
    """A picture is named by its URL."""
    chat = service.chat()
    chat.append(xai_sdk.chat.user("And this?", xai_sdk.chat.image("https://example.com/a.png")))
    chat.sample()

    parts = log.one("prompt")["content"]["messages"][-1]["parts"]
    assert parts[1]["uri"] == "https://example.com/a.png"

"""HILT's own parts raise, one after the other: every call still answers, every stream flows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import hilt
from hilt.core import clock
from hilt.core.guard import guard
from hilt.io.session import Session
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers.openai.adapter import OpenAI
from hilt.providers.registry import PROVIDERS
from hilt.recording.writer import Recorder
from hilt.testing.memory import MemorySink
from tests.conftest import ENDINGS
from tests.instrumentation.mock_http import openai_client, sse
from tests.providers.scripted import Scripted

ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
WHOLE = {
    "id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-4o",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "Hello!"}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}  # fmt: skip
CHUNKS = [
    {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o",
     "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]}
    for text, reason in (("Hel", None), ("lo", None), ("!", None), (None, "stop"))
]  # fmt: skip


class SabotageError(Exception):
    """What HILT's own parts raise here."""


def broken(*_: Any, **__: Any) -> Any:
    """Raises."""
    raise SabotageError


class BrokenSink(MemorySink):
    """A sink that cannot be written to."""

    def write(self, lines: bytes, count: int) -> None:
        """Raises."""
        raise SabotageError


def break_reading(patch: pytest.MonkeyPatch) -> None:
    """No message can be read, not even a question alone."""
    patch.setattr("hilt.providers._chat_completions.message_of", broken)
    patch.setattr("hilt.recording.history.plain_opening", broken)


PARTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "adapter request": lambda patch: patch.setattr(OpenAI, "request", broken),
    "adapter failure": lambda patch: patch.setattr(OpenAI, "failure", broken),
    "surface response": lambda patch: patch.setattr(ChatCompletions, "response", broken),
    "surface text": lambda patch: patch.setattr(ChatCompletions, "text", broken),
    "surface delta": lambda patch: patch.setattr(ChatCompletions, "delta", broken),
    "message reading": break_reading,
    "history": lambda patch: patch.setattr("hilt.recording.history.History.begin", broken),
    "history's memory": lambda patch: patch.setattr(
        "hilt.recording.history.History.remember", broken
    ),
    "fold": lambda patch: patch.setattr("hilt.genai.fold.Fold.add", broken),
    "fold's result": lambda patch: patch.setattr("hilt.genai.fold.Fold.result", broken),
    "price table": lambda patch: patch.setattr("hilt.recording.event_fields.cost_usd_of", broken),
    "log's beginning": lambda patch: patch.setattr(Recorder, "begin", broken),
    "log's middle": lambda patch: patch.setattr(Recorder, "chunks", broken),
    "log's end": lambda patch: patch.setattr(Recorder, "end", broken),
    "encoder": lambda patch: patch.setattr("hilt.recording.writer.encode_events", broken),
    "session": lambda patch: patch.setattr(Session, "write_lines", broken),
    "event ids": lambda patch: patch.setattr("hilt.recording.event_fields.new_event_id", broken),
    "wall clock": lambda patch: patch.setattr(clock, "unix_nanos", broken),
    "monotonic clock": lambda patch: patch.setattr(clock, "monotonic_nanos", broken),
    "nothing": lambda _: None,
}
"""What is made to raise."""


@pytest.fixture(params=[False, True], ids=["private", "given provider"])
def spans(request: pytest.FixtureRequest) -> Iterator[InMemorySpanExporter | None]:
    """HILT on a private tracer provider, or on one that the program hands in."""
    exporter, options = None, {}
    if request.param:
        exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        options = {"tracer_provider": provider}
    hilt.instrument(session=Session(MemorySink()), providers=["openai"], **options)
    yield exporter
    hilt.uninstrument()


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Keep the warnings of the guard out of the output."""
    caplog.set_level(logging.CRITICAL, logger="hilt")


def ended(spans: InMemorySpanExporter | None, part: str) -> None:
    """Every span that was started has ended."""
    if spans is not None and part not in ("adapter request", "wall clock", "monotonic clock"):
        assert len(spans.get_finished_spans()) == 1


@pytest.mark.parametrize("part", PARTS)
def test_calls_answer(part: str, spans: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call gives its answer whatever breaks in HILT."""
    before = guard.errors
    PARTS[part](monkeypatch)
    answer = openai_client({"POST /chat/completions": WHOLE}).chat.completions.create(**ASK)

    assert answer.choices[0].message.content == "Hello!"
    ended(spans, part)
    assert guard.errors > before or part in (
        "nothing", "adapter failure", "surface text", "surface delta", "fold", "fold's result",
        "log's middle",
    )  # fmt: skip


@pytest.mark.parametrize(
    "part", ["surface response", "message reading", "history", "price table", "log's beginning"]
)
def test_endings_are_logged(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call whose question or answer cannot be told has its ending all the same."""
    sink = MemorySink()
    hilt.instrument(session=Session(sink), providers=["openai"])
    try:
        PARTS[part](monkeypatch)
        openai_client({"POST /chat/completions": WHOLE}).chat.completions.create(**ASK)
    finally:
        hilt.uninstrument()

    ending = sink.events[-1].to_dict()
    assert ending["action"] == "completion"
    assert ending["provenance"]["response_id"] == "c1"
    assert "Hello!" in str(ending["content"])
    assert ending["session_id"].startswith("conv_")
    assert ending["extensions"]["outcome"] == "completed"


@pytest.mark.parametrize("part", PARTS)
def test_streams_flow(part: str, spans: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream gives all its chunks whatever breaks in HILT."""
    PARTS[part](monkeypatch)
    client = openai_client({"POST /chat/completions": sse(CHUNKS)})
    stream = client.chat.completions.create(**ASK, stream=True)

    assert [chunk.choices[0].delta.content for chunk in stream] == ["Hel", "lo", "!", None]
    ended(spans, part)


@pytest.mark.parametrize("part", PARTS)
def test_streams_are_left(part: str, spans: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream can be left whatever breaks in HILT."""
    PARTS[part](monkeypatch)
    client = openai_client({"POST /chat/completions": sse(CHUNKS)})
    with client.chat.completions.create(**ASK, stream=True) as stream:
        next(iter(stream))

    assert stream.response.is_closed
    ended(spans, part)


@pytest.mark.parametrize("part", PARTS)
def test_errors_are_the_sdks_own(part: str, spans: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller's exception is the SDK's, whatever breaks in HILT."""
    import openai

    PARTS[part](monkeypatch)
    client = openai_client({"POST /chat/completions": lambda _: client.wire.http.Response(429)})

    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(**ASK)
    assert caught.value.__context__ is None or not isinstance(
        caught.value.__context__, SabotageError
    )
    ended(spans, part)


@pytest.mark.parametrize("stream", [False, True])
def test_sink_that_raises(stream: bool) -> None:
    """A sink that breaks its promise never to raise breaks no call."""
    hilt.instrument(session=Session(BrokenSink()), providers=["openai"])
    try:
        client = openai_client({"POST /chat/completions": sse(CHUNKS) if stream else WHOLE})
        answer = client.chat.completions.create(**ASK, stream=stream)
        assert len(list(answer)) >= 4
    finally:
        hilt.uninstrument()


def test_processor_that_raises() -> None:
    """An event whose processor fails goes without its content, never with it."""
    sink = MemorySink()
    session = Session(sink, processors=[broken])
    hilt.instrument(session=session, providers=["openai"])
    try:
        client = openai_client({"POST /chat/completions": WHOLE})
        assert client.chat.completions.create(**ASK).choices[0].message.content == "Hello!"
    finally:
        hilt.uninstrument()

    assert b"Hello!" not in b"".join(sink.lines)


def test_span_processor_of_the_program_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Someone else's broken span processor breaks no call either."""

    class Broken(SimpleSpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            raise SabotageError

    provider = TracerProvider()
    provider.add_span_processor(Broken(InMemorySpanExporter()))
    hilt.instrument(session=Session(MemorySink()), providers=["openai"], tracer_provider=provider)
    try:
        client = openai_client({"POST /chat/completions": WHOLE})
        assert client.chat.completions.create(**ASK).choices[0].message.content == "Hello!"
    finally:
        hilt.uninstrument()


# -- the newest surfaces ------------------------------------------------------------------------


def _decision() -> object:
    pytest.importorskip("openai.resources.decisions", reason="this openai has no decisions")
    from tests.instrumentation.test_openai_decisions import ASK as ASKED
    from tests.instrumentation.test_openai_decisions import BODY, PATH

    return openai_client({PATH: BODY}).decisions.create(**ASKED).answers[0].probability


def _video() -> object:
    pytest.importorskip("openai.resources.videos", reason="this openai has no videos")
    job = {"id": "v1", "object": "video", "created_at": 1, "status": "completed", "progress": 100,
           "model": "sora-2", "seconds": "4", "size": "720x1280"}  # fmt: skip
    client = openai_client({"POST /videos": job})
    return client.videos.create(prompt="A cat", model="sora-2").status


def _tests(module: str, *names: str) -> Any:
    """A module of tests that has some names, unless it is skipped: its SDK is not there, or old."""
    tests = import_module(f"tests.providers.{module}")
    if not all(hasattr(tests, name) for name in names):  # pytest has given up in the middle of it
        pytest.skip(f"the tests of {module} are skipped")
    return tests


def _mistral_response() -> object:
    mistral = _tests("mistral.test_responses", "EVENTS", "ASK", "client")
    with Scripted(mistral.EVENTS) as server, mistral.client(server.url) as client:
        return [each.event for each in client.responses.create(**mistral.ASK, stream=True)]


def _moderation() -> object:
    client = _tests("mistral.test_adapter", "client").client
    result = {"categories": {"hate": True}, "category_scores": {"hate": 0.9}}
    body = {"id": "m1", "model": "m", "results": [result]}
    with Scripted(body) as server, client(server.url) as made:
        return made.classifiers.moderate(model="m", inputs=["You!"]).results[0].categories


def _reranking() -> object:
    bedrock = _tests("bedrock.test_agents", "ARN", "serving")
    source = {"type": "TEXT", "textDocument": {"text": "one"}}
    model = {"modelArn": bedrock.ARN}
    with bedrock.serving({"results": [{"index": 0, "relevanceScore": 0.5}]}) as client:
        return client.rerank(
            queries=[{"type": "TEXT", "textQuery": {"text": "Hi"}}],
            sources=[{"type": "INLINE", "inlineDocumentSource": source}],
            rerankingConfiguration={
                "type": "BEDROCK_RERANKING_MODEL",
                "bedrockRerankingConfiguration": {"modelConfiguration": model},
            },
        )["results"]


def _translation() -> object:
    hub = pytest.importorskip("huggingface_hub")
    with Scripted('[{"translation_text": "Salut"}]') as server:
        client = hub.InferenceClient(model=server.url, token="test")
        return client.translation("Hi").translation_text


def _live_turn() -> object:
    live = _tests("gemini.test_live", "read", "run", "Script", "HELLO")
    texts: list[Any] = []

    async def use(session: Any) -> None:
        await session.send_client_content(turns={"role": "user", "parts": [{"text": "Hi"}]})
        texts.extend([message.text for message in await live.read(session)])

    live.run(live.Script(live.HELLO), use)
    return texts


def _realtime_response() -> object:
    sockets = _tests("openai.test_sockets", "connected", "Script", "text_item", "until_done")
    with sockets.connected(sockets.Script()) as connection:
        connection.conversation.item.create(item=sockets.text_item("Hi"))
        connection.response.create()
        return sockets.until_done(connection)


def _response_by_socket() -> object:
    sockets = _tests("openai.test_sockets", "connected_to_responses", "until_done")
    with sockets.connected_to_responses() as (connection, _):
        connection.response.create(model="gpt-4o-mini", input="Hi")
        return sockets.until_done(connection)


NEWEST: dict[str, tuple[str, str, Callable[[], object]]] = {
    "decisions": ("openai", "hilt.providers._decisions.Decisions", _decision),
    "videos": ("openai", "hilt.providers.openai.videos.Videos", _video),
    "Mistral's responses": (
        "mistral", "hilt.providers.openai.responses.Responses", _mistral_response,
    ),
    "Mistral's moderations": (
        "mistral", "hilt.providers.openai.moderations.Moderations", _moderation,
    ),
    "Bedrock's reranking": ("bedrock", "hilt.providers.bedrock.rerank.Reranked", _reranking),
    "Hugging Face's tasks": (
        "huggingface", "hilt.providers.huggingface.tasks.Task", _translation,
    ),
    "Gemini live": ("gemini", "hilt.providers.gemini.live_answers.LiveAnswer", _live_turn),
    "realtime": ("openai", "hilt.providers.openai.realtime.RealtimeAnswer", _realtime_response),
    "responses by WebSocket": (
        "openai", "hilt.providers.openai.responses.Responses", _response_by_socket,
    ),
}  # fmt: skip
"""By surface: its provider, the class that reads its answers, and a call of it."""
GENERAL = (
    "history", "history's memory", "fold", "fold's result", "price table", "log's beginning",
    "log's middle", "log's end", "encoder", "session", "event ids", "wall clock",
    "monotonic clock", "nothing",
)  # fmt: skip


def _spoil(part: str, provider: str, surface: str, patch: pytest.MonkeyPatch) -> None:
    if part in PARTS and part in GENERAL:
        PARTS[part](patch)
    elif part.startswith("adapter"):
        patch.setattr(PROVIDERS[provider].load(), part.removeprefix("adapter "), broken)
    else:
        patch.setattr(f"{surface}.{part.removeprefix('surface ')}", broken)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("part", [
    "adapter request", "surface response", "surface delta",
    *(pytest.param(part, marks=pytest.mark.slow) for part in GENERAL),
])  # fmt: skip
@pytest.mark.parametrize("name", NEWEST)
def test_newest_surfaces(name: str, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call of a surface gives what it gave without HILT, whatever breaks in it."""
    provider, surface, act = NEWEST[name]
    bare = act()
    hilt.instrument(session=Session(MemorySink()), providers=[provider])
    try:
        _spoil(part, provider, surface, monkeypatch)
        assert act() == bare
    finally:
        monkeypatch.undo()
        hilt.uninstrument()


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("part", ["surface response", "history"])
@pytest.mark.parametrize("name", NEWEST)
def test_endings_of_newest_surfaces(name: str, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt has an ending, whatever cannot be read."""
    provider, surface, act = NEWEST[name]
    act()  # there is such a surface
    sink = MemorySink()
    hilt.instrument(session=Session(sink), providers=[provider])
    try:
        _spoil(part, provider, surface, monkeypatch)
        act()
    finally:
        monkeypatch.undo()
        hilt.uninstrument()

    prompts = {each.event_id for each in sink.events if each.action == "prompt"}
    answered = {
        each.extensions["reply_to"] for each in sink.events
        if each.action in ENDINGS and "reply_to" in (each.extensions or {})
    }  # fmt: skip
    assert prompts == answered
    assert prompts or part == "history"  # then what was asked is not in the log
    assert any(each.action in ENDINGS for each in sink.events)
    assert all(each.session_id for each in sink.events)

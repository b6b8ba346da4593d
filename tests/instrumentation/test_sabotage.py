"""HILT's own parts raise, one after the other: every call still answers, every stream flows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
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
from hilt.recording.writer import Recorder
from hilt.testing.memory import MemorySink
from tests.instrumentation.mock_http import openai_client, sse

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


PARTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "adapter request": lambda patch: patch.setattr(OpenAI, "request", broken),
    "adapter failure": lambda patch: patch.setattr(OpenAI, "failure", broken),
    "surface response": lambda patch: patch.setattr(ChatCompletions, "response", broken),
    "surface text": lambda patch: patch.setattr(ChatCompletions, "text", broken),
    "surface delta": lambda patch: patch.setattr(ChatCompletions, "delta", broken),
    "message reading": lambda patch: patch.setattr(
        "hilt.providers._chat_completions.message_of", broken
    ),
    "history": lambda patch: patch.setattr("hilt.recording.history.History.continuation", broken),
    "history's memory": lambda patch: patch.setattr(
        "hilt.recording.history.History.remember", broken
    ),
    "fold": lambda patch: patch.setattr("hilt.genai.fold.Fold.add", broken),
    "fold's result": lambda patch: patch.setattr("hilt.genai.fold.Fold.result", broken),
    "price table": lambda patch: patch.setattr("hilt.recording.ending_fields.cost_usd_of", broken),
    "log's beginning": lambda patch: patch.setattr(Recorder, "begin", broken),
    "log's middle": lambda patch: patch.setattr(Recorder, "chunks", broken),
    "log's end": lambda patch: patch.setattr(Recorder, "end", broken),
    "encoder": lambda patch: patch.setattr("hilt.recording.writer.encode_events", broken),
    "session": lambda patch: patch.setattr(Session, "write_lines", broken),
    "event ids": lambda patch: patch.setattr("hilt.recording.event_base.new_event_id", broken),
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

"""The public API as a program uses it, for the type checker only: nothing here is run.

What a user may write must pass ``mypy --strict``, and what a user must not write has a
``type: ignore`` that mypy finds unused if it is accepted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from pathlib import Path

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableConfig
from opentelemetry.metrics import get_meter_provider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from typing_extensions import assert_type

import hilt
from hilt import (
    Actor,
    Content,
    Event,
    HILTError,
    Metrics,
    Session,
    conversation,
    feedback,
    flush,
    get_context,
    instrument,
    open_log,
    uninstrument,
)
from hilt.analysis.calls import Call
from hilt.analysis.conversations import Conversation
from hilt.analysis.log import Log
from hilt.analysis.statistics import Statistics
from hilt.instrumentation import AnthropicInstrumentor, GeminiInstrumentor, OpenAIInstrumentor
from hilt.integrations import log_response
from hilt.integrations.anthropic import log_claude_interaction
from hilt.integrations.gemini import log_gemini_interaction
from hilt.integrations.langchain import HILTCallbackHandler
from hilt.integrations.openai import (
    alog_chat_completion,
    alog_chat_streaming,
    alog_rag_interaction,
    iter_chat_streaming,
    log_chat_completion,
    log_chat_streaming,
    log_rag_interaction,
)
from hilt.io.read.events import read_events
from hilt.testing import FixedClock, MemorySink, Provider, fixed
from hilt.testing.provider import (
    Answer,
    Fault,
    ParsedRequest,
    Recording,
    Tokens,
    ToolCall,
    stand_in,
)
from hilt_otel_exporters import (
    HiltJsonlSpanExporter,
    HiltSheetsSpanExporter,
    HiltSpanProcessor,
)

# -- instrument() and what goes with it ---------------------------------------------------------


def drop_long_texts(event: Event) -> Event | None:
    """A processor."""
    text = event.content.text if event.content is not None else None
    return event if text is None or len(text) < 1000 else None


def instrument_with_each_argument() -> None:
    """Every argument, in each of the types that it takes."""
    assert_type(instrument(), Session)
    instrument("local")
    instrument(("local", "sheets"), sheet_id="book", credentials_path=Path("key.json"))
    instrument(filepath="logs/app.jsonl")
    instrument(filepath=Path("logs") / "app.jsonl")
    instrument("sheets", sheet_id="book", credentials_path="key.json", worksheet_name="Logs")
    instrument("sheets", sheet_id="book", credentials_json='{"type": "service_account"}')
    instrument("sheets", sheet_id="book", credentials_json={"type": "service_account"})
    instrument(columns=["timestamp", "message"], providers=("openai", "anthropic"))
    instrument(providers=[])
    instrument(capture_content=False, capture_chunks=False)
    instrument(processors=[drop_long_texts])
    instrument(session=Session("app.jsonl"))
    instrument(prices="prices.toml")
    instrument(prices=Path("prices.toml"))
    instrument(git_status=False)
    instrument(unseen_calls=False, wire=True, wire_hosts=["localhost:8000"])
    instrument(tracer_provider=TracerProvider(), meter_provider=get_meter_provider())
    assert_type(flush(), bool)
    assert_type(flush(timeout=2.5), bool)
    uninstrument()


def instrument_with_wrong_arguments() -> None:
    """What the type checker refuses."""
    instrument(filepath=7)  # type: ignore[arg-type]
    instrument(capture_content="no")  # type: ignore[arg-type]
    instrument(processors=[len])  # type: ignore[list-item]
    instrument(session="app.jsonl")  # type: ignore[arg-type]
    instrument(path="app.jsonl")  # type: ignore[call-arg]


def contexts(session: Session) -> None:
    """Conversations, the current session, and feedback."""
    with conversation("order-42", user="alice") as current:
        assert_type(current.id, str | None)
        assert_type(current.user, str | None)
    with conversation(user="alice"), get_context().use_session(session) as used:
        assert_type(used, Session)
    assert_type(get_context().is_instrumented, bool)
    opinion = feedback("evt_1", rating=5, comment="Good", correction="Better", user="alice")
    assert_type(opinion, Event)
    feedback("evt_1", rating="good", session=session, session_id="order-42")


# -- events and sessions ------------------------------------------------------------------------


def events() -> list[Event]:
    """Events of objects, and of plain dicts."""
    event = Event(
        session_id="ticket-7",
        actor=Actor("human", "bob"),
        action="prompt",
        content=Content(text="Hi"),
        metrics=Metrics(tokens={"prompt": 1}, cost_usd=0.1, latency_ms=5),
        timestamp=datetime.now(timezone.utc),
    )
    other = Event(
        session_id="ticket-7",
        actor={"type": "agent", "id": "openai"},
        action="completion",
        content={"text": "Hello"},
        metrics={"tokens": {"prompt": 1}},
        provenance={"provider": "openai"},
        extensions={"reply_to": event.event_id},
        timestamp="2026-01-01T00:00:00Z",
    )
    assert_type(event.event_id, str)
    assert_type(event.timestamp, str)
    assert_type(event.actor, Actor)
    assert_type(event.content, Content | None)
    assert_type(event.to_json(), str)
    assert_type(Event.from_json(event.to_json()), Event)
    assert_type(Event.from_dict(event.to_dict()), Event)
    Event(session_id="s", action="prompt")  # type: ignore[call-arg]
    return [event, other]


def sessions(event: Event) -> Iterator[Event]:
    """Sessions on files, on Sheets, and on a sink of a test."""
    with Session("app.jsonl") as session:
        assert_type(session, Session)
        assert_type(session.append(event), Event | None)
        assert_type(session.append_all([event]), list[Event])
        assert_type(session.read(), Iterator[Event])
        assert_type(session.flush(2), bool)
        assert_type(session.path, Path | None)
    Session(Path("app.jsonl"), "w", fsync=True, rotate_bytes=1 << 20, rotate_daily=True, keep=7)
    Session(["local", "sheets"], sheet_id="book", credentials_path=Path("key.json"))
    Session(MemorySink(), processors=[drop_long_texts])
    opened = Session("app.jsonl", mode="r").open()
    assert_type(opened, Session)
    opened.close()
    Session("app.jsonl", keep="seven")  # type: ignore[arg-type]
    reader = read_events("app.jsonl", include_rotated=True)
    assert_type(next(reader), Event)
    yield from reader


def errors() -> None:
    """All errors of HILT have one base."""
    try:
        hilt.instrument("sheet")
    except HILTError as error:
        assert_type(error, HILTError)


# -- helpers, bridges, exporters ----------------------------------------------------------------


def helpers(session: Session, response: object) -> None:
    """Logging by hand."""
    log_chat_completion(session, user_message="Hi", model="gpt-4o-mini", temperature=0)
    text = log_chat_streaming(session, user_message="Hi", on_chunk=print)
    assert_type(text, str)
    assert_type(iter_chat_streaming(session, user_message="Hi"), Iterator[str])
    log_rag_interaction(
        session,
        user_message="Hi",
        answer="Hello",
        retrieved_documents=[{"id": "doc-1", "text": "Alpha"}],
        scores=[0.9],
        prompt_tokens=4,
        completion_tokens=2,
    )
    log_claude_interaction(session, user_message="Hi", response=response)
    log_gemini_interaction(session, user_message="Hi", response=response, latency_ms=3.5)
    log_response(session, response, user_message="Hi", provider="groq", session_id="demo")


async def async_helpers(session: Session) -> None:
    """Their async versions."""
    await alog_chat_completion(session, user_message="Hi")
    stream = alog_chat_streaming(session, user_message="Hi")
    assert_type(stream, AsyncIterator[str])
    async for piece in stream:
        assert_type(piece, str)
    await alog_rag_interaction(
        session, user_message="Hi", answer="Hello", retrieved_documents=[{"text": "Alpha"}]
    )


def langchain(session: Session) -> RunnableConfig:
    """The callback handler of LangChain."""
    handler = HILTCallbackHandler(session, session_id="demo", capture_content=False)
    HILTCallbackHandler()
    HILTCallbackHandler(tracer_provider=TracerProvider(), capture_chunks=False)
    HILTCallbackHandler("app.jsonl")  # type: ignore[arg-type]
    callbacks: list[BaseCallbackHandler] = [handler]
    return {"callbacks": callbacks}


def exporters(session: Session) -> TracerProvider:
    """Exporters and the processor, in a pipeline of OpenTelemetry."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(HiltJsonlSpanExporter("logs/app.jsonl")))
    provider.add_span_processor(SimpleSpanProcessor(HiltJsonlSpanExporter(session=session)))
    provider.add_span_processor(
        BatchSpanProcessor(
            HiltSheetsSpanExporter("book", credentials_path=Path("key.json"), columns=["message"])
        )
    )
    provider.add_span_processor(HiltSpanProcessor(session))
    return provider


def instrumentors(provider: TracerProvider) -> None:
    """Instrumentors, as those of OpenTelemetry are used."""
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    AnthropicInstrumentor().instrument()
    GeminiInstrumentor().uninstrument()


# -- hilt.testing -------------------------------------------------------------------------------


def answer_by_hand(request: ParsedRequest) -> Answer | str | None:
    """What `Provider.answer_with` takes."""
    assert_type(request.text, str)
    return Answer("Hi", tokens=Tokens(prompt=5)) if request.stream else None


def testing(recorded: list[Event]) -> None:
    """The embedded provider, the sink in memory, fixed ids and times."""
    sink = MemorySink()
    with Provider(seed=1) as provider:
        assert_type(provider, Provider)
        provider.answer("Paris.", tokens=Tokens(prompt=5, completion=2), times=None)
        provider.answer(Answer("Paris."))
        provider.answer(tool_calls=[ToolCall("weather", {"city": "Rome"}), ("weather", {})])
        provider.answer(chunks=["Par", "is."])
        provider.answer_with(answer_by_hand)
        provider.fail(status=429, retry_after=1)
        provider.fail(Fault(reset_after=2))
        assert_type(provider.openai_url, str)
        assert_type(provider.requests[0].parsed, ParsedRequest | None)
    with fixed("2026-01-01T00:00:00Z", step_ms=1) as clock:
        assert_type(clock, FixedClock)
        clock.advance(1.5)
    assert_type(sink.events, list[Event])
    recording = Recording.of(recorded, strict=True)
    Provider(fallback=recording.answer)
    replaced: AbstractContextManager[Provider | None] = stand_in("openai", "anthropic")
    with replaced as maybe:
        assert_type(maybe, Provider | None)


# -- asking a log -------------------------------------------------------------------------------


def ask_a_log() -> None:
    """Events, calls, conversations and figures, each with the type that it has."""
    log = open_log("app.jsonl", Path("old.jsonl.gz"))
    assert_type(log, Log)
    for event in log.events(action="prompt", since="2h"):
        assert_type(event, Event)
    for call in log.calls(user="alice", errors=True, until=datetime.now(timezone.utc)):
        assert_type(call, Call)
        assert_type(call.cost_usd, "float | None")
        assert_type(call.prompt, "Event | None")
        assert_type(call.feedback, list[Event])
    for each in log.conversations(text="refund"):
        assert_type(each, Conversation)
    assert_type(log.stats("model", "day", costlier_than=0.5), Statistics)
    log.calls(colour="red")  # type: ignore[call-arg]
    log.calls(slower_than="2")  # type: ignore[arg-type]

"""LangChain's runs as GenAI spans of an OpenTelemetry pipeline, and as events of its exporters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("langchain_openai")

from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from hilt.integrations.langchain import HILTCallbackHandler
from hilt.io.session import Session
from hilt.testing.provider import Provider
from hilt_otel_exporters import HiltJsonlSpanExporter, HiltSpanProcessor

_CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


class _Shelf(BaseRetriever):
    """Finds one document for every question."""

    def _get_relevant_documents(self, query: str, **_: Any) -> list[Document]:
        return [Document(page_content=f"About {query}", id="d1", metadata={"score": 0.9})]


@tool
def weather(city: str) -> str:
    """The weather of a city."""
    return f"Sunny in {city}"


def _model(provider: Provider) -> ChatOpenAI:
    given: dict[str, Any] = {
        "model": "gpt-4o-mini",
        "base_url": provider.openai_url,
        "api_key": "k",
    }
    return ChatOpenAI(max_retries=0, **given)


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """What was exported."""
    return InMemorySpanExporter()


@pytest.fixture
def tracing(spans: InMemorySpanExporter) -> Iterator[TracerProvider]:
    """The user's own OpenTelemetry."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    yield provider
    provider.shutdown()


@pytest.fixture
def chain(provider: Provider) -> Any:
    """A retrieval, a call with a tool, and the tool."""
    provider.answer(tool_calls=[("weather", {"city": "Rome"})])
    model = _model(provider).bind_tools([weather])
    prompt = ChatPromptTemplate.from_messages([("system", "{context}"), ("human", "{question}")])

    def use(answer: Any, config: Any) -> str:
        return str(weather.invoke(answer.tool_calls[0], config).content)

    inputs = {"context": _Shelf(), "question": RunnableLambda(str)}
    return (inputs | prompt | model | RunnableLambda(use)).with_config(run_name="my chain")


def _tree(spans: InMemorySpanExporter) -> dict[str, str | None]:
    """Each span's name, and its parent's."""
    finished = spans.get_finished_spans()
    names = {each.context.span_id: each.name for each in finished}
    return {each.name: names[each.parent.span_id] if each.parent else None for each in finished}


def test_runs_are_spans_with_right_parents(
    chain: Any, tracing: TracerProvider, spans: InMemorySpanExporter
) -> None:
    """Every run is a span below the run that it belongs to, of one trace."""
    handler = HILTCallbackHandler(tracer_provider=tracing, session_id="demo")

    result = chain.invoke("Rome", config={"callbacks": [handler]})

    assert result == "Sunny in Rome"
    tree = _tree(spans)
    assert tree == {
        "retrieval _Shelf": "invoke_workflow RunnableParallel<context,question>",
        "invoke_workflow str": "invoke_workflow RunnableParallel<context,question>",
        "invoke_workflow RunnableParallel<context,question>": "invoke_workflow my chain",
        "chat gpt-4o-mini": "invoke_workflow my chain",
        "execute_tool weather": "invoke_workflow use",
        "invoke_workflow use": "invoke_workflow my chain",
        "invoke_workflow my chain": None,
    }
    assert len({each.context.trace_id for each in spans.get_finished_spans()}) == 1


def test_spans_follow_the_conventions(
    chain: Any,
    tracing: TracerProvider,
    spans: InMemorySpanExporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Model, tool and retrieval spans have the attributes of the GenAI conventions."""
    monkeypatch.setenv(_CAPTURE, "SPAN_ONLY")
    handler = HILTCallbackHandler(tracer_provider=tracing, session_id="demo")

    chain.invoke("Rome", config={"callbacks": [handler]})

    attributes: dict[str, dict[str, Any]] = {
        each.name: dict(each.attributes or {}) for each in spans.get_finished_spans()
    }
    chat, used = attributes["chat gpt-4o-mini"], attributes["execute_tool weather"]
    assert chat["gen_ai.operation.name"] == "chat"
    assert chat["gen_ai.provider.name"] == "openai"
    assert chat["gen_ai.conversation.id"] == "demo"
    assert chat["gen_ai.usage.input_tokens"] > 0
    assert "Rome" in chat["gen_ai.input.messages"]
    assert used["gen_ai.tool.name"] == "weather"
    assert used["gen_ai.tool.call.arguments"] == '{"city":"Rome"}'
    assert "Sunny in Rome" in used["gen_ai.tool.call.result"]
    assert attributes["retrieval _Shelf"]["gen_ai.operation.name"] == "retrieval"


def test_content_is_on_spans_only_when_asked(
    chain: Any,
    tracing: TracerProvider,
    spans: InMemorySpanExporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the standard variable, no text of the user's is on a span."""
    monkeypatch.delenv(_CAPTURE, raising=False)
    handler = HILTCallbackHandler(tracer_provider=tracing)

    chain.invoke("Rome", config={"callbacks": [handler]})

    assert not any(
        "Rome" in str(dict(each.attributes or {})) for each in spans.get_finished_spans()
    )


def test_error_is_on_the_spans(
    provider: Provider, tracing: TracerProvider, spans: InMemorySpanExporter
) -> None:
    """A call that fails is an error on its span and on those above."""
    openai = pytest.importorskip("openai")
    provider.fail(status=429)
    model = _model(provider)
    handler = HILTCallbackHandler(tracer_provider=tracing)

    with pytest.raises(openai.RateLimitError):
        (RunnableLambda(str) | model).invoke("Hi", config={"callbacks": [handler]})

    status = {each.name: each.status.status_code for each in spans.get_finished_spans()}
    assert status["chat gpt-4o-mini"] is StatusCode.ERROR
    assert status["invoke_workflow RunnableSequence"] is StatusCode.ERROR
    assert status["invoke_workflow str"] is not StatusCode.ERROR


def test_runs_stand_below_the_users_span(
    chain: Any, tracing: TracerProvider, spans: InMemorySpanExporter
) -> None:
    """The user's current span is the parent of a run without one."""
    handler = HILTCallbackHandler(tracer_provider=tracing)

    with tracing.get_tracer("app").start_as_current_span("request"):
        chain.invoke("Rome", config={"callbacks": [handler]})

    assert _tree(spans)["invoke_workflow my chain"] == "request"


def _shown(events: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """The calls, tools and retrievals: action, text, and what it replies to."""
    actions = {each["event_id"]: each["action"] for each in events}
    return sorted(
        (
            each["action"],
            each.get("content", {}).get("text") or "",
            actions.get(each["extensions"].get("reply_to"), ""),
        )
        for each in events
        if each["action"] != "system"
    )


_EXPECTED = [
    ("completion", "", "prompt"),
    ("prompt", "Rome", ""),
    ("retrieval", "Rome", ""),
    ("tool_call", "", "completion"),
    ("tool_result", "Sunny in Rome", "tool_call"),
]


def test_processor_writes_the_same_events(
    logged: Any, chain: Any, tracing: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With HILT's span processor attached, the log is what the handler itself writes."""
    monkeypatch.setenv(_CAPTURE, "SPAN_ONLY")
    tracing.add_span_processor(HiltSpanProcessor(logged.session))
    handler = HILTCallbackHandler(tracer_provider=tracing, session_id="demo")

    chain.invoke("Rome", config={"callbacks": [handler]})
    tracing.force_flush()

    assert _shown(logged.dicts) == _EXPECTED
    assert {each["session_id"] for each in logged.dicts} == {"demo"}
    assert logged.only("completion")["metrics"]["cost_usd"] > 0
    assert logged.only("prompt")["provenance"]["framework"] == "langchain"


def test_exporter_writes_the_same_events(
    chain: Any, tracing: TracerProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With HILT's exporter attached, the file is what the handler itself writes."""
    monkeypatch.setenv(_CAPTURE, "SPAN_ONLY")
    path = tmp_path / "log.jsonl"
    tracing.add_span_processor(SimpleSpanProcessor(HiltJsonlSpanExporter(str(path))))
    handler = HILTCallbackHandler(tracer_provider=tracing, session_id="demo")

    chain.invoke("Rome", config={"callbacks": [handler]})
    tracing.shutdown()

    with Session(str(path), "r") as session:
        events = [event.to_dict() for event in session.read()]
    assert _shown(events) == _EXPECTED


def test_handler_without_a_tracer_writes_them_too(logged: Any, chain: Any) -> None:
    """The same chain, written by the handler."""
    handler = HILTCallbackHandler(logged.session, session_id="demo")

    chain.invoke("Rome", config={"callbacks": [handler]})

    assert _shown(logged.dicts) == _EXPECTED

"""The service of OpenTelemetry's resource is in the events, in each way of use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

import hilt
from hilt._context import use_provider
from hilt.instrumentation.instrumentors import OpenAIInstrumentor
from hilt.integrations.openai import log_chat_completion
from hilt.io.session import Session
from hilt.testing import MemorySink, Provider
from hilt_otel_exporters import HiltJsonlSpanExporter, HiltSpanProcessor
from hilt_otel_exporters.importing import import_spans
from tests.hilt_otel_exporters.conftest import chat
from tests.hilt_otel_exporters.span_values import otlp, sdk_span, write

RESOURCE = {
    "service.name": "shop",
    "service.version": "1.2",
    "deployment.environment.name": "production",
}
SHOP = {"service": "shop", "service_version": "1.2", "environment": "production"}
MESSAGES: Any = [{"role": "user", "content": "Hi"}]


@pytest.fixture(autouse=True)
def undone() -> Iterator[None]:
    """No instrumentation and no service is left."""
    yield
    hilt.uninstrument()
    use_provider(None)


@pytest.fixture
def client() -> Iterator[openai.OpenAI]:
    """A client of a provider on the loopback."""
    with Provider() as served, openai.OpenAI(base_url=served.openai_url, api_key="x") as client:
        yield client


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard variables, as an operator sets them."""
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop")
    rest = [f"{name}={RESOURCE[name]}" for name in list(RESOURCE)[1:]]
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", ",".join(rest))


def provider_of(sink: MemorySink, resource: dict[str, Any]) -> TracerProvider:
    """A tracer provider with a resource, whose spans become events."""
    provider = TracerProvider(shutdown_on_exit=False, resource=Resource(resource))
    provider.add_span_processor(HiltSpanProcessor(Session(sink)))
    return provider


def services(events: Any) -> list[dict[str, str]]:
    """What each event says of the service."""
    found = [each.to_dict().get("provenance", {}) for each in events]
    return [{name: each[name] for name in SHOP if name in each} for each in found]


@pytest.mark.usefixtures("variables")
def test_instrument_names_the_service_of_the_variables(client: openai.OpenAI) -> None:
    """In the prompt and in the ending."""
    sink = MemorySink()
    hilt.instrument(session=Session(sink))

    client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)

    assert services(sink.events) == [SHOP, SHOP]


def test_instrument_names_none_where_none_is_set(
    client: openai.OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenTelemetry's own ``unknown_service`` is no name either."""
    monkeypatch.delenv("OTEL_SERVICE_NAME", raising=False)
    sink = MemorySink()
    for provider in (None, TracerProvider(shutdown_on_exit=False)):
        hilt.instrument(session=Session(sink), tracer_provider=provider)
        client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)

    assert services(sink.events) == [{}, {}, {}, {}]


def test_instrument_names_the_service_of_its_provider(client: openai.OpenAI) -> None:
    """Until the next one: nothing is left of it."""
    sink = MemorySink()
    provider = TracerProvider(shutdown_on_exit=False, resource=Resource(RESOURCE))
    hilt.instrument(session=Session(sink), tracer_provider=provider)
    client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)
    hilt.instrument(session=Session(sink))
    client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)

    assert services(sink.events) == [SHOP, SHOP, {}, {}]


def test_instrumentor_names_the_service_of_its_provider(client: openai.OpenAI) -> None:
    """As under ``opentelemetry-instrument``."""
    sink = MemorySink()
    OpenAIInstrumentor().instrument(tracer_provider=provider_of(sink, RESOURCE))
    try:
        client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)
    finally:
        OpenAIInstrumentor().uninstrument()

    assert services(sink.events) == [SHOP, SHOP]


@pytest.mark.usefixtures("variables")
def test_span_of_another_service_has_the_name_of_that() -> None:
    """Calls and steps; the variables of this program are not its."""
    sink = MemorySink()
    provider = provider_of(sink, {"service.name": "billing"})
    with provider.get_tracer("x").start_as_current_span(
        "invoke_agent", attributes={"gen_ai.operation.name": "invoke_agent"}
    ):
        provider.get_tracer("x").start_span("chat", attributes=chat()).end()
    provider.force_flush()

    assert services(sink.events) == [{"service": "billing"}] * 4


def test_exporter_names_the_service_of_the_span(tmp_path: Path) -> None:
    """Whoever recorded it."""
    provider = TracerProvider(shutdown_on_exit=False, resource=Resource(RESOURCE))
    exporter = HiltJsonlSpanExporter(tmp_path / "log.jsonl", linger_s=60)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.get_tracer("x").start_span("chat", attributes=chat()).end()
    provider.shutdown()

    assert services(Session(tmp_path / "log.jsonl", mode="r").read()) == [SHOP, SHOP]


@pytest.mark.parametrize("kind", ["sdk", "otlp"])
@pytest.mark.usefixtures("variables")
def test_import_names_the_service_of_the_file(kind: str, tmp_path: Path) -> None:
    """Not that of the program that imports it."""
    resource = {"service.name": "billing", "deployment.environment": "staging"}
    value = sdk_span(resource={"attributes": resource}) if kind == "sdk" else otlp()
    if kind == "otlp":
        pairs = [{"key": name, "value": {"stringValue": each}} for name, each in resource.items()]
        value["resourceSpans"][0]["resource"] = {"attributes": pairs}
    sink = MemorySink()

    import_spans([write(tmp_path / "spans.jsonl", value)], Session(sink))

    assert services(sink.events) == [{"service": "billing", "environment": "staging"}] * 2


@pytest.mark.parametrize("odd", [None, "x", {"attributes": None}, {"attributes": [5]}])
def test_odd_resource_is_none(odd: object, tmp_path: Path) -> None:
    """It costs no span."""
    value = otlp()
    value["resourceSpans"][0]["resource"] = odd
    path = write(tmp_path / "spans.jsonl", value, sdk_span(resource=odd, context={"trace_id": "7"}))
    sink = MemorySink()

    imported = import_spans([path], Session(sink))

    assert (imported.unreadable, imported.genai_spans) == (0, 2)
    assert services(sink.events) == [{}] * 2


@pytest.mark.usefixtures("variables")
def test_helpers_name_the_service_of_the_variables(client: openai.OpenAI) -> None:
    """Also without `hilt.instrument`."""
    use_provider(None)
    sink = MemorySink()
    with Session(sink) as session:
        log_chat_completion(session, user_message="Hi", client=client)

    assert services(sink.events) == [SHOP, SHOP]


@pytest.mark.usefixtures("variables")
def test_langchain_names_the_service_of_the_variables() -> None:
    """In the events of the steps and of the model."""
    pytest.importorskip("langchain_core")
    from langchain_core.language_models.fake_chat_models import FakeListChatModel
    from langchain_core.prompts import ChatPromptTemplate

    from hilt.integrations.langchain import HILTCallbackHandler

    use_provider(None)
    sink = MemorySink()
    chain = ChatPromptTemplate.from_template("{text}") | FakeListChatModel(responses=["Hello"])
    with Session(sink) as session:
        chain.invoke({"text": "Hi"}, config={"callbacks": [HILTCallbackHandler(session)]})

    assert services(sink.events) == [SHOP] * len(sink.events) != []

"""anthropic 2.x records spans of its own: they stay as they are, and a call is logged once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import hilt
from hilt.testing.provider import Provider
from hilt_otel_exporters.exporters import HiltJsonlSpanExporter
from tests.conftest import Log
from tests.instrumentation.anthropic_transport import ASK, MODEL

pytestmark = [
    pytest.mark.skipif(
        not hasattr(anthropic.Anthropic, "open_telemetry"),
        reason="this release of anthropic records no spans",
    ),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

VOLATILE = (
    "gen_ai.response.time_to_first_chunk",
    "server.port",
    "url.full",
    "anthropic.request.id",
)


class Tracing:
    """A program's own tracing, and a client that records to it."""

    def __init__(self) -> None:
        self.spans = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.spans))

    def call_async(self) -> list[Any]:
        """The same with an asynchronous client."""
        with Provider(seed=7) as provider:
            client = anthropic.AsyncAnthropic(
                api_key="k",
                base_url=provider.url,
                open_telemetry={"tracer_provider": self.provider},
            )
            asyncio.run(_make_calls_async(client))
        return self._recorded()

    def call(self) -> list[Any]:
        """Make calls of every kind, and give the spans that the SDK recorded of them."""
        with Provider(seed=7) as provider:
            client = anthropic.Anthropic(
                api_key="k",
                base_url=provider.url,
                max_retries=0,
                open_telemetry={"tracer_provider": self.provider},
            )
            with client, self.provider.get_tracer("app").start_as_current_span("app"):
                _make_calls(client, provider)
        return self._recorded()

    def _recorded(self) -> list[Any]:
        spans = self.spans.get_finished_spans()
        self.spans.clear()
        names = {span.context.span_id: span.name for span in spans}
        return [
            (span.name, span.status.status_code, _fixed(span.attributes), _above(span, names))
            for span in spans
            if not span.instrumentation_scope.name.startswith("hilt")
        ]


def _make_calls(client: Any, provider: Provider) -> None:
    client.messages.create(**ASK)
    list(client.messages.create(**ASK, stream=True))
    with client.messages.stream(**ASK) as stream:
        stream.get_final_message()
    with client.messages.stream(**ASK) as stream:
        next(iter(stream))
    client.messages.with_raw_response.create(**ASK).parse()
    with client.messages.with_streaming_response.create(**ASK, stream=True) as raw:
        list(raw.iter_lines())
    provider.fail(status=529)
    with pytest.raises(anthropic.APIStatusError):
        client.messages.create(**ASK)


CALLS = 7


async def _make_calls_async(client: Any) -> None:
    async with client:
        await client.messages.create(**ASK)
        async for _ in await client.messages.create(**ASK, stream=True):
            pass
        async with client.messages.stream(**ASK) as stream:
            await stream.get_final_message()
        async with client.messages.stream(**ASK) as stream:
            await stream.__anext__()
        await client.messages.with_raw_response.create(**ASK)


def _fixed(attributes: Any) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name not in VOLATILE}


def _above(span: Any, names: dict[int, str]) -> str | None:
    return names.get(span.parent.span_id) if span.parent is not None else None


@pytest.fixture
def tracing() -> Iterator[Tracing]:
    """A program's own tracing."""
    found = Tracing()
    yield found
    found.provider.shutdown()


def test_its_spans_are_left_as_they_were(tracing: Tracing, instrumented: Any) -> None:
    """Bare and instrumented, the SDK exports the same spans, and none of HILT's is among them."""
    bare = tracing.call()
    log = instrumented(providers=["anthropic"])

    assert tracing.call() == bare
    assert len(log.of("prompt")) == len(log.endings) == CALLS


def test_its_spans_of_asynchronous_calls_are_left_as_they_were(
    tracing: Tracing, instrumented: Any
) -> None:
    """The same for an asynchronous client."""
    bare = tracing.call_async()
    log = instrumented(providers=["anthropic"])

    assert tracing.call_async() == bare
    assert len(log.of("prompt")) == len(log.endings) == len(bare) == 5


def test_the_log_joins_with_its_spans(tracing: Tracing, instrumented: Any) -> None:
    """An event's parent is the SDK's own span of the same call."""
    log = instrumented(providers=["anthropic"])
    with Provider(seed=7) as provider:
        options: Any = {"tracer_provider": tracing.provider}
        with anthropic.Anthropic(
            api_key="k", base_url=provider.url, open_telemetry=options
        ) as client:
            client.messages.create(**ASK)

    (span,) = tracing.spans.get_finished_spans()
    origin = log.ending["provenance"]
    assert origin["parent_span_id"] == f"{span.context.span_id:016x}"
    assert origin["trace_id"] == f"{span.context.trace_id:032x}"


def test_attached_to_the_same_provider_a_call_is_logged_once(
    tracing: Tracing, instrumented: Any
) -> None:
    """HILT's spans and the SDK's arrive at one processor, and make one set of events."""
    bare = tracing.call()
    log = instrumented(providers=["anthropic"], tracer_provider=tracing.provider)

    assert tracing.call() == bare
    tracing.provider.force_flush()
    assert len(log.of("prompt")) == len(log.endings) == CALLS


def test_exporter_in_the_same_pipeline_logs_a_call_once(
    tracing: Tracing, instrumented: Any
) -> None:
    """An exporter that writes to the log passes over spans about calls that are in it."""
    log = instrumented(providers=["anthropic"])
    exporter = HiltJsonlSpanExporter(session=log.session)
    tracing.provider.add_span_processor(SimpleSpanProcessor(exporter))

    tracing.call()
    exporter.force_flush()
    assert len(log.of("prompt")) == len(log.endings) == CALLS

    hilt.uninstrument()
    log.clear()
    tracing.call()
    exporter.force_flush()
    assert len(log.endings) > 0  # without HILT's own, they are what there is


def test_exporter_to_another_log_gets_the_call(tracing: Tracing, instrumented: Any) -> None:
    """Each log has the call once: one from HILT, the other from the SDK's span."""
    live, exported = instrumented(providers=["anthropic"]), Log()
    exporter = HiltJsonlSpanExporter(session=exported.session)
    tracing.provider.add_span_processor(SimpleSpanProcessor(exporter))

    tracing.call()
    exporter.force_flush()

    assert len(live.endings) == CALLS
    assert 0 < len(exported.endings) <= CALLS


def test_token_count_is_no_call_in_its_spans_either(tracing: Tracing) -> None:
    """A token count names a model, and is not a call of one."""
    exported = Log()
    exporter = HiltJsonlSpanExporter(session=exported.session)
    tracer = tracing.provider.get_tracer("com.anthropic.sdk.python")
    tracing.provider.add_span_processor(SimpleSpanProcessor(exporter))
    attributes = {"gen_ai.provider.name": "anthropic", "gen_ai.request.model": MODEL}
    with tracer.start_as_current_span("anthropic.messages.count_tokens", attributes=attributes):
        assert trace.get_current_span().is_recording()
    exporter.force_flush()

    assert exported.events == []

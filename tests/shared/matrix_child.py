"""One process of the matrix: real calls, watched by one instrumentation, as events and spans.

    python matrix_child.py WATCHER SHARED_FOLDER OUT

``WATCHER`` is ``hilt`` or another instrumentation that is installed here. Writes one JSON line a
recording: what the log says, and the spans that were recorded.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

import hilt
from hilt_otel_exporters import HiltJsonlSpanExporter

os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "SPAN_ONLY"
os.environ.setdefault("OPENAI_API_KEY", "test")

APIS = ("chat.completions", "responses", "embeddings", "messages")


class Kept(SpanProcessor):
    """Keeps the spans that ended."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Keep it."""
        self.spans.append(span)


class Watched:
    """The log and the spans of what is running."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp()) / "log.jsonl"
        self.kept = Kept()
        self.exporter: HiltJsonlSpanExporter | None = None
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider(metric_readers=[self.reader])
        self._seen = 0

    def take(self) -> dict[str, Any]:
        """What came since the last time."""
        if self.exporter is not None:
            self.exporter.force_flush()
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        fresh, self._seen = lines[self._seen :], len(lines)
        spans, self.kept.spans = self.kept.spans, []
        return {
            "events": [json.loads(line) for line in fresh],
            "spans": [json.loads(span.to_json()) for span in sorted(spans, key=_start)],
        }

    def metrics(self) -> list[dict[str, Any]]:
        """Every data point of the GenAI metrics."""
        data = self.reader.get_metrics_data()
        found = []
        for resource in data.resource_metrics if data is not None else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    found += [_point(metric, point) for point in metric.data.data_points]
        return found


def _point(metric: Any, point: Any) -> dict[str, Any]:
    return {
        "metric": metric.name,
        "unit": metric.unit,
        "attributes": dict(point.attributes),
        "count": point.count,
        "sum": point.sum,
        "bounds": list(point.explicit_bounds),
    }


def _start(span: ReadableSpan) -> int:
    return span.start_time or 0


def watch(watcher: str) -> Watched:
    """Turn an instrumentation on, with HILT's exporter attached to its spans."""
    watched = Watched()
    provider = TracerProvider()
    provider.add_span_processor(watched.kept)
    if watcher == "hilt":
        hilt.instrument(
            filepath=watched.path, tracer_provider=provider, meter_provider=watched.meters
        )
        return watched
    watched.exporter = HiltJsonlSpanExporter(watched.path)
    exporting = SimpleSpanProcessor(watched.exporter)
    if watcher == "logfire":
        import logfire

        logfire.configure(
            send_to_logfire=False,
            console=False,
            additional_span_processors=[exporting, watched.kept],
        )
        logfire.instrument_openai()
        return watched
    provider.add_span_processor(exporting)
    _INSTRUMENT[watcher](provider, watched.meters)
    return watched


def _official(provider: TracerProvider, meters: MeterProvider) -> None:
    from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    for instrumentor in (OpenAIInstrumentor(), AnthropicInstrumentor()):
        instrumentor.instrument(tracer_provider=provider, meter_provider=meters)


def _openllmetry(provider: TracerProvider, meters: MeterProvider) -> None:
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(tracer_provider=provider)


def _openinference(provider: TracerProvider, meters: MeterProvider) -> None:
    from openinference.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(tracer_provider=provider)


def _pydantic_ai(provider: TracerProvider, meters: MeterProvider) -> None:
    from pydantic_ai import Agent
    from pydantic_ai.models.instrumented import InstrumentationSettings

    Agent.instrument_all(InstrumentationSettings(tracer_provider=provider))


_INSTRUMENT: dict[str, Callable[[TracerProvider, MeterProvider], None]] = {
    "official": _official,
    "openllmetry": _openllmetry,
    "openinference": _openinference,
    "pydantic-ai": _pydantic_ai,
}


# -- what runs --------------------------------------------------------------------------------


def calls(shared: Path, providers: tuple[str, ...]) -> Iterator[tuple[str, Callable[[], None]]]:
    """Every recording of calls of a model, and what makes its calls."""
    sys.path.insert(0, str(shared / "replay"))
    from drive import NotDrivable, drive
    from replay_server import ReplayServer

    for provider in providers:
        for path in sorted((shared / "recordings" / provider).glob("*.json")):
            recording = json.loads(path.read_text(encoding="utf-8"))
            if not all(each["api"] in APIS for each in recording["interactions"]):
                continue

            def make(path: Path = path, recording: dict[str, Any] = recording) -> None:
                with ReplayServer([path]) as server:
                    try:
                        drive(recording, server.base_url)
                    except NotDrivable:
                        return

            yield f"{provider}/{path.stem}", make


def agent_runs(shared: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Runs of an agent of Pydantic AI over recorded answers."""
    sys.path.insert(0, str(shared / "replay"))
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider
    from replay_server import ReplayServer

    paths = [
        path
        for path in sorted((shared / "recordings" / "openai").glob("*.json"))
        if _is_plain_chat(json.loads(path.read_text(encoding="utf-8")))
    ]
    for path in paths[:25]:
        recording = json.loads(path.read_text(encoding="utf-8"))

        def run(path: Path = path, recording: dict[str, Any] = recording) -> None:
            body = recording["interactions"][0]["request"]["json"]
            prefix = recording["interactions"][0]["request"]["path"].partition("/chat/")[0]
            with ReplayServer([path]) as server:
                provider = OpenAIProvider(base_url=server.base_url + prefix, api_key="test")
                agent = Agent(OpenAIChatModel(body["model"], provider=provider), retries=0)
                try:
                    agent.run_sync(body["messages"][-1]["content"])
                except Exception as error:
                    print(f"{path.stem}: {type(error).__name__}", file=sys.stderr)

        yield f"agent/{path.stem}", run


def _is_plain_chat(recording: dict[str, Any]) -> bool:
    (first, *rest) = recording["interactions"]
    body = first["request"]["json"] or {}
    return (
        not rest
        and first["api"] == "chat.completions"
        and not first["stream"]
        and not body.get("tools")
        and isinstance((body.get("messages") or [{}])[-1].get("content"), str)
    )


def main() -> None:
    """Make every call, and write what was seen of each recording."""
    watcher, shared, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    providers = tuple(sys.argv[4].split(",")) if len(sys.argv) > 4 else ("openai",)
    warnings.simplefilter("ignore")
    watched = watch(watcher)
    running = agent_runs(shared) if providers == ("agent",) else calls(shared, providers)
    with out.open("w", encoding="utf-8") as lines:
        for name, run in running:
            run()
            lines.write(json.dumps({"name": name, **watched.take()}) + "\n")
        lines.write(json.dumps({"name": "metrics", **watched.take(), "metrics": watched.metrics()}))


if __name__ == "__main__":
    main()

"""HILT in a program that already uses OpenTelemetry: one exporter, for any instrumentation.

    pip install .
    python examples/existing_otel_pipeline.py

This program creates the spans itself. In practice they come from an instrumentation such as
OpenLLMetry, OpenInference, Logfire, an agent framework, or OpenTelemetry's own. HILT's exporter is
added to the pipeline, beside other exporters, and logs each call once.
"""

import json

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from hilt.io.read.events import read_events
from hilt_otel_exporters import HiltJsonlSpanExporter

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(HiltJsonlSpanExporter("logs/pipeline.jsonl")))
tracer = provider.get_tracer("my.framework")


def message(role: str, text: str) -> str:
    """A span attribute with one message, as in the GenAI conventions."""
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


with tracer.start_as_current_span(
    "invoke_agent travel",
    attributes={"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "travel"},
):
    with tracer.start_as_current_span(
        "chat gpt-4o-mini",
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.input.messages": message("user", "Is it raining in Paris?"),
        },
    ) as span:
        span.set_attributes(
            {
                "gen_ai.output.messages": message("assistant", "It is, at 14 degrees."),
                "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
                "gen_ai.response.finish_reasons": ["stop"],
                "gen_ai.usage.input_tokens": 12,
                "gen_ai.usage.output_tokens": 8,
            }
        )
    with tracer.start_as_current_span("GET https://example.com"):
        pass  # not a GenAI span, so it is not logged

provider.shutdown()

for event in read_events("logs/pipeline.jsonl"):
    text = event.content.text if event.content else ""
    cost = event.metrics.cost_usd if event.metrics else None
    shown = f"${cost:.8f}" if cost else ""
    print(f"{event.action:10} {event.actor.id:8} {text or '':26} {shown}")

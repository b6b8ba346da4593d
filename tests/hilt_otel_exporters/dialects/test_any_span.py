"""Spans that nobody meant: whatever is on them, they are read without an error."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hilt.core.event import Event
from hilt.core.guard import guard
from hilt.io.session import Session
from hilt.testing.memory import MemorySink
from hilt_otel_exporters.dialects.all_dialects import FIELDS, MARKS
from hilt_otel_exporters.pipeline import SpanPipeline
from hilt_otel_exporters.span_record import SpanEvent, SpanRecord

NAMES = sorted(
    MARKS
    | {
        source if isinstance(source, str) else source[0]
        for each in FIELDS.values()
        for source in each
    }
    | {
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.tool.definitions",
        "llm.input_messages.0.message.role",
        "llm.input_messages.0.message.contents.0.message_content.type",
        "gen_ai.prompt.0.content",
        "gen_ai.completion.0.tool_calls.0.id",
        "langfuse.observation.input",
        "langfuse.observation.output",
        "langfuse.observation.completion_start_time",
        "ai.prompt.tools",
        "ai.response.toolCalls",
        "retrieval.documents.0.document.content",
        "traceloop.entity.input",
        "duration",
        "logfire.span_type",
        "events",
    }
)
KINDS = ["chat", "embeddings", "execute_tool", "invoke_agent", "retrieval", "LLM", "llm", "TOOL"]
KINDS += ["log"]
SCOPES = ["x", "logfire.openai", "gcp.vertex.agent", "langsmith", "mlflow.tracing.provider"]
SCOPES += ["hilt.instrumentation.openai", "com.anthropic.sdk.python", "strands.telemetry.tracer"]
plain = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(), st.text(max_size=8))
keys = st.sampled_from(["role", "parts", "content", "type", "tool_calls", "id", "messages", "lc"])
trees = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)
values = st.one_of(
    plain,
    st.sampled_from(KINDS),
    trees,
    trees.map(lambda tree: json.dumps(tree, default=str)),
    trees.map(lambda tree: json.dumps(tree, default=str)[:-1]),
)
attributes = st.dictionaries(st.sampled_from(NAMES), values, min_size=1, max_size=12)
event_names = st.sampled_from(
    ["exception", "gen_ai.choice", "gen_ai.user.message", "mlflow.chunk.item.0", "other"]
)
spans = st.lists(
    st.builds(
        SpanRecord,
        name=st.sampled_from(["chat", "call_llm", "agent_run [x]", ""]),
        trace_id=st.sampled_from(["a" * 32, "b" * 32]),
        span_id=st.sampled_from([f"{number:016x}" for number in range(1, 6)]),
        parent_span_id=st.none() | st.sampled_from([f"{number:016x}" for number in range(1, 6)]),
        started=st.integers(0, 10**9),
        ended=st.integers(0, 10**9),
        status=st.sampled_from(["UNSET", "OK", "ERROR"]),
        status_text=st.text(max_size=20),
        attributes=attributes,
        events=st.lists(
            st.builds(
                SpanEvent,
                event_names,
                st.integers(0, 10**9),
                st.dictionaries(
                    st.sampled_from(["content", "message", "mlflow.chunk.value", "exception.type"]),
                    values,
                    max_size=3,
                ),
            ),
            max_size=3,
        ),
        scope=st.sampled_from(SCOPES),
    ),
    min_size=1,
    max_size=5,
)


@settings(suppress_health_check=list(HealthCheck))
@given(spans)
def test_any_span_becomes_events_or_nothing(records: list[SpanRecord]) -> None:
    """No error inside, and every event is one as the format says."""
    errors = guard.errors
    sink = MemorySink()
    log = SpanPipeline(Session(sink), live=False)
    for record in records:
        log.add(record)
    log.flush()

    assert guard.errors == errors
    for line in sink.lines:
        event: Any = Event.from_json(line)
        assert event.session_id

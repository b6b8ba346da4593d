"""AgentOps: numbered attributes, and the tool calls of an answer as spans below it."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import PLUMBING, STEP_NAME, Dialect
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_KIND = "agentops.span.kind"
_KINDS = {
    "agent": "agent",
    "chain": "chain",
    "operation": "chain",
    "task": "chain",
    "tool": "tool",
    "session": "workflow",
    "workflow": "workflow",
}


def _kind(record: SpanRecord) -> str | None:
    """The kind is given as a word or as the name of an enum's member."""
    value = record.attributes.get(_KIND)
    if value is None or semconv.REQUEST_MODEL in record.attributes:
        return None
    return _KINDS.get(str(value).rpartition(".")[2].lower(), PLUMBING)


DIALECT = Dialect(
    "agentops",
    scopes=("agentops",),
    marks=frozenset({_KIND}),
    kind=_kind,
    fields={
        semconv.TOOL_NAME: ("tool.name",),
        semconv.TOOL_CALL_ID: ("tool.call.id",),
        semconv.AGENT_NAME: ("agent.name",),
    },
    step_fields={
        STEP_NAME: ("agentops.entity.name", "operation.name"),
        semconv.INPUT_MESSAGES: ("agentops.entity.input",),
        semconv.OUTPUT_MESSAGES: ("agentops.entity.output",),
        semconv.TOOL_CALL_RESULT: ("tool.result",),
    },
    prefer={semconv.TOOL_CALL_ARGUMENTS: ("tool.parameters", "agentops.entity.input")},
)

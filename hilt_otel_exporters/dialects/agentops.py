"""AgentOps: numbered attributes, and the tool calls of an answer as spans below it."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import STEP_NAME, Dialect, kind_by

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


DIALECT = Dialect(
    "agentops",
    scopes=("agentops",),
    marks=frozenset({_KIND}),
    kind=kind_by(_KIND, _KINDS, unless=semconv.REQUEST_MODEL),
    fields={
        semconv.TOOL_NAME: ("tool.name",),
        semconv.TOOL_CALL_ID: ("tool.call.id",),
        semconv.AGENT_NAME: ("agent.name",),
        semconv.REQUEST_STREAM: (semconv.OTHER_REQUEST_STREAMING,),
    },
    step_fields={
        STEP_NAME: ("agentops.entity.name", "operation.name"),
        semconv.INPUT_MESSAGES: ("agentops.entity.input",),
        semconv.OUTPUT_MESSAGES: ("agentops.entity.output",),
        semconv.TOOL_CALL_RESULT: ("tool.result",),
    },
    prefer={semconv.TOOL_CALL_ARGUMENTS: ("tool.parameters", "agentops.entity.input")},
)

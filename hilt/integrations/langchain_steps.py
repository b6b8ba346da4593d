"""What LangChain's runs are, beside the calls of models: their facts, and their span attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hilt import semconv
from hilt.genai.json_values import encode_json, to_plain_json
from hilt.integrations.manual import conversation_for
from hilt.recording.step_events import Step

if TYPE_CHECKING:
    from uuid import UUID

__all__ = [
    "answered_of",
    "asked_of",
    "conversation_in",
    "is_agent",
    "name_of",
    "place_of",
    "provenance_of",
    "result_attributes",
    "step_attributes",
]

_IDS = ("session_id", "thread_id", "conversation_id")
_PLUMBING = ("ls_", "langgraph_", "checkpoint_ns", "lc_", "__pregel")


def provenance_of(
    run_id: UUID,
    parent_run_id: UUID | None,
    tags: list[str] | None,
    metadata: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """What is known of a run: its ids, and the user's tags and metadata without the plumbing."""
    kept = {
        name: to_plain_json(value)
        for name, value in (metadata or {}).items()
        if not name.startswith(_PLUMBING)
    }
    facts: dict[str, Any] = {"framework": "langchain", "run_id": str(run_id)}
    if parent_run_id is not None:
        facts["parent_run_id"] = str(parent_run_id)
    if tags:
        facts["tags"] = [tag for tag in tags if not tag.startswith(("seq:step", "graph:step"))]
    if kept:
        facts["metadata"] = kept
    return {name: value for name, value in facts.items() if value}


def place_of(span: Any, parent: Any) -> dict[str, str]:
    """Where a run's span stands, as provenance: below its parent's, where there is one."""
    context = span.get_span_context()
    place = {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
    if parent is not None:
        place["parent_span_id"] = f"{parent.get_span_context().span_id:016x}"
    return place


def step_attributes(step: Step) -> dict[str, Any]:
    """What is on a step's span when it begins."""
    attributes: dict[str, Any] = {
        semconv.OPERATION_NAME: step.operation,
        semconv.CONVERSATION_ID: step.session_id,
    }
    if step.kind == "tool":
        attributes[semconv.TOOL_NAME] = step.name
        if step.call_id:
            # A log that hears of the tool now knows by it which answer asked for it.
            attributes[semconv.TOOL_CALL_ID] = step.call_id
    elif step.kind == "agent":
        attributes[semconv.AGENT_NAME] = step.name
    elif step.kind == "retrieval":
        attributes[semconv.DATA_SOURCE_ID] = step.name
    else:
        attributes[semconv.WORKFLOW_NAME] = step.name
    return attributes


def result_attributes(step: Step, *, content: bool) -> dict[str, Any]:
    """What is on a step's span when it has ended."""
    attributes: dict[str, Any] = {}
    if step.call_id:
        attributes[semconv.TOOL_CALL_ID] = step.call_id
    if step.failure is not None:
        attributes[semconv.ERROR_TYPE] = step.failure.error_type
    if not content:
        return attributes
    if step.kind == "tool":
        attributes[semconv.TOOL_CALL_ARGUMENTS] = _as_text(step.arguments)
        if step.failure is None:
            attributes[semconv.TOOL_CALL_RESULT] = _as_text(step.result)
    elif step.kind == "retrieval":
        attributes[semconv.RETRIEVAL_QUERY_TEXT] = step.asked or ""
        attributes[semconv.RETRIEVAL_DOCUMENTS] = encode_json(step.documents or []).decode()
    return attributes


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else encode_json(value).decode()


def conversation_in(metadata: Mapping[str, Any] | None) -> str | None:
    """The conversation that a run's own metadata names."""
    for name in _IDS:
        value = (metadata or {}).get(name)
        if isinstance(value, (str, int)) and str(value):
            return conversation_for(str(value))
    return None


def is_agent(name: str, metadata: Mapping[str, Any]) -> bool:
    """Whether a chain is an agent: what its name says, or how ``create_agent`` marks its graph."""
    marked = str(metadata.get("ls_integration") or "").endswith("create_agent")
    return "agent" in name.lower() or (
        marked and name in ("LangGraph", metadata.get("lc_agent_name"))
    )


def name_of(serialized: Mapping[str, Any] | None) -> str | None:
    """The name of a runnable that LangChain has serialized."""
    if not serialized:
        return None
    named = serialized.get("name") or (serialized.get("id") or [None])[-1]
    return str(named) if named else None


def asked_of(inputs: Any) -> str | None:
    """What a chain is given, where that is one text; messages are told by the model's prompt."""
    if isinstance(inputs, str):
        return inputs
    if isinstance(inputs, Mapping):
        for name in ("input", "question", "query"):
            if isinstance(inputs.get(name), str):
                return str(inputs[name])
    return None


def answered_of(outputs: Any) -> str | None:
    """What a chain came to, where that is one text."""
    if isinstance(outputs, str):
        return outputs
    if isinstance(outputs, Mapping):
        for name in ("output", "answer", "result", "text"):
            if isinstance(outputs.get(name), str):
                return str(outputs[name])
    return None

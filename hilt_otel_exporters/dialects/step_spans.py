"""Agents, chains, tools and retrievals of any emitter, by one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.json_values import get_path, json_or_text, to_plain_json
from hilt.recording.step_events import Step
from hilt_otel_exporters.dialects.call_fields import Source, fact, find
from hilt_otel_exporters.dialects.failures import failure_of_record
from hilt_otel_exporters.dialects.messages import document_of, messages_of, text_content
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["indexed", "step_of"]

_ASKED = (
    semconv.INPUT_MESSAGES,
    "langfuse.observation.input",
    "mlflow.spanInputs",
    "ai.prompt",
    semconv.OLD_PROMPT,
    "input.value",
    "traceloop.entity.input",
    semconv.OTHER_TASK_INPUT,
)
_ANSWERED = (
    "final_result",
    semconv.OUTPUT_MESSAGES,
    "langfuse.observation.output",
    "mlflow.spanOutputs",
    "ai.response.text",
    semconv.OLD_COMPLETION,
    "output.value",
    "traceloop.entity.output",
    semconv.OTHER_TASK_OUTPUT,
)
_ARGUMENTS = (
    "traceloop.entity.input",  # before the official name, which holds the whole run's payload
    semconv.TOOL_CALL_ARGUMENTS,
    "ai.toolCall.args",
    "gcp.vertex.agent.tool_call_args",
    "tool_arguments",
    semconv.OTHER_TOOL_ARGS,
    "tool.parameters",
)
_RESULT = (
    "traceloop.entity.output",
    semconv.TOOL_CALL_RESULT,
    "ai.toolCall.result",
    "gcp.vertex.agent.tool_response",
    "tool_response",
)
_NAMES: tuple[Source, ...] = (
    semconv.AGENT_NAME,
    "agent.name",
    "agent_name",
    semconv.WORKFLOW_NAME,
    "traceloop.entity.name",
    "ai.telemetry.functionId",
)
_QUERY = (semconv.RETRIEVAL_QUERY_TEXT, "reranker.query")
_WRAPPERS = ("inputs", "outputs", "output", "query", "input")


def step_of(record: SpanRecord, kind: str, operation: str) -> Step:
    """The step that a span of this kind stands for."""
    step = Step(kind, operation, _name(record, kind), record.started, max(record.ended, 1))
    step.failure = failure_of_record(record)
    step.agent = _text(fact(record, semconv.AGENT_NAME))
    step.provenance = {"trace_id": record.trace_id, "span_id": record.span_id}
    if record.parent_span_id:
        step.provenance["parent_span_id"] = record.parent_span_id
    if kind == "tool":
        _add_tool(step, record)
    elif kind == "retrieval":
        step.asked = text_content(find(record, *_QUERY)) or _readable(_said(record, _ASKED))
        step.documents = _documents(record)
    else:
        step.asked = _asked(record)
        step.answered = _answered(record)
    return step


def _name(record: SpanRecord, kind: str) -> str:
    if kind == "tool":
        name = find(record, semconv.TOOL_NAME, "tool.name", "ai.toolCall.name")
        name = name or find(record, "traceloop.entity.name")
        return str(name or record.name.removesuffix(".tool").rpartition(" ")[2])
    if kind == "retrieval":
        name = find(record, semconv.DATA_SOURCE_ID, "traceloop.entity.name")
        return str(name or record.name)
    name = find(record, *_NAMES)
    return str(name or record.name.rpartition(" ")[2].strip("[]"))


# -- tools ------------------------------------------------------------------------------------


def _add_tool(step: Step, record: SpanRecord) -> None:
    step.call_id = _text(fact(record, semconv.TOOL_CALL_ID))
    arguments = _said(record, (*_ARGUMENTS, *_ASKED))
    step.arguments = to_plain_json(json_or_text(arguments))
    result = _said(record, (*_RESULT, *_ANSWERED), decode=False)
    unwrapped = json_or_text(result) if isinstance(result, str) else result
    if isinstance(unwrapped, Mapping) and _is_tool_message(unwrapped):
        (part,) = messages_of(unwrapped)[0]["parts"]
        step.call_id = step.call_id or part.get("id")
        step.result = part.get("response")
    else:
        step.result = to_plain_json(result)
    if step.call_id is None:
        step.call_id = _text(
            get_path(record.json("traceloop.entity.input"), "kwargs", "tool_call_id")
        )
    _add_events(step, record)


def _is_tool_message(value: Mapping[str, Any]) -> bool:
    kwargs = value.get("kwargs") or value.get("data") or value
    return isinstance(kwargs, Mapping) and "tool_call_id" in kwargs


def _add_events(step: Step, record: SpanRecord) -> None:
    """Strands tells a tool's arguments and result by span events."""
    for event in record.events:
        if event.name == semconv.OLD_TOOL_MESSAGE_EVENT and step.arguments is None:
            step.arguments = to_plain_json(json_or_text(event.attributes.get("content")))
        elif event.name == semconv.OLD_CHOICE_EVENT and step.result is None:
            said = json_or_text(event.attributes.get("message"))
            step.result = text_content(said) if not isinstance(said, str) else said


# -- what went in and what came out -----------------------------------------------------------


def _said(record: SpanRecord, names: tuple[str, ...], *, decode: bool = True) -> Any:
    for name in names:
        if record.attributes.get(name) not in (None, ""):
            value = record.json(name)
            inner = _unwrapped(value)
            if not decode and inner is value:
                return record.attributes[name]
            return inner
    return None


def _unwrapped(value: Any) -> Any:
    """A value out of the envelope that the tracers of some frameworks put on it."""
    if not isinstance(value, Mapping):
        return value
    if set(value) == {"args", "kwargs"} and isinstance(value["args"], list):
        arguments = value["args"]
        if value["kwargs"]:
            return value["kwargs"] if not arguments else value
        return arguments[0] if len(arguments) == 1 else arguments
    for name in ("inputs", "outputs", "output", "query"):
        if name in value and (len(value) == 1 or {"kwargs", "tags", "metadata"} & set(value)):
            return value[name]
    return value


def _readable(value: Any) -> str | None:
    """The text of a value: of messages, or of the only text in a dict."""
    if isinstance(value, Mapping) and len(value) == 1:
        (only,) = value.values()
        if isinstance(only, str):
            return only
    return text_content(value)


def _asked(record: SpanRecord) -> str | None:
    text = _readable(_said(record, _ASKED))
    if text is None:
        text = _of_event(record, semconv.OLD_USER_MESSAGE_EVENT, "content")
    return text


def _answered(record: SpanRecord) -> str | None:
    text = _readable(_said(record, _ANSWERED))
    if text is None:
        text = _of_event(record, semconv.OLD_CHOICE_EVENT, "message")
    return text


def _of_event(record: SpanRecord, name: str, key: str) -> str | None:
    for event in reversed(record.events):
        if event.name == name:
            return text_content(json_or_text(event.attributes.get(key)))
    return None


# -- documents --------------------------------------------------------------------------------


def _documents(record: SpanRecord) -> list[dict[str, Any]] | None:
    listed = record.json(semconv.RETRIEVAL_DOCUMENTS)
    if not isinstance(listed, list):
        listed = [each.get("document") for each in indexed(record, "retrieval.documents.")]
    if not listed:
        found = _said(record, _ANSWERED)
        listed = found if isinstance(found, list) else get_path(found, "documents")
    if not listed:
        listed = [_of_query(event.attributes) for event in record.events if _is_result(event.name)]
    documents = [document_of(each) for each in listed or ()]
    _complete(documents, get_path(record.json("output.value"), "documents"))
    return documents or None


def _complete(documents: list[dict[str, Any]], whole: Any) -> None:
    """Add the ids that OpenInference leaves out of its list but not of the output."""
    for document, known in zip(documents, whole if isinstance(whole, list) else (), strict=False):
        for name, value in document_of(known).items():
            document.setdefault(name, value)


def _is_result(name: str) -> bool:
    return name in ("db.query.result", "db.search.result")


def _of_query(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name.rpartition(".")[2]: value for name, value in attributes.items()}


def indexed(record: SpanRecord, prefix: str) -> list[dict[str, Any]]:
    """``prefix.N.a.b`` attributes as a list of nested dicts, lists where keys are numbers."""
    tree: dict[str, Any] = {}
    for name, value in record.attributes.items():
        if name.startswith(prefix):
            _put(tree, name[len(prefix) :].split("."), value)
    listed = _listed(tree)
    return listed if isinstance(listed, list) else []


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    for step in path[:-1]:
        inner = tree.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        tree = inner
    tree[path[-1]] = value


def _listed(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    if tree and all(key.isdigit() for key in tree):
        return [_listed(tree[key]) for key in sorted(tree, key=int)]
    return {key: _listed(value) for key, value in tree.items()}


def _text(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None

"""Agents, chains, tools and retrievals of any emitter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hilt import semconv
from hilt.genai.json_values import get_path, json_or_text, to_plain_json
from hilt.recording.step_events import Step
from hilt_otel_exporters.dialects.all_dialects import STEP_FIELDS
from hilt_otel_exporters.dialects.call_fields import value_of
from hilt_otel_exporters.dialects.conventions import OPERATIONS
from hilt_otel_exporters.dialects.dialect import STEP_NAME, Dialect, Source
from hilt_otel_exporters.dialects.messages import document_of, messages_of, text_content
from hilt_otel_exporters.dialects.text_values import value_in_text
from hilt_otel_exporters.dialects.tool_results import tool_result_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["step_of"]

_ENVELOPES = ("inputs", "outputs", "output", "query")
_SUFFIXES = (".tool", ".task", ".agent", ".workflow", ".chain", ".session")
_DOCUMENTS = (semconv.RETRIEVAL_DOCUMENTS, "retrieval.documents")
_LISTS = ("documents", "nodes", "matches", "points", "results", "retrievalResults", "source_nodes")
_ANSWERS = ("content", "response", "answer", "result", "output", "text")
_DEEPEST = 4
_OF_ENVELOPES = frozenset({"kwargs", "tags", "metadata"})


def step_of(
    record: SpanRecord,
    kind: str,
    operation: str,
    fields: Mapping[str, Any],
    dialects: Sequence[Dialect],
) -> Step:
    """The step that a span of this kind stands for.

    Args:
        record: The span.
        kind: What it stands for.
        operation: The same in the conventions' words.
        fields: What was read from it, by the conventions' names.
        dialects: Those that it is written in: their preferences count.
    """
    name = _name(record, kind, fields)
    step = Step(kind, operation, name, record.started, max(record.ended, 1))
    step.agent = fields.get(semconv.AGENT_NAME)
    if kind == "tool":
        _add_tool(step, record, fields, dialects)
        return step
    given = _value(record, dialects, semconv.INPUT_MESSAGES)
    if kind == "retrieval" and isinstance(given, Mapping):
        given = given.get("query", given)
    step.input_text = _readable(given)
    answer = _value(record, dialects, semconv.OUTPUT_MESSAGES)
    if kind == "retrieval":
        query = value_of(record, STEP_FIELDS[semconv.RETRIEVAL_QUERY_TEXT])
        step.input_text = text_content(query) or step.input_text
        step.documents = _documents(record, answer)
    else:
        step.output_text = _readable(answer)
    return step


def _name(record: SpanRecord, kind: str, fields: Mapping[str, Any]) -> str:
    given = value_of(record, STEP_FIELDS[STEP_NAME])
    if kind == "tool":
        name = fields.get(semconv.TOOL_NAME) or given
        return str(name or _of_span(record.name))
    if kind == "retrieval":
        name = value_of(record, STEP_FIELDS[semconv.DATA_SOURCE_ID]) or given
        return str(name or record.name)
    name = fields.get(semconv.AGENT_NAME) or given
    return str(name or _of_span(record.name))


def _of_span(name: str) -> str:
    """The name of what ran, out of a span's: ``invoke_agent geo``, ``geo.agent``, ``[geo]``."""
    operation, blank, rest = name.partition(" ")
    if blank and (operation in OPERATIONS or operation.replace(".", "_") in OPERATIONS):
        name = rest
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    return name


def _add_tool(
    step: Step, record: SpanRecord, fields: Mapping[str, Any], dialects: Sequence[Dialect]
) -> None:
    step.call_id = fields.get(semconv.TOOL_CALL_ID)
    arguments = _value(record, dialects, semconv.TOOL_CALL_ARGUMENTS, semconv.INPUT_MESSAGES)
    step.arguments = to_plain_json(_of_python_call(value_in_text(json_or_text(arguments))))
    result = _value(
        record, dialects, semconv.TOOL_CALL_RESULT, semconv.OUTPUT_MESSAGES, decode=False
    )
    message = json_or_text(result) if isinstance(result, str) else result
    if isinstance(message, Mapping) and _is_tool_message(message):
        (part,) = messages_of(message)[0]["parts"]
        step.call_id = step.call_id or part.get("id")
        step.result = part.get("response")
    else:
        inner = tool_result_of(message)
        as_is = inner == message and not isinstance(inner, str)  # else it was a text in quotes
        step.result = to_plain_json(result) if as_is else inner


def _of_python_call(arguments: Any) -> Any:
    """The arguments of a tool, where those of the Python function that runs it are given."""
    if isinstance(arguments, Mapping) and isinstance(arguments.get("kwargs"), Mapping):
        return arguments["kwargs"] or arguments.get("args") or {}
    if isinstance(arguments, Mapping) and arguments.keys() == {"input"}:  # LangChain's runs
        inner = value_in_text(arguments["input"])
        return inner if isinstance(inner, dict) else arguments
    return arguments


def _is_tool_message(value: Mapping[str, Any]) -> bool:
    """Whether a tool's result is a serialised message that answers a tool call."""
    fields = value.get("kwargs") or value.get("data") or value
    return isinstance(fields, Mapping) and "tool_call_id" in fields


def _documents(record: SpanRecord, answer: object) -> list[dict[str, Any]] | None:
    given = (record.json(name) for name in _DOCUMENTS)
    within = (get_path(answer, name) for name in _LISTS)
    lists = (each for each in (*given, answer, *within) if isinstance(each, list) and each)
    return [document_of(each) for each in next(lists, ())] or None


# -- inputs and outputs -----------------------------------------------------------------------


def _value(
    record: SpanRecord, dialects: Sequence[Dialect], *fields: str, decode: bool = True
) -> Any:
    """The value of the first field that the record has, out of its envelope.

    Args:
        record: The span.
        dialects: Those that it is written in.
        fields: Fields of a step.
        decode: Whether JSON is decoded that is in no envelope.
    """
    for source in _sources(dialects, fields):
        attribute = str(source)
        if record.attributes.get(attribute) not in (None, ""):
            value = record.json(attribute)
            whole = value_in_text(value)
            inner = _out_of_envelope(whole)
            if inner is not whole:
                return inner
            return value if decode else record.attributes[attribute]
    return None


def _sources(dialects: Sequence[Dialect], fields: tuple[str, ...]) -> list[Source]:
    preferred = [
        each.prefer[field] for each in dialects for field in fields if field in each.prefer
    ]
    usual = [STEP_FIELDS.get(field, ()) for field in fields]
    return [source for sources in (*preferred, *usual) for source in sources]


def _out_of_envelope(value: Any) -> Any:
    """A value out of what the tracers of some frameworks put around it."""
    if not isinstance(value, Mapping):
        return value
    if set(value) == {"args", "kwargs"} and isinstance(value["args"], list):
        arguments = value["args"]
        if value["kwargs"]:
            return value["kwargs"] if not arguments else value
        return arguments[0] if len(arguments) == 1 else arguments
    for name in _ENVELOPES:
        if name in value and (len(value) == 1 or not _OF_ENVELOPES.isdisjoint(value)):
            return value[name]
    return value


def _readable(value: Any) -> str | None:
    """The text of a value: of messages, or of the only text in a dict."""
    text = text_content(value)
    if text is None and isinstance(value, Mapping):
        texts = dict.fromkeys(_texts_in(value))
        answers = [value[name] for name in _ANSWERS if isinstance(value.get(name), str)]
        text = next(iter(texts)) if len(texts) == 1 else next(iter(answers), None)
    return text


def _texts_in(value: Mapping[Any, Any], depth: int = 0) -> Iterator[str]:
    """The texts in a dict and in the dicts in it, as frameworks pass a question to their parts."""
    for each in value.values():
        if isinstance(each, str) and each:
            yield each
        elif isinstance(each, Mapping) and depth < _DEEPEST:
            yield from _texts_in(each, depth + 1)

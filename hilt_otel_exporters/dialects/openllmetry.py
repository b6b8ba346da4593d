"""OpenLLMetry (Traceloop): numbered prompts and completions before 0.5, official names since."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.json_values import json_or_text
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.dialect import (
    PLUMBING,
    STEP_NAME,
    Content,
    Dialect,
    SpanReading,
)
from hilt_otel_exporters.dialects.messages import blocks_in_text, document_of, message_of, tools_of
from hilt_otel_exporters.dialects.numbered_attributes import numbered
from hilt_otel_exporters.dialects.printed_objects import fields_of_printed
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_KIND = "traceloop.span.kind"
_TYPE = "llm.request.type"
_ASSOCIATED = "traceloop.association.properties"
_NAME = "traceloop.entity.name"
_INPUT = "traceloop.entity.input"
_OUTPUT = "traceloop.entity.output"
_CHUNKS = (semconv.OTHER_CONTENT_CHUNK_EVENT, "llm.content.completion.chunk")
_RESULTS = ("db.query.result", "db.search.result")
_KINDS = {
    _KIND: {"workflow": "workflow", "agent": "agent", "tool": "tool"},
    _TYPE: {"chat": "model", "completion": "model", "embedding": "embedding", "rerank": "rerank"},
}


_RETRIEVER = re.compile(r"Retriever(\.retrieve)?$")


def _name_of(record: SpanRecord) -> str:
    return str(record.attributes.get(_NAME) or record.name.removesuffix(".task"))


def _kind(record: SpanRecord) -> str | None:
    """Newer spans name an operation, which says more: the root of a chain invokes an agent."""
    if semconv.OPERATION_NAME in record.attributes:
        return None
    if record.attributes.get(_KIND) == "task" and _RETRIEVER.search(_name_of(record)):
        return "retrieval"  # LlamaIndex
    for name, kinds in _KINDS.items():
        value = record.attributes.get(name)
        if value is not None:
            return kinds.get(str(value), PLUMBING)
    return None


def _content(record: SpanRecord) -> Content:
    prompts = numbered(record, semconv.OTHER_PROMPT_PREFIX)
    completions = numbered(record, semconv.OTHER_COMPLETION_PREFIX)
    return Content(
        inputs=[_message(each, "user") for each in prompts],
        outputs=[_message(each, "assistant") for each in completions],
        tools=tools_of(
            numbered(record, "llm.request.functions.")
            or numbered(record, semconv.OTHER_REQUEST_FUNCTIONS_PREFIX)  # AgentOps
        ),
    )


def _message(flat: Mapping[str, Any], role: str) -> Message:
    raw = dict(flat)
    content = raw.get("content")
    if isinstance(content, str):  # Anthropic's blocks stay JSON
        raw["content"] = blocks_in_text(content)
    if content in ('""', "[]"):
        raw["content"] = None
    return message_of(raw, role)


def _amend(reading: SpanReading) -> None:
    call, step, record = reading.call, reading.step, reading.record
    if step is not None and step.kind == "retrieval" and not step.documents:
        step.documents = _documents(record) or None
    if step is not None and step.kind == "tool" and isinstance(step.result, str):
        step.result = _result_in(step.result)
    if call is None:
        return
    first = next((event for event in record.events if event.name in _CHUNKS), None)
    if first is not None:
        call.first_chunk_ms = round((first.time - record.started) / 1e6, 3)
        call.request.stream = True
    if call.failure is not None and call.response is not None and not call.response.id:
        call.response.model = None  # LangChain: the model asked for, as nothing answered


def _documents(record: SpanRecord) -> list[dict[str, Any]]:
    """The documents that instrumentations of vector databases record, each as a span event."""
    rows = [event.attributes for event in record.events if event.name in _RESULTS]
    return [
        document_of(_with_entity({name.rpartition(".")[2]: row[name] for name in row}))
        for row in rows
    ]


def _result_in(text: str) -> Any:
    """What a tool gave, out of the object around it, where Agno's is printed."""
    if not text.startswith("status='"):
        return text
    fields = fields_of_printed(text)
    if fields is None or "result" not in fields:
        return text
    return fields["result"] if fields["result"] is not None else fields.get("error")


def _with_entity(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the fields of the entity that Milvus found: they are its text and metadata."""
    entity = json_or_text(row.get("entity"))
    if isinstance(entity, Mapping):
        return {**entity, "metadata": entity, **row}
    return {"text": entity, **row} if entity else row


DIALECT = Dialect(
    "openllmetry",
    marks=frozenset({_KIND, _TYPE}),
    hints=frozenset(
        {
            "traceloop.workflow.name",
            semconv.OTHER_IS_STREAMING,
            semconv.OTHER_OPENAI_API_BASE,
            semconv.OTHER_USAGE_TOTAL_TOKENS,
            semconv.OTHER_PROMPT_ROLE,
            semconv.OTHER_COMPLETION_ROLE,
        }
    ),
    event_names=frozenset(_RESULTS),
    kind=_kind,
    fields={
        semconv.PROVIDER_NAME: (f"{_ASSOCIATED}.ls_provider",),
        semconv.CONVERSATION_ID: (
            f"{_ASSOCIATED}.session_id",
            f"{_ASSOCIATED}.thread_id",
            f"{_ASSOCIATED}.conversation_id",
        ),
        semconv.USER_ID: (f"{_ASSOCIATED}.user_id",),
        semconv.REQUEST_STREAM: (semconv.OTHER_IS_STREAMING,),
        semconv.RESPONSE_FINISH_REASONS: (
            semconv.OTHER_COMPLETION_FINISH_REASON,
            "llm.response.finish_reason",
            "llm.response.stop_reason",
        ),
        semconv.SERVER_ADDRESS: (semconv.OTHER_OPENAI_API_BASE,),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: ("llm.usage.reasoning_tokens",),
        semconv.TOOL_CALL_ID: ((_INPUT, "kwargs", "tool_call_id"),),
    },
    # Its official names for these hold the whole run's payload.
    prefer={
        semconv.TOOL_CALL_ARGUMENTS: (_INPUT,),
        semconv.TOOL_CALL_RESULT: (_OUTPUT,),
    },
    step_fields={
        STEP_NAME: (_NAME, semconv.OTHER_TASK_NAME),
        semconv.INPUT_MESSAGES: (_INPUT, semconv.OTHER_TASK_INPUT),
        semconv.OUTPUT_MESSAGES: (_OUTPUT, semconv.OTHER_TASK_OUTPUT),
    },
    parameters={
        "llm.frequency_penalty": "frequency_penalty",
        "llm.presence_penalty": "presence_penalty",
        "llm.top_k": "top_k",
        "llm.chat.stop_sequences": "stop",
        semconv.OLD_OPENAI_REQUEST_SEED: "seed",
        "llm.watsonx.max_new_tokens": "max_tokens",
        "llm.watsonx.random_seed": "seed",
    },
    content=_content,
    amend=_amend,
)

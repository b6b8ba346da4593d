"""Haystack's own tracer: pipelines, agents and components, with content where it is switched on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import PLUMBING, STEP_NAME, Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import messages_of, tools_of
from hilt_otel_exporters.dialects.printed_objects import CLASS, value_of_printed
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT", "objects_in"]

_TYPE = "haystack.component.type"
_INPUT = "haystack.component.input"
_OUTPUT = "haystack.component.output"
_AGENT = "haystack.agent.max_steps"
_LLM_INPUT = "haystack.agent.step.llm.input"
_LLM_OUTPUT = "haystack.agent.step.llm.output"
_TOOL = "haystack.tool.name"
_PIPELINE = "haystack.pipeline.max_runs_per_component"
_META = (_OUTPUT, "replies", 0, "meta")
_META_OF_TEXT = (_OUTPUT, "meta", 0)
_KINDS = (
    ("Generator", "model"),
    ("Retriever", "retrieval"),
    ("TextEmbedder", "embedding"),
    ("DocumentEmbedder", "embedding"),
)
_BLOCKS = {"ToolCall": "tool_call", "ToolCallResult": "tool_call_result"}
_OBJECTS = ("ChatMessage(", "Tool(", "Document(")
_PROVIDERS = {
    "AzureOpenAI": "azure.ai.openai",
    "OpenAI": "openai",
    "Anthropic": "anthropic",
    "Google": "gcp.gemini",
    "Mistral": "mistral_ai",
    "Cohere": "cohere",
    "AmazonBedrock": "aws.bedrock",
    "Ollama": "ollama",
}


def _kind(record: SpanRecord) -> str | None:
    """What ran; without content nothing is known of a model's call."""
    if _AGENT in record.attributes:
        return "agent"
    if _PIPELINE in record.attributes:
        return "workflow"
    if _LLM_INPUT in record.attributes or _LLM_OUTPUT in record.attributes:
        return "model"
    if _TOOL in record.attributes:
        return "tool"
    name = record.attributes.get(_TYPE)
    if name is None:
        return None
    if _INPUT not in record.attributes and _OUTPUT not in record.attributes:
        return PLUMBING
    return next((kind for end, kind in _KINDS if str(name).endswith(end)), PLUMBING)


def _prepare(record: SpanRecord) -> None:
    """Read an input that is printed, since something in it has no JSON, such as a tool.

    What an agent's step gives a model is what a component would be given.
    """
    for of_step, name in ((_LLM_INPUT, _INPUT), (_LLM_OUTPUT, _OUTPUT)):
        if of_step in record.attributes:
            record.replace({name: record.attributes[of_step]})
    printed = record.attributes.get(_INPUT)
    if isinstance(printed, str) and printed.startswith("{'"):
        record.replace({_INPUT: objects_in(value_of_printed(printed))})


def objects_in(value: Any) -> Any:
    """A value, with the printed objects in it as they are where they are written as JSON."""
    if isinstance(value, list):
        return [objects_in(each) for each in value]
    if isinstance(value, str) and value.startswith(_OBJECTS):
        return objects_in(value_of_printed(value))
    if not isinstance(value, dict):
        return value
    name, wrapper = value.get(CLASS), _BLOCKS.get(str(value.get(CLASS)))
    fields = {key.lstrip("_"): objects_in(each) for key, each in value.items() if key != CLASS}
    if name == "Tool":
        return {key: fields.get(key) for key in ("name", "description", "parameters")}
    if name == "ToolCallResult":
        origin = fields.get("origin") or {}
        fields["origin"] = origin.get("tool_call", origin)
    return {wrapper: fields} if wrapper else fields


def _content(record: SpanRecord) -> Content:
    given, output = record.json(_INPUT), record.json(_OUTPUT)
    inputs = None
    if isinstance(given, Mapping):
        names = ("messages", "prompt", "text")
        inputs = messages_of(next((given[name] for name in names if given.get(name)), None))
    replies = output.get("replies") if isinstance(output, Mapping) else None
    tools = tools_of(given.get("tools")) if isinstance(given, Mapping) else None
    return Content(inputs, messages_of(replies, "assistant"), tools=tools)


def _amend(reading: SpanReading) -> None:
    """A call that failed names no model: its component says whose it was."""
    call = reading.call
    if call is not None and call.request.provider == "unknown":
        name = str(reading.record.attributes.get(_TYPE))
        providers = (each for start, each in _PROVIDERS.items() if name.startswith(start))
        call.request.provider = next(providers, "unknown")


DIALECT = Dialect(
    "haystack",
    marks=frozenset({_TYPE, _AGENT, _PIPELINE, _LLM_INPUT, _LLM_OUTPUT, _TOOL}),
    kind=_kind,
    fields={
        semconv.RESPONSE_MODEL: ((*_META, "model"), (*_META_OF_TEXT, "model")),
        semconv.RESPONSE_FINISH_REASONS: (
            (*_META, "finish_reason"),
            (*_META_OF_TEXT, "finish_reason"),
        ),
        semconv.USAGE_INPUT_TOKENS: (
            (*_META, "usage", "prompt_tokens"),
            (*_META, "usage", "input_tokens"),
            (*_META_OF_TEXT, "usage", "prompt_tokens"),
            (_OUTPUT, "meta", "usage", "prompt_tokens"),
        ),
        semconv.USAGE_OUTPUT_TOKENS: (
            (*_META, "usage", "completion_tokens"),
            (*_META, "usage", "output_tokens"),
            (*_META_OF_TEXT, "usage", "completion_tokens"),
        ),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: (
            (*_META, "usage", "prompt_tokens_details", "cached_tokens"),
            (*_META, "usage", "cache_read_input_tokens"),
        ),
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: ((*_META, "usage", "cache_creation_input_tokens"),),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: (
            (*_META, "usage", "completion_tokens_details", "reasoning_tokens"),
        ),
        semconv.OTHER_USAGE_RAW: ((*_META, "usage"),),
        semconv.TOOL_NAME: (_TOOL,),
    },
    step_fields={
        STEP_NAME: ("haystack.component.name",),
        semconv.TOOL_CALL_ARGUMENTS: ("haystack.agent.step.tool.input",),
        semconv.TOOL_CALL_RESULT: ("haystack.agent.step.tool.output",),
        semconv.INPUT_MESSAGES: ("haystack.agent.input", "haystack.pipeline.input_data", _INPUT),
        semconv.OUTPUT_MESSAGES: (
            "haystack.agent.output",
            "haystack.pipeline.output_data",
            _OUTPUT,
        ),
    },
    frameworks=frozenset({"haystack"}),
    content=_content,
    prepare=_prepare,
    amend=_amend,
)

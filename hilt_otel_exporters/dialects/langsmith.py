"""LangSmith in OpenTelemetry mode: whole inputs and outputs as one JSON string each."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import Content, Dialect, kind_by
from hilt_otel_exporters.dialects.recorded_bodies import answers_of_body, content_of_body
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_KIND = "langsmith.span.kind"
_METADATA = "langsmith.metadata"
_USAGE = f"{_METADATA}.usage_metadata"
_PROMPT, _COMPLETION = semconv.OLD_PROMPT, semconv.OLD_COMPLETION
_KINDS = {
    "llm": "model",
    "embedding": "embedding",
    "retriever": "retrieval",
    "tool": "tool",
    "agent": "agent",
    "chain": "chain",
}


def _content(record: SpanRecord) -> Content:
    content = content_of_body(record.json(_PROMPT))
    content.outputs = answers_of_body(record.json(_COMPLETION))
    return content


DIALECT = Dialect(
    "langsmith",
    scopes=("langsmith",),
    marks=frozenset({_KIND}),
    only_genai=True,
    kind=kind_by(_KIND, _KINDS),  # it names the wrong operation for retrievers
    fields={
        semconv.PROVIDER_NAME: (f"{_METADATA}.ls_provider",),
        semconv.REQUEST_MODEL: (f"{_METADATA}.ls_model_name",),
        semconv.RESPONSE_ID: ((_COMPLETION, "id"), (_COMPLETION, "llm_output", "id")),
        semconv.RESPONSE_MODEL: ((_COMPLETION, "llm_output", "model_name"),),
        semconv.CONVERSATION_ID: (
            f"{_METADATA}.session_id",
            f"{_METADATA}.thread_id",
            f"{_METADATA}.conversation_id",
        ),
        semconv.USER_ID: (f"{_METADATA}.user_id", (_PROMPT, "user")),
        semconv.REQUEST_STREAM: ("langsmith.request.streaming",),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: (
            (_USAGE, "input_token_details", "cache_read"),
            (semconv.OTHER_USAGE_INPUT_TOKEN_DETAILS, "cache_read"),
        ),
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: (
            (_USAGE, "input_token_details", "cache_creation"),
        ),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: (
            (_USAGE, "output_token_details", "reasoning"),
            (semconv.OTHER_USAGE_OUTPUT_TOKEN_DETAILS, "reasoning"),
        ),
        semconv.USAGE_AUDIO_INPUT_TOKENS: ((_USAGE, "input_token_details", "audio"),),
        semconv.USAGE_AUDIO_OUTPUT_TOKENS: ((_USAGE, "output_token_details", "audio"),),
        semconv.OTHER_USAGE_RAW: ((_COMPLETION, "usage"),),
    },
    step_fields={
        semconv.INPUT_MESSAGES: (_PROMPT,),
        semconv.OUTPUT_MESSAGES: (_COMPLETION,),
    },
    parameters={f"{_METADATA}.ls_{name}": name for name in ("temperature", "max_tokens", "stop")},
    content=_content,
)

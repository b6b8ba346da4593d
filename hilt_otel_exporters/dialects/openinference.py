"""OpenInference (Arize Phoenix): messages flattened into numbered attributes."""

from __future__ import annotations

from typing import Any

from hilt import semconv
from hilt.genai.json_values import get_path, json_or_text
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.dialect import (
    PLUMBING,
    Content,
    Dialect,
    SpanReading,
    kind_by,
)
from hilt_otel_exporters.dialects.flattened_messages import flattened_messages
from hilt_otel_exporters.dialects.messages import document_of, message_of, tools_of
from hilt_otel_exporters.dialects.numbered_attributes import numbered
from hilt_otel_exporters.dialects.recorded_bodies import (
    answers_of_body,
    content_of_values,
    value_of,
)
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_KIND = "openinference.span.kind"
_PARAMETERS = "llm.invocation_parameters"
_INPUT = "input.value"
_OUTPUT = "output.value"
_INSTRUMENTATIONS = "openinference.instrumentation."
_KINDS = {
    "LLM": "model",
    "EMBEDDING": "embedding",
    "RETRIEVER": "retrieval",
    "RERANKER": "rerank",
    "DECISION": "model",
    "TOOL": "tool",
    "AGENT": "agent",
    "CHAIN": "chain",
}


_kind_by_attribute = kind_by(_KIND, _KINDS)


def _kind(record: SpanRecord) -> str | None:
    # LlamaIndex: how a request is made, in a span of its own beside that of the call.
    if record.name.endswith("._prepare_chat_with_tools"):
        return PLUMBING
    return _kind_by_attribute(record)


def _content(record: SpanRecord) -> Content:
    kind = record.attributes.get(_KIND)
    if kind == "EMBEDDING":
        texts = numbered(record, "embedding.embeddings.")
        return Content(
            inputs=[message_of(get_path(each, "embedding", "text")) for each in texts],
        )
    if kind == "RERANKER":
        query = record.attributes.get("reranker.query")
        return Content(inputs=[message_of(query)] if query else None)
    content = Content(
        inputs=flattened_messages(record, "llm.input_messages.")
        or _prompts(record)
        or _beside_messages(record, "input", "user"),
        outputs=_answers(record) or _beside_messages(record, "output", "assistant"),
        tools=tools_of(
            [
                json_or_text(get_path(each, "tool", "json_schema"))
                for each in numbered(record, "llm.tools.")
            ]
        ),
    )
    if (content.inputs and content.outputs) or not record.scope:
        return content
    if record.scope.startswith(_INSTRUMENTATIONS):  # a span beside that of the call
        return content
    made_by_hand = content_of_values(value_of(record, _INPUT), value_of(record, _OUTPUT))
    made_by_hand.inputs = content.inputs or made_by_hand.inputs
    made_by_hand.outputs = content.outputs or made_by_hand.outputs
    made_by_hand.tools = content.tools or made_by_hand.tools
    return made_by_hand


def _answers(record: SpanRecord) -> list[Message]:
    """The answers: a response of the Responses API is one, in pieces that it lists apart."""
    body = record.json(_OUTPUT)
    if isinstance(body, list) and len(body) == 1:  # OpenAI Agents list what they have streamed
        body = body[0]
    if get_path(body, "object") == "response":
        return answers_of_body(body)
    return flattened_messages(record, "llm.output_messages.") or _choices(record)


def _beside_messages(record: SpanRecord, side: str, role: str) -> list[Message]:
    """What stands in no message: images and files, and, of a decision, the whole value."""
    parts: list[Any] = []
    if record.attributes.get(_KIND) == "DECISION":
        parts.append(record.attributes.get(f"{side}.value") or "")
    parts += [_url_of(each, "image") for each in numbered(record, f"{side}.images.")]
    parts += [_url_of(each, "document") for each in numbered(record, f"{side}.documents.")]
    message = message_of({"content": [part for part in parts if part]}, role)
    return [message] if message["parts"] else []


def _url_of(row: object, modality: str) -> dict[str, Any] | None:
    url = get_path(row, modality, "url")
    return {"type": "image_url", "image_url": {"url": url}} if isinstance(url, str) else None


def _prompts(record: SpanRecord) -> list[Message]:
    texts = [get_path(each, "prompt", "text") for each in numbered(record, "llm.prompts.")]
    return [message_of(text, "user") for text in texts if text]


def _choices(record: SpanRecord) -> list[Message]:
    texts = [get_path(each, "completion", "text") for each in numbered(record, "llm.choices.")]
    return [message_of(text, "assistant") for text in texts if text]


def _amend(reading: SpanReading) -> None:
    call, step, record = reading.call, reading.step, reading.record
    if step is not None and step.kind == "retrieval":
        step.documents = _documents(record) or step.documents
    if call is None or call.response is None:
        return
    if record.attributes.get(_KIND) == "DECISION":
        call.request.operation = "decision"
    if call.failure is not None and not call.response.messages and not call.request.model:
        call.request.model, call.response.model = call.response.model, None  # nothing answered
    if reading.kind == "rerank":
        documents = [_document(row) for row in numbered(record, "reranker.input_documents.")]
        call.request.documents = call.request.documents or documents or None
        ranked = [_document(row) for row in numbered(record, "reranker.output_documents.")]
        call.response.documents = call.response.documents or ranked or None
    vectors = len(numbered(record, "embedding.embeddings."))
    if vectors and call.failure is None:
        call.response.vectors = vectors
    first = next((each for each in record.events if each.name == "First Token Stream Event"), None)
    if first is not None:
        call.first_chunk_ms = round((first.time - record.started) / 1e6, 3)
        call.request.stream = True
    if not call.response.finish_reasons and call.failure is None:
        status = get_path(record.json(_OUTPUT), "status")  # the Responses API
        call.response.finish_reasons = [status] if isinstance(status, str) else []


def _documents(record: SpanRecord) -> list[dict[str, Any]]:
    """The documents, with the ids that only the whole output has."""
    rows = numbered(record, "retrieval.documents.")
    documents = [_document(row) for row in rows]
    whole = get_path(record.json(_OUTPUT), "documents")
    for document, known in zip(documents, whole if isinstance(whole, list) else (), strict=False):
        for name, value in document_of(known).items():
            document.setdefault(name, value)
    return documents


def _document(row: object) -> dict[str, Any]:
    return document_of(get_path(row, "document"))


DIALECT = Dialect(
    "openinference",
    marks=frozenset({_KIND}),
    kind=_kind,
    fields={
        semconv.PROVIDER_NAME: (
            "llm.provider",
            "decision.provider",
            "llm.system",
            "decision.system",
            ("metadata", "ls_provider"),
        ),
        semconv.REQUEST_MODEL: (
            "llm.request.model_name",
            (_PARAMETERS, "model"),
            ("embedding.invocation_parameters", "model"),
            (_INPUT, "model"),
            "embedding.model_name",
            "reranker.model_name",
            "decision.request.model_name",
        ),
        semconv.RESPONSE_MODEL: (
            "llm.response.model_name",
            "llm.model_name",
            "decision.response.model_name",
            "decision.model_name",
        ),
        semconv.RESPONSE_ID: ((_OUTPUT, "id"), (_OUTPUT, "llm_output", "id")),
        semconv.CONVERSATION_ID: (
            ("metadata", "session_id"),
            ("metadata", "thread_id"),
            ("metadata", "conversation_id"),
        ),
        semconv.USER_ID: (
            "llm.user",
            (_PARAMETERS, "user"),
            (_PARAMETERS, "metadata", "user_id"),
        ),
        semconv.REQUEST_STREAM: ("llm.is_streaming", (_PARAMETERS, "stream")),
        semconv.RESPONSE_FINISH_REASONS: ("llm.finish_reason",),
        semconv.USAGE_INPUT_TOKENS: ("llm.token_count.prompt", "decision.token_count.input"),
        semconv.USAGE_OUTPUT_TOKENS: ("llm.token_count.completion", "decision.token_count.output"),
        semconv.USAGE_CACHE_READ_INPUT_TOKENS: (
            "llm.token_count.prompt_details.cache_read",
            "llm.token_count.prompt_details.cache_input",
            "metadata.usage.cached_prompt_tokens",  # BeeAI
        ),
        semconv.USAGE_CACHE_WRITE_INPUT_TOKENS: (
            "llm.token_count.prompt_details.cache_write",
            "metadata.usage.cached_creation_tokens",
        ),
        semconv.USAGE_REASONING_OUTPUT_TOKENS: (
            "llm.token_count.completion_details.reasoning",
            "metadata.usage.reasoning_tokens",
        ),
        semconv.USAGE_AUDIO_INPUT_TOKENS: ("llm.token_count.prompt_details.audio",),
        semconv.USAGE_AUDIO_OUTPUT_TOKENS: ("llm.token_count.completion_details.audio",),
        semconv.OPENAI_RESPONSE_SERVICE_TIER: ((_OUTPUT, "service_tier"),),
        semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT: ((_OUTPUT, "system_fingerprint"),),
        semconv.AGENT_NAME: ("agent.name",),
        semconv.TOOL_NAME: ("tool.name",),
        semconv.TOOL_CALL_ID: ("tool_call.id",),
    },
    prefer={
        semconv.REQUEST_MODEL: (
            (_PARAMETERS, "model"),
            "llm.request.model_name",
            (_INPUT, "model"),
        ),
        semconv.RESPONSE_MODEL: (
            "llm.response.model_name",
            (_OUTPUT, "model"),
            (_OUTPUT, "generations", 0, 0, "generation_info", "model_name"),
        ),
    },
    step_fields={
        semconv.INPUT_MESSAGES: (_INPUT,),
        semconv.OUTPUT_MESSAGES: (_OUTPUT,),
        semconv.RETRIEVAL_QUERY_TEXT: ("reranker.query",),
    },
    parameter_bodies=(_PARAMETERS, "embedding.invocation_parameters"),
    reported_cost=("llm.cost.total",),
    content=_content,
    amend=_amend,
)

"""OpenInference (Arize Phoenix): messages flattened into numbered attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.json_values import get_path, json_or_text
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.langsmith import answer_of_body
from hilt_otel_exporters.dialects.messages import message_of, tools_of
from hilt_otel_exporters.dialects.step_spans import indexed
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_ASKED = (
    ("llm.invocation_parameters", "model"),
    "llm.request.model_name",
    ("input.value", "model"),
)


def _content(record: SpanRecord) -> Content:
    if record.attributes.get("openinference.span.kind") == "EMBEDDING":
        texts = indexed(record, "embedding.embeddings.")
        return Content(
            inputs=[message_of(get_path(each, "embedding", "text")) for each in texts],
        )
    return Content(
        inputs=_messages(record, "llm.input_messages.") or _prompts(record),
        outputs=_answers(record),
        tools=tools_of(
            [
                json_or_text(get_path(each, "tool", "json_schema"))
                for each in indexed(record, "llm.tools.")
            ]
        ),
    )


def _answers(record: SpanRecord) -> list[Message]:
    """The answers: a response of the Responses API is one, in pieces that it lists apart."""
    body = record.json("output.value")
    if get_path(body, "object") == "response":
        return answer_of_body(body)
    return _messages(record, "llm.output_messages.") or _choices(record)


def _messages(record: SpanRecord, prefix: str) -> list[Message]:
    found = []
    for each in indexed(record, prefix):
        message = message_of(_raw(each.get("message") or {}))
        if message["parts"] or message["role"] != "assistant":
            found.append(message)
    return found


def _raw(flat: Mapping[str, Any]) -> dict[str, Any]:
    """A message of flattened keys as one of the chat API."""
    raw: dict[str, Any] = {"role": flat.get("role"), "content": flat.get("content")}
    blocks = flat.get("contents")
    if isinstance(blocks, list):
        raw["content"] = [_block(get_path(block, "message_content") or {}) for block in blocks]
    calls = flat.get("tool_calls")
    if isinstance(calls, list):
        raw["tool_calls"] = [get_path(call, "tool_call") for call in calls]
    for name in ("tool_call_id", "name"):
        if flat.get(name):
            raw[name] = flat[name]
    return raw


def _block(block: Mapping[str, Any]) -> dict[str, Any]:
    url = get_path(block, "image", "image", "url")
    if url:
        return {"type": "image_url", "image_url": {"url": url}}
    return dict(block)


def _prompts(record: SpanRecord) -> list[Message]:
    texts = [get_path(each, "prompt", "text") for each in indexed(record, "llm.prompts.")]
    return [message_of(text, "user") for text in texts if text]


def _choices(record: SpanRecord) -> list[Message]:
    texts = [get_path(each, "completion", "text") for each in indexed(record, "llm.choices.")]
    return [message_of(text, "assistant") for text in texts if text]


def _amend(seen: SpanReading) -> None:
    call, record = seen.call, seen.record
    if call is None or call.response is None:
        return
    vectors = len(indexed(record, "embedding.embeddings."))
    if vectors and call.failure is None:
        call.response.vectors = vectors
    first = next((each for each in record.events if each.name == "First Token Stream Event"), None)
    if first is not None:
        call.first_chunk_ms = round((first.time - record.started) / 1e6, 3)
        call.request.stream = True
    if not call.response.finish_reasons and call.failure is None:
        done = get_path(record.json("output.value"), "status")  # the Responses API
        call.response.finish_reasons = [done] if isinstance(done, str) else []


DIALECT = Dialect(
    "openinference",
    lambda record: "openinference.span.kind" in record.attributes,
    _content,
    prefer={
        semconv.REQUEST_MODEL: _ASKED,
        semconv.RESPONSE_MODEL: (
            "llm.response.model_name",
            ("output.value", "model"),
            ("output.value", "generations", 0, 0, "generation_info", "model_name"),
        ),
    },
    amend=_amend,
)

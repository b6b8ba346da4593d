"""Gemini CLI: operations of its own, with Gemini's contents and tool calls as JSON."""

from __future__ import annotations

from typing import Any

from hilt import semconv
from hilt.genai.json_values import get_path
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.dialect import PLUMBING, Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import messages_of
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_SCOPE = "gemini-cli"
_KINDS = {"llm_call": "model", "tool_call": "tool", "agent_call": "agent"}


def _kind(record: SpanRecord) -> str | None:
    if not record.scope.startswith(_SCOPE):
        return None
    return _KINDS.get(str(record.attributes.get(semconv.OPERATION_NAME)), PLUMBING)


def _content(record: SpanRecord) -> Content:
    """The answer: a response of the API, or the contents of a stream's chunks."""
    answer = record.json(semconv.OUTPUT_MESSAGES)
    whole = get_path(answer, "response", "candidates", 0, "content")
    chunks = answer if isinstance(answer, list) else [whole]
    return Content(outputs=_joined([each for each in chunks if each is not None]))


def _joined(contents: list[Any]) -> list[Message]:
    """One message of all contents, whose texts are pieces of one."""
    parts: list[dict[str, Any]] = []
    for part in [part for each in messages_of(contents, "assistant") for part in each["parts"]]:
        before, text = parts[-1] if parts else {}, part.get("content")
        is_piece = part["type"] == before.get("type") and isinstance(text, str)
        if is_piece and isinstance(before.get("content"), str):
            parts[-1] = {**before, "content": before["content"] + text}
        else:
            parts.append(part)
    return [{"role": "assistant", "parts": parts}] if parts else []


def _amend(reading: SpanReading) -> None:
    """Take a tool's arguments and result out of the records of its call."""
    step, record = reading.step, reading.record
    if step is None or step.kind != "tool":
        return
    call, answer = (record.json(name) for name in (semconv.INPUT_MESSAGES, semconv.OUTPUT_MESSAGES))
    step.arguments = get_path(call, "args") or get_path(call, "request", "args") or step.arguments
    response = get_path(answer, "response", "responseParts", 0, "functionResponse", "response")
    if response is not None:
        output = get_path(response, "output")
        step.result = response if output is None else output


DIALECT = Dialect(
    "gemini-cli",
    scopes=(_SCOPE,),
    kind=_kind,
    fields={semconv.TOOL_CALL_ID: (semconv.OTHER_TOOL_CALL_ID,)},
    content=_content,
    amend=_amend,
)

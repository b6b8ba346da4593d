"""The conventions up to 1.36: each message is an event, on the span or in a log record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hilt import semconv
from hilt.genai.json_values import json_or_text, to_plain_json
from hilt.genai.values import Message
from hilt_otel_exporters.dialects.dialect import Content, Dialect, SpanReading
from hilt_otel_exporters.dialects.messages import blocks_in_text, message_of, text_content
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]

_ROLES = {
    semconv.OLD_SYSTEM_MESSAGE_EVENT: "system",
    semconv.OLD_USER_MESSAGE_EVENT: "user",
    semconv.OLD_ASSISTANT_MESSAGE_EVENT: "assistant",
    semconv.OLD_TOOL_MESSAGE_EVENT: "tool",
}
_CHOICE = semconv.OLD_CHOICE_EVENT
_LISTED = "events"  # an attribute that holds all of them


def _events(record: SpanRecord) -> Iterator[tuple[str, Any]]:
    """The messages of a span as name and body, whichever way they are carried."""
    for log in record.logs:
        if log.name in _ROLES or log.name == _CHOICE:
            yield log.name, json_or_text(log.body)
    for event in record.events:
        if event.name in _ROLES or event.name == _CHOICE:
            yield event.name, _body(event.attributes)
    listed = record.json(_LISTED)
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping):
            yield str(each.get("event.name") or _CHOICE), each


def _body(attributes: Mapping[str, Any]) -> Any:
    """A span event's body: JSON in one attribute, or all attributes."""
    whole = attributes.get(semconv.OTHER_EVENT_CONTENT)
    if whole is not None:
        return json_or_text(whole)
    body = dict(attributes)
    for name in ("content", "message"):
        if isinstance(body.get(name), str):
            body[name] = blocks_in_text(body[name])
    return body


def _content(record: SpanRecord) -> Content:
    """The messages of a span.

    A stream may have its answer in several ``gen_ai.choice`` events: they are joined. An
    assistant's message after everything else is the answer of an emitter that has no choices.
    """
    inputs: list[Message] = []
    choices: dict[int, Message] = {}
    for name, body in _events(record):
        if name == _CHOICE:
            _add_choice(choices, body)
        elif name in _ROLES:
            inputs.append(_message(_ROLES[name], body))
    if not choices and inputs and inputs[-1]["role"] == "assistant":
        choices[0] = inputs.pop()
    return Content(inputs=inputs, outputs=[choices[index] for index in sorted(choices)])


def _message(role: str, body: Any) -> Message:
    if not isinstance(body, Mapping):
        return message_of(body, role)
    body = {
        key: value for key, value in body.items() if key not in ("event.name", semconv.OLD_SYSTEM)
    }
    content = body.get("content")
    if isinstance(content, Mapping) and "parts" in content:  # Gemini's content
        return message_of(content, role)
    if role == "tool" and "tool_call_id" not in body and body.get("id"):
        body["tool_call_id"] = body["id"]
    return message_of({"role": role, **body}, role)


def _add_choice(choices: dict[int, Message], body: Any) -> None:
    if not isinstance(body, Mapping):
        return
    answer = body.get("message") if body.get("message") is not None else body.get("content")
    if not isinstance(answer, Mapping):
        answer = {"role": "assistant", "content": answer}
    message = _message("assistant", answer)
    index = body.get("index") if isinstance(body.get("index"), int) else 0
    if body.get("finish_reason"):
        message["finish_reason"] = str(body["finish_reason"]).rpartition(".")[2]
    known = choices.get(int(index or 0))
    choices[int(index or 0)] = message if known is None else _joined(known, message)


def _joined(first: Message, second: Message) -> Message:
    parts = [dict(part) for part in first["parts"]]
    for part in second["parts"]:
        if parts and part["type"] == "text" == parts[-1]["type"]:
            parts[-1]["content"] += part["content"]
        else:
            parts.append(part)
    return {**first, **second, "parts": parts}


def _amend(reading: SpanReading) -> None:
    """The input and output of a step may be events, too."""
    step, record = reading.step, reading.record
    if step is None or step.kind == "retrieval":
        return
    if step.kind == "tool":
        if step.arguments is None:
            arguments = _newest(record, semconv.OLD_TOOL_MESSAGE_EVENT, "content")
            step.arguments = to_plain_json(arguments)
        if step.result is None:
            answer = _newest(record, _CHOICE, "message")
            step.result = answer if isinstance(answer, str) else text_content(answer)
        return
    if step.input_text is None:
        step.input_text = text_content(_newest(record, semconv.OLD_USER_MESSAGE_EVENT, "content"))
    if step.output_text is None:
        step.output_text = text_content(_newest(record, _CHOICE, "message"))


def _newest(record: SpanRecord, name: str, key: str) -> Any:
    """What the newest span event of a name has under a key."""
    events = (event for event in reversed(record.events) if event.name == name)
    return json_or_text(next((event.attributes.get(key) for event in events), None))


DIALECT = Dialect(
    "message-events",
    hints=frozenset({_LISTED}),
    event_names=frozenset((*_ROLES, _CHOICE)),
    content=_content,
    amend=_amend,
)

"""The few fields of an event that questions need, decoded without the rest of its line.

The structures are narrower than `hilt.core.event.Event` on purpose. A log of gigabytes is read in
seconds because only these fields of each line are decoded; content stays bytes until it is needed.
A value of a wrong type counts as absent, and the other fields are still read.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from hilt.core.json_types import JsonObject

__all__ = [
    "Extensions",
    "Metrics",
    "Provenance",
    "Record",
    "RecordActor",
    "Tokens",
    "decode_record",
]

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


class RecordActor(msgspec.Struct, gc=False):
    """``actor`` of an event."""

    type: str = ""
    id: str = ""
    name: str | None = None


class Tokens(msgspec.Struct, gc=False, omit_defaults=True):
    """``metrics.tokens`` of an event."""

    prompt: int | None = None
    completion: int | None = None
    total: int | None = None
    cached: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None


class Metrics(msgspec.Struct, gc=False):
    """``metrics`` of an event."""

    tokens: Tokens | None = None
    cost_usd: float | None = None
    latency_ms: float | None = None


class Provenance(msgspec.Struct, gc=False):
    """``provenance`` of an event."""

    provider: str | None = None
    operation: str | None = None
    request_model: str | None = None
    response_model: str | None = None
    span_id: str | None = None
    run: str | None = None
    agent: str | None = None
    node: str | None = None
    commit: str | None = None
    commit_clean: bool | None = None
    service: str | None = None
    service_version: str | None = None
    environment: str | None = None


class Extensions(msgspec.Struct, gc=False):
    """``extensions`` of an event."""

    reply_to: str | None = None
    context_of: str | None = None
    continues_as: str | None = None
    model: str | None = None
    latency_ms: float | None = None
    time_to_first_chunk_ms: float | None = None
    status_code: int | None = None
    outcome: str | None = None
    error_code: str | None = None
    cost_unknown: str | None = None
    finish_reason: str | None = None
    chunk_index: int | None = None
    step: str | None = None
    phase: str | None = None
    rating: int | float | str | None = None
    new_instructions: bool | None = None


class Record(msgspec.Struct, gc=False):
    """One event, as far as questions need it."""

    event_id: str = ""
    timestamp: str = ""
    session_id: str = ""
    actor: RecordActor = msgspec.field(default_factory=RecordActor)
    action: str = ""
    content: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)  #: ``content`` as JSON
    metrics: Metrics = msgspec.field(default_factory=Metrics)
    provenance: Provenance = msgspec.field(default_factory=Provenance)
    extensions: Extensions = msgspec.field(default_factory=Extensions)

    def decoded_content(self) -> JsonObject:
        """``content`` as a dict; empty if the event has none, or if it cannot be read.

        It is decoded only here. What is no UTF-8 is replaced.
        """
        data = bytes(self.content)
        try:
            value = msgspec.json.decode(data) if data else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            value = _decode_damaged(data)
        return value if isinstance(value, dict) else {}


_decode = msgspec.json.Decoder(Record).decode
_PARTS: dict[str, type[msgspec.Struct]] = {
    "actor": RecordActor,
    "metrics": Metrics,
    "provenance": Provenance,
    "extensions": Extensions,
    "tokens": Tokens,
}


def decode_record(line: bytes) -> Record:
    """The record of a line.

    Args:
        line: One event as JSON.

    Raises:
        ValueError: If it is no JSON object, or has no ``action``; the message says what is wrong.
    """
    try:
        record = _decode(line)
    except msgspec.ValidationError:
        record = _decode_leniently(line)
    except RecursionError:
        raise ValueError("event: the JSON is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"event: not JSON: {error}") from error
    if not record.action:
        raise ValueError("action: is missing")
    return record


def _decode_damaged(data: bytes) -> object:
    """Decode JSON that has bytes and characters that are not allowed; None if that fails."""
    import json

    try:
        value = json.loads(data.decode("utf-8", "replace"), strict=False)
        # Half of a surrogate pair could not be printed anywhere.
        return msgspec.json.decode(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _decode_leniently(line: bytes) -> Record:
    """The record of an event in which some value has a wrong type."""
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"event: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError("event: not a JSON object")  # noqa: TRY004 # the line is wrong, not a type
    content = value.pop("content", None)
    record = _with_fields(Record, value)
    record.content = msgspec.Raw(msgspec.json.encode(content) if content is not None else b"")
    return record


def _with_fields(kind: type[_Struct], value: JsonObject) -> _Struct:
    """A structure with those fields whose values have the right type."""
    result: _Struct = kind()
    for name in kind.__struct_fields__:
        item: Any = value.get(name)
        part = _PARTS.get(name)
        if part is not None:
            if isinstance(item, dict):
                setattr(result, name, _with_fields(part, item))
        elif item is not None:
            try:
                setattr(result, name, getattr(msgspec.convert({name: item}, kind), name))
            except msgspec.ValidationError:
                continue
    return result

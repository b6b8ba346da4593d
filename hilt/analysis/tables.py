"""The columns of the views ``events``, ``calls``, ``conversations`` and ``feedback``, as rows.

SQLite files and ``hilt sql`` have the same views, made from rows of events and rows of calls.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hilt.analysis.calls import Call
from hilt.core.columns import row_of
from hilt.core.event import Event

__all__ = ["CALLS", "EVENTS", "cell_of", "row_of_call", "row_of_event"]

EVENTS = {
    "event_id": "TEXT", "session_id": "TEXT", "timestamp": "TEXT", "actor_type": "TEXT",
    "actor_id": "TEXT", "action": "TEXT", "text": "TEXT", "reply_to": "TEXT", "model": "TEXT",
    "provider": "TEXT", "outcome": "TEXT", "error_code": "TEXT", "status_code": "BIGINT",
    "tokens_in": "BIGINT", "tokens_out": "BIGINT", "cost_usd": "DOUBLE", "latency_ms": "DOUBLE",
    "rating": "TEXT", "comment": "TEXT", "correction": "TEXT", "event": "TEXT",
}  # fmt: skip
"""The columns of events and their types; ``event`` is the whole of it as JSON."""

CALLS = {
    "id": "TEXT", "session_id": "TEXT", "timestamp": "TEXT", "started": "TEXT", "user_id": "TEXT",
    "provider": "TEXT", "model": "TEXT", "request_model": "TEXT", "operation": "TEXT",
    "outcome": "TEXT", "failed": "BIGINT", "error_code": "TEXT", "status_code": "BIGINT",
    "finish_reason": "TEXT", "prompt": "TEXT", "answer": "TEXT", "tools": "TEXT",
    "tokens_in": "BIGINT", "tokens_out": "BIGINT", "tokens_cached": "BIGINT", "cost_usd": "DOUBLE",
    "cost_unknown": "TEXT", "latency_ms": "DOUBLE", "time_to_first_chunk_ms": "DOUBLE",
    "rating": "TEXT",
}  # fmt: skip
"""The columns of calls and their types; ``tools`` is a list as JSON, ``failed`` 1 or 0."""

_COMPUTED = ("reply_to", "status_code", "model", "tokens_in", "tokens_out", "cost_usd",
             "latency_ms")  # fmt: skip
_LARGEST = 2**63 - 1
_encoder = msgspec.json.Encoder(enc_hook=str)


def row_of_event(event: Event) -> list[str | int | float | None]:
    """An event's cells, in the order of `EVENTS`."""
    extensions = event.extensions or {}
    values: dict[str, Any] = {
        **{name: extensions.get(name) for name in EVENTS},
        **dict(zip(_COMPUTED, row_of(event, _COMPUTED), strict=True)),
        "event_id": event.event_id,
        "session_id": event.session_id,
        "timestamp": event.timestamp,
        "actor_type": event.actor.type,
        "actor_id": event.actor.id,
        "action": event.action,
        "text": event.content.text if event.content else None,
        "provider": (event.provenance or {}).get("provider"),
        "event": event.encode().decode(),
    }
    return [cell_of(values[name], kind) for name, kind in EVENTS.items()]


def row_of_call(call: Call) -> list[str | int | float | None]:
    """A call's cells, in the order of `CALLS`."""
    values = {**call.to_dict(), "user_id": call.user, "failed": int(call.failed)}
    return [cell_of(values.get(name), kind) for name, kind in CALLS.items()]


def cell_of(value: object, kind: str) -> str | int | float | None:
    """A value converted to the type of a column; None if that is not possible.

    A log that another program wrote may have anything in any field.
    """
    if value is None:
        return None
    if kind != "TEXT":
        number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
        if number is None or kind == "DOUBLE":
            return _as_float(number)
        return int(number) if abs(number) <= _LARGEST else None
    text = value if isinstance(value, str) else _encoder.encode(value).decode()
    # Half of a surrogate pair, which JSON may contain, has no form in UTF-8.
    return text.encode("utf-8", "backslashreplace").decode()


def _as_float(number: float | None) -> float | None:
    try:
        return None if number is None else float(number)
    except OverflowError:
        return None

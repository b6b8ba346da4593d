"""Columns: an event as a flat row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Literal

from hilt.core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from hilt.core.event import Event

__all__ = ["COLUMNS", "Cell", "Rows", "check_columns", "row_of"]

Cell = str | int | float | None
"""What one cell can hold; None is an empty cell."""

Rows = Literal["calls", "events"]
"""What a row of a sheet is."""

COLUMNS = (
    "timestamp",
    "conversation_id",
    "event_id",
    "reply_to",
    "status_code",
    "session",
    "speaker",
    "action",
    "message",
    "tokens_in",
    "tokens_out",
    "cost_usd",
    "latency_ms",
    "model",
    "relevance_score",
)
"""Every column, in the default order."""


def check_columns(columns: Sequence[str] | None) -> tuple[str, ...]:
    """The chosen columns, or all of them for None.

    Raises:
        ConfigurationError: If one is unknown or given twice, or none is given.
    """
    if columns is None:
        return COLUMNS
    if isinstance(columns, str) or not isinstance(columns, Collection) or not columns:
        raise ConfigurationError(f"columns: {columns!r} is not a list of column names")
    for name in columns:
        if name not in COLUMNS:
            raise ConfigurationError(f"columns: no column {name!r}; there are {', '.join(COLUMNS)}")
    if len(set(columns)) != len(columns):
        raise ConfigurationError(f"columns: {list(columns)!r} names a column twice")
    return tuple(columns)


def row_of(event: Event, columns: Sequence[str] = COLUMNS) -> list[Cell]:
    """The event's cells, in the order of the columns; numbers stay numbers."""
    if columns is COLUMNS:
        return _all_cells(event)
    values = cells_of(event)
    return [values[name] for name in columns]


def cells_of(event: Event) -> dict[str, Cell]:
    """Every column of an event by name."""
    return dict(zip(COLUMNS, _all_cells(event), strict=True))


def _all_cells(event: Event) -> list[Cell]:
    extensions = event.extensions or {}
    provenance = event.provenance or {}
    metrics = event.metrics
    tokens = (metrics.tokens if metrics else None) or {}
    latency = extensions.get("latency_ms")
    if latency is None and metrics is not None:
        latency = metrics.latency_ms
    return [
        event.timestamp,
        event.session_id,
        event.event_id,
        extensions.get("reply_to"),
        extensions.get("status_code"),
        provenance.get("session") or event.session_id,
        f"{event.actor.type}:{event.actor.name or event.actor.id}",
        event.action,
        message_of(event),
        tokens.get("prompt"),
        tokens.get("completion"),
        metrics.cost_usd if metrics else None,
        latency,
        extensions.get("model") or provenance.get("request_model"),
        relevance_of(event),
    ]


def message_of(event: Event) -> str | None:
    """The text that people read in the row, or, without text, what the event is about."""
    content = event.content
    if content is None:
        return (event.extensions or {}).get("error_code")
    if content.text is not None:
        return content.text
    if content.tool is not None:
        name = content.tool.get("name") or ""
        value = content.tool.get("arguments", content.tool.get("result"))
        return f"{name}({_compact(value)})" if value is not None else str(name)
    if content.documents:
        return "\n".join(str(_document_text(document)) for document in content.documents)
    return None


def relevance_of(event: Event) -> float | None:
    """The event's score, or the best one of its documents."""
    score = (event.extensions or {}).get("score")
    if score is None and event.content is not None and event.content.documents:
        scores = [
            document["score"]
            for document in event.content.documents
            if isinstance(document, dict) and isinstance(document.get("score"), (int, float))
        ]
        score = max(scores, default=None)
    return score


def _document_text(document: object) -> object:
    if not isinstance(document, dict):
        return document
    return document.get("text") or document.get("content") or document.get("id") or ""


def _compact(value: object) -> str:
    if isinstance(value, str):
        return value
    import msgspec

    return msgspec.json.encode(value, enc_hook=str).decode()

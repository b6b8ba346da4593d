"""The columns of Parquet files: where each comes from in an event, and how DuckDB reads it.

Their names and types are promised to users in docs/beyond_one_machine.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["COLUMNS", "Column", "events_from_json", "quoted"]

MAX_OBJECT_BYTES = 32 << 20
"""The longest line that is read, in bytes."""


class Column(NamedTuple):
    """A column."""

    path: str
    """The path of the member in an event, with dots."""
    kind: str = "VARCHAR"
    """The SQL type; a value of another type is NULL."""


def _texts(part: str, *names: str) -> dict[str, Column]:
    return {name: Column(f"{part}.{name}") for name in names}


COLUMNS = {
    "event_id": Column("event_id"),
    "timestamp": Column("timestamp", "TIMESTAMPTZ"),
    "session_id": Column("session_id"),
    "actor_type": Column("actor.type"),
    "actor_id": Column("actor.id"),
    "action": Column("action"),
    "text": Column("content.text"),
    "tool": Column("content.tool.name"),
    **_texts("extensions", "reply_to", "context_of", "continues_as", "step", "phase"),
    **_texts("provenance", "provider", "operation"),
    "model": Column("extensions.model"),
    **_texts("provenance", "request_model", "response_model"),
    **_texts("extensions", "outcome", "error_code"),
    "status_code": Column("extensions.status_code", "BIGINT"),
    "finish_reason": Column("extensions.finish_reason"),
    "tokens_in": Column("metrics.tokens.prompt", "BIGINT"),
    "tokens_out": Column("metrics.tokens.completion", "BIGINT"),
    "tokens_cached": Column("metrics.tokens.cached", "BIGINT"),
    "tokens_cache_write": Column("metrics.tokens.cache_write", "BIGINT"),
    "tokens_reasoning": Column("metrics.tokens.reasoning", "BIGINT"),
    "cost_usd": Column("metrics.cost_usd", "DOUBLE"),
    "cost_unknown": Column("extensions.cost_unknown"),
    "latency_ms": Column("extensions.latency_ms", "DOUBLE"),
    "time_to_first_chunk_ms": Column("extensions.time_to_first_chunk_ms", "DOUBLE"),
    "chunk_index": Column("extensions.chunk_index", "BIGINT"),
    **_texts("extensions", "rating", "comment", "correction"),
    **_texts("provenance", "trace_id", "span_id", "parent_span_id"),
}  # fmt: skip
"""The columns by name, in their order."""

# Calls that were logged by hand may have a value here instead.
_OTHERWISE = {"latency_ms": Column("metrics.latency_ms", "DOUBLE")}


def events_from_json(files: Sequence[Path], *, whole: bool = False) -> str:
    """SQL for the events in files of JSON lines, in order, without lines that are no events.

    Args:
        files: The files; they may be compressed.
        whole: Whether the column ``event`` has the whole line. Then each line must end in LF, and
            none may be blank.
    """
    names = [_value(name, column) + f' AS "{name}"' for name, column in COLUMNS.items()]
    paths = f"[{', '.join(quoted(str(path)) for path in files)}]"
    source = (
        f"read_json({paths}, format = 'newline_delimited', ignore_errors = true, "
        f"columns = {_structure()}, maximum_object_size = {MAX_OBJECT_BYTES})"
    )
    if whole:
        names.append("event")
        # To read lines twice costs less than to encode the members again.
        source += (
            f" POSITIONAL JOIN read_csv({paths}, columns = {{'event': 'VARCHAR'}}, "
            "auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', "
            f"max_line_size = {MAX_OBJECT_BYTES}, buffer_size = {2 * MAX_OBJECT_BYTES})"
        )
    return f"SELECT {', '.join(names)} FROM {source} WHERE action <> ''"  # noqa: S608 # ours


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def _value(name: str, column: Column) -> str:
    other = _OTHERWISE.get(name)
    return f"coalesce({column.path}, {other.path})" if other is not None else column.path


def _structure() -> str:
    """The types of all members that are read, in DuckDB's form."""
    tree: dict[str, Any] = {}
    for column in (*COLUMNS.values(), *_OTHERWISE.values()):
        *parents, name = column.path.split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[name] = column.kind
    members = (f"{quoted(name)}: {quoted(_type(value))}" for name, value in tree.items())
    return f"{{{', '.join(members)}}}"


def _type(value: Any) -> str:
    if isinstance(value, str):
        return value
    members = ", ".join(f'"{name}" {_type(each)}' for name, each in value.items())
    return f"STRUCT({members})"

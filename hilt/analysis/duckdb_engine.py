"""DuckDB: importing it, and a database in memory that spills to a folder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from hilt.core.exceptions import ConfigurationError, MissingDependencyError

__all__ = [
    "ASKING",
    "WRITING",
    "connect",
    "duckdb_for",
    "interruptible",
    "message_of",
    "refused",
    "table_of",
]

_BATCH = 1000
_QUOTED = re.compile(r'(?<="exception_message":)"(?:[^"\\]|\\.)*"')

WRITING: dict[str, Any] = {"memory_limit": "400MB", "threads": 1}
"""Settings for writing files, while the programs that log are running.

Two threads would take a third more processor time, and twice the memory.
"""

ASKING: dict[str, Any] = {}
"""Settings for queries: all cores, and as much memory as DuckDB takes by default."""


def duckdb_for(what: str) -> Any:
    """The module ``duckdb``.

    Args:
        what: What needs it, for the error.

    Raises:
        MissingDependencyError: If it is not installed.
    """
    try:
        return import_module("duckdb")
    except ImportError as error:
        raise MissingDependencyError(
            f'{what} needs the package duckdb: pip install "hilt[sql]"'
        ) from error


def connect(what: str, folder: Path, settings: dict[str, Any]) -> Any:
    """A database in memory.

    Args:
        what: What needs it, for the error.
        folder: Where it puts what does not fit into memory.
        settings: `WRITING` or `ASKING`.

    Raises:
        MissingDependencyError: If DuckDB is not installed.
    """
    config = {**settings, "temp_directory": str(folder / "spilled")}
    return duckdb_for(what).connect(config=config)


def table_of(result: Any) -> tuple[list[str], Iterator[Sequence[Any]]]:
    """The column names and the rows of a result; a statement may have neither."""
    columns = [column[0] for column in result.description or ()]
    return columns, _rows(result) if columns else iter(())


def _rows(result: Any) -> Iterator[Sequence[Any]]:
    while rows := result.fetchmany(_BATCH):
        yield from rows


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn DuckDB's own error on Ctrl-C into `KeyboardInterrupt`."""
    try:
        yield
    except RuntimeError as error:
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from error
        raise


def message_of(error: Exception) -> str:
    """What an error of DuckDB's says, in one line: without the JSON that may be in it."""
    text = str(error)
    quoted = _QUOTED.search(text)
    if quoted is not None:
        with suppress(ValueError):
            text = json.loads(quoted[0])
    return next(iter(text.splitlines()), "")


def refused(error: Exception, query: str, views: Iterable[str]) -> ConfigurationError:
    """An error about a query that DuckDB refuses: one line says what is wrong, one what helps.

    DuckDB's own message quotes the query with a mark below, and may list a hundred functions.

    Args:
        error: DuckDB's error.
        query: The query.
        views: The views that can be queried.
    """
    message, _, at = str(error).partition("\n\nLINE ")
    message = message.partition("Candidate functions:")[0]
    wrong, *rest = [line.strip() for line in message.splitlines() if line.strip()] or ["?"]
    number = at.partition(":")[0]
    if len(query.strip().splitlines()) > 1 and number.isdecimal():
        wrong = f"{wrong} (line {number})"
    if wrong.startswith("Catalog Error: Table with name "):
        rest.append(f"The views of a log are {', '.join(sorted(views))}.")
    return ConfigurationError("\n".join(filter(None, [f"sql: {wrong}", " ".join(rest)])))

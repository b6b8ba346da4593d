"""DuckDB: importing it, and a database in memory that spills to a folder."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from hilt.core.exceptions import MissingDependencyError

__all__ = ["connect", "duckdb_for"]

_MEMORY = "400MB"
_THREADS = 2


def duckdb_for(what: str) -> Any:
    """The module.

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


def connect(what: str, folder: Path) -> Any:
    """A database in memory, with little of it.

    Args:
        what: What needs it, for the error.
        folder: Where it puts what does not fit in.

    Raises:
        MissingDependencyError: If DuckDB is not installed.
    """
    settings = {
        "memory_limit": _MEMORY,
        "threads": _THREADS,
        "temp_directory": str(folder / "spilled"),
    }
    return duckdb_for(what).connect(config=settings)

"""A log as a Parquet file: a row for each event, with the columns of `event_columns`."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from hilt.analysis.duckdb_engine import WRITING, connect, duckdb_for, interruptible, message_of
from hilt.analysis.event_columns import events_from_json, quoted
from hilt.analysis.line_files import LineFiles
from hilt.core.exceptions import SinkError
from hilt.io.read.bad_line import BadLine

if TYPE_CHECKING:
    from hilt.analysis.filters import Filters
    from hilt.analysis.log import Log

__all__ = ["PARQUET_OPTIONS", "write_parquet"]

PARQUET_OPTIONS = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480, USE_TMP_FILE false"
"""How files are written: row groups fit into memory, and an existing file keeps its mode."""


def write_parquet(log: Log, filters: Filters, path: Path) -> tuple[int, int, list[BadLine]]:
    """Write the events that match to a new file; without any filter, chunks, too.

    Args:
        log: The log.
        filters: Which events.
        path: The file; an empty one may exist.

    Returns:
        The number of events, how many lines could not be read, and the first 1,000 of them.

    Raises:
        MissingDependencyError: If DuckDB is not installed.
        SinkError: If it cannot be written.
    """
    duckdb = duckdb_for("--to parquet")
    with tempfile.TemporaryDirectory(prefix="hilt-") as folder:
        files = LineFiles(Path(folder))
        files.add(log, filters)
        with closing(connect("--to parquet", Path(folder), WRITING)) as database, interruptible():
            try:
                events = events_from_json(files.sources())
                (count,) = database.execute(
                    f"COPY ({events}) TO {quoted(str(path))} ({PARQUET_OPTIONS})"
                ).fetchone()
            except duckdb.Error as error:
                raise SinkError(f"parquet: {message_of(error)}") from error
    # Lines that only looked like JSON were counted, but are no rows.
    return count, files.skipped + max(0, files.lines - count), files.errors

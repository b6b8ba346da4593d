"""SQL on a log, by DuckDB, over the views of `hilt.analysis.views`.

HILT reads the log, so that calls are joined as everywhere else, and writes the rows that a query
needs to a database in a temporary folder: memory does not grow with the log.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hilt.analysis.duckdb_engine import duckdb_for, interruptible, message_of, refused, table_of
from hilt.analysis.tables import row_of_call, row_of_event
from hilt.analysis.views import TABLES, VIEWS
from hilt.io.temporary_files import cannot_hold, temporary_file

if TYPE_CHECKING:
    from hilt.analysis.calls import Call
    from hilt.core.event import Event

__all__ = ["run_sql"]

_TABLE_OF = {"events": "_events", "feedback": "_events", "calls": "_calls",
             "conversations": "_calls"}  # fmt: skip
_LONGEST_ROW = 1 << 30


@contextmanager
def run_sql(
    text: str, events: Iterable[Event], calls: Iterable[Call]
) -> Iterator[tuple[list[str], Iterator[Sequence[Any]]]]:
    """Run a query; yield the names of its columns, and its rows.

    Args:
        text: The query.
        events: What the views ``events`` and ``feedback`` show; read only if the query names them.
        calls: What the views ``calls`` and ``conversations`` show; likewise.

    Raises:
        ConfigurationError: If DuckDB refuses the query.
        MissingDependencyError: If DuckDB is not installed.
        SinkError: If the rows cannot be written to a temporary folder.
    """
    duckdb = duckdb_for("hilt sql")
    words = {word.lower() for word in re.findall(r"\w+", text)}
    with tempfile.TemporaryDirectory(prefix="hilt-") as folder:
        rows = {"_events": map(row_of_event, events), "_calls": map(row_of_call, calls)}
        try:
            database = duckdb.connect(str(Path(folder, "log.duckdb")))
        except duckdb.Error as error:
            raise cannot_hold(message_of(error)) from error
        with database, interruptible():
            try:
                for table, each in rows.items():
                    needed = [view for view in VIEWS if _TABLE_OF[view] == table]
                    _load(database, table, each if words & {*needed, table} else (), Path(folder))
                    for view in needed:
                        database.execute(f"CREATE VIEW {view} AS {VIEWS[view]}")
            except duckdb.Error as error:
                raise cannot_hold(message_of(error)) from error
            try:
                yield table_of(database.execute(text))
            except duckdb.Error as error:
                raise refused(error, text, VIEWS) from error


def _load(database: Any, table: str, rows: Iterable[Sequence[object]], folder: Path) -> None:
    """Make a table of rows through a file: inserting them singly takes a thousand times longer."""
    columns = TABLES[table]
    path = folder / f"{table}.jsonl"
    with temporary_file(path) as file:
        for row in rows:
            file.write(msgspec.json.encode(dict(zip(columns, row, strict=True))) + b"\n")
    database.execute(
        f"CREATE TABLE {table} AS SELECT * FROM read_json($path, format = 'newline_delimited', "  # noqa: S608 # a name of ours
        f"columns = {columns!r}, maximum_object_size = {_LONGEST_ROW})",
        {"path": str(path)},
    )
    path.unlink()

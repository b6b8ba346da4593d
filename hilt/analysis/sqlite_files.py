"""A log as an SQLite file: the views of `hilt.analysis.views`, and full-text search.

The table ``search`` has the texts of the rows of ``_events`` with the same ``rowid``; it finds
parts of words, in any script::

    SELECT e.event_id, e.text FROM search JOIN _events e ON e.rowid = search.rowid
    WHERE search MATCH '"refund"'
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from hilt.analysis.calls import Call
from hilt.analysis.tables import row_of_call, row_of_event
from hilt.analysis.views import TABLES, VIEWS
from hilt.core.event import Event
from hilt.core.exceptions import SinkError

__all__ = ["write_sqlite"]

_SEARCH = (
    "CREATE VIRTUAL TABLE search USING fts5(text, content='_events', tokenize='trigram')",
    "INSERT INTO search(search) VALUES ('rebuild')",
)
_INDEXES = (
    "CREATE INDEX _events_session ON _events(session_id)",
    "CREATE INDEX _events_id ON _events(event_id)",
    "CREATE INDEX _calls_session ON _calls(session_id)",
)


def write_sqlite(path: Path, events: Iterable[Event], calls: Iterable[Call]) -> int:
    """Write events and calls to a new file, and return the number of events.

    Args:
        path: The file; an empty one may exist.
        events: What ``events`` and ``feedback`` show.
        calls: What ``calls`` and ``conversations`` show.

    Raises:
        SinkError: If SQLite cannot write it, or has no full-text search.
    """
    try:
        with closing(sqlite3.connect(path)) as database:
            # A file that is not complete is thrown away, and a journal beside it would stay.
            database.execute("PRAGMA journal_mode = OFF")
            for name, columns in TABLES.items():
                types = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
                database.execute(f"CREATE TABLE {name} ({types})")
            database.executemany(_insert("_events"), map(row_of_event, events))
            count = database.execute("SELECT count(*) FROM _events").fetchone()[0]
            database.executemany(_insert("_calls"), map(row_of_call, calls))
            _execute(database, [f"CREATE VIEW {name} AS {text}" for name, text in VIEWS.items()])
            _execute(database, (*_INDEXES, *_SEARCH))
            database.commit()
    except sqlite3.Error as error:
        raise SinkError(f"sqlite: {error}") from error
    return int(count)


def _insert(table: str) -> str:
    marks = ", ".join("?" for _ in TABLES[table])
    return f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 # names of this module only


def _execute(database: sqlite3.Connection, statements: Sequence[str]) -> None:
    for statement in statements:
        database.execute(statement)

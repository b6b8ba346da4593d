"""``hilt sql``: SQL on a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, count
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hilt.cli.engines import EngineName, Master, engine_for
from hilt.cli.exporting import events_of
from hilt.cli.figures import print_table
from hilt.cli.filtering import (
    Logs,
    check_is_no_file,
    check_matches,
    log_of,
    print_skipped,
    with_filters,
)
from hilt.cli.output import errors, print_json
from hilt.core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from hilt.analysis.filters import Filters

__all__ = ["sql"]

_MOST_ROWS = 1000


@with_filters
def sql(
    query: Annotated[str, typer.Argument(help="The query, in DuckDB's SQL.")],
    logs: Logs = None,
    *,
    engine: EngineName = None,
    master: Master = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per row, whole.")
    ] = False,
    filters: Filters,
) -> None:
    """Ask a log in SQL, over the views events, calls, conversations and feedback.

    It needs DuckDB: pip install "hilt[sql]". A table shows the first 1,000 rows, and long values
    are shortened. The columns are those of --to sqlite: hilt sql "DESCRIBE calls". In an archive,
    times have the type TIMESTAMP, and Spark can answer, too.
    """
    from hilt.analysis.duckdb_views import run_sql
    from hilt.analysis.filters import Filters

    if not query.strip():
        raise ConfigurationError('sql: the query is empty; expected one as "SELECT * FROM calls"')
    check_is_no_file(query, logs, "sql", "query")
    opened = engine_for(logs, engine, master, filters)
    if opened is not None:
        if replace(filters, utc=False) != Filters():
            raise ConfigurationError("sql: an engine takes no filters; WHERE chooses rows")
        with opened as running:
            _print(*running.query(query), as_json=as_json)
        return
    log = log_of(logs)
    log.keep()
    events, calls = events_of(log, filters), log.calls(filters)
    if filters.names and events.first() is None:
        check_matches(0, filters, "event")
    with run_sql(query, events, calls) as (columns, rows):
        _print(columns, rows, as_json=as_json)
    read = events if events.skipped else calls
    print_skipped(read.skipped, read.errors)


def _print(columns: list[str], rows: Iterator[Sequence[Any]], *, as_json: bool) -> None:
    if as_json:
        names = _distinct(columns)
        for row in rows:
            print_json(dict(zip(names, row, strict=True)))
    elif columns:
        shown = [["" if cell is None else str(cell) for cell in row]
                 for _, row in zip(range(_MOST_ROWS), rows, strict=False)]  # fmt: skip
        print_table(columns, shown, len(columns))
        if next(rows, None) is not None:
            errors.print(f"Only the first {_MOST_ROWS:,} rows are shown; --json prints all.")


def _distinct(columns: list[str]) -> list[str]:
    """The columns with a number behind a name that an earlier one has, as of a join.

    >>> _distinct(["id", "model", "id"])
    ['id', 'model', 'id_1']
    """
    names: dict[str, None] = {}
    for column in columns:
        numbered = (f"{column}_{number}" for number in count(1))
        names[next(name for name in chain([column], numbered) if name not in names)] = None
    return list(names)

"""The engines that run the queries of `call_sql`: DuckDB on one machine, Spark on many."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from hilt.analysis.archive_addresses import address_of
from hilt.analysis.archive_folder import ArchiveFolder, check_archive, is_archive
from hilt.analysis.call_sql import CALLS, CONVERSATIONS
from hilt.analysis.duckdb_engine import (
    ASKING,
    connect,
    duckdb_for,
    interruptible,
    refused,
    table_of,
)
from hilt.analysis.event_columns import events_from_json
from hilt.analysis.filters import Filters
from hilt.analysis.line_files import LineFiles
from hilt.analysis.log import open_log
from hilt.core.exceptions import ConfigurationError, MissingDependencyError, ReadError

__all__ = ["ENGINES", "Engine", "open_engine"]

ENGINES = ("reader", "duckdb", "spark")
"""The names of the engines; ``reader`` is HILT's own, for logs."""

# Functions that have another name in Spark.
_MACROS = (
    "CREATE MACRO unix_micros(moment) AS epoch_us(CAST(moment AS TIMESTAMPTZ))",
    "CREATE MACRO regexp_like(text, pattern) AS regexp_matches(text, pattern)",
)
_VIEWS = {
    "events": "SELECT * FROM archive",
    "calls": f"WITH {CALLS} SELECT *, user_id AS user FROM calls",  # noqa: S608 # ours
    "conversations": CONVERSATIONS,
    "feedback": (
        "SELECT event_id, session_id, timestamp, actor_id AS user_id, reply_to, rating, comment, "
        "correction, actor_id AS user FROM archive WHERE action = 'feedback'"
    ),
}


class Engine(Protocol):
    """Runs SQL over ``archive``."""

    skipped: int
    """How many lines of a log could not be read."""

    def query(
        self, text: str, values: Sequence[object] = ()
    ) -> tuple[list[str], Iterator[Sequence[Any]]]:
        """Run a query; return the names of its columns, and its rows.

        Raises:
            ConfigurationError: If the engine refuses the query.
        """
        ...


def open_engine(
    name: str, places: Sequence[Path], *, master: str | None = None, utc: bool = False
) -> contextlib.AbstractContextManager[Engine]:
    """An engine with ``archive``, and the views of `hilt.analysis.views` over it.

    Args:
        name: ``duckdb`` or ``spark``.
        places: An archive, or logs.
        master: The master of Spark, if the program has no session yet; ``local[*]`` if None.
        utc: Whether days and hours are those of UTC rather than local ones.

    Raises:
        ConfigurationError: If the engine cannot read these places.
        MissingDependencyError: If the engine is not installed.
    """
    archives = [place for place in places if is_archive(place)]
    if archives and len(places) > 1:
        raise ConfigurationError(f"{archives[0]}: an archive is read alone")
    if name == "duckdb":
        return _archive_in_duckdb(places[0], utc) if archives else _logs_in_duckdb(places, utc)
    if not archives:
        raise ConfigurationError(
            f"engine: spark reads archives; make one with hilt archive {places[0]} --to DIR"
        )
    return _archive_in_spark(address_of(places[0]), master, utc)


class _DuckDB:
    def __init__(self, database: Any, source: str, *, utc: bool, skipped: int = 0) -> None:
        self.skipped = skipped
        self._database = database
        if zone := _zone(utc=utc):
            database.execute("SET TimeZone = ?", [zone])
        for statement in (*_MACROS, f"CREATE VIEW archive AS {source}"):
            database.execute(statement)
        for name, text in _VIEWS.items():
            database.execute(f"CREATE VIEW {name} AS {text}")

    def query(
        self, text: str, values: Sequence[object] = ()
    ) -> tuple[list[str], Iterator[Sequence[Any]]]:
        with self._refusing(text):
            columns, rows = table_of(self._database.execute(text, list(values)))
        return columns, self._refusing_rows(text, rows)

    def _refusing_rows(self, text: str, rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        with self._refusing(text):  # errors in a row appear only when it is read
            yield from rows

    @contextlib.contextmanager
    def _refusing(self, text: str) -> Iterator[None]:
        try:
            yield
        except duckdb_for("it").Error as error:
            raise refused(error, text, _VIEWS) from error


@contextlib.contextmanager
def _archive_in_duckdb(place: Path, utc: bool) -> Iterator[Engine]:
    check_archive(place)
    with ArchiveFolder.open(place, "--engine duckdb", ASKING) as archive:
        yield _DuckDB(archive.database, f"SELECT * FROM {archive.source()}", utc=utc)  # noqa: S608


@contextlib.contextmanager
def _logs_in_duckdb(places: Sequence[Path], utc: bool) -> Iterator[Engine]:
    log = open_log(*places)
    with tempfile.TemporaryDirectory(prefix="hilt-") as folder:
        files = LineFiles(Path(folder))
        with closing(connect("--engine duckdb", Path(folder), ASKING)) as database, interruptible():
            files.add(log, Filters())
            day = "CAST(timezone('UTC', timestamp) AS DATE) AS day"
            select = f"SELECT *, {day} FROM ({events_from_json(files.sources())})"  # noqa: S608
            yield _DuckDB(database, select, utc=utc, skipped=files.skipped)


class _Spark:
    skipped = 0

    def __init__(self, session: Any) -> None:
        self._session = session

    def query(
        self, text: str, values: Sequence[object] = ()
    ) -> tuple[list[str], Iterator[Sequence[Any]]]:
        try:
            result = self._session.sql(text, args=list(values))
            return list(result.columns), result.toLocalIterator()
        except import_module("pyspark.errors").PySparkException as error:
            reason = str(error).strip().partition("\n")[0]  # the query plan follows
            raise ConfigurationError(f"sql: {reason}") from error


@contextlib.contextmanager
def _archive_in_spark(address: str, master: str | None, utc: bool) -> Iterator[Engine]:
    with _spark_session(master) as session:
        if zone := _zone(utc=utc):
            session.conf.set("spark.sql.session.timeZone", zone)
        try:
            session.read.parquet(address).createOrReplaceTempView("archive")
        except import_module("pyspark.errors").PySparkException as error:
            raise ReadError(f"{address}: Spark cannot read it: {error}") from error
        for name, text in _VIEWS.items():
            session.sql(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS {text}")
        yield _Spark(session)


@contextlib.contextmanager
def _spark_session(master: str | None) -> Iterator[Any]:
    """A session of the Spark that the program already runs, or one that is stopped afterwards."""
    try:
        sessions = import_module("pyspark.sql").SparkSession
    except ImportError as error:
        raise MissingDependencyError(
            '--engine spark needs the package pyspark: pip install "hilt[spark]"'
        ) from error
    active = sessions.getActiveSession()
    if active is not None:
        yield active.newSession()
        return
    builder = sessions.builder.appName("hilt").master(master or "local[*]")
    for name in ("spark.ui.enabled", "spark.ui.showConsoleProgress"):
        builder = builder.config(name, "false")
    session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def _zone(*, utc: bool) -> str | None:
    """The name of the time zone; None to leave it to the engine."""
    name = "UTC" if utc else os.environ.get("TZ", "").lstrip(":")
    if not name:
        with contextlib.suppress(OSError):
            name = os.fspath(Path("/etc/localtime").readlink()).partition("zoneinfo/")[2]
    try:
        return ZoneInfo(name).key if name else None
    except (ValueError, OSError, KeyError):
        return None

"""The result of a question: a lazy iterable that counts what it skips, and converts to tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from importlib import import_module
from typing import Any, Generic, TypeVar

from hilt.analysis.tables import cell_of
from hilt.core.exceptions import EventError, MissingDependencyError
from hilt.core.ids_and_times import parse_timestamp
from hilt.core.json_types import JsonObject
from hilt.io.read.bad_line import BadLine
from hilt.io.read.scan import LogScan

__all__ = ["Query"]

_Item = TypeVar("_Item")
_BATCH = 10_000
_TIMES = ("timestamp", "started", "ended")


class Query(Generic[_Item]):
    """The events, calls or conversations that match, read from the log while iterating.

    Each iteration reads the log anew.

    Args:
        read: Gives the items.
        scan: Makes what reads the log.
        to_dict: An item as flat JSON.
        columns: The columns that tables have, whatever was found; there may be more.
    """

    def __init__(
        self,
        read: Callable[[LogScan], Iterator[_Item]],
        scan: Callable[[], LogScan],
        to_dict: Callable[[_Item], JsonObject],
        columns: Sequence[str] = (),
    ) -> None:
        self._read = read
        self._new_scan = scan
        self._to_dict = to_dict
        self._columns = columns
        self._scan: LogScan | None = None

    def __iter__(self) -> Iterator[_Item]:
        self._scan = scan = self._new_scan()
        return self._read(scan)

    @property
    def skipped(self) -> int:
        """How many lines could not be read as events, in the latest iteration."""
        return self._scan.skipped if self._scan is not None else 0

    @property
    def errors(self) -> list[BadLine]:
        """The first 1,000 of these lines."""
        return self._scan.errors if self._scan is not None else []

    def first(self) -> _Item | None:
        """The first one, or None."""
        return next(iter(self), None)

    def to_dicts(self) -> list[JsonObject]:
        """All of them as flat JSON."""
        return [self._to_dict(item) for item in self]

    def to_arrow(self) -> Any:
        """All of them as a pyarrow table, with times as timestamps in UTC.

        It has all columns, also those that no row has a value in. A column whose values have no
        type in common, such as ratings that are numbers and words, becomes text.

        Raises:
            MissingDependencyError: If pyarrow is not installed.
        """
        pyarrow = _import("pyarrow")
        columns: dict[str, list[Any]] = {name: [] for name in self._columns}
        count = 0
        for rows in self._batches():
            # Not from_pylist(), which takes only the columns of the first row.
            for name in dict.fromkeys(name for row in rows for name in row):
                before = [pyarrow.nulls(count)] if count else []
                column = columns.setdefault(name, before)
                column.append(_array(pyarrow, [row.get(name) for row in rows]))
            count += len(rows)
            for column in columns.values():
                if missing := count - sum(map(len, column)):
                    column.append(pyarrow.nulls(missing))
        for name, column in columns.items():
            if not count:
                column.append(
                    pyarrow.array([], pyarrow.timestamp("us", tz="UTC") if name in _TIMES else None)
                )
        return pyarrow.table({name: _joined(pyarrow, each) for name, each in columns.items()})

    def to_pandas(self) -> Any:
        """All of them as a pandas data frame, with times as timestamps in UTC.

        It has all columns, also those that no row has a value in.

        Raises:
            MissingDependencyError: If pandas is not installed.
        """
        pandas = _import("pandas")
        frame = pandas.DataFrame.from_records([row for rows in self._batches() for row in rows])
        others = [name for name in frame if name not in self._columns]
        frame = frame.reindex(columns=[*self._columns, *others])
        for name in _TIMES:
            if name in frame:  # a column without any time, or with one that pandas cannot hold
                frame[name] = pandas.to_datetime(frame[name], utc=True, errors="coerce")
        return frame

    def _batches(self) -> Iterator[list[dict[str, Any]]]:
        rows: list[dict[str, Any]] = []
        for item in self:
            row = self._to_dict(item)
            times = {name: _moment(row[name]) for name in _TIMES if name in row}
            rows.append({**row, **times})
            if len(rows) >= _BATCH:
                yield rows
                rows = []
        if rows:
            yield rows


def _array(pyarrow: Any, values: list[Any]) -> Any:
    try:
        return pyarrow.array(values)
    except (pyarrow.ArrowException, OverflowError, UnicodeEncodeError):
        return pyarrow.array([cell_of(value, "TEXT") for value in values])


def _joined(pyarrow: Any, chunks: list[Any]) -> Any:
    tables = [pyarrow.table({"column": chunk}) for chunk in chunks]
    try:
        return pyarrow.concat_tables(tables, promote_options="permissive")["column"]
    except pyarrow.ArrowException:
        return pyarrow.array(
            [cell_of(each, "TEXT") for chunk in chunks for each in chunk.to_pylist()]
        )


def _moment(value: object) -> datetime | None:
    """A time in UTC; None for a value that is no time, as another program may have written."""
    try:
        return parse_timestamp(str(value)).astimezone(timezone.utc)
    except (EventError, OverflowError):
        return None


def _import(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingDependencyError(f"{name} is not installed: pip install {name}") from error

"""The events of an archive as the lines of a log: day by day, in order of time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

from hilt.analysis.archive_folder import ArchiveFolder
from hilt.analysis.duckdb_engine import ASKING
from hilt.core.exceptions import ReadError

__all__ = ["archive_parts"]

_BATCH = 256
_BUFFER = 1 << 17
# Events with the same time stay in the order in which they were written.
_OF_A_DAY = """
SELECT event FROM read_parquet(?, union_by_name = true, hive_partitioning = false,
    filename = true, file_row_number = true)
ORDER BY timestamp, filename, file_row_number
"""


def archive_parts(place: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """The days of an archive as parts of a log, each open while it is read.

    Raises:
        MissingDependencyError: If DuckDB is not installed.
        ReadError: If there is no archive.
    """
    with ArchiveFolder.open(place, f"{place}: reading an archive", ASKING) as archive:
        files = archive.files()
        if not files:
            raise ReadError(f"{place}: there is no archive; hilt archive makes one")
        for _, of_day in groupby(files, lambda file: file.rpartition("/")[0]):
            rows = archive.database.execute(_OF_A_DAY, [list(of_day)])
            with io.BufferedReader(_Lines(rows), _BUFFER) as lines:
                yield place, lines


class _Lines(io.RawIOBase):
    """A file whose lines are the rows of a result."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # of any buffer
        if not self._rest:
            rows = self._rows.fetchmany(_BATCH)
            self._rest = memoryview(b"".join(f"{line}\n".encode() for (line,) in rows))
        piece = self._rest[: len(buffer)]
        buffer[: len(piece)] = piece
        self._rest = self._rest[len(piece) :]
        return len(piece)

"""An archive: a folder, or a place in an object store, with a folder of Parquet files for each day.

A file gets its name only when it is complete: on a disk by a rename, in a store at the end of the
upload.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from hilt.analysis.archive_addresses import add_file_system, address_of, named_errors
from hilt.analysis.duckdb_engine import WRITING, connect, duckdb_for, interruptible
from hilt.analysis.event_columns import quoted
from hilt.analysis.parquet_files import PARQUET_OPTIONS
from hilt.core.exceptions import ReadError, SinkError
from hilt.io.folders import make_folders
from hilt.io.whole_files import whole_file

__all__ = ["ArchiveFolder", "check_archive", "has_archive", "is_archive"]

_UNFINISHED_FOR_S = 3600


def is_archive(place: str | os.PathLike[str]) -> bool:
    """Whether a path or an address is meant as an archive, rather than as a log."""
    address = address_of(place)
    return "://" in address or Path(address).is_dir()


def check_archive(place: str | os.PathLike[str]) -> None:
    """Refuse a folder that is no archive, before DuckDB is needed to read it.

    Raises:
        ReadError: If it has no file of an archive.
    """
    if not has_archive(place):
        raise ReadError(f"{address_of(place)}: there is no archive; hilt archive makes one")


def has_archive(place: str | os.PathLike[str]) -> bool:
    """Whether there is an archive, or may be one: an object store is not asked."""
    address = address_of(place)
    return "://" in address or any(Path(address).glob("day=*/*.parquet"))


class ArchiveFolder:
    """An archive, open with DuckDB.

    Args:
        address: As from `address_of`.
        database: The connection.
    """

    def __init__(self, address: str, database: Any) -> None:
        self.address = address
        self.database = database
        self._is_local = "://" not in address

    @classmethod
    @contextlib.contextmanager
    def open(
        cls, place: str | os.PathLike[str], what: str, settings: dict[str, Any] = WRITING
    ) -> Iterator[ArchiveFolder]:
        """Open an archive, with a folder for what does not fit into memory.

        Args:
            place: Where it is.
            what: What needs DuckDB, for the error.
            settings: DuckDB's settings.

        Raises:
            MissingDependencyError: If DuckDB is not installed.
            ConfigurationError: If neither DuckDB nor fsspec can use the address.
            SinkError: If DuckDB cannot read or write there.
        """
        address, duckdb = address_of(place), duckdb_for(what)
        with (
            tempfile.TemporaryDirectory(prefix="hilt-") as folder,
            closing(connect(what, Path(folder), settings)) as database,
            named_errors(address, duckdb.Error),
            interruptible(),
        ):
            add_file_system(database, address)
            yield cls(address, database)

    def files(self, day: str = "*", name: str = "*") -> list[str]:
        """The files of a day with a name, sorted; ``*`` stands for all."""
        pattern = self.path(day, name)
        rows = self.database.execute("SELECT file FROM glob(?) ORDER BY file", [pattern])
        return [file for (file,) in rows.fetchall()]

    def path(self, day: str, name: str) -> str:
        """The file that a segment has for a day."""
        return f"{self.address}/day={day}/{name}.parquet"

    def source(self) -> str:
        """SQL that reads the whole archive; ``day`` is a date.

        Raises:
            ReadError: If there is no file in it.
        """
        if not self.files():
            raise ReadError(f"{self.address}: there is no archive; hilt archive makes one")
        return (
            f"read_parquet({quoted(self.path('*', '*'))}, hive_partitioning = true, "
            "hive_types = {'day': DATE}, union_by_name = true)"
        )

    def metadata(self, file: str) -> dict[str, str]:
        """The notes that `write` put into a file."""
        rows = self.database.execute("SELECT key, value FROM parquet_kv_metadata(?)", [file])
        return {_text(key): _text(value) for key, value in rows.fetchall()}

    def write(self, select: str, day: str, name: str, notes: Mapping[str, str]) -> int:
        """Write the rows of a query to a file, replacing an old one, and return their number.

        Raises:
            SinkError: If it cannot be made.
        """
        path = self.path(day, name)
        if not self._is_local:
            return self._copy(select, path, notes)
        try:
            make_folders(str(Path(path).parent))
        except OSError as error:
            raise SinkError(
                f"{path}: cannot be made: {error.strerror or error}; expected an archive in a "
                "folder that this user may write to"
            ) from error
        with whole_file(path) as unfinished:
            return self._copy(select, str(unfinished), notes)

    def clear_unfinished(self) -> None:
        """Delete unfinished files that killed runs have left on a disk."""
        if not self._is_local:
            return
        for file in Path(self.address).glob("day=*/.*.parquet.*"):
            with contextlib.suppress(OSError):
                if time.time() - file.stat().st_mtime > _UNFINISHED_FOR_S:
                    file.unlink()

    def clear(self, file: str) -> None:
        """Remove a file with all its rows."""
        if self._is_local:
            Path(file).unlink(missing_ok=True)
        else:  # DuckDB cannot delete in a store; a file without rows does as well
            self._copy(f"SELECT * FROM read_parquet({quoted(file)}) WHERE false", file, {})  # noqa: S608

    def _copy(self, select: str, path: str, notes: Mapping[str, str]) -> int:
        pairs = ", ".join(f"{name}: {quoted(value)}" for name, value in notes.items())
        options = f"{PARQUET_OPTIONS}, KV_METADATA {{{pairs}}}" if notes else PARQUET_OPTIONS
        copied = self.database.execute(f"COPY ({select}) TO {quoted(path)} ({options})")
        return int(copied.fetchone()[0])


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value

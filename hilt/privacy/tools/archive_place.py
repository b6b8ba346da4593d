"""An archive as a place: Parquet files, a folder for each day, as `hilt archive` writes them."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hilt.analysis.archive_addresses import address_of
from hilt.analysis.archive_folder import ArchiveFolder, check_archive
from hilt.analysis.event_columns import events_from_json, quoted
from hilt.core.event import Event
from hilt.core.exceptions import ReadError
from hilt.privacy.tools.places import Before, MayChange, OnBytes, nothing
from hilt.privacy.tools.receipts import waiting_elsewhere
from hilt.privacy.tools.rewriting import ChangeLines, LogChange

__all__ = ["ArchivePlace"]

_WHAT = "a tool of privacy on an archive"
_ROWS_AT_ONCE = 10_000
_DAY = len("2026-11-28")


class ArchivePlace:
    """The events of an archive.

    A file with an event that changes is written anew beside itself and renamed into place.

    Args:
        path: The archive's folder, or its address in an object store.
    """

    keeps_receipts = True

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self, on_bytes: OnBytes = None) -> Iterator[bytes]:
        """All events, day by day.

        Raises:
            ReadError: If there is no archive.
            SinkError: If it cannot be read.
            MissingDependencyError: If DuckDB is not installed.
        """
        check_archive(self.path)
        with ArchiveFolder.open(self.path, _WHAT) as archive:
            for file in _files(archive):
                for line in _lines(archive, file):
                    if on_bytes is not None:
                        on_bytes(len(line))
                    yield line

    def blocks(self, on_bytes: OnBytes = None) -> Iterator[bytes]:
        """Its lines, one at a time."""
        return self.lines(on_bytes)

    def change(
        self,
        change: ChangeLines,
        on_bytes: OnBytes = None,
        *,
        may_change: MayChange = None,
        before: Before = nothing,
    ) -> LogChange:
        """Change or remove events; at any time, each file is either the old one or the new.

        Raises:
            ReadError: If there is no archive.
            SinkError: If a file cannot be written; files that come after it stay as they were.
        """
        total = LogChange()
        check_archive(self.path)
        with ArchiveFolder.open(self.path, _WHAT) as archive:
            archive.clear_unfinished()
            # Newest first: an answer is found through its question, so it must not go later.
            for file in reversed(_files(archive)):
                total.add(_change_file(archive, file, change, on_bytes, before))
        return total

    def append(self, line: bytes) -> None:
        """Add a receipt, in a file of its own.

        Raises:
            SinkError: If it cannot be written.
        """
        day = Event.from_json(line).timestamp[:_DAY]
        with ArchiveFolder.open(self.path, _WHAT) as archive:
            _write(archive, [line], day, f"receipt-{secrets.token_hex(8)}", {})

    def receipts_wait_at(self) -> Path:
        """A path in the archive's folder; for an object store, one on this machine."""
        address = address_of(self.path)
        return waiting_elsewhere(address) if "://" in address else Path(address, "archive")

    def total_bytes(self) -> int:
        """Always 0: how many bytes the events have is not known before they are read."""
        return 0


def _files(archive: ArchiveFolder) -> list[str]:
    files = archive.files()
    if not files:
        raise ReadError(f"{archive.address}: there is no archive; hilt archive makes one")
    return files


def _lines(archive: ArchiveFolder, file: str) -> Iterator[bytes]:
    """The events of a file, in its order."""
    cursor = archive.database.cursor()
    query = f"SELECT event FROM read_parquet({quoted(file)}, hive_partitioning = false)"  # noqa: S608 # a name of ours
    rows = cursor.execute(query)
    while batch := rows.fetchmany(_ROWS_AT_ONCE):
        for (line,) in batch:
            yield line.encode("utf-8", "surrogatepass")


def _change_file(
    archive: ArchiveFolder, file: str, change: ChangeLines, on_bytes: OnBytes, before: Before
) -> LogChange:
    result = LogChange()
    with tempfile.TemporaryDirectory(prefix="hilt-") as folder:
        path = Path(folder, "events.jsonl")
        with path.open("wb") as new_lines:
            for line in _lines(archive, file):
                if on_bytes is not None:
                    on_bytes(len(line))
                new = change(line)
                result.lines += 1
                result.removed += new is None
                result.changed += new is not None and new != line
                if new is not None:
                    new_lines.write(new + b"\n")
        if not result.removed and not result.changed:
            return result
        result.files = 1
        before()
        day, name = Path(file).parent.name.removeprefix("day="), Path(file).stem
        # The notes on what was archived are kept, so that the log is not archived a second time.
        notes = archive.metadata(file)
        if result.removed < result.lines:
            archive.write(events_from_json([path], whole=True), day, name, notes)
        elif "hilt_archived" in notes:
            archive.write(_no_rows_of(file), day, name, notes)
        else:
            archive.clear(file)
    return result


def _no_rows_of(file: str) -> str:
    return f"SELECT * FROM read_parquet({quoted(file)}, hive_partitioning = false) WHERE false"  # noqa: S608 # a name of ours


def _write(
    archive: ArchiveFolder, lines: list[bytes], day: str, name: str, notes: dict[str, str]
) -> None:
    with tempfile.TemporaryDirectory(prefix="hilt-") as folder:
        path = Path(folder, "events.jsonl")
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        archive.write(events_from_json([path], whole=True), day, name, notes)

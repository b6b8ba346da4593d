"""``hilt archive``: logs as Parquet files, a folder for each day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.filtering import LogFiles, log_of, print_skipped
from hilt.cli.output import counted, errors, print_json
from hilt.core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from hilt.analysis.archiving import ArchivedSegment

__all__ = ["archive"]


def archive(
    logs: LogFiles = None,
    *,
    to: Annotated[
        str,
        typer.Option("--to", help="The archive: a folder, or an address such as s3://bucket/hilt."),
    ],
    rotated: Annotated[
        bool,
        typer.Option("--rotated", help="Only files that rotation has closed."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per file of the log.")
    ] = False,
) -> None:
    """Archive logs as Parquet files, in a folder for each day, again and again.

    Each file of a log becomes one file for each day of its events, in a folder such as
    day=2026-11-28. What the archive has is left alone; if a log has grown, its file is replaced
    when the new one is complete. Nothing is taken out of the logs. hilt stats, cost, search, sql,
    show, tail, report, convert and diff take an archive in the place of logs. A program that logs
    can archive what it rotates: hilt.instrument(rotate_daily=True, archive="..."). It needs DuckDB:
    pip install "hilt[sql]".
    """
    from hilt.analysis.archive_addresses import check_target
    from hilt.analysis.archive_folder import ArchiveFolder
    from hilt.analysis.archiving import archive_logs
    from hilt.io.read.parts import reads_once

    check_target(to)
    log = log_of(logs)
    if any(map(reads_once, log.paths)):
        raise ConfigurationError("archive: it reads a log again and again, so it needs a file")
    segments = []
    with ArchiveFolder.open(to, "hilt archive") as folder:
        for segment in archive_logs(log.paths, folder, only_rotated=rotated):
            segments.append(segment)
            if as_json:
                print_json(_to_dict(segment))
            print_skipped(segment.skipped, segment.errors)
    _show(segments, to)


def _to_dict(segment: ArchivedSegment) -> dict[str, object]:
    return {
        "path": str(segment.path),
        "name": segment.name,
        "events": segment.events,
        "days": segment.days,
        "skipped": segment.skipped,
    }


def _show(segments: list[ArchivedSegment], to: str) -> None:
    segments = [segment for segment in segments if segment.name]
    new = [segment for segment in segments if segment.days]
    events = sum(segment.events for segment in new)
    files = sum(len(segment.days) for segment in new)
    errors.print(
        f"Wrote {counted(events, 'event')} to {counted(files, 'file')} in {to}; "
        f"{counted(len(segments) - len(new), 'file')} of the log had not changed",
        markup=False,
        highlight=False,
    )

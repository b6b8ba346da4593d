"""The places that the commands of privacy work on: a log, an archive, a sheet, and its outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from hilt.cli.output import counted, default_log, errors
from hilt.cli.progress_bars import bar_of_bytes
from hilt.core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from hilt.privacy.tools.places import Place
    from hilt.privacy.tools.rewriting import LogChange

__all__ = [
    "DryRunOption",
    "KeysOption",
    "LogArgument",
    "NamedPlace",
    "SheetOption",
    "WhyOption",
    "check_keys",
    "named_place",
    "progress",
    "report_change",
    "whole_file",
]

LogArgument = Annotated[
    Path | None,
    typer.Argument(
        help="The log, or an archive of hilt archive. If neither it nor a sheet is given, "
        "HILT_FILEPATH or logs/hilt.jsonl."
    ),
]
SheetOption = Annotated[
    str | None,
    typer.Option(
        "--sheet",
        "--sheet-id",
        help="A spreadsheet, by its address or the long id in it: its rows, and what waits for it "
        "on this machine.",
    ),
]
WhyOption = Annotated[
    str | None, typer.Option("--why", help="The reason, for the receipt in the log.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", "-n", help="Only say what would be done.")]


KeysOption = Annotated[
    Path | None,
    typer.Option("--keys", help="The key file, if it is not HILT_PRIVACY_KEY_FILE or the default."),
]


def check_keys(path: Path) -> Path:
    """A key file that is there.

    Raises:
        ConfigurationError: If it is not.
    """
    if not path.is_file():
        what = "is no file" if path.exists() else "there is no such key file"
        raise ConfigurationError(
            f"--keys: {path}: {what}; expected the key file of the program that sealed the log, by "
            "--keys or HILT_PRIVACY_KEY_FILE"
        )
    return path


@dataclass(frozen=True)
class NamedPlace:
    """A place and what people call it.

    Args:
        name: What is shown.
        place: The place.
    """

    name: str
    place: Place


def named_place(
    log: Path | None, sheet: str | None = None, credentials: str | None = None, worksheet: str = ""
) -> NamedPlace:
    """What a command is to work on; a log's own outbox belongs to it.

    Raises:
        ReadError: If there is no such log.
        HILTError: If the sheet or the credentials are wrong.
    """
    from hilt.io.sheets.outbox_edits import outboxes_of
    from hilt.privacy.tools.outbox_place import OutboxPlace
    from hilt.privacy.tools.places import JoinedPlaces, place_of

    path = log or (default_log() if sheet is None else None)
    names, places = [], []
    if path is not None:
        _check(path)
        names.append(str(path))
        places.append(place_of(path))
    sink = None
    if sheet is not None:
        from hilt.io.sheets.sink import SheetsSink

        sink = SheetsSink(sheet_id=sheet, credentials_path=credentials, worksheet_name=worksheet)
    sheet_id = sink.sheet_id if sink is not None else None
    for folder, about in outboxes_of(sheet_id=sheet_id, log=path):
        if sink is None:
            errors.print(
                f"{path} is also written to the spreadsheet {about.sheet_id} "
                f"({about.worksheet_name}); what waits for it is included, its rows are not: give "
                f"--sheet {about.sheet_id}"
            )
        places.append(OutboxPlace(folder))
    if sink is not None:
        from hilt.privacy.tools.sheet_place import SheetPlace

        names.append(sink.destination)
        places.append(SheetPlace(sink))
    name = " and ".join(names)
    return NamedPlace(name, places[0] if len(places) == 1 else JoinedPlaces(places))


def _check(path: Path) -> None:
    from hilt.io.read.parts import check_readable
    from hilt.io.read.recognition import check_content

    if path.is_dir() or ":/" in str(path):
        return
    check_readable(path, include_rotated=True)
    check_content(path)


def report_change(name: str, what: str, change: LogChange, *, dry_run: bool) -> None:
    """Say what was changed."""
    would = "would be " if dry_run else ""
    errors.print(
        f"{name}: {counted(change.changed, 'event')} {would}{what}, "
        f"{change.removed:,} {would}taken out, of {change.lines:,}"
    )
    if change.unreadable:
        stays = "stays as it is" if change.unreadable == 1 else "stay as they are"
        errors.print(
            f"{name}: {counted(change.unreadable, 'line')} could not be read, and {stays}; "
            "hilt validate says which"
        )


@contextmanager
def progress(place: Place, what: str) -> Iterator[Callable[[int], None]]:
    """A progress bar by bytes read, if stderr is a terminal."""
    with bar_of_bytes(what, place.total_bytes() or None) as (bar, task):
        yield lambda count: bar.advance(task, count)


@contextmanager
def whole_file(path: Path, log: Path | None) -> Iterator[TextIO]:
    """A private file that appears under its name only when it is whole.

    Args:
        path: The file to make.
        log: The log that is read, which it must not be; None for the default one.

    Raises:
        SinkError: If it is a file of the log, or cannot be made.
    """
    from hilt.io.jsonl.rotation import rotated_files
    from hilt.io.read.convert import check_other_file
    from hilt.io.whole_files import whole_file as whole_path

    source = log or default_log()
    for part in (source, *rotated_files(source)):
        check_other_file(part, path)
    with (
        whole_path(path) as waiting,
        waiting.open("w", encoding="utf-8", errors="backslashreplace") as file,
    ):
        yield file

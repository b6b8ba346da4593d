"""Making sinks from the destinations that a session is given."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict, Union, cast

from hilt.core.arguments import path_checked
from hilt.core.columns import Rows
from hilt.core.exceptions import ConfigurationError
from hilt.io.sink import Sink

__all__ = ["BACKENDS", "DEFAULT_PATH", "Destination", "FileOptions", "SheetOptions", "sinks_of"]

BACKENDS = ("local", "sheets")
"""The names of the backends."""

DEFAULT_PATH = Path("logs/hilt.jsonl")
"""Where events go by default."""

Destination = Union[str, "os.PathLike[str]", Sink]
"""A path, the name of a backend, or a ready sink."""


class FileOptions(TypedDict):
    """The arguments of a `hilt.io.jsonl.sink.JsonlSink`, without its path."""

    mode: str
    columns: Sequence[str] | None
    fsync: bool
    rotate_bytes: int | None
    rotate_daily: bool
    keep: int | None
    compress: bool
    archive: str | os.PathLike[str] | None
    file_mode: int | None
    folder_mode: int | None


class SheetOptions(TypedDict):
    """The arguments of a `hilt.io.sheets.sink.SheetsSink`."""

    sheet_id: str | None
    credentials_path: str | os.PathLike[str] | None
    credentials_json: str | Mapping[str, object] | None
    worksheet_name: str
    columns: Sequence[str] | None
    rows: Rows | None


def sinks_of(
    destination: Destination | Sequence[Destination],
    filepath: str | os.PathLike[str] | None,
    file: FileOptions,
    sheet: SheetOptions,
) -> tuple[Sink, ...]:
    """The sinks for one or more destinations.

    Args:
        destination: The destination, or a tuple of them.
        filepath: The file of the backend ``local``; `DEFAULT_PATH` if None.
        file: How files are written.
        sheet: Where the spreadsheet of the backend ``sheets`` is.

    Raises:
        ConfigurationError: If one is no destination, or an argument is wrong.
    """
    destinations = destination if isinstance(destination, (tuple, list)) else (destination,)
    if not destinations:
        raise ConfigurationError("session: no destination is given")
    files = [_path_of(each, filepath) for each in destinations]
    sheets = ["sheets" if each == "sheets" else None for each in destinations]
    for place in (*files, *sheets):
        if place is not None and (files + sheets).count(place) > 1:
            raise ConfigurationError(f"session: {place!r} is given twice")
    log = next((each for each in files if each is not None), None)
    return tuple(_sink(each, filepath, file, sheet, log) for each in destinations)


def _path_of(destination: object, filepath: str | os.PathLike[str] | None) -> str | None:
    """The path of a destination that is a file; None for any other."""
    name, path = "session", destination
    if destination == "local":
        name, path = "filepath", filepath or DEFAULT_PATH
    elif destination == "sheets" or not isinstance(destination, (str, os.PathLike)):
        return None
    if not os.fspath(path):  # type: ignore[call-overload]  # it was just checked that it is a path
        return None
    try:
        return os.path.realpath(path_checked(name, path).expanduser())
    except (FileNotFoundError, RuntimeError):
        return None  # its first folder does not exist; the sink reports that


def _sink(
    destination: object,
    filepath: str | os.PathLike[str] | None,
    file: FileOptions,
    sheet: SheetOptions,
    log: str | None,
) -> Sink:
    if destination == "sheets":
        return _sheets(sheet, log)
    if destination == "local":
        return _file(filepath or DEFAULT_PATH, file)
    if isinstance(destination, (str, os.PathLike)) and os.fspath(destination):
        return _file(destination, file)
    if _is_sink(destination):
        return cast("Sink", destination)
    raise ConfigurationError(
        f'session: {destination!r} is no destination; expected a path, "local", "sheets" or a Sink'
    )


def _is_sink(value: object) -> bool:
    methods = ("open", "write", "flush", "close")
    return all(callable(getattr(value, name, None)) for name in methods)


def _file(path: str | os.PathLike[str], options: FileOptions) -> Sink:
    from hilt.io.jsonl.sink import JsonlSink

    return JsonlSink(path, **options)


def _sheets(options: SheetOptions, log: str | None) -> Sink:
    # Sheets needs an extra, so it is imported only when it is used.
    from hilt.io.sheets.sink import SheetsSink

    return SheetsSink(**options, log=log)

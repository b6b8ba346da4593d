"""What a session is given as its destination, and the sinks that it stands for."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Union, cast

from hilt.core.exceptions import ConfigurationError
from hilt.io.sink import Sink

__all__ = ["BACKENDS", "DEFAULT_PATH", "Destination", "sinks_of"]

BACKENDS = ("local", "sheets")
"""The backends that have a name."""

DEFAULT_PATH = Path("logs/hilt.jsonl")
"""Where events go if no file is named."""

Destination = Union[str, "os.PathLike[str]", Sink]
"""A path, the name of a backend, or a ready sink."""


def sinks_of(
    given: Destination | Sequence[Destination],
    *,
    local: Mapping[str, Any],
    sheets: Mapping[str, Any],
) -> tuple[Sink, ...]:
    """The sinks for one or more destinations.

    Args:
        given: The destination, or a tuple of them.
        local: The arguments of a `hilt.io.jsonl.sink.JsonlSink`; ``path`` is for the backend
            ``local``.
        sheets: The arguments of a `hilt.io.sheets.sink.SheetsSink`.

    Raises:
        ConfigurationError: If one is no destination, or an argument is wrong.
    """
    many = given if isinstance(given, (tuple, list)) else (given,)
    if not many:
        raise ConfigurationError("session: no destination is given")
    return tuple(_sink(one, local, sheets) for one in many)


def _sink(given: object, local: Mapping[str, Any], sheets: Mapping[str, Any]) -> Sink:
    if given == "sheets":
        return _sheets(sheets)
    if given == "local":
        return _local(local)
    if isinstance(given, (str, os.PathLike)) and os.fspath(given):
        return _local({**local, "path": given})
    if all(callable(getattr(given, name, None)) for name in ("open", "write", "flush", "close")):
        return cast("Sink", given)
    raise ConfigurationError(
        f'session: {given!r} is no destination; expected a path, "local", "sheets" or a Sink'
    )


def _local(arguments: Mapping[str, Any]) -> Sink:
    from hilt.io.jsonl.sink import JsonlSink

    return JsonlSink(**{**arguments, "path": arguments["path"] or DEFAULT_PATH})


def _sheets(arguments: Mapping[str, Any]) -> Sink:
    # Sheets needs an extra, and is imported by those who use it only.
    from hilt.io.sheets.sink import SheetsSink

    return SheetsSink(**arguments)

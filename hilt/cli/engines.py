"""The options that choose what answers a question, and the answers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.filtering import log_of, naming_option
from hilt.cli.output import default_log
from hilt.core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from hilt.analysis.engines import Engine
    from hilt.analysis.filters import Filters
    from hilt.analysis.statistics import Statistics

__all__ = ["EngineName", "Master", "engine_for", "statistics_of"]

EngineName = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="What answers: reader, duckdb or spark. By default the reader for logs, and duckdb "
        "for an archive.",
    ),
]
"""The option ``--engine``."""

Master = Annotated[
    str | None, typer.Option("--master", help="The master of Spark. Default: local[*].")
]
"""The option ``--master``."""


def engine_for(
    places: list[Path] | None, name: str | None, master: str | None, filters: Filters
) -> AbstractContextManager[Engine] | None:
    """The engine that is to answer; None for the reader.

    Raises:
        ConfigurationError: If there is no such engine, or it cannot read these.
    """
    places = places or [default_log()]
    if name is None and not any(_may_be_archive(place) for place in places):
        return None
    from hilt.analysis.archive_folder import is_archive
    from hilt.analysis.engines import ENGINES, open_engine

    if name not in (None, *ENGINES):
        raise ConfigurationError(f"--engine: no engine {name!r}; there are {', '.join(ENGINES)}")
    if name == "reader":
        if any(is_archive(place) for place in places):
            raise ConfigurationError(
                f"--engine: {places[0]} is an archive; duckdb and spark read it"
            )
        return None
    from hilt.io.read.parts import reads_once

    if any(map(reads_once, places)):
        raise ConfigurationError("--engine: only the reader reads standard input and pipes")
    return open_engine(name or "duckdb", places, master=master, utc=filters.utc)


def statistics_of(
    places: list[Path] | None,
    keys: Sequence[str],
    filters: Filters,
    name: str | None,
    master: str | None,
) -> Statistics:
    """What calls add up to, by whichever engine."""
    opened = engine_for(places, name, master, filters)
    if opened is None:
        with naming_option("by"):
            return log_of(places).stats(*keys, filters=filters)
    from hilt.analysis.engine_statistics import summarize_with

    with opened as engine, naming_option("by"):
        return summarize_with(engine, keys, filters)


def _may_be_archive(place: Path) -> bool:
    """Whether it may be an archive, without an import of what knows it."""
    return place.is_dir() or ":" in str(place)

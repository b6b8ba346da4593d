"""``hilt convert``: a log as a table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, TextIO

import typer

from hilt.cli.output import counted, errors

__all__ = ["convert"]

_PROGRESS_FROM_BYTES = 8 << 20
_SAMPLE_BYTES = 1 << 20


def convert(
    log: Annotated[Path, typer.Argument(help="The log, which may be compressed.")],
    *,
    to: Annotated[str, typer.Option("--to", help="The format: csv.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to write. If none is given, stdout."),
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option(
            "--fields",
            help="The columns, separated by commas; paths such as extensions.outcome are columns "
            "too. If none are given, the standard columns.",
        ),
    ] = None,
) -> None:
    """Write a log as a table with one row per event."""
    from hilt.io.read.convert import convert as write

    columns = [name.strip() for name in fields.split(",")] if fields is not None else None
    with _progress(log) as progress:
        rows = write(log, output or _stdout(), to=to, columns=columns, progress=progress)
    if output is not None:
        errors.print(f"Wrote {counted(rows, 'row')} to {output}")


def _stdout() -> TextIO:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")
    return sys.stdout


@contextmanager
def _progress(log: Path) -> Iterator[Callable[[int], None] | None]:
    """A progress bar, if stderr is a terminal and the log is large."""
    size = log.stat().st_size if log.is_file() else 0
    if size < _PROGRESS_FROM_BYTES or not errors.is_terminal:
        yield None
        return
    from rich.progress import Progress

    with Progress(
        console=errors, transient=True, redirect_stdout=False, redirect_stderr=False
    ) as bar:
        task = bar.add_task(f"Converting {log.name}", total=_estimated_lines(log, size))
        bar.refresh()
        yield lambda line: bar.update(task, completed=line)


def _estimated_lines(log: Path, size: int) -> int | None:
    """About how many lines a log has, from its first ones; None if it is compressed."""
    with log.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
    lines = sample.count(b"\n")
    return None if sample.startswith(b"\x1f\x8b") or not lines else lines * size // len(sample)

"""How far a command has come, on stderr while that is a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hilt.cli.output import errors

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["bar_of_bytes"]


@contextmanager
def bar_of_bytes(what: str, total: int | None) -> Iterator[tuple[Progress, TaskID]]:
    """A bar by bytes read, and its one task.

    Args:
        what: What is being done, such as ``reading``.
        total: How many bytes there are, if that is known.
    """
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, disable=not errors.is_terminal, transient=True) as bar:
        yield bar, bar.add_task(what, total=total)

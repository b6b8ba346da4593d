"""``hilt import``: spans that other tools wrote to files, as events of a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from hilt.cli.output import errors, print_json, results

__all__ = ["import_command"]


def import_command(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Files of spans: OTLP JSON lines, what the SDK's to_json gives, JSON lists; "
            "also with gzip. Files of log records may be among them.",
            show_default=False,
        ),
    ],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The log that the events are appended to.")
    ],
    no_content: Annotated[
        bool, typer.Option("--no-content", help="Leave out everything that was said.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Turn spans of any instrumentation into events, each call once.

    The exit code is 1 if something in the files could not be read.
    """
    from hilt.io.session import Session
    from hilt_otel_exporters.importing import import_spans

    with Session(output) as session, _progress(files) as on_progress:
        found = import_spans(
            files, session, capture_content=not no_content, on_progress=on_progress
        )
    if as_json:
        print_json(asdict(found))
    else:
        results.print(
            f"{found.events:,} events in {output}, from {found.genai_spans:,} GenAI spans "
            f"of {found.spans:,} spans in all",
            markup=False,
            highlight=False,
        )
    if found.unreadable:
        errors.print(f"{found.unreadable:,} pieces could not be read", highlight=False)
        raise typer.Exit(1)


@contextmanager
def _progress(files: list[Path]) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, by bytes read; nothing where stderr is no terminal."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    total = sum(path.stat().st_size for path in files if path.is_file())
    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, disable=not errors.is_terminal, transient=True) as bar:
        task = bar.add_task("reading", total=total)
        yield lambda done: bar.update(task, completed=done)

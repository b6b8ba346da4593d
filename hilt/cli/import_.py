"""``hilt import``: spans that other tools wrote to files, as events of a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.core.exceptions import HILTError

if TYPE_CHECKING:
    from hilt_otel_exporters.importing import Imported

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
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The log that the events are appended to.")
    ],
    no_content: Annotated[
        bool, typer.Option("--no-content", help="Leave out everything that was said.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say the result as JSON.")] = False,
) -> None:
    """Turn spans of any instrumentation into events, each call once."""
    from hilt.io.session import Session
    from hilt_otel_exporters.importing import import_spans

    try:
        with Session(output) as session, _progress(files) as on_progress:
            found = import_spans(
                files, session, capture_content=not no_content, on_progress=on_progress
            )
    except HILTError as error:
        typer.echo(f"hilt import: {error}", err=True)
        raise typer.Exit(2) from error
    _say(found, output, as_json=as_json)
    if found.unreadable:
        raise typer.Exit(1)


@contextmanager
def _progress(files: list[Path]) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, by bytes read; nothing where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    total = sum(path.stat().st_size for path in files if path.is_file())
    console = Console(stderr=True)
    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading", total=total)
        yield lambda done: bar.update(task, completed=done)


def _say(found: Imported, output: Path, *, as_json: bool) -> None:
    if as_json:
        from dataclasses import asdict

        from hilt.genai.reading import encode_json

        typer.echo(encode_json(asdict(found)).decode())
        return
    typer.echo(
        f"{found.events} events in {output}, from {found.genai_spans} GenAI spans "
        f"of {found.spans} spans in all"
    )
    if found.unreadable:
        typer.echo(f"{found.unreadable} pieces could not be read", err=True)

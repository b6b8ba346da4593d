"""``hilt import``: spans that other tools wrote to files, as events in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from hilt.cli.output import counted, errors, print_json, printable, results

__all__ = ["import_command"]

_SHOWN = 20


def import_command(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Files of OpenTelemetry spans: OTLP JSON lines, the output of the SDK's "
            "to_json(), or JSON arrays, plain or gzipped. Files of log records can be included.",
            show_default=False,
        ),
    ],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The log to append the events to.")
    ],
    no_content: Annotated[
        bool, typer.Option("--no-content", help="Leave out all prompts, answers and other content.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Convert OpenTelemetry spans from any instrumentation to events, one set for each call.

    What the log has already, by the ids of its spans, is not written again.

    The exit code is 1 if some of the input could not be read; where it is, is shown.
    """
    from hilt.io.session import Session
    from hilt.pricing.own_prices import check_price_file
    from hilt_otel_exporters.importing import import_spans

    check_price_file()
    session = Session(output)
    try:
        with _progress(files) as on_progress:
            counts = import_spans(
                files, session, capture_content=not no_content, on_progress=on_progress
            )
    finally:
        session.close()
    if as_json:
        print_json({**asdict(counts), "errors": [str(each) for each in counts.errors]})
    else:
        results.print(
            f"Wrote {counted(counts.events, 'event')} to {output}, from "
            f"{counted(counts.genai_spans, 'GenAI span')} "
            f"({counted(counts.spans, 'span')} in total)"
        )
    if counts.unreadable:
        for each in counts.errors[:_SHOWN]:
            errors.print(printable(str(each)))
        errors.print(f"{counted(counts.unreadable, 'record')} could not be read")
        raise typer.Exit(1)


@contextmanager
def _progress(files: list[Path]) -> Iterator[Callable[[int], None]]:
    """A progress bar by bytes read, if stderr is a terminal."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    total = sum(path.stat().st_size for path in files if path.is_file())
    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, disable=not errors.is_terminal, transient=True) as bar:
        task = bar.add_task("reading", total=total)
        yield lambda done: bar.update(task, completed=done)

"""``hilt import``: spans and histories that other programs wrote to files, as events in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hilt.cli.output import counted, errors, print_json, printable, results
from hilt.cli.progress_bars import bar_of_bytes

if TYPE_CHECKING:
    from hilt.imports.formats import HistoryFormat
    from hilt.io.read.bad_line import BadLine
    from hilt.io.session import Session

__all__ = ["import_command"]

_ONLY_LOG_RECORDS = (
    "log records only say what was said in a call, which is a span: import the traces, too"
)
_SHOWN = 20
_SPANS = ("otel", "langfuse", "langsmith")


def import_command(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Files of OpenTelemetry spans (OTLP JSON lines, the output of the SDK's "
            "to_json(), or JSON arrays; files of log records can be included), observations "
            "of Langfuse or runs of LangSmith as JSON, or histories: "
            "conversations.json of a ChatGPT or Claude export, sessions of Claude Code, logs.db of "
            "llm. Plain or gzipped.",
            show_default=False,
        ),
    ],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The log to append the events to.")
    ],
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="NAME",
            help="What the files are: otel, langfuse, langsmith, chatgpt, claude, claude-code or "
            "llm. By default, the content of each file shows it.",
            show_default=False,
        ),
    ] = None,
    no_content: Annotated[
        bool, typer.Option("--no-content", help="Leave out all prompts, answers and other content.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Convert spans and histories that other programs wrote to events, one set for each call.

    What is already in the log is not written again.

    The exit code is 1 if some of the input could not be read; a message says where.
    """
    from hilt.io.descriptors import lock_of_folder
    from hilt.io.session import Session
    from hilt.pricing.cost import check_price_file

    check_price_file()
    histories, spans = _by_format(files, source)
    session = Session(output)
    counts: dict[str, Any] = {}
    try:
        # What another import is writing is not written again.
        with lock_of_folder(str(output)), _progress(files) as on_progress:
            if histories:
                counts = _import_histories(histories, session, no_content, on_progress)
            if spans:
                counts = _sum(counts, _import_spans(spans, session, no_content, on_progress))
    finally:
        session.close()
    if as_json:
        print_json({**counts, "errors": [str(each) for each in counts["errors"]]})
    else:
        events = counted(counts["events"], "event")
        results.print(f"Wrote {events} to {output}, from {_sources(counts)}")
        if counts.get("log_records") and not counts["genai_spans"]:
            errors.print(_ONLY_LOG_RECORDS)
    if counts["unreadable"]:
        for line in _summed_up(counts["errors"])[:_SHOWN]:
            errors.print(printable(line))
        errors.print(f"{counted(counts['unreadable'], 'record')} could not be read")
        raise typer.Exit(1)


def _summed_up(bad: list[BadLine]) -> list[str]:
    """What could not be read, what is wrong in the same way only once."""
    alike: dict[tuple[Path, str], list[BadLine]] = {}
    for each in bad:
        alike.setdefault((each.path, each.message), []).append(each)
    return [
        f"{first} (and {len(more):,} more)" if more else str(first)
        for first, *more in alike.values()
    ]


def _by_format(
    files: list[Path], source: str | None
) -> tuple[list[tuple[Path, HistoryFormat]], list[Path]]:
    """The files that are histories, each with its format, and those of spans."""
    from hilt.imports.formats import format_named, format_of
    from hilt.io.read.recognition import check_text

    for path in files:
        check_text(path)
    if source in _SPANS:
        return [], files
    histories, spans = [], []
    for path in files:
        history_format = format_of(path) if source is None else format_named(source)
        if history_format is None:
            spans.append(path)
        else:
            histories.append((path, history_format))
    return histories, spans


def _import_histories(
    histories: list[tuple[Path, HistoryFormat]],
    session: Session,
    no_content: bool,
    on_progress: Callable[[int], None],
) -> dict[str, Any]:
    from hilt.imports.importing import import_histories

    imported = import_histories(
        histories, session, capture_content=not no_content, on_progress=on_progress
    )
    return {**asdict(imported), "errors": imported.errors}


def _import_spans(
    files: list[Path], session: Session, no_content: bool, on_progress: Callable[[int], None]
) -> dict[str, Any]:
    from hilt_otel_exporters.importing import import_spans

    imported = import_spans(files, session, capture_content=not no_content, on_progress=on_progress)
    return {**asdict(imported), "errors": imported.errors}


def _sum(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """The counts of two imports: what both have is added up."""
    both = {name: first[name] + second[name] for name in first.keys() & second.keys()}
    return {**first, **second, **both}


def _sources(counts: dict[str, Any]) -> str:
    """What the events were made from."""
    sources = []
    if "calls" in counts:
        calls = counted(counts["calls"], "call")
        sources.append(f"{calls} in {counted(counts['conversations'], 'conversation')}")
    if "spans" in counts:
        spans = counted(counts["spans"], "span")
        sources.append(f"{counted(counts['genai_spans'], 'GenAI span')} ({spans} in total)")
    return " and ".join(sources)


@contextmanager
def _progress(files: list[Path]) -> Iterator[Callable[[int], None]]:
    """A progress bar by bytes read, if stderr is a terminal."""
    total = sum(path.stat().st_size for path in files if path.is_file())
    with bar_of_bytes("reading", total) as (bar, task):
        yield lambda done: bar.update(task, completed=done)

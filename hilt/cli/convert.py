"""``hilt convert``: a log as a table, as transcripts, as a database."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from hilt.cli.exporting import FILES, FORMATS, events_of, format_for
from hilt.cli.filtering import Logs, check_matches, log_of, print_skipped, with_filters
from hilt.cli.output import counted, errors
from hilt.core.exceptions import ConfigurationError, NoMatchError

if TYPE_CHECKING:
    from hilt.analysis.filters import Filters
    from hilt.analysis.log import Log

__all__ = ["convert"]

_PROGRESS_FROM_BYTES = 8 << 20
_SAMPLE_BYTES = 1 << 20
_NO_EXAMPLES = (
    "no call makes an example: one is a call that was rated as good, or corrected, in hilt view or "
    "with hilt.feedback(), and that has no pictures, sound or other files"
)


@with_filters
def convert(
    logs: Logs = None,
    *,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            help=f"The format: {', '.join(FORMATS)}. By default that of the output's ending.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to write. If none is given, stdout."),
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option(
            "--fields",
            help="The columns of csv, separated by commas; paths such as extensions.outcome are "
            "columns too. If none are given, the standard columns.",
        ),
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(
            "--validation",
            help="Of openai-finetune: the share of conversations, such as 0.1, whose examples are "
            "written to NAME.validation.jsonl.",
        ),
    ] = None,
    filters: Filters,
) -> None:
    """Write a log in another format: a table with one row per event, transcripts, a database.

    Chunks of streams are written if no filter is given, or with --chunks. markdown has each
    conversation that has a matching call, whole. html is the page of hilt report. parquet needs
    DuckDB: pip install "hilt[sql]". otlp has calls as spans of OpenTelemetry; perfetto is a
    timeline for ui.perfetto.dev. The output appears when it is complete.

    openai-finetune has the calls that people rated as good or corrected. Numbers are judged by the
    highest in the log: if that is 5, then 4 and 5 are good. -o NAME.jsonl also writes
    NAME.provenance.jsonl: a line for each example with its call, conversation, model and rating.
    """
    from hilt.io.read.convert import check_other_file

    name = format_for(to, output)
    if fields is not None and name != "csv":
        raise ConfigurationError(f"--fields: {name} has no columns to choose; csv has")
    log = log_of(logs, archives=True)
    for path in log.paths:
        check_other_file(path, output)
    if validation is not None:
        _check_validation(validation, name, output)
    if name == "openai-finetune" and output is not None:
        count = _write_sets(log, filters, output, validation)
    else:
        count = _write(name, log, filters, output, fields)
    if output is not None:
        errors.print(f"Wrote {counted(count, FORMATS[name].noun)} to {output}")


def _write(name: str, log: Log, filters: Filters, output: Path | None, fields: str | None) -> int:
    """Write the output, and return how much is in it; where nothing matches, none is left."""
    from hilt.io.read.convert import opened
    from hilt.io.whole_files import whole_file

    write, noun = FORMATS[name].write, FORMATS[name].noun
    if name in FILES:
        if output is None:
            raise ConfigurationError(f"--output: {name} needs a file: -o log.{name}")
        with whole_file(output) as path:
            count = FILES[name](log, filters, path)
            check_matches(count, filters, noun)
            return count
    with opened(output or _stdout()) as file:
        if write is not None:
            count = write(log, filters, file)
        else:
            count = _write_table(log, filters, file, fields)
        if name == "openai-finetune":
            _check_examples(count, filters)
        check_matches(count, filters, noun)
        return count


def _check_validation(share: float, name: str, output: Path | None) -> None:
    if name != "openai-finetune":
        raise ConfigurationError(f"--validation: {name} has no such set; openai-finetune has")
    if output is None:
        raise ConfigurationError("--validation: needs the name of a file: -o examples.jsonl")
    if not 0 < share < 1:
        raise ConfigurationError(f"--validation: {share} is not between 0 and 1, such as 0.1")


def _check_examples(count: int, filters: Filters) -> None:
    """Say what an example is where there is none.

    Raises:
        NoMatchError: If there is none.
    """
    check_matches(count, filters, FORMATS["openai-finetune"].noun)
    if count == 0:
        raise NoMatchError(_NO_EXAMPLES)


def _write_sets(log: Log, filters: Filters, output: Path, share: float | None) -> int:
    """Write examples for fine-tuning, and where each is from; a set without any gets no file.

    Returns:
        The number of examples for training.

    Raises:
        NoMatchError: If there are none.
    """
    from hilt.cli.exporting import write_examples
    from hilt.io.read.convert import check_other_file, opened

    stem = output.name.removesuffix(".jsonl")
    with ExitStack() as files:

        def beside(kind: str) -> TextIO:
            path = output.with_name(f"{stem}.{kind}.jsonl")
            for each in log.paths:
                check_other_file(each, path)
            return files.enter_context(opened(path))

        training = files.enter_context(opened(output))
        is_file = output.is_file() or not output.exists()
        provenance = beside("provenance") if is_file else None
        validation = beside("validation") if share is not None else training
        counts = write_examples(log, filters, training, validation, provenance, share or 0)
        _check_examples(sum(counts), filters)
        if counts.training == 0:
            all_of_them = counted(counts.validation, "example")
            raise NoMatchError(
                f"--validation: {share} takes all of it, {all_of_them}; give a smaller share"
            )
    if share is not None:
        path = output.with_name(f"{stem}.validation.jsonl")
        if counts.validation == 0:
            path.unlink(missing_ok=True)
            errors.print(f"No example is in {path}: this share of few conversations is none")
        else:
            errors.print(f"Wrote {counted(counts.validation, 'example')} to {path}")
    return counts.training


def _write_table(log: Log, filters: Filters, file: TextIO, fields: str | None) -> int:
    from hilt.io.read.convert import convert as write

    columns = [name.strip() for name in fields.split(",")] if fields is not None else None
    events = events_of(log, filters)
    with _progress(log.paths[0]) as progress:
        rows = write(events, file, columns=columns, progress=progress)
    print_skipped(events.skipped, events.errors)
    return rows


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

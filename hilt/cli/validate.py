"""``hilt validate``: whether the lines of a log are events, and fit together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.filtering import check_matches, log_of, with_filters
from hilt.cli.output import counted, default_log, errors, print_json, results
from hilt.core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from hilt.analysis.filters import Filters
    from hilt.io.read.validating import LogReport

__all__ = ["validate"]


@with_filters
def validate(
    logs: Annotated[
        list[Path] | None,
        typer.Argument(help="The logs. If none is given, HILT_FILEPATH or logs/hilt.jsonl."),
    ] = None,
    *,
    most: Annotated[
        int, typer.Option("--most", min=1, help="The number of findings to show for each log.")
    ] = 100,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each log.")
    ] = False,
    filters: Filters,
) -> None:
    """Check that every line of a log is a valid event and that no event ID is used twice.

    Rotated and compressed files of the log are checked too.

    The exit code is 1 if a line is invalid. Unanswered prompts are counted, but are not an error:
    the call may still be running, or its process may have been killed.

    With filters, the matching events are checked, and the lines that cannot be read.
    """
    from hilt.io.read.recognition import check_content
    from hilt.io.read.validating import check_log

    sound, lines = True, 0
    for log in logs or [default_log()]:
        check_content(log)
        report = check_log(log, most=most, fits=_fits(log, filters))
        sound, lines = sound and report.is_sound, lines + report.events + report.bad
        if as_json:
            print_json(report.to_dict())
        else:
            _show(report, log)
    check_matches(lines, filters, "event")
    if not sound:
        raise typer.Exit(1)


def _fits(log: Path, filters: Filters) -> Callable[[bytes], bool] | None:
    """Which lines are checked; None for all of them."""
    if filters.is_empty:
        return None
    from hilt.analysis.event_lines import event_line

    ids = _ids_of_calls(log, filters) if filters.needs_calls else None
    tests = filters.event_tests()

    def fits(line: bytes) -> bool:
        try:
            event = event_line(line)
        except ValueError:
            return True
        if ids is not None:
            return event.event_id in ids
        if event.action == b"completion_chunk" and not filters.wants_chunks:
            return False
        return all(test(event) for test in tests)

    return fits


def _ids_of_calls(log: Path, filters: Filters) -> set[bytes]:
    """The ids of the events of the calls that fit: no line alone says who asked, for one."""
    from hilt.io.read.parts import reads_once

    if reads_once(log):
        raise ConfigurationError(
            f"{log}: a filter on calls reads the log twice, so it needs a file"
        )
    opened = log_of([log])
    return {line.event_id for line in opened.event_lines(filters, opened.scan(filters))}


def _show(report: LogReport, log: Path) -> None:
    for finding in report.findings:
        results.print(str(finding))
    if len(report.findings) < report.bad:
        errors.print(f"{log}: {report.bad - len(report.findings):,} more")
    errors.print(
        f"{report.path}: {counted(report.events, 'event')}, "
        f"{counted(report.bad, 'invalid line')}, "
        f"{counted(report.unanswered, 'unanswered prompt')}"
    )

"""``hilt validate``: whether the lines of a log are events, and fit together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.output import counted, default_log, errors, print_json, results

if TYPE_CHECKING:
    from hilt.io.read.validating import LogReport

__all__ = ["validate"]


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
) -> None:
    """Check that every line of a log is a valid event and that no event ID is used twice.

    Rotated and compressed files of the log are checked too.

    The exit code is 1 if a line is invalid. Unanswered prompts are counted, but are not an error:
    the call may still be running, or its process may have been killed.
    """
    from hilt.io.read.recognition import check_content
    from hilt.io.read.validating import check_log

    sound = True
    for log in logs or [default_log()]:
        check_content(log)
        report = check_log(log, most=most)
        sound = sound and report.is_sound
        if as_json:
            print_json(report.to_dict())
        else:
            _show(report, log)
    if not sound:
        raise typer.Exit(1)


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

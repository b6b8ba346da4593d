"""``hilt validate``: whether the lines of a log are events, and fit together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hilt.cli.output import default_log, errors, print_json, results

__all__ = ["validate"]


def validate(
    logs: Annotated[
        list[Path] | None,
        typer.Argument(help="The logs; HILT_FILEPATH or logs/hilt.jsonl if none is given."),
    ] = None,
    *,
    most: Annotated[
        int, typer.Option("--most", min=1, help="How many findings to show of each log.")
    ] = 100,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each log.")
    ] = False,
) -> None:
    """Check logs: every line an event as the format says, every id once, every prompt answered.

    The exit code is 1 if a line is not an event, or an id is there twice. A prompt without an
    ending is the mark of a process that died, and only reported.
    """
    from hilt.io.read.validating import check_log

    sound = True
    for log in logs or [default_log()]:
        report = check_log(log, most=most)
        sound = sound and report.is_sound
        if as_json:
            print_json(report.to_dict())
            continue
        for finding in report.findings:
            results.print(f"{log}:{finding}", markup=False, highlight=False)
        if len(report.findings) < report.bad:
            errors.print(f"{log}: and {report.bad - len(report.findings)} more", markup=False)
        errors.print(str(report), markup=False, highlight=False, soft_wrap=True)
    if not sound:
        raise typer.Exit(1)

"""``hilt watch``: limits on what calls add up to."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.filtering import (
    check_matches,
    log_of,
    naming_option,
    print_skipped,
    with_filters,
)
from hilt.cli.interrupts import until_interrupted
from hilt.cli.output import counted, default_log, errors, print_json, printable, results
from hilt.core.exceptions import ConfigurationError, ReadError

if TYPE_CHECKING:
    from hilt.analysis.filters import Filters
    from hilt.analysis.limits import Excess, LimitSums

__all__ = ["watch"]


@with_filters
def watch(
    log: Annotated[
        Path | None,
        typer.Argument(help="The log. If none is given, HILT_FILEPATH or logs/hilt.jsonl."),
    ] = None,
    *,
    limits: Annotated[
        list[str],
        typer.Option(
            "--limit",
            help="Such as user=5/day, total=100/month, model:gpt-5*=1000calls/hour; may be given "
            "several times. By total, user, session, model or provider, in US dollars, calls, "
            "tokens or errors, an hour, day or month.",
        ),
    ],
    once: Annotated[
        bool, typer.Option("--once", help="Check what is in the log, and end.")
    ] = False,
    command: Annotated[
        str | None,
        typer.Option(
            "--run",
            help="Run this each time a limit is passed, and go on. The facts are in HILT_LIMIT, "
            "HILT_KEY, HILT_NAME, HILT_SUM, HILT_AMOUNT, HILT_MEASURE, HILT_PERIOD, HILT_CALL_ID "
            "and HILT_LOG. No shell is used.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
    filters: Filters,
) -> None:
    """Watch what calls add up to, and say when a limit is passed.

    The sums are of all processes that write to the log, from the beginning of the current hour, day
    or month, or as --since says. Without --run, the command ends with exit code 1 as soon as a
    limit is passed. Calls without a cost are in no sum of costs; how many, and why, is said as by
    hilt cost.

    Examples: hilt watch app.jsonl --limit user=5/day, hilt watch --limit total=100/month --once
    """
    from hilt.analysis.following import watch_limits
    from hilt.analysis.limits import LimitSums, parse_limit

    path = log or default_log()
    with naming_option("limit"):
        sums = LimitSums([parse_limit(limit) for limit in limits], utc=filters.utc)
    arguments = _arguments_of(command)
    _check_log(path, once=once)
    with until_interrupted() as stop:
        if not once:
            errors.print(f"Watching {path}")
        with closing(watch_limits(path, sums, filters, follow=not once, stop=stop)) as excesses:
            is_passed = _report(excesses, path, arguments, as_json=as_json, first_only=not once)
    if once and not sums.calls:
        _check_names(path, filters)
    _say_end(sums, once=once, is_passed=is_passed)
    if is_passed:
        raise typer.Exit(1)


def _report(
    excesses: Iterator[Excess],
    path: Path,
    arguments: list[str],
    *,
    as_json: bool,
    first_only: bool,
) -> bool:
    """Show each excess, and run the command; whether there was one."""
    is_passed = False
    for excess in excesses:
        is_passed = True
        if as_json:
            print_json(excess.to_dict())
        else:
            results.print(printable(str(excess)))
        if arguments:
            _run(arguments, _facts(excess, path))
        elif first_only:
            break
    return is_passed


def _say_end(sums: LimitSums, *, once: bool, is_passed: bool) -> None:
    if once and not is_passed:
        errors.print("No limit is passed.")
    for limit in sums.unmatched() if once else ():
        errors.print(f"{limit.text}: no call of this {limit.period} has this {limit.key}")
    print_skipped(sums.skipped, sums.errors)
    if any(limit.measure == "usd" for limit in sums.limits):
        for reason, count in sums.cost_unknown.most_common():
            errors.print(f"{counted(count, 'call')} without a cost: {printable(reason)}")


def _check_names(path: Path, filters: Filters) -> None:
    """Refuse a name that no call of the whole log has: most calls are of other periods."""
    from hilt.analysis.filters import filters_of
    from hilt.io.read.parts import reads_once

    named = filters_of(filters.names)
    if reads_once(path):
        return  # reading it here would leave nothing to watch
    if not named.is_empty and log_of([path]).calls(named).first() is None:
        check_matches(0, named)


def _check_log(path: Path, *, once: bool) -> None:
    """Refuse what is no log; one that is not there yet can be waited for."""
    if str(path) == "-":
        raise ReadError("-: standard input cannot be watched; name a log")
    if once or path.exists():
        log_of([path])
    else:
        errors.print(f"{path} does not exist yet; waiting for it")


def _arguments_of(command: str | None) -> list[str]:
    if command is None:
        return []
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise ConfigurationError(f"--run: {command!r} is not a command: {error}") from error
    if not arguments:
        raise ConfigurationError("--run: is empty; expected a program and its arguments")
    if shutil.which(arguments[0]) is None:
        raise ConfigurationError(f"--run: there is no program {arguments[0]!r}")
    return arguments


def _facts(excess: Excess, path: Path) -> dict[str, str]:
    """What the command is told, as environment variables."""
    facts = {
        "HILT_LIMIT": excess.limit.text,
        "HILT_KEY": excess.limit.key,
        "HILT_NAME": excess.name,
        "HILT_SUM": f"{excess.sum:.10g}",
        "HILT_AMOUNT": f"{excess.limit.amount:.10g}",
        "HILT_MEASURE": excess.limit.measure,
        "HILT_PERIOD": excess.period,
        "HILT_CALL_ID": excess.call_id,
        "HILT_LOG": str(path),
    }
    # A name comes from the log, and may have what no variable can have.
    return {
        name: value.replace("\0", "").encode(errors="replace").decode()
        for name, value in facts.items()
    }


def _run(arguments: list[str], facts: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 # the command is the user's, and no shell runs it
            arguments, env={**os.environ, **facts}, stdin=subprocess.DEVNULL, check=False
        )
    except OSError as error:
        errors.print(f"--run: {arguments[0]} cannot be run: {error.strerror or error}")
        return
    if done.returncode:
        errors.print(f"--run: {arguments[0]} ended with exit code {done.returncode}")

"""``hilt diff``: two logs, or two days of one, side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.figures import duration, percent, print_table
from hilt.cli.filtering import check_matches, log_of, print_skipped, with_filters
from hilt.cli.output import counted, default_log, dollars, errors, print_json, printable, results
from hilt.core.exceptions import ConfigurationError, NoMatchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hilt.analysis.calls import Call
    from hilt.analysis.comparing import Allowance, Comparison, Pair
    from hilt.analysis.filters import Filters

__all__ = ["diff"]

_TWO = 2


@with_filters
def diff(
    before: Annotated[
        Path | None,
        typer.Argument(help="The first log, or with --day or --commit the only one."),
    ] = None,
    after: Annotated[Path | None, typer.Argument(help="The second log.")] = None,
    *,
    days: Annotated[
        list[str] | None,
        typer.Option("--day", help="Compare two days of one log: --day yesterday --day today."),
    ] = None,
    commits: Annotated[
        list[str] | None,
        typer.Option(
            "--commit",
            help="Compare the calls of two git commits of the program, each named by a beginning: "
            "--commit 1a2b3c --commit 4d5e6f.",
        ),
    ] = None,
    fail_over: Annotated[
        str | None,
        typer.Option(
            "--fail-over",
            help="By how much figures may grow, such as cost=5%,p95=20%,errors=0: calls, errors, "
            "cost, p50, p95, p99, tokens_in, tokens_out. The exit code is 1 if one grew by more.",
        ),
    ] = None,
    most: Annotated[
        int, typer.Option("--most", "-n", min=0, help="How many changed calls to list.")
    ] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    filters: Filters,
) -> None:
    """Compare two logs, days or commits: cost, latency, errors, and what was answered.

    Calls that asked the same are compared with each other: words, tools and outcomes.

    Examples: hilt diff old.jsonl new.jsonl --fail-over cost=5%,errors=0, hilt diff app.jsonl --day
    yesterday --day today
    """
    from hilt.analysis.comparing import compare, parse_allowances

    allowances = parse_allowances(fail_over) if fail_over is not None else []
    sides = _sides(before, after, days, commits, filters)
    logs = {
        path: log_of([path], archives=True) for path, _ in sides
    }  # a pipe on both sides is read once
    first, second = (logs[path].calls(each) for path, each in sides)
    if commits:
        comparison = compare(_at_commit(first, commits[0]), _at_commit(second, commits[1]))
    else:
        comparison = compare(first, second)
    over = [each for each in allowances if each.is_exceeded(*comparison.figures()[each.figure])]
    if as_json:
        print_json({**comparison.to_dict(), "over": [str(each) for each in over]})
        check_matches(comparison.before.calls + comparison.after.calls, filters)
    else:
        for query in (first, second):
            print_skipped(query.skipped, query.errors)
        check_matches(comparison.before.calls + comparison.after.calls, filters)
        _show(comparison, most)
        for each in over:
            _show_excess(each, comparison)
    if over:
        raise typer.Exit(1)


def _at_commit(calls: Iterable[Call], commit: str) -> Iterator[Call]:
    """The calls of one commit of the program.

    Raises:
        NoMatchError: If there are none.
        ConfigurationError: If those of several commits begin so.
    """
    found: set[str] = set()
    for call in calls:
        if call.commit is not None and call.commit.startswith(commit):
            found.add(call.commit)
            yield call
    if not found:
        raise NoMatchError(f"--commit: no call has a commit that begins with {commit!r}")
    if len(found) > 1:
        raise ConfigurationError(f"--commit: {commit!r} could be any of {', '.join(sorted(found))}")


def _sides(
    before: Path | None,
    after: Path | None,
    days: list[str] | None,
    commits: list[str] | None,
    filters: Filters,
) -> list[tuple[Path, Filters]]:
    """What is compared: a log and the filters of its calls, twice."""
    for name, values in (("day", days), ("commit", commits)):
        if values and (len(values) != _TWO or after is not None):
            raise ConfigurationError(f"--{name}: give one log and --{name} A --{name} B")
    if days and commits:
        raise ConfigurationError("diff: give --day or --commit, not both")
    if days:
        from hilt.analysis.moments import parse_moment

        for day in days:
            try:
                parse_moment(day, utc=filters.utc)
            except ConfigurationError as error:
                raise ConfigurationError(f"--day: {error}") from None
        log = before or default_log()
        return [(log, replace(filters, since=day, until=day)) for day in days]
    if commits:
        return [(before or default_log(), filters)] * _TWO
    if before is None or after is None:
        raise ConfigurationError("diff: give two logs, or one log and two of --day or --commit")
    if Path("-") in (before, after) and before == after:
        raise ConfigurationError("-: standard input can be read once")
    return [(before, filters), (after, filters)]


def _show(comparison: Comparison, most: int) -> None:
    if not comparison.before.calls and not comparison.after.calls:
        errors.print("No calls.")
        return
    rows = [_row(name, *values) for name, values in comparison.figures().items()]
    print_table(("", "before", "after", "difference", "change"), rows)
    results.print(
        f"\n{counted(comparison.pairs, 'call')} in which the same was asked: {comparison.same:,} "
        f"answered alike, {comparison.changed_in('words'):,} in other words, "
        f"{comparison.changed_in('tools'):,} with other tools, "
        f"{comparison.changed_in('outcome'):,} with another outcome"
    )
    results.print(f"{comparison.only_before:,} only before, {comparison.only_after:,} only after")
    if comparison.without_text:
        results.print(
            f"{counted(comparison.without_text, 'call')} not compared: the log has no text of them"
        )
    _show_not_clean("Before", comparison.not_clean_before, comparison.before.calls)
    _show_not_clean("After", comparison.not_clean_after, comparison.after.calls)
    changed = sorted(comparison.changed, key=lambda pair: pair.same_words)[:most]
    if changed:
        results.print()
        print_table(
            ("asked", "same words", "cost", "latency", "outcome", "tools", "before", "after"),
            [_pair_row(pair) for pair in changed],
        )


def _show_not_clean(side: str, count: int, calls: int) -> None:
    """Say that a side is not what its commits have."""
    if count:
        results.print(
            f"{side}: {count:,} of {counted(calls, 'call')} by a program whose files were not as "
            "its git commit has them"
        )


def _row(name: str, before: float, after: float) -> list[str]:
    difference = after - before
    sign = "-" if difference < 0 else "+" if difference > 0 else ""
    share = f"{difference / before:+.1%}" if before and difference else ""
    shown = f"{sign}{_shown(name, abs(difference))}"
    return [name, _shown(name, before), _shown(name, after), shown, share]


def _shown(name: str, value: float) -> str:
    if name == "cost":
        return dollars(value)
    return duration(value) if name in ("p50", "p95", "p99") else f"{value:,.0f}"


def _pair_row(pair: Pair) -> list[str]:
    first, second = pair.before, pair.after
    outcomes, tools = (first.outcome, second.outcome), (first.tools, second.tools)
    names = tuple("+".join(each) or "none" for each in tools)
    return [
        printable(first.asked),
        percent(pair.same_words),
        _change("cost", first.cost_usd, second.cost_usd),
        _change("p50", first.latency_ms, second.latency_ms),
        "" if outcomes[0] == outcomes[1] else " > ".join(outcomes),
        "" if tools[0] == tools[1] else " > ".join(names),
        first.id,
        second.id,
    ]


def _change(name: str, before: float | None, after: float | None) -> str:
    return "" if before is None or after is None else _row(name, before, after)[3]


def _show_excess(allowance: Allowance, comparison: Comparison) -> None:
    before, after = comparison.figures()[allowance.figure]
    name = allowance.figure
    results.print(
        f"{name} grew from {_shown(name, before)} to {_shown(name, after)}, more than {allowance}"
    )

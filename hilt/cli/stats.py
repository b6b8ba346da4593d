"""``hilt stats``: what calls add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.engines import EngineName, Master, statistics_of
from hilt.cli.figures import (
    bar,
    compact,
    duration,
    percent,
    print_table,
    print_zone_of,
    sparkline,
)  # fmt: skip
from hilt.cli.filtering import Logs, check_matches, print_skipped, with_filters
from hilt.cli.output import counted, dollars, errors, print_json, results

if TYPE_CHECKING:
    from hilt.analysis.filters import Filters
    from hilt.analysis.statistics import Group, Statistics

__all__ = ["MOST_GROUPS", "Most", "keys_of", "print_left_out", "stats"]

MOST_GROUPS = 1000
"""How many rows a table has by default."""

Most = Annotated[
    int, typer.Option("--most", "-n", min=1, help="How many groups a table has; --json has all.")
]
"""The option ``--most``."""

_HEADER = (
    "calls", "cost", "failed", "p50", "p95", "p99", "in", "out", "cached", "first chunk",
    "tokens/s",
    "",
)  # fmt: skip


@with_filters
def stats(
    logs: Logs = None,
    *,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="The keys, separated by commas: model, month, day, hour, provider, user, session, "
            "tool, outcome, error, operation, agent, node, service, version, environment.",
        ),
    ] = "model",
    most: Most = MOST_GROUPS,
    engine: EngineName = None,
    master: Master = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    filters: Filters,
) -> None:
    """Count calls, tokens, cost and errors, and show how long calls took.

    Latencies are those of the calls that were answered: half of them took p50 or less, 95 % of
    them p95 or less, 99 % of them p99 or less.

    By tool, a row has how often the tool was called, and the calls of models that called it; one
    that calls several tools is in the row of each, and once in the total.
    """
    statistics = statistics_of(logs, keys_of(by), filters, engine, master)
    if as_json:
        print_json(
            {
                "total": statistics.total.to_dict(),
                "by": statistics.keys,
                "groups": statistics.to_dicts(),
                "skipped": statistics.skipped,
            }
        )
        check_matches(statistics.total.calls, filters)
        return
    print_skipped(statistics.skipped, statistics.errors)
    check_matches(statistics.total.calls, filters)
    _show(statistics, most, utc=filters.utc)


def keys_of(by: str) -> list[str]:
    """The keys of ``--by``."""
    return [key.strip() for key in by.split(",")]


def print_left_out(statistics: Statistics, most: int, which: str) -> None:
    """Say how many groups a table does not have.

    Args:
        statistics: All groups.
        most: How many the table may have.
        which: What it has.
    """
    count = len(statistics.groups)
    if count > most:
        errors.print(f"{most:,} of {count:,} groups: {which}; -n {count} or --json gives all")


def _show(statistics: Statistics, most: int, *, utc: bool) -> None:
    total = statistics.total
    if not total.calls:
        errors.print("No calls.")
        return
    if statistics.keys:
        highest = max(group.cost_usd for group in statistics.groups.values()) or 1
        by_tool = "tool" in statistics.keys
        rows = [
            [
                *values,
                *([f"{group.uses:,}"] if by_tool else ()),
                *_cells(group),
                bar(group.cost_usd / highest),
            ]
            for values, group in statistics.largest(most).items()
        ]
        header = (*statistics.keys, *(("uses",) if by_tool else ()), *_HEADER)
        print_table(header, rows, len(statistics.keys))
        results.print()
    results.print(
        f"{counted(total.calls, 'call')}, {total.failed:,} failed ({percent(total.error_rate)}), "
        f"{compact(total.tokens_in)} tokens in ({percent(total.cached_share)} cached), "
        f"{compact(total.tokens_out)} out, {dollars(total.cost_usd)}"
    )
    line = sparkline([group.cost_usd for group in statistics.groups.values()])
    if statistics.keys in (("month",), ("day",), ("hour",)) and line:
        results.print(f"Cost by {statistics.keys[0]}: {line}")
    is_of_times = not {*statistics.keys} - {"month", "day", "hour"}
    print_left_out(statistics, most, "the newest" if is_of_times else "those with the most calls")
    print_zone_of(statistics.keys, utc=utc)


def _cells(group: Group) -> list[str]:
    rate = group.tokens_per_second
    return [
        f"{group.calls:,}",
        dollars(group.cost_usd),
        percent(group.error_rate),
        *(duration(group.latency_ms(share)) for share in (0.5, 0.95, 0.99)),
        compact(group.tokens_in),
        compact(group.tokens_out),
        percent(group.cached_share),
        duration(group.first_chunk_ms(0.5)),
        "" if rate is None else f"{rate:.0f}",
    ]

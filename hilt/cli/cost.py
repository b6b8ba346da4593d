"""``hilt cost``: what calls cost, and which have no price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.engines import EngineName, Master, statistics_of
from hilt.cli.figures import bar, compact, percent, print_table, print_zone_of
from hilt.cli.filtering import Logs, check_matches, print_skipped, with_filters
from hilt.cli.output import counted, dollars, errors, print_json, printable, results
from hilt.cli.stats import MOST_GROUPS, Most, keys_of, print_left_out

if TYPE_CHECKING:
    from hilt.analysis.filters import Filters
    from hilt.analysis.statistics import Statistics

__all__ = ["cost"]


@with_filters
def cost(
    logs: Logs = None,
    *,
    by: Annotated[
        str, typer.Option("--by", help="The keys, separated by commas, as those of hilt stats.")
    ] = "model",
    most: Most = MOST_GROUPS,
    engine: EngineName = None,
    master: Master = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    filters: Filters,
) -> None:
    """Show what calls cost, the most expensive first, and how many have no price and why."""
    statistics = statistics_of(logs, keys_of(by), filters, engine, master)
    if as_json:
        print_json(_to_dict(statistics))
        check_matches(statistics.total.calls, filters)
        return
    print_skipped(statistics.skipped, statistics.errors)
    check_matches(statistics.total.calls, filters)
    _show(statistics, most)
    print_zone_of(statistics.keys, utc=filters.utc)


def _to_dict(statistics: Statistics) -> dict[str, object]:
    names = ("calls", "tokens_in", "tokens_out", "tokens_cached", "cost_usd", "cost_unknown")
    rows = [
        {name: row[name] for name in (*statistics.keys, *names)} for row in statistics.to_dicts()
    ]
    total = statistics.total.to_dict()
    return {
        "cost_usd": total["cost_usd"],
        "cost_unknown": total["cost_unknown"],
        "calls": total["calls"],
        "by": statistics.keys,
        "groups": rows,
        "skipped": statistics.skipped,
    }


def _show(statistics: Statistics, most: int) -> None:
    total = statistics.total
    if not total.calls:
        errors.print("No calls.")
        return
    groups = sorted(statistics.groups.items(), key=lambda each: -each[1].cost_usd)
    whole = total.cost_usd or 1
    rows = [
        [
            *values,
            dollars(group.cost_usd),
            percent(group.cost_usd / whole),
            f"{group.calls:,}",
            compact(group.tokens_in),
            compact(group.tokens_out),
            bar(group.cost_usd / whole, 20),
        ]
        for values, group in groups[:most]
    ]
    header = (*statistics.keys, "cost", "share", "calls", "in", "out", "")
    print_table(header, rows, len(statistics.keys))
    results.print(f"\n{counted(total.calls, 'call')}, {dollars(total.cost_usd)}")
    print_left_out(statistics, most, "the most expensive")
    for reason, count in total.cost_unknown.most_common():
        results.print(f"{counted(count, 'call')} without a cost: {printable(reason)}")

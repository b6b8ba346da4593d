"""``hilt reprice``: what a log would cost at other prices."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.figures import print_table
from hilt.cli.filtering import Logs, check_matches, log_of, print_skipped, with_filters
from hilt.cli.output import counted, dollars, errors, print_json, printable, results
from hilt.core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections import Counter
    from datetime import datetime

    from hilt.analysis.filters import Filters
    from hilt.analysis.log import Log
    from hilt.analysis.repricing import ModelChange, NewCost, PriceChanges, Repricer

__all__ = ["reprice"]


@with_filters
def reprice(
    logs: Logs = None,
    *,
    prices: Annotated[
        Path | None,
        typer.Option("--prices", help="A TOML file with prices. If none is given, HILT_PRICES."),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="The day or time whose prices hold, such as 2026-06-01 or now. If none is given, "
            "the time of each call.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write a new log with the new costs.")
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Change the costs in the log itself.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    filters: Filters,
) -> None:
    """Compute costs again: with other prices, at another date, with a newer price table.

    Prints what calls cost then and now. The log stays as it is: -o writes a new one, --in-place
    changes it, also while programs write to it. With filters, other calls keep their cost.

    Examples: hilt reprice app.jsonl --prices prices.toml, hilt reprice --as-of now -o new.jsonl
    """
    from hilt.analysis.repricing import PriceChanges, Repricer
    from hilt.providers._hosts import is_price_assumed
    from hilt.providers.logged_usage import usage_of_log

    log = log_of(logs)
    _check_destination(log, output, in_place=in_place)
    with _prices_of(prices):
        repricer = Repricer(usage_of_log, is_price_assumed, _moment(as_of, filters))
        calls, matches = log.calls(filters), 0
        ids: set[str] | None = None if filters.is_empty else set()
        changes = PriceChanges()
        for matches, call in enumerate(calls, 1):  # noqa: B007 # the last counts
            cost = repricer.cost_of(call.ending) if call.ending is not None else None
            if cost is not None:
                changes.add(cost)
                if ids is not None:
                    ids.add(call.id)
        if as_json:
            print_json({**changes.to_dict(), "skipped": calls.skipped})
        else:
            if matches or not filters.names:
                _show(changes)
            print_skipped(calls.skipped, calls.errors)
        check_matches(matches, filters)
        if output is not None:
            _write(log, output, repricer, ids)
        elif in_place:
            _change(log.paths[0], repricer, ids)


def _check_destination(log: Log, output: Path | None, *, in_place: bool) -> None:
    from hilt.io.read.convert import check_other_file
    from hilt.io.read.parts import reads_once

    if output is not None and in_place:
        raise ConfigurationError("--in-place: changes the log itself; -o writes another one")
    once = next(filter(reads_once, log.paths), None)
    if in_place and once:
        raise ConfigurationError(f"--in-place: {once} can be read once; give a file")
    if in_place and len(log.paths) > 1:
        raise ConfigurationError("--in-place: give one log at a time")
    log.keep()
    for path, _ in log.parts() if output is not None else ():
        check_other_file(path, output)


@contextlib.contextmanager
def _prices_of(path: Path | None) -> Iterator[None]:
    """Prices of a file for a while; those of ``HILT_PRICES`` without one."""
    from hilt.pricing.cost import check_price_file, use_prices
    from hilt.pricing.price_file import load_price_file

    if path is not None:
        use_prices(load_price_file(path))
    else:
        check_price_file()
    try:
        yield
    finally:
        use_prices(None)


def _moment(as_of: str | None, filters: Filters) -> datetime | None:
    from hilt.analysis.moments import parse_moment

    if as_of is None:
        return None
    try:
        return parse_moment(as_of, utc=filters.utc)
    except ConfigurationError as error:
        raise ConfigurationError(f"--as-of: {error}") from None


# -- writing ------------------------------------------------------------------------------------


def _new_line(line: bytes, repricer: Repricer, ids: set[str] | None) -> bytes:
    """A line with its new cost; the same bytes if nothing about its cost is different."""
    from hilt.analysis.repricing import with_cost
    from hilt.core.decoding import decode_event
    from hilt.core.exceptions import EventError
    from hilt.io.read.lines import stripped

    if not (b'"usage"' in line or b'"tokens"' in line or b'"cost_' in line):
        return line
    try:
        event = decode_event(stripped(line))
    except EventError:
        return line
    cost = repricer.cost_of(event)
    if cost is None or cost.kept is not None or (ids is not None and event.event_id not in ids):
        return line
    if not _is_new(cost, (event.provenance or {}).get("price_version")):
        return line
    return with_cost(event, cost, repricer.as_of).encode()


def _is_new(cost: NewCost, version: object) -> bool:
    return cost.differs or (cost.usd is not None and cost.price_version != version)


def _write(log: Log, output: Path, repricer: Repricer, ids: set[str] | None) -> None:
    from hilt.io.read.lines import line_blocks
    from hilt.io.whole_files import whole_file

    changed = long = 0
    with whole_file(output) as path, path.open("wb") as file:
        for block in (block for _, part in log.parts() for block in line_blocks(part)):
            if isinstance(block, int):
                long += 1
                continue
            for line in filter(None, block.split(b"\n")):
                new = _new_line(line, repricer, ids)
                changed += new != line
                file.write(new + b"\n")
    errors.print(f"Wrote {output}, in which {counted(changed, 'event')} changed")
    if long:
        errors.print(f"{counted(long, 'line')} of more than 100 MB left out")


def _change(log: Path, repricer: Repricer, ids: set[str] | None) -> None:
    from hilt.privacy.tools.places import LogPlace, change_with_receipt
    from hilt.privacy.tools.receipts import Receipt

    receipt = Receipt(
        "reprice", None, lambda change: {"changed": change.changed}, session_id="conv_reprice"
    )
    change = change_with_receipt(
        LogPlace(log), lambda line: _new_line(line, repricer, ids), receipt
    )
    errors.print(f"Changed {counted(change.changed, 'event')} of {log}")


# -- showing ------------------------------------------------------------------------------------


def _show(changes: PriceChanges) -> None:
    total = changes.total
    if not total.calls:
        errors.print("No calls with a cost or a usage.")
        return
    models = sorted(changes.models.items(), key=lambda each: -abs(each[1].difference))
    rows = [[name, *_cells(change)] for name, change in models]
    print_table(("model", "difference", "now", "then", "calls", "change"), rows)
    results.print(
        f"\n{counted(total.calls, 'call')}, {dollars(total.then_usd)} then, "
        f"{dollars(total.usd)} now ({_signed(total.difference)})"
    )
    if changes.priced.calls:
        results.print(
            f"{counted(changes.priced.calls, 'call')} had no price, "
            f"and cost {dollars(changes.priced.usd)} now"
        )
    _show_reasons(changes.unpriced, "had a price, and {} none now")
    _show_reasons(changes.unknown, "without a cost, then and now", verb=False)
    _show_reasons(changes.kept, "{} their cost", keep=True)
    if changes.assumed:
        results.print(
            f"{counted(changes.assumed, 'call')} at the list price of the API's provider, because "
            "nobody knows who sells the model at the host"
        )


def _show_reasons(
    reasons: Counter[str], text: str, *, verb: bool = True, keep: bool = False
) -> None:
    for reason, count in reasons.most_common():
        form = ("keeps" if count == 1 else "keep") if keep else ("has" if count == 1 else "have")
        said = text.format(form) if verb else text
        if keep and count == 1:
            said = said.replace("their", "its")
        results.print(f"{counted(count, 'call')} {said}: {printable(reason)}")


def _cells(change: ModelChange) -> list[str]:
    share = f"{change.difference / change.then_usd:+.1%}" if change.then_usd else ""
    share = "" if share in ("+0.0%", "-0.0%") else share
    return [
        _signed(change.difference),
        dollars(change.usd),
        dollars(change.then_usd),
        f"{change.calls:,}",
        share,
    ]


def _signed(difference: float) -> str:
    if abs(difference) < 5e-7:  # noqa: PLR2004 # the last decimal of a cost
        return "$0.00"
    return f"{'-' if difference < 0 else '+'}{dollars(abs(difference))}"

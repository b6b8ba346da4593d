"""``hilt tail``: the last calls of a log, or its events, and those that follow."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.call_lines import CallPrinter
from hilt.cli.figures import zone_name
from hilt.cli.filtering import check_matches, log_of, print_sealed, print_skipped, with_filters
from hilt.cli.interrupts import Interrupt, until_interrupted
from hilt.cli.output import counted, default_log, errors, event_line, print_json, results
from hilt.core.exceptions import ConfigurationError
from hilt.core.ids_and_times import now

if TYPE_CHECKING:
    from hilt.analysis.calls import Call
    from hilt.analysis.filters import Filters
    from hilt.analysis.log import Log
    from hilt.core.event import Event
    from hilt.io.read.following import LogFollower

__all__ = ["tail"]

_AWAITED = 100
"""How many of the last calls may still be in progress, and be shown when they end."""


@with_filters
def tail(
    log: Annotated[
        Path | None,
        typer.Argument(help="The log. If none is given, HILT_FILEPATH or logs/hilt.jsonl."),
    ] = None,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Keep running, and show what is added.")
    ] = False,
    count: Annotated[
        int, typer.Option("--lines", "-n", min=0, help="The number of calls to show first.")
    ] = 20,
    events: Annotated[
        bool, typer.Option("--events", help="Show each event instead of one line per call.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
    filters: Filters,
) -> None:
    """Show the last calls of a log and, with -f, new ones as they end.

    The first column is the time, the second the conversation: hilt show takes it.
    """
    if follow and filters.last and filters.last < now():
        raise ConfigurationError(
            f"--until: {filters.until!r} is over, and --follow waits for more; leave one out"
        )
    from hilt.io.read.parts import has_parts

    path = log or default_log()
    if follow and str(path) == "-":
        raise ConfigurationError("--follow: standard input cannot be followed; name a log")
    exists = has_parts(path) or not follow
    if not exists:
        errors.print(f"{path} does not exist yet; waiting for it")
    show = _tail_events if events else _tail_calls
    with until_interrupted() as stop:
        show(path, count, filters, stop if follow else None, exists=exists, as_json=as_json)


def _tail_calls(
    path: Path, count: int, filters: Filters, stop: Interrupt | None, *, exists: bool, as_json: bool
) -> None:
    """Show the last calls, and go on until interrupted if there is a ``stop``."""
    from hilt.analysis.following import new_calls
    from hilt.io.read.following import LogFollower

    printer = CallPrinter(utc=filters.utc)
    show: Callable[[Call], None] = _print_call_json if as_json else printer.print
    follower = LogFollower(path, from_end=True) if stop is not None else None
    calls: list[Call] = []
    if exists:
        log = log_of([path], archives=stop is None)
        awaited = _AWAITED if follower is not None and count else 0
        calls, scan = log.last_calls(max(count, awaited), filters)
        if stop is None:
            check_matches(len(calls) if count else 1, filters)
        if not as_json:
            errors.print(f"Times are {zone_name(utc=filters.utc)}." if calls else "No calls.")
            print_sealed(scan.sealed)
        print_skipped(scan.skipped, scan.numbered_errors() if scan.skipped else [])
    for call in calls[-count:] if count else ():
        show(call)
    if follower is not None:
        for call in new_calls(follower, filters, calls, stop):
            show(call)


def _tail_events(
    path: Path, count: int, filters: Filters, stop: Interrupt | None, *, exists: bool, as_json: bool
) -> None:
    """Show the last events, and go on until interrupted if there is a ``stop``."""
    from hilt.analysis.event_lines import event_line as line_of
    from hilt.io.read.following import LogFollower

    show = _print_event_json if as_json else _print_event
    tests = filters.event_tests()

    def matches(event: Event) -> bool:
        if event.action == "completion_chunk" and not filters.wants_chunks:
            return False
        line = line_of(event.encode())
        return all(test(line) for test in tests)

    follower = LogFollower(path, from_end=True) if stop is not None else None
    before = follower.position if follower is not None and follower.is_current() else None
    shown = set()
    if exists:
        log = log_of([path], archives=stop is None)
        events, skipped = _last_events(log, count, filters, matches, before)
        for event in events:
            show(event)
            shown.add(event.event_id)
        if skipped:
            errors.print(f"{counted(len(skipped), 'line')} skipped: {skipped[-1]}")
        if stop is None:
            check_matches(len(events) if count else 1, filters, "event")
    if follower is not None:
        for event in _new_events(follower, filters, matches, stop):
            if event.event_id not in shown:
                show(event)


def _last_events(
    log: Log, count: int, filters: Filters, matches: Callable[[Event], bool], before: int | None
) -> tuple[list[Event], list[str]]:
    """The last events that match, and what is wrong with the lines that were skipped."""
    from hilt.io.jsonl.rotation import rotated_files
    from hilt.io.read.newest import last_events
    from hilt.io.read.parts import reads_once

    (path,) = log.paths
    events: list[Event] = []
    skipped: list[str] = []
    is_whole = filters.needs_calls or bool(log.archives) or reads_once(path)
    if not is_whole and (path.exists() or filters.is_empty):
        events = last_events(
            path,
            count,
            matches,
            before=before,
            passed_over=skipped,
            include_rotated=filters.is_empty,
        )
    # Few events of rotated files may match: to read all of them forwards is faster.
    if is_whole or (len(events) < count and not filters.is_empty and rotated_files(path)):
        every = log.events(filters)
        events = list(deque(every, maxlen=count))
        skipped = [line.message for line in every.errors]
    return events, skipped


def _new_events(
    follower: LogFollower,
    filters: Filters,
    matches: Callable[[Event], bool],
    stop: Interrupt | None,
) -> Iterator[Event]:
    """The events that match, as they are written, or all those of each call that does."""
    from hilt.analysis.following import new_calls

    if filters.needs_calls:
        for call in new_calls(follower, filters, (), stop):
            yield from call.events()
    else:
        yield from filter(matches, follower.events(stop=stop))


def _print_call_json(call: Call) -> None:
    print_json(call.to_dict())


def _print_event_json(event: Event) -> None:
    sys.stdout.write(event.to_json() + "\n")
    sys.stdout.flush()


def _print_event(event: Event) -> None:
    results.print(event_line(event, results.width if results.is_terminal else None))

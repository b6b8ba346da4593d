"""``hilt show``: a call or a conversation as a transcript."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hilt.cli.figures import zone_name
from hilt.cli.filtering import check_matches, log_of, print_sealed, with_filters
from hilt.cli.output import counted, dollars, errors, print_json, printable, results
from hilt.cli.transcripts import Turn, lines_of, markdown_of, turn_of_step, turns_of
from hilt.core.exceptions import ConfigurationError, NoMatchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hilt.analysis.calls import Call
    from hilt.analysis.filters import Filters
    from hilt.core.event import Event

__all__ = ["show"]

_SHORT = 2000
_STYLES = {"user": "bold cyan", "assistant": "bold green", "tool": "magenta", "error": "bold red",
           "system": "dim", "feedback": "yellow"}  # fmt: skip


@with_filters
def show(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="ID", help="A conversation, call or event: any unique beginning of its ID."
        ),
    ] = None,
    logs: Annotated[
        list[Path] | None,
        typer.Argument(help="The logs. If none is given, HILT_FILEPATH or logs/hilt.jsonl."),
    ] = None,
    *,
    last: Annotated[
        bool, typer.Option("--last", "-l", help="The newest conversation; ID is then a log.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="The exact messages that each call sent.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    for_model: Annotated[
        bool, typer.Option("--for-model", help="Print short plain text, to paste into a model.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each conversation.")
    ] = False,
    filters: Filters,
) -> None:
    """Show a conversation or a call: who said what, tools, costs and times.

    With filters, --last shows the newest conversation that has a matching call; of a conversation
    that is named, the matching calls are shown. Where several conversations have the same ID, as
    of processes that were asked the same first, all of them are shown.
    """
    if as_json + markdown + for_model > 1:
        raise ConfigurationError("show: give one of --json, --markdown and --for-model")
    utc = filters.utc
    for number, (title, calls, steps) in enumerate(_chosen(name, logs or [], filters, last=last)):
        if as_json:
            shown = [_to_dict(call, full=full) for call in calls]
            others = [step.to_dict() for step in steps]
            print_json({"title": title, "calls": shown, "other_events": others})
            continue
        if number:
            results.print()
        turns = list(_in_order(calls, steps, full=full, utc=utc))
        if for_model:
            _print_short(turns)
        elif markdown:
            _print_markdown(title, turns)
        else:
            _print(title, calls, turns)
    if not (as_json or markdown or for_model):
        errors.print(f"Times are {zone_name(utc=utc)}.")


def _chosen(
    name: str | None, logs: list[Path], filters: Filters, *, last: bool
) -> list[tuple[str, list[Call], list[Event]]]:
    """The calls to show, what they are, and what a framework did around them.

    Raises:
        ConfigurationError: If there is nothing of that name.
        NoMatchError: If nothing fits the filters.
    """
    from hilt.analysis.calls import Call
    from hilt.analysis.conversations import Conversation
    from hilt.analysis.log import whole_events

    if last:
        return [_newest(name, logs, filters)]
    if name is None:
        raise ConfigurationError("show: give an ID, or --last for the newest conversation")
    if Path(name).is_file() and not any(log.exists() for log in logs):
        raise ConfigurationError(
            f"show: {name!r} is a file; give an ID before it, or --last for the newest conversation"
        )
    log = log_of(logs, archives=True)
    thing = log.find(name)
    tests = filters.call_tests()
    if isinstance(thing, Conversation):
        if not (thing.calls or tests):
            return [(f"Conversation {thing.id}", [], [*whole_events(thing.other_lines)])]
        shown = [
            (f"Conversation {thing.id}", calls, log.steps_of(calls))
            for each in log.conversations_with(thing.id)
            if (calls := [call for call in each.calls if all(test(call) for test in tests)])
        ]
        _check_some(shown, thing.id, filters)
        return shown
    if isinstance(thing, Call):
        calls = [thing] if all(test(thing) for test in tests) else []
        _check_some(calls, thing.id, filters)
        return [(f"Call {thing.id} of {thing.session_id}", calls, [])]
    print_json(thing.to_dict())
    raise typer.Exit


def _newest(
    name: str | None, logs: list[Path], filters: Filters
) -> tuple[str, list[Call], list[Event]]:
    """The conversation of the newest call that fits."""
    if name and logs and not Path(name).exists():
        raise ConfigurationError(f"show: give an ID, {name!r}, or --last, not both")
    log = log_of([Path(name), *logs] if name else logs, archives=True)
    calls, scan = log.last_calls(1, filters)
    print_sealed(scan.sealed)
    check_matches(len(calls), filters)
    if not calls:
        raise ConfigurationError("show: there are no calls in the log")
    with_it = [
        each
        for each in log.conversations_with(calls[0].session_id)
        if any(call.id == calls[0].id for call in each.calls)
    ]
    if with_it:
        calls = list(with_it[0].calls)
    return f"Conversation {calls[0].session_id}", calls, log.steps_of(calls)


def _check_some(shown: Sequence[object], name: str, filters: Filters) -> None:
    if not shown:
        check_matches(0, filters, f"call of {name}")
        raise NoMatchError(f"no call of {name} matches the filters")


def _in_order(calls: list[Call], steps: list[Event], *, full: bool, utc: bool) -> Iterator[Turn]:
    """The turns of calls, and of steps where they ended."""
    waiting = sorted(steps, key=lambda step: step.timestamp)
    for call in calls:
        while waiting and waiting[0].timestamp < call.started:
            yield turn_of_step(waiting.pop(0), utc=utc)
        yield from turns_of(call, full=full, utc=utc)
    yield from (turn_of_step(step, utc=utc) for step in waiting)


def _to_dict(call: Call, *, full: bool) -> dict[str, Any]:
    events = [event.to_dict() for event in call.events()]
    messages = {"input": call.input()} if full else {}
    return {**call.to_dict(), "events": events, **messages}


def _print(title: str, calls: list[Call], turns: list[Turn]) -> None:
    cost = sum(call.cost_usd or 0 for call in calls)
    results.print(
        f"{printable(title)}: {counted(len(calls), 'call')}, {dollars(cost)}", style="bold"
    )
    for turn in turns:
        results.print()
        results.print(printable(turn.who), style=_STYLES.get(turn.role, "bold"), end="")
        results.print(f"  {printable(turn.figures)}" if turn.figures else "", style="dim")
        if turn.text:  # an answer may be nothing but a tool call
            results.print(lines_of(turn.text), soft_wrap=False, overflow="fold")


def _print_markdown(title: str, turns: list[Turn]) -> None:
    for piece in markdown_of(title, turns):
        results.print(piece, end="")


def _print_short(turns: list[Turn]) -> None:
    for turn in turns:
        text = lines_of(turn.text)
        cut = f"{text[:_SHORT]} [{len(text) - _SHORT:,} more]" if len(text) > _SHORT else text
        results.print(f"{turn.role} {printable(turn.who)}: {cut}")

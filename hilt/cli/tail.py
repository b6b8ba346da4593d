"""``hilt tail``: the last events of a log, and those that follow."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.output import default_log, errors, event_line, is_error_status, results
from hilt.core.event import ACTIONS
from hilt.core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from hilt.core.event import Event

__all__ = ["tail"]


def tail(
    log: Annotated[
        Path | None,
        typer.Argument(help="The log. If none is given, HILT_FILEPATH or logs/hilt.jsonl."),
    ] = None,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Keep showing events as they are added.")
    ] = False,
    count: Annotated[
        int, typer.Option("--lines", "-n", min=0, help="The number of events to show first.")
    ] = 20,
    action: Annotated[
        list[str] | None,
        typer.Option("--action", "-a", help="Show only this action. Can be repeated."),
    ] = None,
    session: Annotated[
        list[str] | None,
        typer.Option("--session", "-s", help="Show only this conversation. Can be repeated."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", help="Show only this model. Can be repeated."),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--errors", "-e", help="Show only calls that failed.")
    ] = False,
    chunks: Annotated[
        bool, typer.Option("--chunks", help="Also show the chunks of streams.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the events as JSON lines.")
    ] = False,
) -> None:
    """Show the last events of a log and, with -f, new events as they are added."""
    from hilt.io.read.following import follow_events
    from hilt.io.read.newest import end_of, last_events

    path = log or default_log()
    matches = _event_filter(action or [], session or [], model or [], failed=failed, chunks=chunks)
    show = _print_event_json if as_json else _print_event
    end = end_of(path) if follow else None
    if path.exists() or not follow:
        for event in last_events(path, count, matches, before=end):
            show(event)
    else:
        errors.print(f"{path} does not exist yet; waiting for it")
    if follow:
        with contextlib.suppress(KeyboardInterrupt):
            for event in filter(matches, follow_events(path, start=end)):
                show(event)


def _event_filter(
    actions: list[str], sessions: list[str], models: list[str], *, failed: bool, chunks: bool
) -> Callable[[Event], bool]:
    for name in actions:
        if name not in ACTIONS:
            raise ConfigurationError(
                f"--action: no action {name!r}; expected one of {', '.join(ACTIONS)}"
            )

    def matches(event: Event) -> bool:
        if actions:
            if event.action not in actions:
                return False
        elif event.action == "completion_chunk" and not chunks:
            return False
        if sessions and event.session_id not in sessions:
            return False
        if models and models_of(event).isdisjoint(models):
            return False
        return not failed or has_failed(event)

    return matches


def models_of(event: Event) -> set[str]:
    """The models that an event names: the one that was requested, and the one that answered."""
    extensions, provenance = event.extensions or {}, event.provenance or {}
    names = (
        extensions.get("model"),
        provenance.get("request_model"),
        provenance.get("response_model"),
    )
    return {name for name in names if isinstance(name, str)}


def has_failed(event: Event) -> bool:
    """Whether an event reports an error."""
    extensions = event.extensions or {}
    return bool(extensions.get("error_code")) or is_error_status(extensions.get("status_code"))


def _print_event_json(event: Event) -> None:
    sys.stdout.write(event.to_json() + "\n")
    sys.stdout.flush()


def _print_event(event: Event) -> None:
    results.print(event_line(event, results.width if results.is_terminal else None))

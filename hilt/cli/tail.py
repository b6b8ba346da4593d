"""``hilt tail``: the last events of a log, and those that follow."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.output import default_log, errors, event_line, results
from hilt.core.event import ACTIONS
from hilt.core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from hilt.core.event import Event

__all__ = ["tail"]

_ERROR = 400


def tail(
    log: Annotated[
        Path | None, typer.Argument(help="The log; HILT_FILEPATH or logs/hilt.jsonl if not given.")
    ] = None,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is added.")
    ] = False,
    count: Annotated[
        int, typer.Option("--lines", "-n", min=0, help="How many events to begin with.")
    ] = 20,
    action: Annotated[
        list[str] | None, typer.Option("--action", "-a", help="Only these actions.")
    ] = None,
    session: Annotated[
        list[str] | None, typer.Option("--session", "-s", help="Only these conversations.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", "-m", help="Only these models.")
    ] = None,
    failed: Annotated[bool, typer.Option("--errors", "-e", help="Only what failed.")] = False,
    chunks: Annotated[
        bool, typer.Option("--chunks", help="Show the chunks of streams too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print events as JSON lines.")] = False,
) -> None:
    """Show the last events of a log, and with -f those that follow."""
    from hilt.io.read.following import follow_events
    from hilt.io.read.newest import end_of, last_events

    path = log or default_log()
    wanted = _filter(action or [], session or [], model or [], failed=failed, chunks=chunks)
    show = _show_json if as_json else _show_line
    end = end_of(path) if follow else None
    if path.exists() or not follow:
        for event in last_events(path, count, wanted, before=end):
            show(event)
    else:
        errors.print(f"{path} is not there yet; waiting for it", markup=False, highlight=False)
    if follow:
        with contextlib.suppress(KeyboardInterrupt):
            for event in filter(wanted, follow_events(path, start=end)):
                show(event)


def _filter(
    actions: list[str], sessions: list[str], models: list[str], *, failed: bool, chunks: bool
) -> Callable[[Event], bool]:
    for name in actions:
        if name not in ACTIONS:
            raise ConfigurationError(
                f"--action: no action {name!r}; there are {', '.join(ACTIONS)}"
            )

    def wanted(event: Event) -> bool:
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

    return wanted


def models_of(event: Event) -> set[str]:
    """The models that an event names: asked for, and answering."""
    origin, facts = event.provenance or {}, event.extensions or {}
    named = (facts.get("model"), origin.get("request_model"), origin.get("response_model"))
    return {name for name in named if name}


def has_failed(event: Event) -> bool:
    """Whether an event tells of an error."""
    facts = event.extensions or {}
    return bool(facts.get("error_code")) or (facts.get("status_code") or 0) >= _ERROR


def _show_json(event: Event) -> None:
    sys.stdout.write(event.to_json() + "\n")
    sys.stdout.flush()


def _show_line(event: Event) -> None:
    results.print(event_line(event, results.width if results.is_terminal else None))

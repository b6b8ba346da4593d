"""``hilt show``: a call or a conversation as a transcript."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from hilt.cli.figures import compact, duration, local_time, zone_name
from hilt.cli.filtering import log_of
from hilt.cli.output import counted, dollars, errors, print_json, printable, results
from hilt.core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from hilt.analysis.calls import Call

__all__ = ["show"]

_SHORT = 2000
_STYLES = {"user": "bold cyan", "assistant": "bold green", "tool": "magenta", "error": "bold red",
           "system": "dim", "feedback": "yellow"}  # fmt: skip


class _Turn(NamedTuple):
    """What one side says."""

    role: str
    who: str
    figures: str
    text: str


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
    utc: Annotated[bool, typer.Option("--utc", help="Times are UTC rather than local.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show a conversation or a call: who said what, tools, costs and times."""
    title, calls = _chosen(name, logs or [], last=last)
    if as_json:
        print_json({"title": title, "calls": [_to_dict(call, full=full) for call in calls]})
        return
    turns = [turn for call in calls for turn in _turns(call, full=full, utc=utc)]
    if for_model:
        _print_short(turns)
    elif markdown:
        _print_markdown(title, turns)
    else:
        _print(title, calls, turns)
        errors.print(f"Times are {zone_name(utc=utc)}.")


def _chosen(name: str | None, logs: list[Path], *, last: bool) -> tuple[str, list[Call]]:
    """The calls to show, and what they are.

    Raises:
        ConfigurationError: If there is nothing of that name.
    """
    from hilt.analysis.calls import Call
    from hilt.analysis.conversations import Conversation
    from hilt.analysis.filters import Filters

    if last:
        log = log_of([Path(name), *logs] if name else logs)
        calls, _ = log.last_calls(1, Filters())
        if not calls:
            raise ConfigurationError("show: there are no calls in the log")
        with_it = [
            each
            for each in log.conversations_with(calls[0].session_id)
            if any(call.id == calls[0].id for call in each.calls)
        ]
        return f"Conversation {with_it[0].id}", list(with_it[0].calls)
    if name is None:
        raise ConfigurationError("show: give an ID, or --last for the newest conversation")
    thing = log_of(logs).find(name)
    if isinstance(thing, Conversation):
        return f"Conversation {thing.id}", list(thing.calls)
    if isinstance(thing, Call):
        return f"Call {thing.id} of {thing.session_id}", [thing]
    print_json(thing.to_dict())
    raise typer.Exit


def _to_dict(call: Call, *, full: bool) -> dict[str, Any]:
    events = [event.to_dict() for event in call.events()]
    messages = {"input": call.input()} if full else {}
    return {**call.to_dict(), "events": events, **messages}


def _turns(call: Call, *, full: bool, utc: bool) -> Iterator[_Turn]:
    """What was said in a call."""
    started, ended = (_clock(each, utc=utc) for each in (call.started, call.timestamp))
    if full:
        for message in call.input():
            role = str(message.get("role") or "")
            yield _Turn(role, role, started, _message_text(message))
    else:
        for event in call.tool_results:
            yield _Turn("tool", event.actor.id, started, _event_text(event.content))
        if (prompt := call.prompt) is not None:
            yield _Turn("user", call.user or "user", started, _event_text(prompt.content))
    if call.ending_line is not None:
        role = "error" if call.failed else "assistant"
        who = f"{call.model or call.provider or 'assistant'}"
        yield _Turn(role, who, f"{ended}  {_figures(call)}", call.answer_text or "")
    else:
        yield _Turn("error", call.model or "assistant", started, "(no answer in the log)")
    for event in call.tool_calls:
        tool = (event.content.tool if event.content else None) or {}
        yield _Turn("tool", f"{tool.get('name')}", "", f"call: {tool.get('arguments')}")
    for event in call.feedback:
        given = (event.extensions or {}).items()
        text = ", ".join(f"{key}: {value}" for key, value in given if key != "reply_to")
        yield _Turn("feedback", event.actor.id, _clock(event.timestamp, utc=utc), text)


def _figures(call: Call) -> str:
    tokens = call.tokens
    parts = [duration(call.latency_ms)]
    if tokens.prompt is not None or tokens.completion is not None:
        parts.append(f"{compact(tokens.prompt or 0)} in, {compact(tokens.completion or 0)} out")
    parts.append(dollars(call.cost_usd))
    if call.outcome != "completed":
        parts.append(" ".join(filter(None, (call.outcome, call.error_code))))
    return "  ".join(filter(None, parts))


def _event_text(content: Any) -> str:
    return (content.text if content is not None else None) or ""


def _message_text(message: dict[str, Any]) -> str:
    texts = []
    for part in message.get("parts") or ():
        if isinstance(part, dict):
            value = part.get("content", part.get("response", part.get("arguments")))
            name = f"{part['name']}: " if part.get("name") else ""
            texts.append(f"{name}{value if value is not None else part.get('type')}")
    return "\n".join(texts)


def _clock(timestamp: str, *, utc: bool) -> str:
    moment = local_time(timestamp, utc=utc)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def _lines(text: str) -> str:
    """A text with its lines, and without what could control a terminal."""
    return "\n".join(printable(line) for line in text.splitlines())


def _print(title: str, calls: list[Call], turns: list[_Turn]) -> None:
    cost = sum(call.cost_usd or 0 for call in calls)
    results.print(
        f"{printable(title)}: {counted(len(calls), 'call')}, {dollars(cost)}", style="bold"
    )
    for turn in turns:
        results.print()
        results.print(printable(turn.who), style=_STYLES.get(turn.role, "bold"), end="")
        results.print(f"  {printable(turn.figures)}" if turn.figures else "", style="dim")
        results.print(_lines(turn.text), soft_wrap=False, overflow="fold")


def _print_markdown(title: str, turns: list[_Turn]) -> None:
    results.print(f"# {printable(title)}")
    for turn in turns:
        figures = f" ({printable(turn.figures)})" if turn.figures else ""
        results.print(f"\n## {printable(turn.who)}{figures}\n\n{_lines(turn.text)}")


def _print_short(turns: list[_Turn]) -> None:
    for turn in turns:
        text = _lines(turn.text)
        cut = f"{text[:_SHORT]} [{len(text) - _SHORT:,} more]" if len(text) > _SHORT else text
        results.print(f"{turn.role} {printable(turn.who)}: {cut}")

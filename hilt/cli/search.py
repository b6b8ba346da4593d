"""``hilt search``: events whose texts have some words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from hilt.cli.engines import EngineName, Master, engine_for
from hilt.cli.figures import local_time, zone_name
from hilt.cli.filtering import (
    Logs,
    check_is_no_file,
    check_matches,
    log_of,
    print_sealed,
    print_skipped,
    with_filters,
)
from hilt.cli.output import counted, errors, print_json, printable, results
from hilt.core.exceptions import ConfigurationError, EventError

if TYPE_CHECKING:
    from hilt.analysis.event_lines import EventLine
    from hilt.analysis.filters import Filters
    from hilt.analysis.texts import TextQuery

__all__ = ["search"]

_CONTEXT = 60


@with_filters
def search(
    words: Annotated[
        str, typer.Argument(help='The words, all of which must be there; "a phrase" as it stands.')
    ],
    logs: Logs = None,
    *,
    most: Annotated[
        int | None, typer.Option("--most", "-n", min=1, help="Stop after this many.")
    ] = None,
    engine: EngineName = None,
    master: Master = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the events as JSON lines.")
    ] = False,
    filters: Filters,
) -> None:
    """Find events by the words in their texts, in any case and script.

    Prompts, answers, tools, documents and feedback are searched; --chunks adds the chunks of
    streams, whose text is in their completion already.
    """
    check_is_no_file(words, logs, "search", "words")
    filters = replace(filters, text=words)
    from hilt.analysis.archive_folder import is_archive

    opened = engine_for(logs, engine, master, filters)
    if opened is not None:
        if not all(map(is_archive, logs or ())):
            raise ConfigurationError(
                "--engine: logs are searched by the reader, archives by engines"
            )
        from hilt.analysis.engine_statistics import sealed_count, search_lines

        with opened as running:
            _print_hits(search_lines(running, filters), filters, most, as_json=as_json)
            if not as_json:
                print_sealed(sealed_count(running, filters))
        return
    log = log_of(logs)
    scan = log.scan(filters, lone_events=not filters.needs_calls)
    _print_hits(log.event_lines(filters, scan), filters, most, as_json=as_json)
    if not as_json:
        print_sealed(scan.sealed)
    print_skipped(scan.skipped, scan.errors)


def _print_hits(
    lines: Iterator[EventLine], filters: Filters, most: int | None, *, as_json: bool
) -> None:
    query = filters.query
    count = left_out = 0
    for line in lines:
        texts = _texts(line)
        if query is None or not query.matches(texts):
            continue  # another event of the same call has them
        count += 1
        if as_json:
            try:
                print_json(line.event().to_dict())
            except EventError:
                left_out += 1
        else:
            results.print(_hit(line, texts, query, utc=filters.utc))
        if count == most:
            break
    check_matches(count, filters, "event")
    if left_out:
        errors.print(f"{counted(left_out, 'event')} left out, not as the format says")
    if not as_json:
        errors.print(f"{counted(count, 'event')} found; times are {zone_name(utc=filters.utc)}.")


def _texts(line: EventLine) -> list[str]:
    from hilt.analysis.texts import texts_of

    return texts_of(line.content)


def _hit(line: EventLine, texts: list[str], query: TextQuery, *, utc: bool) -> Text:
    moment = local_time(line.time.decode(), utc=utc)
    text = Text(no_wrap=True, end="")
    text.append(f"{moment:%Y-%m-%d %H:%M:%S}  " if moment else "", "dim")
    text.append(f"{printable(line.event_id.decode())}  ", "dim")
    text.append(f"{printable(line.action.decode())} ", "cyan")
    text.append(f"{printable(line.actor_id.decode())}: ", "bold")
    snippet = _snippet(texts, query.terms[0])
    text.append(snippet)
    words = re.compile("|".join(map(re.escape, query.terms)), re.IGNORECASE)
    text.highlight_regex(words, "bold yellow")
    return text


def _snippet(texts: list[str], term: str) -> str:
    """The words, and what stands around them."""
    from hilt.analysis.texts import normalized

    for each in texts:
        plain = printable(each)
        start = normalized(plain).find(term)
        if start >= 0:
            # Normalised text may be a little longer or shorter; the cut need not be exact.
            first, last = max(0, start - _CONTEXT), start + len(term) + _CONTEXT
            before, after = "..." * (first > 0), "..." * (last < len(plain))
            return f"{before}{plain[first:last].strip()}{after}"
    return printable(texts[0])[: 2 * _CONTEXT] if texts else ""

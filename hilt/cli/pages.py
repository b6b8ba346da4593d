"""A log as one page of HTML that loads nothing, runs no script, and shows every text as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, TextIO

from hilt.cli.charts import bar_chart, text_of
from hilt.cli.figures import compact, duration, percent, zone_name
from hilt.cli.output import counted, dollars
from hilt.cli.transcripts import Turn, shown_prompt, turns_of

if TYPE_CHECKING:
    from hilt.analysis.calls import Call
    from hilt.analysis.conversations import Conversation
    from hilt.analysis.filters import Filters
    from hilt.analysis.log import Log
    from hilt.analysis.statistics import Group, Statistics

__all__ = ["MOST_CONVERSATIONS", "summary_of", "write_page"]

MOST_CONVERSATIONS = 200
"""How many conversations a page shows, the newest ones, unless told otherwise."""
_MOST_CALLS = 100
_MOST_TEXT = 20_000
_MOST_ROWS = 100
_MOST_CHARACTERS = 10_000_000

_STYLE = """
:root { color-scheme: light dark; --fg: #1b1f24; --bg: #fff; --dim: #59636e; --line: #d1d9e0;
  --bar: #2563a8; --bad: #b3261e; --user: #eef4fb; }
@media (prefers-color-scheme: dark) { :root { --fg: #e6e9ed; --bg: #14171b; --dim: #9aa4af;
  --line: #363c44; --bar: #6ea8e6; --bad: #ff8a80; --user: #1c2733; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--fg); background: var(--bg);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .25rem .5rem; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere;
  min-width: 8rem; }
.charts { display: grid; gap: 1rem 2rem; margin: 1.5rem 0;
  grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); }
figure { margin: 0; } figcaption { color: var(--dim); }
svg { width: 100%; height: auto; } rect { fill: var(--bar); }
svg text { fill: var(--dim); font-size: 18px; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; padding: .5rem; }
summary { cursor: pointer; overflow-wrap: anywhere; } .dim { color: var(--dim); }
.turn { margin: .75rem 0 0; padding: .5rem; border-left: 3px solid var(--line); }
.user { background: var(--user); } .error { border-color: var(--bad); }
.turn pre { margin: 0; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
@media print { body { max-width: none; margin: 0; } figure, tr { break-inside: avoid; }
  details::details-content { content-visibility: visible; display: block; } }
"""
_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>HILT report</title><style>{style}</style></head><body>
"""
_COLUMNS = ("calls", "cost", "failed", "p50", "p95", "tokens in", "tokens out")


def write_page(
    log: Log, filters: Filters, file: TextIO, most: int = MOST_CONVERSATIONS
) -> tuple[int, Statistics]:
    """Write the calls that fit as a page: figures, charts, and the newest conversations.

    Args:
        log: The log, which is read once.
        filters: What the calls must be.
        file: Where to write it.
        most: How many conversations to show.

    Returns:
        How many conversations are on the page, and what the calls add up to.
    """
    from hilt.analysis.statistics import summarize

    newest = _Newest(most)
    query = log.calls(filters)
    statistics = summarize(map(newest.add, query), ("day", "model"), utc=filters.utc)
    statistics.skipped, statistics.errors = query.skipped, query.errors
    file.write(_HEAD.replace("{style}", _STYLE))
    file.write("<h1>HILT report</h1>")
    file.writelines(summary_of(statistics, utc=filters.utc))
    # Other filters leave out calls that the links of a conversation lead through.
    conversations = newest.conversations(splits=filters.are_about_time)
    file.writelines(newest.pieces(conversations, utc=filters.utc))
    file.write("</body></html>\n")
    return len(conversations), statistics


class _Newest:
    """The conversations with the newest calls, and how much was left out."""

    def __init__(self, most: int) -> None:
        self.calls: dict[str, list[Call]] = {}
        self._most = most
        self._ids: set[int] = set()  # hashes: a log may have millions
        self._dropped: dict[str, int] = {}

    def add(self, call: Call) -> Call:
        """Keep a call, and let go of what is older than the newest conversations."""
        self._ids.add(hash(call.session_id))
        calls = self.calls.pop(call.session_id, [])
        self.calls[call.session_id] = calls
        if len(calls) < _MOST_CALLS:
            calls.append(call)
        else:
            self._dropped[call.session_id] = self._dropped.get(call.session_id, 0) + 1
        if len(self.calls) > self._most:
            oldest = next(iter(self.calls))
            del self.calls[oldest]
            self._dropped.pop(oldest, None)
        return call

    def conversations(self, *, splits: bool) -> list[Conversation]:
        """The newest first.

        Args:
            splits: Whether those that share an id are several.
        """
        from hilt.analysis.conversations import Conversation, split_conversations

        return [
            each
            for session_id, calls in reversed(self.calls.items())
            for each in (
                reversed([*split_conversations(session_id, calls)])
                if splits
                else [Conversation(session_id, calls)]
            )
        ]

    def pieces(self, conversations: Sequence[Conversation], *, utc: bool) -> Iterator[str]:
        """Conversations as HTML, and what was left out."""
        yield "<h2>Conversations</h2>"
        if left_out := len(self._ids) - len(self.calls):
            yield f"<p>{counted(left_out, 'older conversation')} left out.</p>"
        size = 0
        for shown, each in enumerate(conversations):
            if size > _MOST_CHARACTERS:
                yield f"<p>{len(conversations) - shown:,} more left out: the page is full.</p>"
                break
            for piece in _conversation(each, utc=utc):
                size += len(piece)
                yield piece
            if dropped := self._dropped.pop(each.id, 0):
                yield f"<p>{counted(dropped, 'later call')} of {text_of(each.id)} left out.</p>"


def _conversation(conversation: Conversation, *, utc: bool) -> Iterator[str]:
    calls = conversation.calls
    title = next((text for call in calls if (text := shown_prompt(call))), "")
    cost = dollars(conversation.cost_usd)
    figures = f"{counted(len(calls), 'call')}, {cost} · {conversation.id}"
    yield f"<details><summary>{text_of(title[:200])} "
    yield f"<span class=dim>{text_of(figures)}</span></summary>"
    for turn in chain.from_iterable(turns_of(call, full=False, utc=utc) for call in calls):
        yield _turn(turn)
    yield "</details>\n"


def _turn(turn: Turn) -> str:
    left_out = len(turn.text) - _MOST_TEXT
    note = f"<p class=dim>{left_out:,} characters left out.</p>" if left_out > 0 else ""
    role = turn.role if turn.role in ("user", "error") else "other"
    return (
        f'<div class="turn {role}"><b>{text_of(turn.who)}</b> '
        f"<span class=dim>{text_of(turn.figures)}</span>"
        f"<pre>{text_of(turn.text[:_MOST_TEXT])}</pre>{note}</div>"
    )


def summary_of(statistics: Statistics, *, utc: bool) -> Iterator[str]:
    """Figures, charts and tables of statistics by day and model, as HTML."""
    total = statistics.total
    days, models = _summed(statistics, 0), _summed(statistics, 1)
    yield f"<p>{counted(total.calls, 'call')}, {total.failed:,} failed "
    yield f"({percent(total.error_rate)}), {dollars(total.cost_usd)}. "
    yield f"Times are {text_of(zone_name(utc=utc))}.</p>"
    if statistics.skipped:
        yield f"<p>{counted(statistics.skipped, 'line')} of the log could not be read.</p>"
    yield '<div class="charts">'
    yield bar_chart("Calls per day", [(d, float(g.calls)) for d, g in days], "{:,.0f}".format)
    yield bar_chart("Cost per day", [(d, g.cost_usd) for d, g in days], dollars)
    yield bar_chart(
        "p95 latency per day", [(d, g.latency_ms(0.95) or 0) for d, g in days], duration
    )
    yield bar_chart("Failed calls per day", [(d, float(g.failed)) for d, g in days])
    yield bar_chart("Cost by model", [(m, g.cost_usd) for m, g in models], dollars)
    yield "</div>"
    for name, groups in (("model", models), ("day", days[::-1])):
        yield from _table(name, groups)


def _table(name: str, groups: Iterable[tuple[str, Group]]) -> Iterator[str]:
    rows = list(groups)
    yield f"<h2>By {name}</h2><div class=scroll><table><tr><th>{name}</th>"
    yield "".join(f"<th>{column}</th>" for column in _COLUMNS) + "</tr>"
    for key, group in rows[:_MOST_ROWS]:
        cells = (
            key, f"{group.calls:,}", dollars(group.cost_usd), percent(group.error_rate),
            duration(group.latency_ms(0.5)), duration(group.latency_ms(0.95)),
            compact(group.tokens_in), compact(group.tokens_out),
        )  # fmt: skip
        yield "<tr>" + "".join(f"<td>{text_of(cell)}</td>" for cell in cells) + "</tr>"
    yield "</table></div>"
    if len(rows) > _MOST_ROWS:
        yield f"<p>{counted(len(rows) - _MOST_ROWS, 'row')} left out.</p>"


def _summed(statistics: Statistics, index: int) -> list[tuple[str, Group]]:
    """The groups by one of the keys."""
    from hilt.analysis.statistics import Group

    groups: dict[str, Group] = {}
    for values, group in statistics.groups.items():
        groups.setdefault(values[index], Group()).merge(group)
    return sorted(groups.items())

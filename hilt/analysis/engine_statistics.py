"""The figures of `hilt.analysis.statistics`, and text search, computed by an SQL engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hilt.analysis.call_sql import SHARES, counts_sql, sums_sql
from hilt.analysis.engines import Engine
from hilt.analysis.event_lines import EventLine, event_line
from hilt.analysis.filters import Filters
from hilt.analysis.sql_filters import (
    Condition,
    call_conditions,
    event_conditions,
    events_of_days,
)
from hilt.analysis.statistics import Group, Statistics
from hilt.core.texts import SEALED

__all__ = ["sealed_count", "search_lines", "summarize_with"]

# Characters that are equal to ASCII ones when texts are compared: see `hilt.analysis.texts`.
_LIKE_ASCII = "[\ufb00-\ufb3f\uff00-\uff7f\u2100-\u213f\u017f\u0130\u00df\u1e9e]"


class _Sums(Group):
    """The sums of a group, with latencies only at `SHARES`."""

    def __init__(self, row: Sequence[Any]) -> None:
        super().__init__()
        uses, calls, failed, tokens_in, tokens_out, cached, cost, output, output_ms, *shares = row
        self.uses, self.calls, self.failed = int(uses or 0), int(calls), int(failed or 0)
        self.tokens_in, self.tokens_out = int(tokens_in or 0), int(tokens_out or 0)
        self.tokens_cached = int(cached or 0)
        self.cost_usd = float(cost or 0)
        self.output_tokens, self.output_ms = int(output or 0), float(output_ms or 0)
        self._latencies: dict[float, float | None] = dict(zip(SHARES, shares, strict=False))
        self._first_chunks: dict[float, float | None] = dict(
            zip(SHARES, shares[len(SHARES) :], strict=True)
        )

    def latency_ms(self, share: float) -> float | None:
        return self._latencies[share]

    def first_chunk_ms(self, share: float) -> float | None:
        return self._first_chunks[share]


def summarize_with(engine: Engine, keys: Sequence[str], filters: Filters) -> Statistics:
    """What the calls that match add up to, like `hilt.analysis.log.Log.stats`.

    Args:
        engine: What computes it.
        keys: Names of `hilt.analysis.call_sql.KEYS`.
        filters: Which calls; ``action`` and ``text`` cannot be used here.

    Raises:
        ConfigurationError: If there is no such key, or a filter cannot be used.
    """
    events, where = events_of_days(filters), call_conditions(filters)
    values = (*events.values, *where.values)
    groups: dict[tuple[str, ...], Group] = {}
    total = Group()
    _, rows = engine.query(sums_sql(keys, events.text, where.text), values)
    for is_total, *row in rows:
        if is_total:
            total = _Sums(row[len(keys) :])
        else:
            groups[tuple(row[: len(keys)])] = _Sums(row[len(keys) :])
    if not keys:
        groups[()] = total
    _, rows = engine.query(counts_sql(keys, events.text, where.text), values)
    for *key, outcome, unknown, calls in rows:
        group = groups[tuple(key)]
        for each in {id(group): group, id(total): total}.values():
            each.outcomes[outcome] += calls
            if unknown is not None:
                each.cost_unknown[unknown] += calls
    if "tool" in keys:  # a call counts in the group of each tool that it calls
        uses, total = total.uses, summarize_with(engine, (), filters).total
        total.uses = uses
    statistics = Statistics(keys, groups)
    statistics.total = total
    statistics.skipped = engine.skipped
    return statistics


def search_lines(engine: Engine, filters: Filters) -> Iterator[EventLine]:
    """The events whose texts may have some words, in order of time.

    Args:
        engine: What searches.
        filters: The words, as ``text``, and which events to search.

    Raises:
        ConfigurationError: If a filter cannot be used.
    """
    events, where = events_of_days(filters), event_conditions(filters)
    words = [_has(needle) for needle in filters.query.needles] if filters.query else []
    where = Condition.all_of([where, *words])
    text = (
        f"SELECT event FROM ({events.text}) AS events WHERE {where.text} "  # noqa: S608 # ours
        "ORDER BY timestamp, event_id"
    )
    _, rows = engine.query(text, (*events.values, *where.values))
    for (line,) in rows:
        try:
            found = event_line(line.encode())
        except ValueError:
            continue  # an archive also keeps lines that are no events
        yield found


def sealed_count(engine: Engine, filters: Filters) -> int:
    """How many events have sealed texts, in which no words are found, on the days of the filters.

    Raises:
        ConfigurationError: If a filter cannot be used.
    """
    events = events_of_days(filters)
    text = f"SELECT count(*) FROM ({events.text}) AS events WHERE contains(event, ?)"  # noqa: S608 # ours
    _, rows = engine.query(text, (*events.values, SEALED.decode()))
    return int(next(iter(rows))[0])


def _has(needle: str) -> Condition:
    """The condition that an event may contain a part of a word."""
    if not needle.isascii():
        return Condition("contains(event, ?) OR contains(event, ?)", (needle, "\\u"))
    text = "contains(lower(event), ?) OR contains(event, ?) OR regexp_like(event, ?)"
    return Condition(text, (needle, "\\u", _LIKE_ASCII))

"""The filters as SQL conditions, for the queries of `call_sql`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from hilt.analysis.calls import FAILURES, FIRST_ERROR_STATUS
from hilt.analysis.filters import Filters
from hilt.core.exceptions import ConfigurationError
from hilt.core.ids_and_times import conversation_id_of, parse_timestamp

__all__ = ["Condition", "call_conditions", "event_conditions", "events_of_days"]

_FAILED = ", ".join(f"'{outcome}'" for outcome in sorted(FAILURES))
# The events of a call are near its ending, and timestamps are not quite in order.
_MARGIN = timedelta(days=2)


class Condition(NamedTuple):
    """SQL, and the values of its parameters."""

    text: str
    values: tuple[str | float, ...] = ()

    @classmethod
    def all_of(cls, conditions: Sequence[Condition]) -> Condition:
        """The condition that all of some conditions hold."""
        text = " AND ".join(f"({each.text})" for each in conditions) or "true"
        return cls(text, tuple(value for each in conditions for value in each.values))


def events_of_days(filters: Filters) -> Condition:
    """A query for the events of the days that matter; the folders of other days are not read."""
    conditions = []
    for comparison, moment, margin in (
        (">=", filters.first, -_MARGIN),
        ("<=", filters.last, _MARGIN),
    ):
        if moment:
            day = (parse_timestamp(moment) + margin).date().isoformat()
            conditions.append(Condition(f"day {comparison} CAST(? AS DATE)", (day,)))
    where = Condition.all_of(conditions)
    return Condition(f"SELECT * FROM archive WHERE {where.text}", where.values)  # noqa: S608 # ours


def call_conditions(filters: Filters) -> Condition:
    """The condition that a call matches the filters.

    Raises:
        ConfigurationError: If only the reader can tell.
    """
    _refuse(filters, "action", "text")
    conditions = [*_common(filters, ("model", "request_model"))]
    if filters.errors:
        conditions.append(Condition("failed"))
    if filters.outcome:
        conditions.append(Condition("outcome = ?", (filters.outcome,)))
    if filters.user:
        conditions.append(_like(filters.user, "user", "user_id"))
    if filters.tool:
        named = _like(filters.tool, "tool", "used")
        conditions.append(
            Condition(f"id IN (SELECT call_id FROM uses WHERE {named.text})", named.values)  # noqa: S608
        )
    if filters.slower_than is not None:
        conditions.append(Condition("latency_ms > ?", (filters.slower_than * 1000,)))
    if filters.costlier_than is not None:
        conditions.append(Condition("cost_usd > ?", (filters.costlier_than,)))
    return Condition.all_of(conditions)


def event_conditions(filters: Filters) -> Condition:
    """The condition that an event matches the filters, its texts aside.

    Raises:
        ConfigurationError: If that would take the event's call.
    """
    _refuse(filters, "user", "outcome", "tool", "slower_than", "costlier_than")
    conditions = [*_common(filters, ("model", "request_model", "response_model"))]
    if filters.action:
        conditions.append(Condition("action = ?", (filters.action,)))
    elif not filters.chunks:
        conditions.append(Condition("action <> 'completion_chunk'"))
    if filters.errors:
        ended = f"error_code IS NOT NULL OR outcome IN ({_FAILED})"
        conditions.append(Condition(f"{ended} OR status_code >= {FIRST_ERROR_STATUS}"))
    return Condition.all_of(conditions)


def _common(filters: Filters, models: Sequence[str]) -> Iterator[Condition]:
    for comparison, moment in ((">=", filters.first), ("<", filters.last)):
        if moment:
            passed = parse_timestamp(moment) - parse_timestamp("1970-01-01T00:00:00Z")
            micros = passed // timedelta(microseconds=1)
            yield Condition(f"unix_micros(timestamp) {comparison} ?", (micros,))
    if filters.session:
        starts = (filters.session, f"conv_{filters.session}")
        values = [value for text in starts for value in (len(text), text)]
        text = "substr(session_id, 1, ?) = ? OR substr(session_id, 1, ?) = ? OR session_id = ?"
        yield Condition(text, (*values, conversation_id_of(filters.session)))
    if filters.model:
        yield _like(filters.model, "model", *models)
    if filters.provider:
        yield _like(filters.provider, "provider", "provider")


def _like(pattern: str, option: str, *columns: str) -> Condition:
    """The condition that one of some columns matches a pattern with ``*``, in any case."""
    if "[" in pattern:
        raise ConfigurationError(f"{option}: {pattern!r} has a [; only * and ? stand for others")
    for character in "!%_":
        pattern = pattern.replace(character, f"!{character}")
    pattern = pattern.replace("*", "%").replace("?", "_").lower()
    text = " OR ".join(f"lower({column}) LIKE ? ESCAPE '!'" for column in columns)
    return Condition(text, (pattern,) * len(columns))


def _refuse(filters: Filters, *names: str) -> None:
    is_given: Callable[[str], bool] = lambda name: getattr(filters, name) is not None  # noqa: E731
    for name in filter(is_given, names):
        raise ConfigurationError(f"{name}: only the reader can look for that, in logs")

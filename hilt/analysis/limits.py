"""Limits on what calls add up to, such as ``user=5/day``, and what exceeds them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hilt.analysis.calls import Call
from hilt.analysis.filters import has_name
from hilt.analysis.moments import local
from hilt.analysis.statistics import KEYS
from hilt.core.exceptions import ConfigurationError, EventError
from hilt.core.ids_and_times import parse_timestamp
from hilt.core.json_types import JsonObject
from hilt.core.money import dollars
from hilt.io.read.bad_line import BadLine

__all__ = ["Excess", "Limit", "LimitSums", "parse_limit"]

_KEYS = ("total", "user", "session", "model", "provider")
_RIGHT = re.compile(r"\$?(\d+(?:\.\d+)?)\s*(usd|calls?|tokens?|errors?)?/(hour|day|month)")
_PERIODS = {"hour": "%Y-%m-%d %H:00", "day": "%Y-%m-%d", "month": "%Y-%m"}
_EXPECTED = (
    "as user=5/day, total=100/month, model:gpt-5*=1000calls/hour: total, user, session, model or "
    "provider; US dollars, calls, tokens or errors; hour, day or month"
)
_ROUNDING = 1e-9
"""The share of a limit by which rounding may put a sum above it that only reaches it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How much the calls of one key may add up to in a period."""

    text: str  #: as it was given
    key: str  #: ``total``, ``user``, ``session``, ``model`` or ``provider``
    name: str | None  #: only those whose key has this name; ``*`` stands for anything
    amount: float
    measure: str  #: ``usd``, ``calls``, ``tokens`` or ``errors``
    period: str  #: ``hour``, ``day`` or ``month``

    def name_of(self, call: Call) -> str | None:
        """Whose sum a call counts in; None if the limit does not apply to it."""
        name = "all" if self.key == "total" else KEYS[self.key](call)[0]
        return name if self.name is None or has_name(self.name, name) else None

    def measured(self, call: Call) -> float:
        """What a call adds to the sum."""
        if self.measure == "usd":
            return call.cost_usd or 0
        if self.measure == "tokens":
            return (call.tokens.prompt or 0) + (call.tokens.completion or 0)
        return float(self.measure == "calls" or call.failed)

    def shown(self, amount: float) -> str:
        """An amount with its unit."""
        if self.measure == "usd":
            return dollars(amount)
        noun = self.measure if amount != 1 else self.measure.removesuffix("s")
        return f"{amount:,.0f} {noun}"


@dataclass(frozen=True, slots=True)
class Excess:
    """A limit that was exceeded."""

    limit: Limit
    name: str  #: whose sum it is; ``all`` for a limit on the total
    period: str  #: the hour, day or month, as ``2026-11-28``
    sum: float  #: what the calls add up to, including the one that exceeded the limit
    call_id: str  #: the id of that call

    def __str__(self) -> str:
        limit = self.limit
        who = "total" if limit.key == "total" else f"{limit.key} {self.name}"
        return (
            f"{who}: {limit.shown(self.sum)} in {self.period}, "
            f"more than {limit.shown(limit.amount)} a{'n' * (limit.period == 'hour')} "
            f"{limit.period}"
        )

    def to_dict(self) -> JsonObject:
        """The excess as flat JSON."""
        limit = self.limit
        return {
            "limit": limit.text,
            "key": limit.key,
            "name": self.name,
            "measure": limit.measure,
            "amount": limit.amount,
            "sum": self.sum,
            "period": self.period,
            "call_id": self.call_id,
        }


class LimitSums:
    """What calls add up to for each limit, by name and period.

    Args:
        limits: The limits.
        utc: Whether hours, days and months are those of UTC rather than local ones.
    """

    def __init__(self, limits: Sequence[Limit], *, utc: bool = False) -> None:
        self.limits = limits
        self.calls = 0  #: calls that were counted
        self.cost_unknown: Counter[str] = Counter()  #: calls without a cost, by reason
        self.skipped = 0  #: lines that could not be read
        self.errors: list[BadLine] = []  #: the first 1,000 of them
        self._utc = utc
        self._sums: dict[tuple[Limit, str], dict[str, float]] = {}
        self._passed: set[tuple[Limit, str, str]] = set()

    def first_moment(self, now: datetime) -> datetime:
        """When the longest of the current periods began."""
        now = local(now, utc=self._utc).replace(minute=0, second=0, microsecond=0)
        periods = {limit.period for limit in self.limits}
        if "month" in periods:
            now = now.replace(day=1, hour=0)
        elif "day" in periods:
            now = now.replace(hour=0)
        # Local time may have had another offset then.
        return now if self._utc else now.replace(tzinfo=None).astimezone()

    def add(self, call: Call) -> Iterator[Excess]:
        """Count a call; yield each limit that it exceeds, once for each name and period."""
        if call.ending_line is None:
            return
        try:
            moment = local(parse_timestamp(call.timestamp), utc=self._utc)
        except (EventError, OverflowError):
            return
        self.calls += 1
        if call.cost_usd is None and call.cost_unknown is not None:
            self.cost_unknown[call.cost_unknown] += 1
        for limit in self.limits:
            name = limit.name_of(call)
            if name is None:
                continue
            period = moment.strftime(_PERIODS[limit.period])
            total = self._add(limit, moment, period, name, limit.measured(call))
            key = (limit, period, name)
            if total > limit.amount * (1 + _ROUNDING) and key not in self._passed:
                self._passed.add(key)
                yield Excess(limit, name, period, total, call.id)

    def unmatched(self) -> list[Limit]:
        """The limits on a name that no call had."""
        counted = {limit for limit, _ in self._sums}
        return [limit for limit in self.limits if limit.name and limit not in counted]

    def _add(self, limit: Limit, moment: datetime, period: str, name: str, more: float) -> float:
        sums = self._sums.get((limit, period))
        if sums is None:
            self._forget_before(limit, moment)
            sums = self._sums[limit, period] = {}
        total = sums[name] = sums.get(name, 0.0) + more
        return total

    def _forget_before(self, limit: Limit, moment: datetime) -> None:
        """Forget a limit's periods that ended a day ago; a late line may belong to the last one."""
        oldest = (moment - timedelta(days=1)).strftime(_PERIODS[limit.period])
        for key in [each for each in self._sums if each[0] == limit and each[1] < oldest]:
            del self._sums[key]
            self._passed = {each for each in self._passed if each[:2] != key}


def parse_limit(text: str) -> Limit:
    """The limit that a text names.

    >>> parse_limit("user=5/day").amount
    5.0

    Raises:
        ConfigurationError: If it names none; the message says what is right.
    """
    left, _, right = text.rpartition("=") if isinstance(text, str) else ("", "", "")
    key, colon, name = left.strip().partition(":")
    match = _RIGHT.fullmatch(right.strip().lower())
    if key not in _KEYS or match is None or (colon and not name):
        raise ConfigurationError(f"limit: {text!r} is not a limit; expected one {_EXPECTED}")
    measure = match[2] or "usd"
    measure = measure if measure == "usd" else f"{measure.removesuffix('s')}s"
    return Limit(text, key, name or None, float(match[1]), measure, match[3])

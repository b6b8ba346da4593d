"""Sums over calls by any key: counts, tokens, cost, errors, and how long they took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from heapq import nlargest
from itertools import product

from hilt.analysis.calls import FAILURES, UNANSWERED, Call, has_failed
from hilt.analysis.durations import USUAL_SHARES, Durations
from hilt.analysis.moments import local
from hilt.core.exceptions import ConfigurationError, EventError
from hilt.core.ids_and_times import parse_timestamp
from hilt.core.json_types import JsonObject
from hilt.io.read.bad_line import BadLine

__all__ = ["KEYS", "KEYS_OF_OTHER_EVENTS", "Group", "Statistics", "check_keys", "summarize"]

_LENGTHS = {"month": len("2026-11"), "day": len("2026-11-28"), "hour": len("2026-11-28T10")}
_MINUTE = len("2026-11-28T10:00:")
_UNKNOWN = "(unknown)"
_NONE = "(none)"


class Group:
    """What the calls of one group add up to."""

    __slots__ = (
        "calls",
        "cost_unknown",
        "cost_usd",
        "failed",
        "first_chunks_ms",
        "latencies_ms",
        "outcomes",
        "output_ms",
        "output_tokens",
        "tokens_cached",
        "tokens_in",
        "tokens_out",
        "uses",
    )  # fmt: skip

    def __init__(self) -> None:
        self.calls = 0  #: how many
        self.failed = 0  #: how many of them failed, as `Call.failed` says
        self.tokens_in = 0  #: input tokens, cached ones included
        self.tokens_out = 0  #: output tokens
        self.tokens_cached = 0  #: input tokens that the provider had cached
        self.cost_usd = 0.0  #: US dollars, of the calls whose cost is known
        self.cost_unknown: Counter[str] = Counter()  #: calls without a cost, by reason
        self.outcomes: Counter[str] = Counter()  #: calls by how they ended
        self.latencies_ms = Durations()  #: of calls that were answered
        self.first_chunks_ms = Durations()  #: times to the first chunk, of streams
        self.output_tokens = 0  #: output tokens of calls whose latency is known
        self.output_ms = 0.0  #: how long these calls took
        self.uses = 0  #: how often they call the tool that they are grouped by

    def add(self, call: Call) -> None:
        """Count a call."""
        record = call.record
        extensions, metrics = record.extensions, record.metrics
        outcome = UNANSWERED
        if call.ending_line is not None:
            outcome = extensions.outcome or call.outcome
        self.calls += 1
        self.outcomes[outcome] += 1
        if has_failed(outcome, extensions):
            self.failed += 1
        cost = metrics.cost_usd
        if cost is not None:
            self.cost_usd += cost
        elif extensions.cost_unknown is not None:
            self.cost_unknown[extensions.cost_unknown] += 1
        latency = extensions.latency_ms
        if latency is None:  # the call was logged by hand
            latency = metrics.latency_ms
        tokens = metrics.tokens
        if tokens is not None:
            self._add_tokens(
                tokens.prompt or 0, tokens.completion or 0, tokens.cached or 0, latency
            )
        if latency is not None and outcome not in FAILURES:
            self.latencies_ms.add(latency)
        if extensions.time_to_first_chunk_ms is not None:
            self.first_chunks_ms.add(extensions.time_to_first_chunk_ms)

    def _add_tokens(self, prompt: int, completion: int, cached: int, latency: float | None) -> None:
        self.tokens_in += prompt
        self.tokens_out += completion
        self.tokens_cached += cached
        if latency is not None and completion:
            self.output_tokens += completion
            self.output_ms += latency

    def merge(self, other: Group) -> None:
        """Add another group's calls."""
        self.calls += other.calls
        self.failed += other.failed
        self.tokens_in += other.tokens_in
        self.tokens_out += other.tokens_out
        self.tokens_cached += other.tokens_cached
        self.cost_usd += other.cost_usd
        self.cost_unknown.update(other.cost_unknown)
        self.outcomes.update(other.outcomes)
        self.latencies_ms.extend(other.latencies_ms)
        self.first_chunks_ms.extend(other.first_chunks_ms)
        self.output_tokens += other.output_tokens
        self.output_ms += other.output_ms
        self.uses += other.uses

    @property
    def error_rate(self) -> float:
        """The share of calls that failed."""
        return self.failed / self.calls if self.calls else 0.0

    @property
    def cached_share(self) -> float:
        """The share of input tokens that the provider had cached."""
        return self.tokens_cached / self.tokens_in if self.tokens_in else 0.0

    @property
    def tokens_per_second(self) -> float | None:
        """Output tokens per second of the calls' time; None if no call has both."""
        return self.output_tokens / self.output_ms * 1000 if self.output_ms else None

    def latency_ms(self, share: float) -> float | None:
        """The latency that this share of the answered calls does not exceed."""
        return self.latencies_ms.percentiles((share,))[0]

    def first_chunk_ms(self, share: float) -> float | None:
        """The time to the first chunk that this share of the streams does not exceed."""
        return self.first_chunks_ms.percentiles((share,))[0]

    def to_dict(self) -> JsonObject:
        """The figures as flat JSON, without absent values."""
        values: JsonObject = {
            "uses": self.uses or None,
            "calls": self.calls,
            "failed": self.failed,
            "error_rate": self.error_rate,
            "outcomes": dict(self.outcomes),
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "tokens_cached": self.tokens_cached,
            "cached_share": self.cached_share,
            "cost_usd": self.cost_usd,
            "cost_unknown": dict(self.cost_unknown),
            "tokens_per_second": self.tokens_per_second,
        }
        for name, of in (("latency_ms", self.latency_ms), ("first_chunk_ms", self.first_chunk_ms)):
            for share in USUAL_SHARES:
                values[f"{name}_p{share * 100:.0f}"] = of(share)
        return {name: value for name, value in values.items() if value is not None}


class Statistics:
    """Calls summed by keys, and in total.

    Args:
        keys: What the calls are grouped by, names of `KEYS`.
        groups: Each group by its values of the keys, in the order of the values.
    """

    def __init__(self, keys: Sequence[str], groups: dict[tuple[str, ...], Group]) -> None:
        self.keys = tuple(keys)
        self.skipped = 0
        """How many lines of the log could not be read."""
        self.errors: list[BadLine] = []
        """The first 1,000 of them."""
        self.groups = dict(sorted(groups.items()))
        self.total = Group()
        for group in groups.values():
            self.total.merge(group)

    def __repr__(self) -> str:
        by = f" by {', '.join(self.keys)}" if self.keys else ""
        return f"<Statistics{by}: calls {self.total.calls:,}, groups {len(self.groups):,}>"

    def largest(self, most: int) -> dict[tuple[str, ...], Group]:
        """The groups with the most calls, or the newest times, in the order of the values.

        Args:
            most: How many groups at most.
        """
        if len(self.groups) <= most:
            return self.groups
        if not {*self.keys} - {*_LENGTHS}:
            return dict([*self.groups.items()][len(self.groups) - most :])
        return dict(sorted(nlargest(most, self.groups.items(), key=lambda each: each[1].calls)))

    def to_dicts(self) -> list[JsonObject]:
        """One row for each group: its values of the keys, and its figures."""
        return [
            {**dict(zip(self.keys, values, strict=True)), **group.to_dict()}
            for values, group in self.groups.items()
        ]


def summarize(calls: Iterable[Call], keys: Sequence[str] = (), *, utc: bool = False) -> Statistics:
    """Sum calls by keys.

    A call is in the group of each tool that it calls, but only once in the total. To send a tool's
    result is not to use the tool.

    Args:
        calls: The calls.
        keys: Names of `KEYS`.
        utc: Whether days and hours are those of UTC rather than local ones.

    Raises:
        ConfigurationError: If there is no such key.
    """
    functions = [_key(name, utc=utc) for name in keys]
    tool_key = keys.index("tool") if "tool" in keys else None
    if len(functions) == 1 and tool_key is None:
        by_value = _by_one(calls, functions[0])
        return Statistics(keys, {(value,): group for value, group in by_value.items()})
    groups: dict[tuple[str, ...], Group] = {}
    if not functions:
        groups[()] = Group()
    total = Group()
    for call in calls:
        if tool_key is not None:
            total.add(call)
            total.uses += sum(call.tool_uses.values())
        for combination in product(*[function(call) for function in functions]):
            found = groups.get(combination)
            if found is None:
                found = groups[combination] = Group()
            found.add(call)
            if tool_key is not None:
                found.uses += call.tool_uses.get(combination[tool_key], 0)
    statistics = Statistics(keys, groups)
    if tool_key is not None:
        statistics.total = total
    return statistics


def _by_one(calls: Iterable[Call], function: _Key) -> dict[str, Group]:
    """Sum calls by one key, the usual case: without combinations it takes a third less time."""
    groups: dict[str, Group] = {}
    for call in calls:
        for value in function(call):
            found = groups.get(value)
            if found is None:
                found = groups[value] = Group()
            found.add(call)
    return groups


_Key = Callable[[Call], Sequence[str]]


def check_keys(by: Iterable[object]) -> None:
    """Check that calls can be grouped by these keys.

    Raises:
        ConfigurationError: If there is no such key.
    """
    for name in by:
        if not isinstance(name, str) or name not in KEYS:
            names = ", ".join(sorted(KEYS))
            raise ConfigurationError(f"by: no key {name!r}; expected one of {names}")


def _key(name: str, *, utc: bool) -> _Key:
    if name in _LENGTHS:
        return _Times(_LENGTHS[name], utc=utc)
    check_keys([name])
    return KEYS[name]


class _Times:
    """The month, day or hour of a call, cached for each five minutes.

    In every time zone, hours begin at a quarter of an hour of UTC.
    """

    def __init__(self, length: int, *, utc: bool) -> None:
        self._length = length
        self._utc = utc
        self._known: dict[str, tuple[str]] = {}
        self._minute = ""
        self._of_minute = (_UNKNOWN,)

    def __call__(self, call: Call) -> tuple[str]:
        timestamp = call.record.timestamp
        if timestamp[-1:] != "Z":
            return (self._value(timestamp),)
        minute = timestamp[:_MINUTE]
        if minute != self._minute:  # mostly the same as for the call before
            value = self._of(timestamp)
            if value[0] == _UNKNOWN:  # other calls of this minute may have a good one
                return value
            self._minute, self._of_minute = minute, value
        return self._of_minute

    def _of(self, timestamp: str) -> tuple[str]:
        key = timestamp[:15] + ("0" if timestamp[15:16] < "5" else "5")
        value = self._known.get(key)
        if value is None:
            value = (self._value(timestamp),)
            if value[0] != _UNKNOWN:
                if len(self._known) > 10_000:  # noqa: PLR2004 # a month
                    self._known.clear()
                self._known[key] = value
        return value

    def _value(self, timestamp: str) -> str:
        try:
            moment: datetime = local(parse_timestamp(timestamp), utc=self._utc)
        except (EventError, OverflowError):
            return _UNKNOWN
        text = moment.isoformat()[: self._length].replace("T", " ")
        return f"{text}:00" if self._length == _LENGTHS["hour"] else text


KEYS: dict[str, _Key] = {
    "model": lambda call: (call.model or _UNKNOWN,),
    "provider": lambda call: (call.provider or _UNKNOWN,),
    "user": lambda call: (call.user or _NONE,),
    "session": lambda call: (call.session_id,),
    "outcome": lambda call: (call.outcome,),
    "operation": lambda call: (call.operation,),
    "error": lambda call: (call.error_code or _NONE,),
    "service": lambda call: (call.service or _NONE,),
    "version": lambda call: (call.service_version or _NONE,),
    "environment": lambda call: (call.environment or _NONE,),
    "agent": lambda call: (call.agent or _NONE,),
    "node": lambda call: (call.node or _NONE,),
    "tool": lambda call: (*call.tool_uses,) or (_NONE,),
    "month": lambda call: (call.timestamp[: _LENGTHS["month"]],),
    "day": lambda call: (call.timestamp[: _LENGTHS["day"]],),
    "hour": lambda call: (call.timestamp[: _LENGTHS["hour"]],),
}
"""What calls can be grouped by; months, days and hours here are UTC."""

KEYS_OF_OTHER_EVENTS = frozenset(("user", "tool"))
"""The keys whose values are not in the ending of a call."""

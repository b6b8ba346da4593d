"""Which calls a question is about: one set of filters for every command and for Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from hilt.analysis.calls import UNANSWERED, Call, has_failed
from hilt.analysis.event_lines import EventLine
from hilt.analysis.finding import begins_session_id
from hilt.analysis.moments import parse_moment, timestamp_key
from hilt.analysis.texts import TextQuery, texts_of
from hilt.core.arguments import flag_checked, names_checked
from hilt.core.event import ACTIONS
from hilt.core.exceptions import ConfigurationError
from hilt.core.ids_and_times import to_timestamp

__all__ = ["OUTCOMES", "Filters", "filters_of", "has_name"]

OUTCOMES = (
    "completed", "length", "filtered", "closed", "abandoned", "pending", "failed", "timeout",
    "cancelled", UNANSWERED,
)  # fmt: skip
"""How a call can end; ``unanswered`` is a prompt without an ending."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which calls and events are wanted; an argument that is None does not restrict them.

    Names of users, models, providers and tools are compared without case, and may have ``*``;
    actions and outcomes may be in any case.
    The time of a call is that of its ending, or of its prompt if it has none.

    Args:
        since: The earliest time: a datetime, or a text such as ``2h``, ``yesterday``.
        until: The time before which it was; a day is included as a whole.
        session: The conversation: its id, or a beginning of it; ``conv_`` may be left out.
        user: Who asked.
        model: The model that was requested or that answered.
        provider: Who answered.
        action: One of the format's actions.
        outcome: How the call ended.
        errors: Only what failed: see `hilt.analysis.calls.Call.failed`.
        tool: The name of a tool that was called or whose result was sent.
        text: Words that its texts have, in any case and script; see `TextQuery`.
        slower_than: What its latency exceeds, in seconds.
        costlier_than: What its cost exceeds, in US dollars.
        chunks: Whether the chunks of streams are read.
        utc: Whether times without a time zone are UTC rather than local.

    Raises:
        ConfigurationError: If a value is not allowed.
    """

    since: str | datetime | None = None
    until: str | datetime | None = None
    session: str | None = None
    user: str | None = None
    model: str | None = None
    provider: str | None = None
    action: str | None = None
    outcome: str | None = None
    errors: bool = False
    tool: str | None = None
    text: str | None = None
    slower_than: float | None = None
    costlier_than: float | None = None
    chunks: bool = False
    utc: bool = False
    now: datetime | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name, allowed in (("action", ACTIONS), ("outcome", OUTCOMES)):
            value = getattr(self, name)
            if value is not None:  # the dataclass is frozen
                object.__setattr__(self, name, _one_of(name, value, allowed))
        for name in ("slower_than", "costlier_than"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int | float) and value >= 0):
                raise ConfigurationError(f"{name}: {value!r} is not a number from 0")
        for name in ("session", "user", "model", "provider", "tool", "text"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise ConfigurationError(f"{name}: {value!r} is not text")
            if value == "" and name != "text":
                raise ConfigurationError(f"{name}: '' names none; leave it out to have all of them")
        for name in ("errors", "chunks", "utc"):
            flag_checked(name, getattr(self, name))
        first, last = self.first, self.last
        if first and last and first >= last:
            raise ConfigurationError(
                f"since: {self.since!r} is {first}, not before the end: {self.until!r} is {last}"
            )
        _ = self.query

    # Cached properties keep their values in __dict__, which frozen dataclasses have.

    @cached_property
    def first(self) -> str:
        """The earliest timestamp, as events write it; "" for none."""
        return self._timestamp("since", self.since, end=False)

    @cached_property
    def last(self) -> str:
        """The timestamp before which it must be; "" for none."""
        return self._timestamp("until", self.until, end=True)

    @cached_property
    def query(self) -> TextQuery | None:
        """The words of ``text``."""
        return None if self.text is None else TextQuery(self.text)

    @property
    def needs_calls(self) -> bool:
        """Whether it takes an event's call to tell whether the event matches."""
        values = (self.user, self.outcome, self.tool, self.slower_than, self.costlier_than)
        return any(value is not None for value in values)

    @property
    def wants_chunks(self) -> bool:
        """Whether the chunks of streams are asked for, which are most of a log's lines."""
        return self.chunks or self.action == "completion_chunk"

    @property
    def names(self) -> dict[str, str]:
        """The filters that name a conversation, a user, a model and so on, with these names."""
        wanted = ("session", "user", "model", "provider", "tool")
        return {name: value for name in wanted if (value := getattr(self, name))}

    @property
    def count(self) -> int:
        """How many filters are given, not counting those that restrict nothing."""
        passive = ("chunks", "utc", "now")
        return sum(
            getattr(self, each.name) != each.default
            for each in fields(self)
            if each.name not in passive
        )

    @property
    def is_empty(self) -> bool:
        """Whether everything matches."""
        return self.count == 0

    @property
    def are_about_time(self) -> bool:
        """Whether the time, at most, decides what matches."""
        return self.count == (self.since is not None) + (self.until is not None)

    def call_tests(self) -> list[Callable[[Call], bool]]:
        """What a call must pass, the cheapest tests first."""
        tests: list[Callable[[Call], bool]] = []
        if self.first or self.last:
            tests.append(lambda call: self._is_in_time(call.timestamp))
        for wanted, test in (
            (self.session, lambda call: self._is_session(call.session_id)),
            (self.outcome, lambda call: call.outcome == self.outcome),
            (self.errors, _is_failed),
            (self.model, lambda call: _has_one(self.model, call.model, call.request_model)),
            (self.provider, lambda call: _has_one(self.provider, call.provider)),
            (self.user, lambda call: _has_one(self.user, call.user)),
            (self.tool, lambda call: _has_one(self.tool, *call.tools)),
            (self.action, self._has_action),
        ):
            if wanted:
                tests.append(test)
        if self.slower_than is not None:
            slowest = self.slower_than * 1000
            tests.append(lambda call: (call.latency_ms or 0) > slowest)
        if self.costlier_than is not None:
            highest = self.costlier_than
            tests.append(lambda call: (call.cost_usd or 0) > highest)
        query = self.query
        if query is not None:
            tests.append(lambda call: _has_text(query, call.lines()))
        return tests

    @property
    def needs_other_events(self) -> bool:
        """Whether `call_tests` look at more of a call than its ending."""
        return bool(self.user or self.tool or self.action or self.query)

    def event_tests(self) -> list[Callable[[EventLine], bool]]:
        """What an event must pass by itself; see `needs_calls`."""
        tests: list[Callable[[EventLine], bool]] = []
        if self.first or self.last:
            tests.append(lambda line: self._is_in_time(line.time.decode()))
        if self.action:
            action = self.action.encode()
            tests.append(lambda line: line.action == action)
        if self.session:
            tests.append(lambda line: self._is_session(line.session.decode()))
        if self.errors:
            tests.append(_is_error)
        if self.model:
            tests.append(lambda line: _has_one(self.model, *_models(line)))
        if self.provider:
            tests.append(lambda line: _has_one(self.provider, line.record.provenance.provider))
        query = self.query
        if query is not None:
            tests.append(lambda line: _has_text(query, [line]))
        return tests

    def _is_in_time(self, timestamp: str) -> bool:
        key = timestamp_key(timestamp)
        return bool(key) and key >= self.first and (not self.last or key < self.last)

    def _is_session(self, session_id: str) -> bool:
        return begins_session_id(self.session or "", session_id)

    def _has_action(self, call: Call) -> bool:
        action = (self.action or "").encode()
        return any(line.action == action for line in call.lines())

    def _timestamp(self, name: str, value: str | datetime | None, *, end: bool) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            try:
                value = parse_moment(value, end=end, utc=self.utc, now=self.now)
            except ConfigurationError as error:
                raise ConfigurationError(f"{name}: {error}") from None
        if not isinstance(value, datetime):
            raise ConfigurationError(f"{name}: {value!r} is neither a datetime nor text as 2h")
        return to_timestamp(value if value.tzinfo is not None else value.astimezone())


def filters_of(given: Mapping[str, Any]) -> Filters:
    """Filters from arguments by their names.

    Raises:
        ConfigurationError: If there is no such filter, or a value is not allowed.
    """
    names_checked("filter", given, [each.name for each in fields(Filters) if each.name != "now"])
    return Filters(**given)


def has_name(pattern: str, name: str) -> bool:
    """Whether a name matches a pattern, without case; ``*`` stands for anything."""
    return fnmatchcase(name.lower(), pattern.lower())


def _has_one(pattern: str | None, *names: str | None) -> bool:
    return any(name is not None and has_name(pattern or "*", name) for name in names)


def _is_failed(call: Call) -> bool:
    return call.failed


def _models(line: EventLine) -> tuple[str | None, ...]:
    provenance = line.record.provenance
    return line.record.extensions.model, provenance.request_model, provenance.response_model


def _is_error(line: EventLine) -> bool:
    extensions = line.record.extensions
    return has_failed(extensions.outcome, extensions)


def _has_text(query: TextQuery, lines: list[EventLine]) -> bool:
    hits = [line for line in lines if query.may_match(line.line)]
    if not hits:
        return False
    if len(query.terms) > 1:
        hits = lines  # one word may be in the prompt, and another in the answer
    texts = [
        text
        for line in hits
        if line.action != b"completion_chunk" or len(lines) == 1
        for text in texts_of(line.content)
    ]
    return query.matches(texts)


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    """The value in lower case, as the format writes it."""
    lower = value.lower() if isinstance(value, str) else ""
    if lower not in allowed:
        raise ConfigurationError(
            f"{name}: no {name} {value!r}; expected one of {', '.join(allowed)}"
        )
    return lower

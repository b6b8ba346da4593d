"""The calls that a test made, with assertions that say what was made instead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hilt.core.arguments import count_checked
from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError, ReadError
from hilt.core.money import dollars
from hilt.io.session import Session

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from hilt.analysis.calls import Call
    from hilt.analysis.log import FilterArguments

__all__ = ["CallLog"]

_MOST_SHOWN = 20


class CallLog:
    """The log of one test, as the pytest fixture ``hilt_log`` gives it.

    Every assertion takes the filters of `hilt.open_log`, such as ``model="gpt-*"`` or
    ``tool="search"``, and lists the calls that were made where it fails.

    Args:
        session: Where the calls go; it writes to a file.
    """

    def __init__(self, session: Session) -> None:
        path = getattr(session, "path", None)
        if path is None:
            raise ConfigurationError(f"session: {session!r} writes to no file; use Session(path)")
        self.session = session
        self.path: Path = path

    @property
    def calls(self) -> list[Call]:
        """The calls that were made so far, in the order in which they ended."""
        return self.calls_where()

    @property
    def events(self) -> list[Event]:
        """The events that were logged so far."""
        self.session.flush()
        return list(self.session.read())

    @property
    def cost_usd(self) -> float:
        """What the calls cost together; those without a known price count nothing."""
        return sum(call.cost_usd or 0.0 for call in self.calls)

    def calls_where(self, **filters: Unpack[FilterArguments]) -> list[Call]:
        """The calls that fit."""
        from hilt.analysis.filters import filters_of
        from hilt.analysis.log import open_log

        chosen = filters_of(filters)
        self.session.flush()
        try:
            return list(open_log(self.path).calls(chosen))
        except ReadError:  # nothing was logged
            return []

    def assert_calls(
        self, count: int | None = None, **filters: Unpack[FilterArguments]
    ) -> list[Call]:
        """Check that so many calls were made, at least one if no number is given.

        Returns:
            The calls.
        """
        if count is not None:
            count_checked("count", count, 0)
        calls = self.calls_where(**filters)
        if not calls if count is None else len(calls) != count:
            wanted = "a call" if count is None else f"{count} call{'s' if count != 1 else ''}"
            raise AssertionError(f"expected {wanted}{_of(filters)}, found {len(calls)}; {self}")
        return calls

    def assert_cost(self, at_most: float, **filters: Unpack[FilterArguments]) -> float:
        """Check that the calls cost no more US dollars than this, and that all costs are known.

        Returns:
            What they cost.
        """
        if isinstance(at_most, bool) or not isinstance(at_most, int | float):
            raise ConfigurationError(f"at_most: {at_most!r} is not an amount of US dollars")
        calls = self.calls_where(**filters)
        unknown = [call for call in calls if call.cost_usd is None]
        if unknown:
            reasons = ", ".join(sorted({str(call.cost_unknown) for call in unknown}))
            raise AssertionError(f"the cost of {len(unknown)} calls is unknown: {reasons}; {self}")
        cost = sum(call.cost_usd or 0.0 for call in calls)
        if cost > at_most:
            shown, limit = dollars(cost), dollars(at_most)
            if shown == limit:  # they differ in what is rounded
                shown, limit = f"${cost}", f"${at_most}"
            raise AssertionError(f"the calls cost {shown}, more than {limit}; {self}")
        return cost

    def assert_text(self, words: str, **filters: Unpack[FilterArguments]) -> list[Call]:
        """Check that some call has these words in its texts, in any case and script.

        Returns:
            The calls that have them.
        """
        filters["text"] = words
        calls = self.calls_where(**filters)
        if not calls:
            others = {name: value for name, value in filters.items() if name != "text"}
            raise AssertionError(f"no call{_of(others)} has the words {words!r}; {self}")
        return calls

    def __str__(self) -> str:
        calls = self.calls
        if not calls:
            return "no calls were made"
        lines = [
            f"  {call.model} {call.outcome}: "
            f"{_short(call.prompt_text)} -> {_short(call.answer_text)}"
            for call in calls[:_MOST_SHOWN]
        ]
        more = len(calls) - len(lines)
        return "\n".join(["the calls were:", *lines, *([f"  and {more} more"] if more else [])])


def _of(filters: object) -> str:
    given = dict(filters) if isinstance(filters, dict) else {}
    return (
        f" with {', '.join(f'{name}={value!r}' for name, value in given.items())}" if given else ""
    )


def _short(text: str | None) -> str:
    shown = " ".join((text or "").split())
    return repr(shown if len(shown) <= 60 else f"{shown[:59]}…")  # noqa: PLR2004 # columns

"""Which columns a log's tab has: the chosen ones, the reviewers', and the event id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hilt.core.columns import check_columns
from hilt.core.exceptions import ConfigurationError

__all__ = ["CALL_COLUMNS", "RATINGS", "REVIEW_COLUMNS", "Columns", "Kind", "title_of"]

Kind = Literal["calls", "events"]
"""What a row is."""

CALL_COLUMNS = (
    "time",
    "who",
    "outcome",
    "cost",
    "seconds",
    "model",
    "tools",
    "question",
    "answer",
    "tokens_read",
    "tokens_written",
)
"""The columns of a call, for people: short ones first, so that long texts do not push them away.

No name is one of `hilt.core.columns.COLUMNS`: a program of an older version, which only knows
events, must not take a tab of calls for one of its own.
"""

_IDS = ("conversation", "prompt_id", "event_id")
"""The hidden columns of a call, by which its events are found again."""

_TITLES = {
    "cost": "Cost (USD)",
    "tokens_read": "Tokens read",
    "tokens_written": "Tokens written",
    "prompt_id": "Prompt id",
    "event_id": "Event id",
}

REVIEW_COLUMNS = ("rating", "comment", "correction")
"""The columns that reviewers fill in."""

RATINGS = ("1", "2", "3", "4", "5")
"""The ratings that reviewers choose from by default."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What is written to a tab.

    Args:
        shown: The chosen columns, in order.
        review: The columns for reviewers, if any.
        ratings: What reviewers may choose in ``rating``.
        rows: What a row is.
    """

    shown: tuple[str, ...]
    review: tuple[str, ...] = ()
    ratings: tuple[str, ...] = RATINGS
    rows: Kind = "events"

    @classmethod
    def of(
        cls,
        names: Sequence[str] | None,
        *,
        review: bool = False,
        ratings: Sequence[object] = RATINGS,
    ) -> Columns:
        """The columns for a user's choice; review columns may be among them.

        Raises:
            ConfigurationError: If one is unknown or given twice, or there are no ratings.
        """
        choices = tuple(str(each).strip() for each in ratings)
        if isinstance(ratings, str) or not choices or not all(choices):
            raise ConfigurationError(f"ratings: {ratings!r} is not a list of ratings")
        chosen: tuple[str, ...] = REVIEW_COLUMNS if review else ()
        if names is not None and not isinstance(names, str):
            chosen = tuple(name for name in REVIEW_COLUMNS if review or name in names)
            names = [name for name in names if name not in REVIEW_COLUMNS]
        return cls(check_columns(names), chosen, choices)

    @classmethod
    def of_calls(cls, ratings: tuple[str, ...] = RATINGS) -> Columns:
        """The columns of calls, with those for reviewers."""
        return cls(CALL_COLUMNS, REVIEW_COLUMNS, ratings, "calls")

    @property
    def hidden(self) -> tuple[str, ...]:
        """The columns that only programs need."""
        if self.rows == "calls":
            return _IDS
        return () if "event_id" in self.shown else ("event_id",)

    @property
    def required(self) -> tuple[str, ...]:
        """Every column, in the order in which a new tab has them.

        The event id is what makes "once" possible, so it is always a column: hidden at the right
        if it was not chosen.
        """
        return self.shown + self.review + self.hidden


def title_of(name: str, columns: Columns) -> str:
    """A column's header: words for calls, the documented name for events."""
    if columns.rows == "events":
        return name
    return _TITLES.get(name, name.capitalize())

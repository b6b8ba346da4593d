"""Which columns a log's tab has: the chosen ones, the reviewers', and the event id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hilt.core.columns import check_columns
from hilt.core.exceptions import ConfigurationError

__all__ = ["RATINGS", "REVIEW_COLUMNS", "Columns"]

REVIEW_COLUMNS = ("rating", "comment", "correction")
"""The columns that reviewers fill in."""

RATINGS = ("1", "2", "3", "4", "5")
"""What reviewers choose from unless a program says otherwise."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What is written to a tab.

    Args:
        shown: The chosen columns, in order.
        review: The columns for reviewers, if any.
        ratings: What reviewers may choose in ``rating``.
    """

    shown: tuple[str, ...]
    review: tuple[str, ...] = ()
    ratings: tuple[str, ...] = RATINGS

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

    @property
    def required(self) -> tuple[str, ...]:
        """Every column, in the order in which a new tab has them.

        The event id is what makes "once" possible, so it is always a column: hidden at the right
        if it was not chosen.
        """
        hidden = () if "event_id" in self.shown else ("event_id",)
        return self.shown + self.review + hidden

"""Choosing what to send after a refusal: fewer rows, until the refused one is alone, then less.

One row may contain something that Google does not take, and must not hold up the others. So a
refused batch is halved until the row is alone; that is sent without control characters, and then a
note in its place. If even that is refused, the reason is where the row goes: a late ending whose
row people have protected gets a row of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from hilt.io.sheets.batches import Form
from hilt.io.sheets.errors import CallError

__all__ = ["Narrowing"]

_MOST_RECHECKS = 3
"""How often to look at the tab again after a refusal that cannot be due to a row."""
_MOST_SERVER_ERRORS = 8
"""How many server errors for a row alone before a note is tried in its place."""


class Narrowing:
    """How many rows are sent at once, and how much of them.

    Args:
        most_rows: The most rows in a request.
    """

    def __init__(self, most_rows: int) -> None:
        self.form = Form.WHOLE
        self.max_rows = most_rows
        self.refusal: CallError | None = None
        """The refusal of the row that is now alone."""
        self.is_apart = False
        """Whether a late ending gets a row of its own, as writing to its call's row is refused."""
        self._most_rows = most_rows
        self._rechecks = 0
        self._server_errors = 0

    @property
    def note(self) -> str | None:
        """Why a note is sent in place of a row; None if none is."""
        if self.form is not Form.PLACEHOLDER or self.refusal is None:
            return None
        return self.refusal.message

    def start_over(self) -> None:
        """Send whole rows again, and forget what went wrong with the last ones."""
        self._rechecks, self._server_errors = 0, 0
        self.form, self.refusal, self.is_apart = Form.WHOLE, None, False

    def widen(self) -> None:
        """Send more at once again, after a success."""
        self.start_over()
        self.max_rows = min(self._most_rows, 2 * self.max_rows)

    def looks_again(self, rows: int) -> bool:
        """Whether to look at the tab before anything else: people may have changed it.

        Args:
            rows: How many rows were in the request that was refused.
        """
        # People may rename something between two requests, which the second one refers to.
        if self._rechecks >= (1 if rows else _MOST_RECHECKS):
            return False
        self._rechecks += 1
        return True

    def after_refusal(
        self,
        error: CallError,
        rows: int,
        is_protected: Callable[[], bool],
        *,
        fills: bool = False,
    ) -> bool:
        """Choose what to send after a refusal; False if nothing is left to try.

        Args:
            error: The refusal.
            rows: How many rows were in the request.
            is_protected: Whether a protection refuses every row of the tab. It may be lifted at any
                moment, so no note is sent for a row that was refused for it.
            fills: Whether the row was written into an existing one.
        """
        self.max_rows = max(1, rows // 2)
        if rows > 1:
            return True
        if not rows or is_protected():
            return False
        following = self.form.next
        if following is None:
            if not fills or self.is_apart:
                return False
            self.start_over()
            self.is_apart = True
            return True
        self.form, self.refusal = following, self.refusal or error
        return True

    def after_server_error(
        self, error: CallError, rows: int, takes_write: Callable[[], bool]
    ) -> None:
        """Choose what to send after a server error, whose reason may be one row.

        The batch is halved until the row is alone, and that is tried several times. As an outage
        looks the same, the row is tried once more when Google takes another write, and is set aside
        only if a note arrives in its place.
        """
        self.max_rows = max(1, rows // 2)
        if rows > 1:
            return
        self._server_errors += 1
        following = self.form.next
        if following is None:
            self.start_over()
        elif self.form is not Form.WHOLE or (
            self._server_errors >= _MOST_SERVER_ERRORS and takes_write()
        ):
            self.form, self.refusal = following, self.refusal or error

"""Retries, for commands whose caller waits for an answer, and for what a sender looks up."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import TypeVar

from hilt.core import clock
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.pace import Backoff, Pace

__all__ = ["COMMAND_ATTEMPTS", "LOOK_ATTEMPTS", "LOOK_S", "retried"]

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

COMMAND_ATTEMPTS = 8
"""How often a command tries a request: with the usual waits, for about two minutes."""

LOOK_ATTEMPTS = 4
LOOK_S = 10.0
"""How often, and for how many seconds, a sender tries each request of a look at the sheet.

A look takes ten requests or more, and would hardly ever succeed if it began again after each
failure.
"""


def retried(
    call: Callable[[], _Result],
    pace: Pace,
    attempts: int = COMMAND_ATTEMPTS,
    longest_s: float = math.inf,
) -> _Result:
    """The result of a call that may safely be repeated, such as a read.

    After quota, server and network errors, it waits like a sender; a refusal is final.

    Args:
        call: The call.
        pace: Has the waits.
        attempts: How often it is tried.
        longest_s: No attempt begins later than so many seconds after the first one.

    Raises:
        CallError: If it is refused, or fails every time.
    """
    backoff, began = Backoff(pace.backoff_s, pace.backoff_cap_s), clock.steady_seconds()
    for attempt in range(1, attempts + 1):
        try:
            return call()
        except CallError as error:
            if error.kind == "refused" or attempt == attempts:
                raise
            wait = backoff.next(error.retry_after)
            if clock.steady_seconds() + wait - began > longest_s:
                raise
            _log.info("HILT: Google Sheets: %s; tried again", error.message)
            time.sleep(wait)
    raise AssertionError  # the last attempt returns or raises

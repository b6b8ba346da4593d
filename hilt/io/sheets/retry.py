"""Trying again: for commands, whose caller waits for an answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from hilt.io.sheets.errors import CallError
from hilt.io.sheets.pace import Backoff, Pace

__all__ = ["COMMAND_ATTEMPTS", "retried"]

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

COMMAND_ATTEMPTS = 8
"""How often a command tries a request: with the usual waits, for about two minutes."""


def retried(call: Callable[[], _Result], pace: Pace, attempts: int = COMMAND_ATTEMPTS) -> _Result:
    """The result of a call that may be made several times, as reading may.

    Quotas, errors of the server and of the network are waited for as a sender does; a refusal is
    final.

    Raises:
        CallError: If it is refused, or fails every time.
    """
    backoff = Backoff(pace.backoff_s, pace.backoff_cap_s)
    for attempt in range(1, attempts + 1):
        try:
            return call()
        except CallError as error:
            if error.kind == "refused" or attempt == attempts:
                raise
            _log.info("HILT: Google Sheets: %s; tried again", error.message)
            time.sleep(backoff.next(error.retry_after))
    raise AssertionError  # the last attempt returns or raises

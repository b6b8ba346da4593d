"""Counting the attempts of a call, where an SDK tries again by itself."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from hilt._context import ACTIVE
from hilt.genai.values import Target
from hilt.instrumentation.engine import Call, Engine

__all__ = ["ATTEMPT", "count_attempt"]


class _Attempt:
    """The function that an SDK calls once for each attempt of a call in progress."""

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that counts, and changes nothing else."""
        if inspect.iscoroutinefunction(original):

            @functools.wraps(original)
            async def attempt_async(*args: Any, **kwargs: Any) -> Any:
                count_attempt()
                return await original(*args, **kwargs)

            return attempt_async

        @functools.wraps(original)
        def attempt(*args: Any, **kwargs: Any) -> Any:
            count_attempt()
            return original(*args, **kwargs)

        return attempt


def count_attempt(call: Any = None) -> None:
    """A call, or else the one in progress if there is one, is tried once more."""
    call = call or ACTIVE.get()
    if isinstance(call, Call):
        call.observation.attempts = (call.observation.attempts or 0) + 1


ATTEMPT = _Attempt()
"""The function that an SDK calls once for each attempt of a call in progress."""

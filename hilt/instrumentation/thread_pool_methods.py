"""Methods that do their work in a pool of threads, outside the caller's context."""

from __future__ import annotations

import contextvars
import functools
from collections.abc import Callable
from typing import Any

from hilt.core.guard import guard
from hilt.genai.values import Target
from hilt.instrumentation.engine import Engine

__all__ = ["THREAD_POOL_METHOD"]


class _ThreadPoolMethod:
    """``Client.embed``, which sends its requests from the threads of a pool.

    They belong to the caller's conversation and session all the same.
    """

    def wrap(self, engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
        """A wrapper that lends the method a pool that brings the context along."""

        @functools.wraps(original)
        def embed(self: Any, *args: Any, **kwargs: Any) -> Any:
            if not engine.enabled:
                return original(self, *args, **kwargs)
            return original(_with_context(self), *args, **kwargs)

        return embed


def _with_context(client: Any) -> Any:
    """The same client, but for its pool."""
    try:
        twin = object.__new__(type(client))
        vars(twin).update(vars(client))
        twin._executor = _Carrying(client._executor)  # noqa: SLF001 # the SDK has no other way
    except Exception:
        guard.report("following a call into a pool")
        return client
    return twin


class _Carrying:
    """A pool whose threads work in the context of the caller."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    def map(self, function: Callable[..., Any], *each: Any, **options: Any) -> Any:
        """As the pool's own, in the context of the caller."""
        context = contextvars.copy_context()

        def carried(*args: Any) -> Any:
            return context.copy().run(function, *args)

        return self._pool.map(carried, *each, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)


THREAD_POOL_METHOD = _ThreadPoolMethod()
"""A method that sends its requests from the threads of a pool."""

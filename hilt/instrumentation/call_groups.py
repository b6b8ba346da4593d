"""Functions that make several calls at once: one for each of the prompts that they are given.

The prompts of all are in the log before the function runs, and each call has an ending of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from hilt.core import clock
from hilt.core.guard import guard
from hilt.genai.values import Arguments, Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.wrapping import observing

__all__ = ["CallGroup", "GroupHook", "Grouped"]


class CallGroup:
    """The calls of one use of a function: what happens to it happens to each of them.

    Args:
        engine: Whose calls they are.
        calls: In the order of the prompts; None for one that is not observed.
        source: What the function was called with, as far as the answers need it.
        encloses: Whether what the function itself calls of the same SDK is part of its calls.
    """

    __slots__ = ("_started", "calls", "encloses", "engine", "source")

    def __init__(
        self,
        engine: Engine,
        calls: list[Call | None],
        source: object = None,
        *,
        encloses: bool = False,
    ) -> None:
        self.engine = engine
        self.calls = calls
        self.source = source
        self.encloses = encloses
        self._started = clock.monotonic_nanos()

    def observed(self) -> list[Call]:
        """The calls that are observed."""
        return [call for call in self.calls if call is not None]

    def note_batch(self) -> None:
        """Note in each call how many were made together, and how long all of them took.

        How long each took nobody knows; the time in which HILT writes them is in none.
        """
        count = len(self.calls)
        if count > 1:
            latency = (clock.monotonic_nanos() - self._started) // 1000 / 1000
            for call in self.observed():
                noted = call.observation.extensions or {}
                batch = {"batch_size": count, "latency_ms": latency}
                call.observation.extensions = {**noted, **batch}

    def is_retried_by(self, _: dict[str, Any]) -> bool:
        """Whether an observed function that is called meanwhile is part of these calls."""
        return self.encloses

    def end(self, how: Ending, value: Any = None) -> None:
        """All of them ended alike; those that have ended stay as they are."""
        if how is Ending.RAISED:
            self.note_batch()
        for call in self.observed():
            call.end(how, value)


class Grouped(Protocol):
    """What one function's calls are. Methods may raise: `GroupHook` guards them."""

    encloses: bool  #: as of `CallGroup`

    def requests(self, engine: Engine, call: Arguments) -> tuple[Sequence[Arguments], object]:
        """What the provider's adapter reads each request from, and what `end` is given.

        The first have no instance: a model's tokenizer has names and values like those of keys.
        """
        ...

    def begun(self, group: CallGroup) -> None:
        """The prompts are in the log, and the function runs now."""
        ...

    def end(self, group: CallGroup, result: Any) -> None:
        """End each call with its part of what the function returned."""
        ...


class GroupHook:
    """A function that makes a call for each of its prompts, and returns all answers at once.

    Args:
        grouped: Says which calls it makes.
    """

    def __init__(self, grouped: Grouped) -> None:
        self._grouped = grouped

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that changes nothing."""
        grouped = self._grouped

        def begin(arguments: Arguments) -> CallGroup | None:
            try:
                requests, source = grouped.requests(engine, arguments)
            except Exception:
                guard.report(f"reading a {engine.provider.name} request")
                return None
            calls = [engine.begin(each) for each in requests]
            if not any(calls):
                return None
            group = CallGroup(engine, calls, source, encloses=grouped.encloses)
            for call in group.observed():
                call.arguments = None  # A model has no credentials, and much that looks like them.
            try:
                grouped.begun(group)
            except Exception:
                guard.report(f"observing a {engine.provider.name} call")
            return group

        def observe(group: CallGroup, result: Any) -> Any:
            try:
                group.note_batch()
                grouped.end(group, result)
            except Exception:
                guard.report(f"reading a {engine.provider.name} answer")
                group.end(Ending.RETURNED)
            return result

        return observing(engine, target, original, begin, observe)

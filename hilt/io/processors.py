"""Processors: functions that change an event, or drop it, before anything is written."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from hilt.core.event import Actor, Event
from hilt.core.exceptions import ConfigurationError
from hilt.core.ids_and_times import conversation_id_of
from hilt.core.once_a_minute import OnceAMinute
from hilt.core.texts import TextFunction, sized_chunk

__all__ = ["Processor", "ProcessorChain"]

logger = logging.getLogger(__name__)

Processor = Callable[[Event], Event | None] | TextFunction
"""Changes an event before it is written, or returns None to drop it; or changes each of its texts.

A function with two parameters gets a text and its path, and returns the new text; see
`hilt.core.texts`. The chunks of streams then have only the length of their text, since what is
split over chunks cannot be changed in any one of them.
"""

# What an event keeps when a processor has failed: nothing that people wrote, and no names.
_SAFE_EXTENSIONS = frozenset(
    (
        "reply_to",
        "context_of",
        "model",
        "latency_ms",
        "status_code",
        "finish_reason",
        "error_code",
        "chunk_index",
        "time_to_first_chunk_ms",
        "outcome",
        "partial",
        "attempts",
    )
)
_SAFE_PROVENANCE = frozenset((
    "provider", "operation", "request_model", "response_model", "service", "service_version",
    "environment",
))  # fmt: skip


class ProcessorChain:
    """A chain of processors: each gets what the one before it returned.

    Args:
        processors: Run in this order.

    Raises:
        ConfigurationError: If they are not functions.
    """

    def __init__(self, processors: Sequence[Processor]) -> None:
        chosen = tuple(processors) if isinstance(processors, Iterable) else (None,)
        if callable(processors) or not all(callable(process) for process in chosen):
            raise ConfigurationError(
                f"processors: {processors!r} is not a list of functions from Event to Event or "
                "None, or from a text and its path to a text"
            )
        self.processors = chosen
        self._functions = tuple(map(_of_events, self.processors))
        self.failures = 0
        """How often one failed; each cost an event its content."""
        self._warning = OnceAMinute()

    def apply(self, event: Event) -> Event | None:
        """The event as it is to be written; None if a processor dropped it. Never raises."""
        for process in self._functions:
            try:
                result = _checked(process(event))
            except Exception as error:
                self.failures += 1
                self._warn(process, error)
                result = _without_content(event)
            if result is None:
                return None
            event = result
        return event

    def _warn(self, process: object, error: Exception) -> None:
        if self._warning.is_due():
            # Not the error's message, nor its traceback: they may quote what was to be hidden.
            name = type(error).__name__
            logger.warning("processor %r failed (%s); its event loses its content", process, name)


def _of_events(process: Processor) -> Callable[[Event], object]:
    """A processor of either kind as a function from an event."""
    if not _takes_text(process):
        return cast("Callable[[Event], object]", process)
    change = cast("TextFunction", process)

    @functools.wraps(process)
    def change_texts(event: Event) -> Event:
        return sized_chunk(event) or event.map_texts(change)

    return change_texts


def _takes_text(process: Processor) -> bool:
    """Whether a function has two parameters that must be given."""
    try:
        parameters = inspect.signature(process).parameters.values()
    except (TypeError, ValueError):  # a built-in function without a signature
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [each for each in parameters if each.default is inspect.Parameter.empty]
    return sum(each.kind in positional for each in required) == 2  # noqa: PLR2004


def _checked(result: object) -> Event | None:
    """What a processor returned, if that can be written."""
    if result is None:
        return None
    if not isinstance(result, Event):
        raise TypeError(f"{result!r:.80} is not an Event or None")
    result.encode()
    return result


def _without_content(event: Event) -> Event:
    """The part of an event that may be written though a processor failed."""
    actor = event.actor
    return Event(
        event_id=event.event_id,
        timestamp=event.timestamp,
        session_id=conversation_id_of(event.session_id),
        actor=Actor(type=actor.type, id="withheld" if actor.type == "human" else actor.id),
        action=event.action,
        metrics=event.metrics,
        provenance=_only(event.provenance, _SAFE_PROVENANCE),
        privacy={"processing_failed": True},
        extensions=_only(event.extensions, _SAFE_EXTENSIONS),
    )


def _only(values: dict[str, object] | None, names: frozenset[str]) -> dict[str, object] | None:
    return {name: value for name, value in (values or {}).items() if name in names} or None

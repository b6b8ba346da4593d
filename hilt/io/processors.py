"""Processors: functions that change an event, or drop it, before anything is written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from hilt.core.event import Actor, Event
from hilt.core.exceptions import ConfigurationError
from hilt.core.ids import conversation_id_of
from hilt.core.once_a_minute import OnceAMinute

__all__ = ["Processor", "ProcessorChain"]

logger = logging.getLogger(__name__)

Processor = Callable[[Event], Event | None]
"""Changes an event before it is written, or drops it by None."""

# What an event keeps when a processor has failed: nothing that anybody wrote, and no names.
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
_SAFE_PROVENANCE = frozenset(("provider", "operation", "request_model", "response_model"))


class ProcessorChain:
    """Processors, each of which gets what the one before it returned.

    Args:
        processors: Run in this order.

    Raises:
        ConfigurationError: If they are not functions.
    """

    def __init__(self, processors: Sequence[Processor]) -> None:
        if callable(processors) or not all(callable(process) for process in processors):
            raise ConfigurationError(
                f"processors: {processors!r} is not a list of functions from Event to Event or None"
            )
        self.processors = tuple(processors)
        self.failures = 0
        """How often one failed; each cost an event its content."""
        self._warning = OnceAMinute()

    def apply(self, event: Event) -> Event | None:
        """The event as it is to be written; None if a processor dropped it. Never raises."""
        for process in self.processors:
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

    def _warn(self, process: Processor, error: Exception) -> None:
        if self._warning.is_due():
            # Not the error's message, nor its traceback: they may quote what was to be hidden.
            name = type(error).__name__
            logger.warning("processor %r failed (%s); its event loses its content", process, name)


def _checked(result: object) -> Event | None:
    """What a processor returned, if that can be written."""
    if result is None:
        return None
    if not isinstance(result, Event):
        raise TypeError(f"{result!r:.80} is not an Event or None")
    result.encode()
    return result


def _without_content(event: Event) -> Event:
    """What may be written of an event that could not be made safe."""
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

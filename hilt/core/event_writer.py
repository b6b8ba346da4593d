"""What recorders need of a session, so that they do not depend on `hilt.io`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from hilt.core.event import Event
from hilt.core.json_types import JsonObject

__all__ = ["EventPolicy", "EventWriter", "LineReader"]


class EventPolicy(Protocol):
    """What may be written of events; `hilt.privacy.filter.PolicyFilter` is one."""

    def __call__(self, event: Event) -> Event:
        """The event as it may be written. Never raises."""
        ...

    def treat_dicts(self, events: list[JsonObject]) -> tuple[list[JsonObject], bool] | None:
        """The same of events of calls that are not encoded yet, and whether any value is another.

        None if they need the other way. Never raises.
        """
        ...


@runtime_checkable
class EventWriter(Protocol):
    """Takes events, encoded or not; `hilt.io.session.Session` is one."""

    takes_lines: bool
    """Whether `write_lines` may be used: no processor or policy needs the events."""

    policy: EventPolicy | None = None
    """The policy, where it alone needs the events: lines that it has made may be written, too."""

    @property
    def destination(self) -> tuple[str, ...]:
        """Where its events go, in a form that can be compared with another writer's."""
        ...

    def write_lines(self, lines: bytes, count: int, *, more_follow: bool = False) -> None:
        r"""Write the events of one step, encoded. Never raises.

        Args:
            lines: ``count`` events, each one JSON object that ends with ``\n``.
            count: How many.
            more_follow: The same call will write again soon.
        """

    def append_all(self, events: Iterable[Event], *, are_read: bool = False) -> list[Event]:
        """Write the events of one step, and return those that were written.

        Args:
            events: The events.
            are_read: They have just been read from JSON, so they need no check.

        Raises:
            HILTError: If they cannot be taken.
        """
        ...


@runtime_checkable
class LineReader(EventWriter, Protocol):
    """A writer that can say what it has written, for calls that an interrupt cut short."""

    def newest_lines(self) -> bytes:
        """The end of what was written, a few megabytes at most. Never raises."""
        ...

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
        """Treat the events of calls, not encoded yet; also return whether any value has changed.

        None if they have to be treated one by one, as `Event` objects. Never raises.
        """
        ...


@runtime_checkable
class EventWriter(Protocol):
    """Takes events, encoded or not; `hilt.io.session.Session` is one."""

    takes_lines: bool
    """Whether `write_lines` may be used: no processor or policy needs the events."""

    policy: EventPolicy | None = None
    """The policy, if no processor runs before it: lines that it has treated may be written, too."""

    @property
    def destination(self) -> tuple[str, ...]:
        """Where its events go, in a form that can be compared with another writer's."""
        ...

    def write_lines(self, lines: bytes, count: int, *, more_follow: bool = False) -> None:
        r"""Write the events of one step, encoded. Never raises.

        Args:
            lines: ``count`` events, each one JSON object that ends with ``\n``.
            count: How many.
            more_follow: Whether the same call will write again soon.
        """

    def append_all(self, events: Iterable[Event], *, are_read: bool = False) -> list[Event]:
        """Write the events of one step, and return those that were written.

        Args:
            events: The events.
            are_read: Whether they have just been read from JSON, and need no check.

        Raises:
            HILTError: If they cannot be written.
        """
        ...


@runtime_checkable
class LineReader(EventWriter, Protocol):
    """A writer that can tell what it has written, for calls that were interrupted."""

    def newest_lines(self) -> bytes:
        """The end of what was written, a few megabytes at most. Never raises."""
        ...

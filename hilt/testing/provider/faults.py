"""Faults of the embedded provider: errors, delays, and broken answers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from hilt.core.arguments import count_checked, names_checked, seconds_checked, text_checked
from hilt.core.exceptions import ConfigurationError
from hilt.testing.provider.answer_arguments import times_checked

__all__ = ["Fault", "fault_of"]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with an answer. The fields can be combined.

    An event is one server-sent event of a stream.

    Args:
        status: The HTTP status of an error that is sent in place of the answer.
        message: The error's message.
        retry_after: The ``retry-after`` header, in seconds.
        first_byte_delay: The delay before the first byte, in seconds.
        reset_after: The number of events after which the connection is reset; 0: before any byte.
        end_after: The number of events after which the stream ends, well formed.
        malformed_after: The number of events after which one is not valid JSON.
        truncate_to: The number of bytes after which a body that is not streamed stops, although
            its ``content-length`` is that of the whole.
        path: Text that the path of the request must contain.
        times: The number of requests; None for all that follow.
    """

    status: int | None = None
    message: str = "The embedded provider was set to fail."
    retry_after: float | None = None
    first_byte_delay: float = 0.0
    reset_after: int | None = None
    end_after: int | None = None
    malformed_after: int | None = None
    truncate_to: int | None = None
    path: str = ""
    times: int | None = 1

    def __post_init__(self) -> None:
        status = self.status
        if status is not None and (type(status) is not int or status not in range(400, 600)):
            raise ConfigurationError(
                f"status: {status!r} is not the HTTP status of a failure; expected 400 to 599"
            )
        if self.retry_after is not None:
            seconds_checked("retry_after", self.retry_after)
        seconds_checked("first_byte_delay", self.first_byte_delay)
        for name in ("reset_after", "end_after", "malformed_after", "truncate_to"):
            if getattr(self, name) is not None:
                count_checked(name, getattr(self, name), 0)
        for name in ("message", "path"):
            text_checked(name, getattr(self, name))
        times_checked(self.times)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the error."""
        return {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}


def fault_of(given: object, named: dict[str, Any]) -> Fault:
    """The fault that a user gave, whole or by its fields.

    Raises:
        ConfigurationError: If it is none, or both are given.
    """
    if given is None:
        names_checked("fault", named, [each.name for each in fields(Fault)])
        return Fault(**named)
    if not isinstance(given, Fault):
        raise ConfigurationError(
            f"fail: {given!r} is no fault; expected fail(status=429) or a hilt.testing.Fault"
        )
    if named:
        raise ConfigurationError(f"fail: a Fault is given, so put {', '.join(named)} into it")
    return given


NO_FAULT = Fault()
"""Nothing goes wrong."""

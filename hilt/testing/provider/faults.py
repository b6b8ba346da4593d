"""The ways in which an answer of the embedded provider can go wrong."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Fault"]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with an answer; the fields combine.

    An event is one server-sent event of a stream.

    Args:
        status: An error of this HTTP status in place of the answer.
        message: What the error says.
        retry_after: Seconds for the ``retry-after`` header.
        first_byte_delay: Seconds before anything is sent.
        reset_after: The connection is reset after so many events; 0 is before any byte.
        end_after: The stream ends, well formed, after so many events.
        malformed_after: The event after so many is not valid JSON.
        truncate_to: A body that is not streamed stops after so many bytes, although more were
            announced.
        path: Only for requests whose path contains this.
        times: For how many requests; None for all that follow.
    """

    status: int | None = None
    message: str = "The embedded provider was told to fail."
    retry_after: float | None = None
    first_byte_delay: float = 0.0
    reset_after: int | None = None
    end_after: int | None = None
    malformed_after: int | None = None
    truncate_to: int | None = None
    path: str = ""
    times: int | None = 1

    @property
    def headers(self) -> dict[str, str]:
        """The headers that go with it."""
        return {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}


NO_FAULT = Fault()
"""Nothing goes wrong."""

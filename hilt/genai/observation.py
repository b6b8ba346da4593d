"""One call as it is observed: what its events and spans are made of."""

from __future__ import annotations

from typing import Any

import msgspec

from hilt._context import FrameworkContext
from hilt.core.event_writer import EventWriter
from hilt.genai.values import Failure, Request, Response

__all__ = ["Observation"]


class Observation(msgspec.Struct):
    """One call; its fields are filled in as it goes on.

    Times are nanoseconds since the epoch; durations come from the monotonic clock.
    """

    request: Request
    started: int
    ended: int = 0
    latency_ms: float | None = None
    first_chunk_ms: float | None = None
    response: Response | None = None
    failure: Failure | None = None
    outcome: str | None = None
    chunks: list[tuple[int, str]] = msgspec.field(default_factory=list)  #: (arrival, text)
    chunks_written: int = 0
    chunks_end: str = ""  #: the end of their texts, as `without_streamed_binary` has it
    status_code: int | None = None
    request_id: str | None = None
    attempts: int | None = None
    sdk: str | None = None  #: ``openai 3.54.0``
    session: EventWriter | None = None  #: where the events go; None: the current default
    conversation: str | None = None  #: set by the user
    user: str | None = None  #: set by the user
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    capture_content: bool = True
    capture_chunks: bool = True
    provenance: dict[str, Any] | None = None  #: more of it, from another emitter's span or a helper
    extensions: dict[str, Any] | None = None  #: more of them, and the user's own keys
    cost_usd: float | None = None
    cost_unknown: str | None = None
    price_file: str | None = None  #: the price file and its version, if it gave the cost
    # What the events of the call share, filled in when the first is made.
    session_id: str = ""
    keys: tuple[bytes, ...] = ()  #: of the client, as they stand in JSON; never written
    prompt_id: str | None = None
    reply_to: str | None = None
    context_of: str | None = None
    continuation: Any = None  #: a `Continuation` of `hilt.recording.history`
    origin: dict[str, Any] | None = None
    framework: FrameworkContext | None = None  #: what the framework above the SDK knows of it
    service: dict[str, str] | None = None  #: of its tracer provider or span; None: the program's
    ending_id: str | None = None

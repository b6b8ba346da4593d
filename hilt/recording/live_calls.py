"""The calls that were logged as they happened, so that spans about them are not logged again.

An SDK that traces itself, or another instrumentation, may record the very call that HILT logs.
Its span is a parent of HILT's, or has the same response id.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hilt.core.bounded import BoundedDict
from hilt.core.event_writer import EventWriter
from hilt.genai.observation import Observation

if TYPE_CHECKING:
    from hilt.recording.writer import Recorder

__all__ = ["LIVE_CALLS", "LiveCalls"]


class LiveCalls:
    """The newest calls, by the span above each and by response id.

    Args:
        limit: How many are remembered.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._sessions: BoundedDict[object, EventWriter] = BoundedDict(limit)
        self._conversations: BoundedDict[str, str] = BoundedDict(limit)
        self.has_calls = False
        """Whether any call was noted; if not, readers need not look."""
        self.has_readers = False
        """Whether anything will read this; if not, recorders need not note calls here."""
        self.fallback_recorder: Recorder | None = None
        """Writes the calls whose spans reach no processor of HILT's."""

    def begin(self, call: Observation, session: EventWriter) -> None:
        """Note that a prompt was written to a session."""
        self.has_calls = True
        if call.trace_id:
            self._conversations.keep(call.trace_id, call.session_id)
        if call.parent_span_id:
            self._sessions.keep((call.trace_id, call.parent_span_id), session)

    def end(self, call: Observation, session: EventWriter) -> None:
        """Note that an ending was written to a session."""
        if call.response is not None and call.response.id:
            self._sessions.keep(call.response.id, session)

    def sessions(
        self, spans: Iterable[tuple[str, str]], response_id: str | None = None
    ) -> list[EventWriter]:
        """The sessions that have the call that some spans, by trace and span id, are about."""
        keys: list[object] = [*spans, response_id]
        return [self._sessions[key] for key in keys if key in self._sessions]

    def conversation(self, trace_id: str) -> str | None:
        """The conversation of the newest call in a trace."""
        return self._conversations.get(trace_id)


LIVE_CALLS = LiveCalls()
"""The calls of this process, which recorders note here and span pipelines read by default.

It is global because an exporter may be made by ``opentelemetry-instrument`` while calls are
recorded by `hilt.instrument`: nothing in the process has a reference to both.
"""

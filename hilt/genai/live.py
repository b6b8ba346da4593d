"""Which calls were logged as they happened: a span about one of them is not logged again.

An SDK that traces itself, or another instrumentation, may record the very call that HILT logs.
Its span stands above HILT's, or says the same response id.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hilt.genai.observation import Observation

__all__ = ["LIVE", "LiveCalls"]


class LiveCalls:
    """The newest calls, by the span above each and by response id.

    Args:
        limit: How many are remembered.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._sessions: dict[object, Any] = {}
        self.watched = False  #: whether anybody will ask; nothing is remembered before

    def begin(self, call: Observation, session: Any) -> None:
        """A prompt was written to a session."""
        if self.watched and call.parent_span_id:
            self._note((call.trace_id, call.parent_span_id), session)

    def end(self, call: Observation, session: Any) -> None:
        """An ending was written to a session."""
        if self.watched and call.response is not None and call.response.id:
            self._note(call.response.id, session)

    def sessions(
        self, spans: Iterable[tuple[str, str]], response_id: str | None = None
    ) -> list[Any]:
        """The sessions that have the call which some spans, by trace and span id, are about."""
        keys: list[object] = [*spans, response_id]
        return [self._sessions[key] for key in keys if key in self._sessions]

    def _note(self, key: object, session: Any) -> None:
        self._sessions[key] = session
        while len(self._sessions) > self._limit:
            try:
                del self._sessions[next(iter(self._sessions))]
            except (KeyError, RuntimeError, StopIteration):
                return  # another thread was quicker


LIVE = LiveCalls()
"""The calls of this process."""

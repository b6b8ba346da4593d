"""Which calls were logged as they happened: a span about one of them is not logged again.

An SDK that traces itself, or another instrumentation, may record the very call that HILT logs.
Its span stands above HILT's, or says the same response id.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

from hilt.genai.observation import Observation
from hilt.recording.history import History

__all__ = ["LIVE", "LiveCalls"]


class LiveCalls:
    """The newest calls, by the span above each and by response id.

    Args:
        limit: How many are remembered.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._sessions: dict[object, Any] = {}
        self._conversations: dict[str, str] = {}
        self._histories: weakref.WeakKeyDictionary[Any, History] = weakref.WeakKeyDictionary()
        self.log: Any = None  #: writes calls whose spans no processor of HILT's hears of
        self.watched = False  #: whether anybody will ask; without that, nobody need tell

    def begin(self, call: Observation, session: Any, history: History) -> None:
        """A prompt was written to a session; its history has what was said there."""
        self._histories[session] = history
        if call.trace_id:
            _keep(self._conversations, call.trace_id, call.session_id, self._limit)
        if call.parent_span_id:
            self._note((call.trace_id, call.parent_span_id), session)

    def end(self, call: Observation, session: Any) -> None:
        """An ending was written to a session."""
        if call.response is not None and call.response.id:
            self._note(call.response.id, session)

    def sessions(
        self, spans: Iterable[tuple[str, str]], response_id: str | None = None
    ) -> list[Any]:
        """The sessions that have the call which some spans, by trace and span id, are about."""
        keys: list[object] = [*spans, response_id]
        return [self._sessions[key] for key in keys if key in self._sessions]

    def conversation(self, trace_id: str) -> str | None:
        """The conversation of the newest call in a trace."""
        return self._conversations.get(trace_id)

    def histories(self) -> list[tuple[Any, History]]:
        """The sessions that calls were written to, each with its history."""
        return list(self._histories.items())

    def _note(self, key: object, session: Any) -> None:
        _keep(self._sessions, key, session, self._limit)


def _keep(store: dict[Any, Any], key: object, value: object, limit: int) -> None:
    store[key] = value
    while len(store) > limit:
        try:
            del store[next(iter(store))]
        except (KeyError, RuntimeError, StopIteration):
            return  # another thread was quicker


LIVE = LiveCalls()
"""The calls of this process."""

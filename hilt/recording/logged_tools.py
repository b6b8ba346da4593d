"""The tool calls and tool results that are in the log."""

from __future__ import annotations

from hilt.core.bounded import BoundedDict
from hilt.recording.logged_answers import ToolCallEvent
from hilt.recording.open_tool_calls import OpenToolCalls

__all__ = ["LoggedTools"]


class LoggedTools:
    """The events of tool calls and of their results, the newest ``limit`` of each kind."""

    def __init__(self, limit: int) -> None:
        self._tool_calls: BoundedDict[str, list[ToolCallEvent]] = BoundedDict(limit)
        self._tool_results: BoundedDict[str, str] = BoundedDict(limit)
        self._sent_results: BoundedDict[str, str] = BoundedDict(limit)
        self.open_tool_calls = OpenToolCalls(limit)

    def tool_call(self, call_id: str | None, session_id: str | None = None) -> ToolCallEvent | None:
        """The event of a tool call.

        Args:
            call_id: Its id.
            session_id: The conversation. The call of another one counts only if no other call has
                the id. If None, the newest call with the id is taken.
        """
        alike = self._tool_calls.get(call_id) if call_id else None
        if not alike:
            return None
        if session_id is None or len(alike) == 1:
            return alike[-1]
        return next((each for each in reversed(alike) if each.session_id == session_id), None)

    def remember_tool_result(self, call: str, event_id: str) -> None:
        """Keep the event of a tool's result that comes from a span of the tool itself.

        Args:
            call: The event of the tool call, or the call's id if that is not logged.
            event_id: The event of the result.
        """
        self._tool_results.keep(call, event_id)

    def remember_sent_result(self, call: str, event_id: str) -> None:
        """Keep the event of a tool's result that comes from the model call that sends it."""
        self._sent_results.keep(call, event_id)

    def has_result(self, call: str | None) -> bool:
        """Whether a tool's result is logged, from a span or from a call."""
        return call in self._tool_results or call in self._sent_results

    def tool_result(self, call: str | None) -> str | None:
        """The event id of a tool's result that comes from a span of the tool."""
        return self._tool_results.get(call) if call else None

"""Calls as a timeline: trace events in JSON, which Perfetto (ui.perfetto.dev) and Chrome show.

Each conversation is a track, with a slice for each call and each tool. Slices that overlap go to
further tracks of the conversation.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from hilt.analysis.calls import Call
from hilt.core.exceptions import EventError
from hilt.core.ids_and_times import to_nanos
from hilt.core.json_types import JsonObject

__all__ = ["trace_events"]

_PROCESS = 1
_TEXT = 1000
_WAITING_TOOLS = 100_000


def trace_events(calls: Iterable[Call]) -> Iterator[JsonObject]:
    """The events of a trace: names of tracks, and slices with times in microseconds."""
    yield _named("process_name", 0, "HILT")
    timeline = _Timeline()
    for call in calls:
        yield from timeline.events_of(call)


class _Timeline:
    def __init__(self) -> None:
        self._tracks: dict[str, list[tuple[int, float]]] = {}  # by conversation: ids and ends
        self._count = 0
        self._tools: OrderedDict[bytes, tuple[str, str]] = OrderedDict()  # their names and times

    def events_of(self, call: Call) -> Iterator[JsonObject]:
        """The slices of a call and of the tools whose results it sends."""
        for line in call.opening:
            tool = self._tools.pop((line.record.extensions.reply_to or "").encode(), None)
            if line.action == b"tool_result" and tool is not None:
                yield from self._slice(call.session_id, "tool", *tool, line.time.decode(), {})
        name = f"{call.operation} {call.model or ''}".strip()
        yield from self._slice(
            call.session_id, "call", name, call.started, call.timestamp, _arguments(call)
        )
        for line in call.tool_call_lines:
            tool = line.content.get("tool")
            name = str(tool.get("name") or "tool") if isinstance(tool, dict) else "tool"
            self._tools[line.event_id] = (name, line.time.decode())
            if len(self._tools) > _WAITING_TOOLS:
                self._tools.popitem(last=False)

    def _slice(
        self, session: str, kind: str, name: str, started: str, ended: str, arguments: JsonObject
    ) -> Iterator[JsonObject]:
        try:
            start, end = to_nanos(started) / 1000, to_nanos(ended) / 1000
        except (EventError, ValueError, OverflowError):
            return
        tracks = self._tracks.setdefault(session, [])
        number = next((n for n, (_, busy) in enumerate(tracks) if busy <= start), len(tracks))
        if number == len(tracks):
            self._count += 1
            tracks.append((self._count, end))
            more = f" ({number + 1})" if number else ""
            yield _named("thread_name", self._count, f"{session}{more}")
        track = tracks[number][0]
        tracks[number] = (track, end)
        yield {
            "ph": "X", "cat": kind, "name": name, "pid": _PROCESS, "tid": track,
            "ts": start, "dur": max(0.0, end - start), "args": arguments,
        }  # fmt: skip


def _arguments(call: Call) -> JsonObject:
    """What is shown about a call when it is clicked."""
    values = call.to_dict()
    return {
        name: value if not isinstance(value, str) or len(value) <= _TEXT else f"{value[:_TEXT]}..."
        for name, value in values.items()
    }


def _named(what: str, track: int, name: str) -> JsonObject:
    return {"ph": "M", "name": what, "pid": _PROCESS, "tid": track, "args": {"name": name}}

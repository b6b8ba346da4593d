"""From calls to a session: what writes the events of calls as they happen."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hilt._context import get_context
from hilt.core.event import Event
from hilt.core.event_writer import EventWriter, LineReader
from hilt.genai.json_values import UNENCODABLE, encode_json
from hilt.genai.observation import Observation
from hilt.recording.chunk_events import chunk_events, chunk_lines
from hilt.recording.event_base import EventDict
from hilt.recording.event_builder import EventBuilder
from hilt.recording.history import History
from hilt.recording.live_calls import LIVE_CALLS, LiveCalls
from hilt.recording.step_events import Step

__all__ = ["Recorder", "encode_events", "write_events"]

_encoder = msgspec.json.Encoder(enc_hook=str)


class _Linked(msgspec.Struct):
    event_id: str
    action: str
    extensions: dict[str, object] = {}


class Recorder:
    """Writes the events of calls, each step in one piece.

    Args:
        session: Where to; None follows `hilt.get_context`.
        builder: Makes the events; one that is shared logs each history once.
        live_calls: Where it notes the calls, for those who read spans about them.
    """

    def __init__(
        self,
        session: EventWriter | None = None,
        builder: EventBuilder | None = None,
        live_calls: LiveCalls = LIVE_CALLS,
    ) -> None:
        self._session = session
        self._live_calls = live_calls
        self.builder = builder or EventBuilder()

    def begin(self, call: Observation) -> None:
        """Write what is asked."""
        session = call.session or self._session_of(call)
        events = self.builder.begin(call)
        if session is None:
            return
        if not session.takes_lines:
            write_events(session, events)
        elif events:
            session.write_lines(encode_events(events), len(events), more_follow=True)
        if self._live_calls.has_readers:
            self._live_calls.begin(call, session)

    def chunks(self, call: Observation) -> None:
        """Write the chunks that came since the last time."""
        session = call.session or self._session_of(call)
        if session is None:
            return
        if session.takes_lines:
            lines, count = chunk_lines(call)
            if count:
                session.write_lines(lines, count)
        else:
            write_events(session, chunk_events(call))

    def end(self, call: Observation) -> None:
        """Write the chunks that are left, the ending, and the tool calls, in one piece."""
        session = call.session or self._session_of(call)
        if session is None:
            return
        if not session.takes_lines:
            chunks = chunk_events(call)
            write_events(session, chunks + self.builder.end(call))
        elif not call.chunks:
            events = self.builder.end(call)
            session.write_lines(encode_events(events), len(events))
        else:
            lines, count = chunk_lines(call)
            events = self.builder.end(call)
            session.write_lines(lines + encode_events(events), count + len(events))
        if self._live_calls.has_readers:
            self._live_calls.end(call, session)

    def logged(self, call: Observation) -> set[str]:
        """The actions of what a file has of a call that an interrupt cut short.

        Whether the signal came before a line was written or after it, only the file can say.
        """
        session = self._session_of(call)
        prompt, actions = str(call.reply_to or call.prompt_id), set[str]()
        if isinstance(session, LineReader):
            for line in session.newest_lines().split(b"\n"):
                if prompt.encode() in line:
                    actions.add(_action_for(line, prompt))
        return actions - {""}

    def step(
        self,
        step: Step,
        session: EventWriter | None,
        events_of: Callable[[Step, History], list[EventDict]],
    ) -> None:
        """Write the events of the beginning or of the end of a step.

        Args:
            step: The step.
            session: Where to, if that is set for it.
            events_of: `begin_step` or `end_step`.
        """
        session = session or self._session or get_context().session
        if session is not None:
            write_events(session, events_of(step, self.builder.history(session)))

    def _session_of(self, call: Observation) -> EventWriter | None:
        if call.session is None:
            call.session = self._session or get_context().session
        return call.session


def _action_for(line: bytes, prompt: str) -> str:
    """What a line is, if it is this prompt or replies to it."""
    try:
        event = msgspec.json.decode(line, type=_Linked)
    except msgspec.MsgspecError:
        return ""  # the rest of a line, at the beginning of what was read
    is_linked = prompt in (event.event_id, event.extensions.get("reply_to"))
    return event.action if is_linked else ""


def encode_events(events: list[EventDict]) -> bytes:
    """The lines of some events, each with its line end."""
    try:
        return _encoder.encode_lines(events)
    except UNENCODABLE:
        # Lone surrogates, keys that are not text, cycles: the slow way encodes anything.
        return b"".join([encode_json(event) + b"\n" for event in events])


def write_events(session: EventWriter, events: list[EventDict]) -> None:
    """Append some events to a session as one step."""
    if not events:
        return
    if session.takes_lines:
        session.write_lines(encode_events(events), len(events))
    else:
        # By way of JSON: processors get what a file would hold, whatever an SDK put in.
        session.append_all([Event.from_json(line) for line in encode_events(events).splitlines()])

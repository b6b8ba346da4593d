"""Writing the events of calls to a session as they happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from hilt._context import get_context
from hilt.core.credentials import REDACTED
from hilt.core.event import Event
from hilt.core.event_writer import EventPolicy, EventWriter, LineReader
from hilt.genai.json_values import UNENCODABLE, decode_json, encode_json
from hilt.genai.observation import Observation
from hilt.recording.chunk_events import chunk_events, chunk_lines, sized_chunk_lines
from hilt.recording.event_builder import EventBuilder
from hilt.recording.event_fields import EventDict
from hilt.recording.history import History
from hilt.recording.live_calls import LIVE_CALLS, LiveCalls
from hilt.recording.step_events import Step

__all__ = ["Recorder", "encode_events", "without_keys", "write_events"]

_encoder = msgspec.json.Encoder(enc_hook=str)


class _Linked(msgspec.Struct):
    event_id: str
    action: str
    extensions: dict[str, object] = {}


class Recorder:
    """Writes the events of calls, those of each step together.

    Args:
        session: The session; if None, that of `hilt.get_context`.
        builder: Makes the events; if it is shared, each history is logged once.
        live_calls: Where calls are noted, for span pipelines.
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
        """Write the events of the request."""
        session = call.session or self._session_of(call)
        events = self.builder.begin(call)
        if session is None:
            return
        if not session.takes_lines:
            write_events(session, events, call.keys, more_follow=True)
        elif events:
            session.write_lines(encode_events(events, call.keys), len(events), more_follow=True)
        if self._live_calls.has_readers:
            self._live_calls.begin(call, session)

    def chunks(self, call: Observation) -> None:
        """Write the chunks that arrived since the last call."""
        session = call.session or self._session_of(call)
        if session is None:
            return
        if session.takes_lines:
            lines, count = chunk_lines(call)
            if count:
                session.write_lines(without_keys(lines, call.keys), count)
        elif (sized := _sized_chunks(session, call)) is None:
            write_events(session, chunk_events(call), call.keys)
        elif sized[1]:
            session.write_lines(*sized)

    def end(self, call: Observation) -> None:
        """Write the remaining chunks, the ending and the tool calls together."""
        session = call.session or self._session_of(call)
        if session is None:
            return
        if not session.takes_lines:
            if not call.chunks:
                write_events(session, self.builder.end(call), call.keys)
            elif (sized := _sized_chunks(session, call)) is None:
                write_events(session, chunk_events(call) + self.builder.end(call), call.keys)
            else:
                write_events(session, self.builder.end(call), call.keys, after=sized)
        elif not call.chunks:
            events = self.builder.end(call)
            session.write_lines(encode_events(events, call.keys), len(events))
        else:
            lines, count = chunk_lines(call)
            events = self.builder.end(call)
            lines = without_keys(lines, call.keys) + encode_events(events, call.keys)
            session.write_lines(lines, count + len(events))
        if self._live_calls.has_readers:
            self._live_calls.end(call, session)

    def logged(self, call: Observation) -> set[str]:
        """The actions of the events that a file has of a call that was interrupted.

        Only the file can tell whether the signal came before or after a line was written.
        """
        session = call.session or self._session_of(call)
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
            session: The session to write to, if one is set for the step.
            events_of: `begin_step` or `end_step`.
        """
        session = session or self._session or get_context().session
        if session is not None:
            write_events(session, events_of(step, self.builder.history(session)))

    def _session_of(self, call: Observation) -> EventWriter | None:
        """Choose the session of a call that has none yet; the call keeps it."""
        call.session = self._session or get_context().session
        return call.session


def _action_for(line: bytes, prompt: str) -> str:
    """The action of a line if it is this prompt or replies to it; else empty."""
    try:
        event = msgspec.json.decode(line, type=_Linked)
    except msgspec.MsgspecError:
        return ""  # what was read begins in the middle of this line
    is_linked = prompt in (event.event_id, event.extensions.get("reply_to"))
    return event.action if is_linked else ""


def encode_events(events: list[EventDict], keys: tuple[bytes, ...] = ()) -> bytes:
    """The lines of some events, each with its line end.

    Args:
        events: The events.
        keys: What must not be in them; see `without_keys`.
    """
    try:
        lines = _encoder.encode_lines(events)
    except UNENCODABLE:
        # Lone surrogates, keys that are not text, cycles: the slow way encodes anything.
        lines = b"".join([encode_json(event) + b"\n" for event in events])
    for key in keys:
        if key in lines:
            return without_keys(lines, keys)
    return lines


def without_keys(lines: bytes, keys: tuple[bytes, ...]) -> bytes:
    """The lines with ``[redacted]`` in place of each key of a client, in any field.

    Args:
        lines: Encoded events.
        keys: The keys, as encoded in JSON.
    """
    if not [key for key in keys if key in lines]:
        return lines
    texts = [msgspec.json.decode(b'"%b"' % key, type=str) for key in keys]
    # A key may begin with the letter of an escape, so replace it in strings, not in bytes.
    events = [_without(decode_json(line), texts) for line in lines.splitlines()]
    return b"".join([encode_json(event) + b"\n" for event in events])


def _without(value: Any, texts: list[str]) -> Any:
    if isinstance(value, str):
        for text in texts:
            value = value.replace(text, REDACTED)
        return value
    if isinstance(value, dict):
        return {_without(name, texts): _without(each, texts) for name, each in value.items()}
    return [_without(each, texts) for each in value] if isinstance(value, list) else value


def write_events(
    session: EventWriter,
    events: list[EventDict],
    keys: tuple[bytes, ...] = (),
    *,
    after: tuple[bytes, int] = (b"", 0),
    more_follow: bool = False,
) -> None:
    """Append some events to a session as one step.

    Args:
        session: The session.
        events: The events.
        keys: As for `encode_events`.
        after: Lines to write before these, ready to be written, and how many they are.
        more_follow: Whether the same call will write again soon.
    """
    first, count = after
    if not events and not count:
        return
    lines: bytes | None = None
    if session.takes_lines:
        lines = encode_events(events, keys)
    elif session.policy is not None:
        lines = _treated_lines(session.policy, events, keys)
    if lines is not None:
        session.write_lines(first + lines, count + len(events), more_follow=more_follow)
    else:
        if count:
            session.write_lines(first, count)
        # Through JSON: processors get what a file would contain, whatever an SDK put in.
        read = [Event.from_json(line) for line in encode_events(events, keys).splitlines()]
        session.append_all(read, are_read=True)


def _sized_chunks(session: EventWriter, call: Observation) -> tuple[bytes, int] | None:
    return None if session.policy is None else sized_chunk_lines(call, session.policy)


def _treated_lines(
    policy: EventPolicy, events: list[EventDict], keys: tuple[bytes, ...]
) -> bytes | None:
    """The lines of events as a policy allows them; None if they have to go through JSON."""
    treated = policy.treat_dicts(events)
    if treated is None:
        return None
    result, is_changed = treated
    try:
        lines = _encoder.encode_lines(result)
        # Replace keys before a policy sees them, as it may take one for something else.
        before = _encoder.encode_lines(events) if keys and is_changed else lines
    except UNENCODABLE:
        return None
    for key in keys:
        if key in before:
            return None
    return lines

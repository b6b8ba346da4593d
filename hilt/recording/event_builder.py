"""From values to events: the one place where the events of a call are made.

Events are plain dicts in the order of the format's fields, ready to be encoded or to become an
`Event`. Everything that HILT logs by itself comes from here: the SDK instrumentors, spans of
other emitters, the helpers in ``hilt.integrations``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hilt import semconv
from hilt.core.event import HILT_VERSION
from hilt.core.guard import guard
from hilt.core.ids import new_event_id, new_event_ids
from hilt.core.timestamps import format_nanos
from hilt.genai.json_values import UNENCODABLE, encode_json, text_of, text_or_json
from hilt.genai.normalize import normalized_request, normalized_response
from hilt.genai.observation import Observation
from hilt.genai.tool_definitions import visible_definitions
from hilt.genai.values import Message, Part, Request
from hilt.recording.ending_fields import measured, metrics_of, outcome, price, said
from hilt.recording.history import Entry, History, conversation_of, instructions_key, tools_key
from hilt.recording.provenance import ending_provenance, provenance_of

__all__ = ["EventBuilder", "EventDict", "encode_events"]

EventDict = dict[str, Any]
"""An event as a plain dict."""

_ACTIONS = {"embeddings": "embedding", "rerank": "rerank", "retrieval": "retrieval"}
_SECOND = 1_000_000_000
_PREFIX = semconv.REQUEST_PREFIX
_PREFIX_LENGTH = len(_PREFIX)
_TEXT_OR_NONE = (str, type(None))
_FAILED = frozenset({"failed", "timeout", "cancelled"})
_encoder = msgspec.json.Encoder(enc_hook=str)


def encode_events(events: list[EventDict]) -> bytes:
    """The lines of some events, each with its line end."""
    try:
        return _encoder.encode_lines(events)
    except UNENCODABLE:
        # Lone surrogates, keys that are not text, cycles: the slow way reads anything.
        return b"".join([encode_json(event) + b"\n" for event in events])


class EventBuilder:
    """Tells calls as events, each part of a conversation once.

    One story serves many calls at once, from any thread.
    """

    def __init__(self, history: History | None = None) -> None:
        self.history = history or History()

    # -- the beginning ------------------------------------------------------------------------

    def begin(self, call: Observation) -> list[EventDict]:
        """The events of what is asked: tool results, and the prompt."""
        try:
            return self._begin(call)
        except Exception:
            guard.report("telling a request of an odd shape")
            call.request = normalized_request(call.request)
            return self._begin(call)

    def _begin(self, call: Observation) -> list[EventDict]:
        request = call.request
        known = self.history.continuation(request)
        entry = known.entry
        call.chain = known.chain
        if entry is not None:
            call.context_of = entry.event_id
        read = request.read
        new = [read(raw) for raw in request.messages[known.new_from :]]
        call.session_id = (
            call.conversation
            or request.conversation
            or (entry.session_id if entry is not None else None)
            or conversation_of(request, new)
        )
        if not isinstance(call.session_id, str) or not isinstance(request.user, _TEXT_OR_NONE):
            raise TypeError("the conversation or the user is no text")  # whose it is stays unsaid
        if _all_text(new):
            event = self._prompt(call, new, entry, [])
            call.reply_to = call.prompt_id = event["event_id"]
            return [event]
        results = _tool_results(new)
        only_results = bool(results) and entry is not None and _all_results(new)
        # A span of the tool itself may have told its result already.
        told = [self.history.tool_result(part.get("id")) for part in results]
        events = [
            self._tool_result(call, part)
            for part, known_as in zip(results, told, strict=True)
            if known_as is None
        ]
        if only_results:
            call.reply_to = told[-1] or events[-1]["event_id"]
            if call.context_of and events:
                events[0]["extensions"]["context_of"] = call.context_of
        else:
            events.append(self._prompt(call, new, entry, _parts_of(new, "blob")))
            call.prompt_id = call.reply_to = events[-1]["event_id"]
        return events

    def _prompt(
        self, call: Observation, new: list[Message], entry: Entry | None, media: list[Part]
    ) -> EventDict:
        request = call.request
        speaker = call.user or request.user or "user"
        event = _event(call, call.started, "human", speaker, "prompt", call.prompt_id)
        if call.capture_content:
            event["content"] = _asked(request, new, entry, media)
        event["provenance"] = provenance_of(call)
        extensions: dict[str, Any] = {}
        if call.context_of:
            extensions["context_of"] = call.context_of
        if request.model:
            extensions["model"] = request.model
        if request.attributes:
            parameters = _parameters(request.attributes)
            if parameters:
                extensions["parameters"] = parameters
        if call.extensions:
            extensions.update(call.extensions)
        if extensions:
            event["extensions"] = extensions
        return event

    def _tool_result(self, call: Observation, part: Part) -> EventDict:
        call_id = part.get("id")
        known = self.history.tool_call(call_id)
        name = text_or_json((known[0] if known else None) or part.get("name") or call_id or "tool")
        event = _event(call, call.started, "tool", name, "tool_result")
        if call.capture_content:
            result = part.get("response")
            tool = {"name": name, "call_id": call_id, "result": result}
            shown = result if isinstance(result, str) else encode_json(result).decode()
            event["content"] = {
                "text": shown,
                "tool": {key: value for key, value in tool.items() if value is not None},
            }
        event["provenance"] = provenance_of(call)
        event["extensions"] = {"reply_to": known[1]} if known else {}
        if call_id:
            self.history.remember_sent_result(call_id, event["event_id"])
        return event

    # -- the middle ---------------------------------------------------------------------------

    def chunks(self, call: Observation) -> list[EventDict]:
        """The events of the chunks that came since the last time."""
        if not call.capture_chunks:
            return []
        first, call.chunks_written = call.chunks_written, len(call.chunks)
        return [
            self._chunk(call, index, *call.chunks[index])
            for index in range(first, call.chunks_written)
        ]

    def chunk_lines(self, call: Observation) -> tuple[bytes, int]:
        """The same as encoded lines, and how many.

        A stream has thousands of chunks that differ in four values: the rest is encoded once.
        """
        first, call.chunks_written = call.chunks_written, len(call.chunks)
        if not call.capture_chunks or first == call.chunks_written:
            return b"", 0
        head, serial = new_event_ids()
        line = _chunk_template(call, head)
        arrivals, texts = zip(*call.chunks[first:], strict=True)
        index, second, date, lines = first, 0, b"", []
        for arrived, text in zip(arrivals, _encoded(texts), strict=False):
            nanos = arrived - second
            if not 0 <= nanos < _SECOND:
                nanos = arrived % _SECOND
                second = arrived - nanos
                date = format_nanos(second)[:-7].encode()
            lines.append(line % (serial + index, date, nanos // 1000, text, index))
            index += 1
        return b"".join(lines), len(lines)

    def _chunk(self, call: Observation, index: int, arrived: int, text: str) -> EventDict:
        event = _event(call, arrived, "agent", call.request.provider, "completion_chunk")
        if call.capture_content:
            event["content"] = {"text": text}
        event["extensions"] = {"chunk_index": index}
        if call.reply_to:
            event["extensions"] = {"reply_to": call.reply_to, "chunk_index": index}
        return event

    # -- the end ------------------------------------------------------------------------------

    def end(self, call: Observation) -> list[EventDict]:
        """The ending, and the tool calls that the answer asks for."""
        try:
            return self._end(call)
        except Exception:
            if call.response is None:
                raise
            guard.report("telling an answer of an odd shape")
            call.response = normalized_response(call.response)
            return self._end(call)

    def _end(self, call: Observation) -> list[EventDict]:
        if not call.session_id:  # its beginning could not be told
            call.session_id = call.conversation or conversation_of(call.request, ())
        price(call)
        if call.outcome is None:
            call.outcome = outcome(call)
        provider = call.request.provider
        if call.outcome in _FAILED:
            event = _event(call, call.ended, "system", provider, "system")
        else:
            action = _ACTIONS.get(call.request.operation, "completion")
            event = _event(call, call.ended, "agent", provider, action)
        call.ending_id = event["event_id"]
        content = said(call) if call.capture_content else None
        if content:
            event["content"] = content
        metrics = metrics_of(call)
        if metrics:
            event["metrics"] = metrics
        event["provenance"] = ending_provenance(call)
        event["extensions"] = measured(call)
        return [event, *self._answered(call, event["event_id"])]

    def _answered(self, call: Observation, ending_id: str) -> list[EventDict]:
        """Remember the answer; the events of the tool calls that it asks for."""
        response, request = call.response, call.request
        if response is None:
            return []
        messages = response.messages
        if call.outcome not in _FAILED and not response.partial:
            tools = tools_key(request.tools) if request.tools else 0
            told = instructions_key(request.instructions) if request.instructions else 0
            entry = Entry(ending_id, call.session_id, tools, told)
            stored = request.conversation if request.stored_history else None
            answer = messages[0] if messages else None
            self.history.remember(call.chain, answer, entry, response.id, stored)
        events = []
        for message in messages:
            for part in message["parts"]:
                if part["type"] == "tool_call":
                    events.append(self._tool_call(call, part, ending_id))  # noqa: PERF401 # as below
        return events

    def _tool_call(self, call: Observation, part: Part, ending_id: str) -> EventDict:
        event = _event(call, call.ended, "agent", call.request.provider, "tool_call")
        call_id, name = part.get("id"), part.get("name") or ""
        tool = {"name": name}
        if call_id:
            tool["call_id"] = call_id
            self.history.remember_tool_call(call_id, name, event["event_id"])
        if call.capture_content:
            tool["arguments"] = part.get("arguments")
            event["content"] = {"tool": tool}
        event["extensions"] = {"reply_to": ending_id}
        return event


# -- parts of events --------------------------------------------------------------------------


def _event(
    call: Observation,
    moment: int,
    kind: str,
    who: str,
    action: str,
    event_id: str | None = None,
) -> EventDict:
    return {
        "hilt_version": HILT_VERSION,
        "event_id": event_id or new_event_id(),
        "timestamp": format_nanos(moment),
        "session_id": call.session_id,
        "actor": {"type": kind, "id": who},
        "action": action,
    }


def _encoded(texts: Sequence[str]) -> list[bytes]:
    """Some texts as JSON."""
    try:
        return _encoder.encode_lines(texts).split(b"\n")
    except UNENCODABLE:  # half a character, whose other half is in the next chunk
        return [encode_json(text) for text in texts]


def _chunk_template(call: Observation, id_head: str) -> bytes:
    """A chunk's line, with gaps for id, timestamp, text and index."""
    fixed = {
        "session_id": call.session_id,
        "actor": {"type": "agent", "id": call.request.provider},
        "action": "completion_chunk",
    }
    links = {"reply_to": call.reply_to} if call.reply_to else {}
    middle = _encoder.encode(fixed)[1:-1].replace(b"%", b"%%")
    link = _encoder.encode(links)[1:-1].replace(b"%", b"%%")
    head = b'{"hilt_version":"%b","event_id":"%b%%016x","timestamp":"%%b%%06dZ",'
    content = b',"content":{"text":%b}' if call.capture_content else b"%.0b"
    tail = b',"extensions":{' + link + b"," * bool(link) + b'"chunk_index":%d}}\n'
    return head % (HILT_VERSION.encode(), id_head.encode()) + middle + content + tail


def _asked(
    request: Request, new: list[Message], entry: Entry | None, media: list[Part]
) -> dict[str, Any]:
    """``content`` of a prompt: what the log does not have yet."""
    content: dict[str, Any] = {"text": newest_text(new)}
    if request.instructions and (
        entry is None or entry.instructions != instructions_key(request.instructions)
    ):
        content["messages"] = [{"role": "system", "parts": request.instructions}, *new]
    elif new:
        content["messages"] = new
    if media:
        content["media"] = media
    if request.tools and (entry is None or entry.tools != tools_key(request.tools)):
        content["tools"] = visible_definitions(request.tools)
    if request.documents:
        content["documents"] = request.documents
    return content


def _parameters(attributes: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a request, by the last part of their attributes' names."""
    found = {}
    for name, value in attributes.items():
        if name.startswith(_PREFIX):
            found[name[_PREFIX_LENGTH:]] = value
    return found


# -- messages ---------------------------------------------------------------------------------


def newest_text(messages: list[Message]) -> str:
    """The text of the newest user message; of the newest message where no user speaks."""
    for message in reversed(messages):
        if message.get("role") == "user" and (text := text_of(message["parts"])):
            return text
    return text_of(messages[-1]["parts"]) if messages else ""


def _tool_results(messages: list[Message]) -> list[Part]:
    """The tool results after the last answer: what this call adds, whatever came before it."""
    for index in range(len(messages) - 1, -1, -1):
        if messages[index]["role"] == "assistant":
            return _parts_of(messages[index + 1 :], "tool_call_response")
    return _parts_of(messages, "tool_call_response")


def _parts_of(messages: list[Message], kind: str) -> list[Part]:
    found = []
    for message in messages:
        for part in message["parts"]:
            if part["type"] == kind:
                found.append(part)  # noqa: PERF401 # in every call's way: no frame for a generator
    return found


def _all_text(messages: list[Message]) -> bool:
    for message in messages:
        for part in message["parts"]:
            if part["type"] != "text":
                return False
    return True


def _all_results(messages: list[Message]) -> bool:
    return all(
        part["type"] == "tool_call_response" for message in messages for part in message["parts"]
    )

"""Gemini's live API: each turn of the model is one call.

A session is an open connection on which both sides send messages. What was said before is kept by
the provider, so a call has what is new; sound and pictures are kept by size and hash. What a user
says is there when its transcription has come: before the model's turn in that turn's prompt,
after its beginning as a call of its own.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.core.bounded import BoundedDict
from hilt.genai.coerce import as_list, str_or_empty, text_or_none
from hilt.genai.media import StreamedBlob
from hilt.genai.outcome import failure_in_body
from hilt.genai.values import Failure, Message, Part, Request, Surface, as_is
from hilt.instrumentation.engine import Call
from hilt.instrumentation.observer import Ending
from hilt.providers._connections import Begin
from hilt.providers._hosts import is_price_assumed
from hilt.providers._media import Transcriptions
from hilt.providers._message_parts import text_part
from hilt.providers.gemini.live_answers import LiveAnswer, has_output
from hilt.providers.gemini.parts import get_field, message_of
from hilt.providers.gemini.requests import content_request

__all__ = ["LiveSession"]

_REALTIME_BLOBS = ("audio", "video", "mediaChunks")
_OF_VERTEX = ("projects/", "publishers/")
_TRANSCRIPT_COST = "the tokens of a transcription are counted in the answer"

_resumed: BoundedDict[str, str] = BoundedDict(1000)
"""The conversations that a new connection can continue, by the handle that it has for that."""


class _Input:
    """What was sent, or is being sent, since the last turn of the model."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.texts: list[Part] = []
        self.transcript: list[str] = []
        self._blobs: dict[str, StreamedBlob] = {}

    def add_blob(self, value: object) -> None:
        """A piece of sound, or a picture: those of one kind are one."""
        kind = str_or_empty(get_field(value, "mimeType"))
        if kind not in self._blobs:
            modality = kind.partition("/")[0] or "audio"
            self._blobs[kind] = StreamedBlob(kind or None, modality)
        self._blobs[kind].add(get_field(value, "data") or b"")

    def taken(self) -> tuple[list[Message], list[Part] | None]:
        """The messages, and the parts of what was only heard, whose transcript has not come."""
        for blob in self._blobs.values():
            blob.finish()
        blobs = [blob.part for blob in self._blobs.values()]
        said = "".join(self.transcript)
        parts = [*([text_part(said)] if said else ()), *blobs, *self.texts]
        messages = [*self.messages, *([{"role": "user", "parts": parts}] if parts else ())]
        is_heard = any(part["modality"] == "audio" for part in blobs)
        return messages, blobs if is_heard and not said else None


class LiveSession:
    """What is known of a session, and its calls in progress.

    Args:
        begin: Begins a call.
        address: Host and port of the server.
        is_vertex: Whether the path is one of Vertex AI.
    """

    def __init__(
        self, begin: Begin, address: tuple[str | None, int | None], *, is_vertex: bool = False
    ) -> None:
        self._begin = begin
        self._address = address
        self._is_vertex = is_vertex
        self._setup: dict[str, Any] = {}
        self._conversation = f"conv_{secrets.token_hex(8)}"
        self._is_speaking = False  # between the marks of a program that finds speech itself
        self._input = _Input()
        self._waiting: deque[Call] = deque()
        self._call: Call | None = None
        self._is_whole = False  # the answer of the call in progress has come
        self._open_tools: list[Any] = []
        self._unheard: list[Part] | None = None
        self._late_transcript: list[str] = []

    # -- what the program sends ---------------------------------------------------------------

    def sent(self, event: Mapping[str, Any]) -> None:
        """The program sends a message."""
        for name, note in (
            ("setup", self._set_up),
            ("clientContent", self._add_content),
            ("realtimeInput", self._add_realtime),
            ("toolResponse", self._add_results),
            ("contextUpdate", self._update),
        ):
            value = get_field(event, name)
            if value is not None:
                note(value)

    def _set_up(self, setup: object) -> None:
        self._setup = dict(setup) if isinstance(setup, Mapping) else {}
        handle = get_field(get_field(setup, "sessionResumption"), "handle")
        self._conversation = _resumed.get(str(handle), self._conversation)

    def _update(self, update: object) -> None:
        instruction = get_field(update, "systemInstruction")
        tools = get_field(get_field(update, "tools"), "tools")
        if instruction is not None:
            self._setup["systemInstruction"] = instruction
        if tools is not None:
            self._setup["tools"] = tools

    def _add_content(self, content: object) -> None:
        self._input.messages += [message_of(each) for each in as_list(get_field(content, "turns"))]
        if get_field(content, "turnComplete") is True:
            self._ask()

    def _add_realtime(self, value: object) -> None:
        for name in _REALTIME_BLOBS:
            for blob in as_list(get_field(value, name)):
                self._input.add_blob(blob)
        text = text_or_none(get_field(value, "text"))
        if text is not None:
            self._input.texts.append(text_part(text))
        if get_field(value, "activityStart") is not None:
            self._is_speaking = True
        is_end = get_field(value, "activityEnd") is not None
        if is_end or (text is not None and not self._is_speaking):
            self._is_speaking = False
            self._ask()

    def _add_results(self, response: object) -> None:
        results = as_list(get_field(response, "functionResponses"))
        for each in results:
            part = message_of({"parts": [{"functionResponse": each}]})["parts"]
            self._input.messages.append({"role": "tool", "parts": part})
            self._close_tool(get_field(each, "id"), get_field(each, "name"))
        if self._call is not None and self._is_whole:
            self._end_call(Ending.EXHAUSTED)
        if not self._open_tools and not all(_is_silent(each) for each in results):
            self._ask()

    def _close_tool(self, *names: object) -> None:
        for each in self._open_tools:
            if each in names:
                self._open_tools.remove(each)
                return

    # -- calls --------------------------------------------------------------------------------

    def _ask(self) -> None:
        """The model is to answer: the next turn of it belongs to what was sent."""
        call = self._begin_turn()
        if call is not None:
            self._waiting.append(call)

    def _begin_turn(self) -> Call | None:
        request = content_request(self._setup)
        request.messages, self._unheard = self._input.taken()
        self._input = _Input()
        request.stored_history = request.stream = True
        return self._begun(request, LiveAnswer())

    def _begun(self, request: Request, surface: Surface) -> Call | None:
        model = str_or_empty(self._setup.get("model"))
        is_vertex = self._is_vertex or model.startswith(_OF_VERTEX)
        request.provider = "gcp.vertex_ai" if is_vertex else "gcp.gemini"
        request.model = model.rpartition("/")[2] or None
        request.read = as_is
        request.conversation = self._conversation
        request.server_address, request.server_port = self._address
        request.price_assumed = is_price_assumed(*self._address)
        return self._begin(request, surface)

    def _end_call(self, how: Ending, value: Any = None) -> None:
        call, self._call, self._is_whole = self._call, None, False
        if call is not None:
            call.end(how, value)
        self._log_transcript()

    def _log_transcript(self) -> None:
        """What was heard, if that came after the model's turn had begun."""
        text, blobs = "".join(self._late_transcript), self._unheard
        self._late_transcript, self._unheard = [], None
        if not text or not blobs:
            return
        heard = Request(
            "generate_content",
            "",
            messages=[{"role": "user", "parts": blobs}],
            attributes={semconv.OUTPUT_TYPE: "text"},
            cost_unknown=_TRANSCRIPT_COST,
        )
        call = self._begun(heard, Transcriptions())
        if call is not None:
            call.end(Ending.RETURNED, {"text": text})

    # -- what the server sends ----------------------------------------------------------------

    def received(self, event: Mapping[str, Any]) -> None:
        """The server has sent a message, which goes on to the program."""
        content = get_field(event, "serverContent")
        self._note_session(event)
        self._add_transcript(get_field(get_field(content, "inputTranscription"), "text"))
        if has_output(event):
            self._start()
        elif self._waiting and self._call is None and _is_ending(content):
            self._start()  # a turn without content: what was asked is refused, or interrupted
        self._note_tools(event)
        if get_field(event, "error") or "code" in event:
            self._fail(failure_in_body(get_field(event, "error") or event))  # what the SDK raises
        if self._call is None:
            return
        self._call.item(event)
        if get_field(content, "generationComplete") is True:
            self._is_whole = True
        if get_field(content, "turnComplete") is True:
            self._end_call(Ending.EXHAUSTED)

    def _note_session(self, event: Mapping[str, Any]) -> None:
        session = text_or_none(get_field(get_field(event, "setupComplete"), "sessionId"))
        resumed = get_field(get_field(self._setup, "sessionResumption"), "handle")
        if session and str(resumed) not in _resumed:
            self._conversation = session
        handle = text_or_none(get_field(get_field(event, "sessionResumptionUpdate"), "newHandle"))
        if handle:
            _resumed.keep(handle, self._conversation)

    def _add_transcript(self, text: object) -> None:
        if not isinstance(text, str) or not text:
            return
        is_late = self._unheard is not None and (self._call is not None or bool(self._waiting))
        (self._late_transcript if is_late else self._input.transcript).append(text)

    def _start(self) -> None:
        if self._call is None:
            self._call = self._waiting.popleft() if self._waiting else self._begin_turn()
            if self._call is not None:
                self._call.open_stream()
        self._is_whole = False

    def _note_tools(self, event: Mapping[str, Any]) -> None:
        calls = as_list(get_field(get_field(event, "toolCall"), "functionCalls"))
        self._open_tools += [get_field(each, "id") or get_field(each, "name") for each in calls]
        self._is_whole = self._is_whole or bool(calls)
        for each in as_list(get_field(get_field(event, "toolCallCancellation"), "ids")):
            self._close_tool(each)

    def _fail(self, failure: Failure | None) -> None:
        """An error came in place of an answer."""
        if failure is None:
            return
        if self._call is not None and not self._is_whole:
            self._end_call(Ending.RAISED, failure)
        elif self._waiting:
            self._waiting.popleft().end(Ending.RAISED, failure)

    # -- the end ------------------------------------------------------------------------------

    def end(self, how: Ending, value: Any = None) -> None:
        """The connection ends, and with it all calls in progress."""
        if self._is_whole:
            self._end_call(Ending.EXHAUSTED)
        else:
            self._end_call(how, value)
        while self._waiting:
            self._waiting.popleft().end(how, value)


def _is_ending(content: object) -> bool:
    return get_field(content, "turnComplete") is True or get_field(content, "interrupted") is True


def _is_silent(response: object) -> bool:
    """Whether the model is not to speak of a tool's result: it learns it without a turn."""
    is_last = get_field(response, "willContinue") is not True
    return str(get_field(response, "scheduling") or "").upper() == "SILENT" or not is_last

"""OpenAI's realtime API: each answer of a session is one call.

A session is an open connection on which both sides send events. What is asked of the model is the
conversation so far, of which a log holds what is new; the answer is in ``response.done``. Sound is
kept by size and hash, and what was heard of it is a transcription, which is a call of its own
model.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, str_or_empty, text_or_none
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.outcome import failure_in_body
from hilt.genai.values import Delta, Failure, Message, Part, Request, Response, Surface
from hilt.instrumentation.engine import Call
from hilt.instrumentation.observer import Ending
from hilt.providers._chat_completions import usage_of
from hilt.providers._connections import Begin
from hilt.providers._http import HttpRequest, set_server
from hilt.providers._media import Transcriptions
from hilt.providers._message_parts import text_part
from hilt.providers._parameters import number_attributes
from hilt.providers.openai.realtime_items import GrowingBlob, message_of_item, output_message

__all__ = ["RealtimeAnswer", "RealtimeSession"]

_TEXT_DELTAS = frozenset((
    "response.output_text.delta",
    "response.text.delta",
    "response.output_audio_transcript.delta",
    "response.audio_transcript.delta",
))  # fmt: skip
_SOUND_DELTAS = frozenset(("response.output_audio.delta", "response.audio.delta"))
_PARAMETERS = (
    ("max_output_tokens", semconv.REQUEST_MAX_TOKENS),
    ("max_response_output_tokens", semconv.REQUEST_MAX_TOKENS),
    ("temperature", semconv.REQUEST_TEMPERATURE),
)
_ADDED = frozenset(("conversation.item.created", "conversation.item.added"))
_TRANSCRIBED = "conversation.item.input_audio_transcription."
_CANCELLED = 499


class RealtimeAnswer(Surface):
    """One answer: its events, up to ``response.done``. One object reads one call.

    Args:
        mime_type: Of its sound.
        is_apart: Whether it is not added to the conversation.
    """

    name = "realtime"

    def __init__(self, mime_type: str | None = None, *, is_apart: bool = False) -> None:
        self._mime_type = mime_type
        self.is_apart = is_apart
        self._sounds: dict[str, GrowingBlob] = {}
        self.message: Message | None = None  #: the whole answer, when it is there

    def response(self, body: object) -> Response:
        """The answer in a ``response.done``."""
        sounds = {item: blob.part(self._mime_type) for item, blob in self._sounds.items()}
        self.message = output_message(get_path(body, "output"), sounds)
        counts = get_path(body, "usage")
        status = str_or_empty(get_path(body, "status"))
        response = Response(
            id=text_or_none(get_path(body, "id")),
            model=text_or_none(get_path(body, "model")),
            messages=[self.message] if self.message["parts"] else [],
            usage=usage_of(_named_as_elsewhere(counts)),
            raw_usage=to_plain_json(counts) if counts else None,
            finish_reasons=[status] if status else [],
            status=status or None,
        )
        _set_ending(response, get_path(body, "status_details"))
        return response

    def text(self, chunk: Any) -> str | None:
        """A piece of the text, or of what is spoken."""
        if type(chunk) is dict and chunk.get("type") in _TEXT_DELTAS:
            text = chunk.get("delta")
            return text if type(text) is str else None
        return None

    def delta(self, chunk: object) -> Delta | None:
        """What an event adds."""
        kind = get_path(chunk, "type")
        if kind == "response.done":
            return Delta(response=self.response(get_path(chunk, "response")), whole=True)
        if kind in _TEXT_DELTAS:
            return Delta(text=str_or_empty(get_path(chunk, "delta")))
        if kind in _SOUND_DELTAS:
            item = str(get_path(chunk, "item_id"))
            self._sounds.setdefault(item, GrowingBlob()).add(get_path(chunk, "delta"))
        elif kind == "response.created":
            return Delta(response=Response(id=text_or_none(get_path(chunk, "response", "id"))))
        return None


def _named_as_elsewhere(counts: object) -> object:
    """The counts of a session, whose details have names of their own."""
    if not isinstance(counts, Mapping):
        return counts
    named = {**counts}
    for side in ("input", "output"):
        if f"{side}_token_details" in named:
            named[f"{side}_tokens_details"] = named.pop(f"{side}_token_details")
    return named


def _set_ending(response: Response, details: object) -> None:
    if response.status == "cancelled":  # the user spoke, or the program sent response.cancel
        response.failure = Failure(
            "cancelled", "cancelled", str_or_empty(get_path(details, "reason")), _CANCELLED,
            outcome="cancelled",
        )  # fmt: skip
    elif response.status == "incomplete":
        filtered = get_path(details, "reason") == "content_filter"
        response.outcome = "filtered" if filtered else "length"
    elif response.status == "failed":
        response.failure = failure_in_body(get_path(details, "error") or "the response failed")


class RealtimeSession:
    """What is known of a session, and its calls in progress.

    Args:
        begin: Begins a call.
        address: Host and port of the server.
        model: The model of the connection, if its URL names it.
    """

    def __init__(
        self, begin: Begin, address: tuple[str | None, int | None], model: str | None = None
    ) -> None:
        self._begin = begin
        self._address = address
        self._model = model
        self._conversation: str | None = None
        self._session: Mapping[str, object] = {}
        self._items: dict[str, Message] = {}
        self._unnamed = 0  # items that the program sent, and the server has not named yet
        self._sound = GrowingBlob()
        self._sounds: dict[str, Part] = {}
        self._waiting: deque[tuple[str | None, Call]] = deque()
        self._calls: dict[str, Call] = {}
        self._transcriptions: dict[str, Call] = {}

    # -- what the program sends ---------------------------------------------------------------

    def sent(self, event: Mapping[str, Any]) -> None:
        """The program sends an event."""
        kind = event.get("type")
        if kind == "input_audio_buffer.append":
            self._sound.add(event.get("audio"))
        elif kind == "input_audio_buffer.clear":
            self._sound = GrowingBlob()
        elif kind == "conversation.item.create":
            self._add_sent(event.get("item"))
        elif kind == "response.create":
            call = self._begin_response(event.get("response"))
            if call is not None:
                self._waiting.append((text_or_none(event.get("event_id")), call))

    def _add_sent(self, item: object) -> None:
        name = text_or_none(get_path(item, "id"))
        if name is None:
            self._unnamed += 1
            name = f"unnamed {len(self._items)} {self._unnamed}"
        self._items[name] = message_of_item(item)

    def _begin_response(self, options: object) -> Call | None:
        given: dict[str, object] = {**self._session}
        if isinstance(options, Mapping):
            given.update(options)
        instructions = given.get("instructions")
        request = Request(
            "chat",
            "",
            model=self._model_of(given),
            messages=self._input_of(options),
            instructions=[text_part(instructions)] if instructions else None,
            attributes={
                **number_attributes(given, _PARAMETERS),
                semconv.OPENAI_API_TYPE: "realtime",
            },
            tools=as_list(given.get("tools")) or None,
            stream=True,
        )
        is_apart = get_path(options, "conversation") == "none"
        answer = RealtimeAnswer(_mime_type(given, "output"), is_apart=is_apart)
        return self._begun(request, answer)

    def _input_of(self, options: object) -> list[Message]:
        """The conversation so far, or what a request gives in its place."""
        given = get_path(options, "input")
        if given is None:
            return list(self._items.values())
        return [
            self._items.get(str(get_path(each, "id"))) or message_of_item(each)
            for each in as_list(given)
        ]

    def _model_of(self, given: Mapping[str, object]) -> str | None:
        return text_or_none(given.get("model")) or self._model

    def _begun(self, request: Request, surface: Surface) -> Call | None:
        if self._conversation is None:  # a program may ask before it has received the session
            name = text_or_none(self._session.get("id"))
            self._conversation = name or f"conv_{secrets.token_hex(8)}"
        request.conversation = self._conversation
        host, port = self._address
        sent = HttpRequest("get", "", {}, request.stream, None, host, port)
        set_server(request, sent, "openai")
        return self._begin(request, surface)

    # -- what the server sends ----------------------------------------------------------------

    def received(self, event: Mapping[str, Any]) -> None:
        """The server has sent an event, which goes on to the program."""
        kind = str_or_empty(event.get("type"))
        response_id = text_or_none(event.get("response_id"))
        if response_id is not None:
            call = self._calls.get(response_id)
            if call is not None:
                call.item(event)
        elif kind == "response.created":
            self._start(event)
        elif kind == "response.done":
            self._finish(event)
        elif kind in _ADDED:
            self._add_received(event.get("item"))
        else:
            self._note(kind, event)

    def _start(self, event: Mapping[str, Any]) -> None:
        call = self._waiting.popleft()[1] if self._waiting else self._begin_response(None)
        if call is not None:
            call.open_stream()
            call.item(event)
            self._calls[str(get_path(event, "response", "id"))] = call

    def _finish(self, event: Mapping[str, Any]) -> None:
        call = self._calls.pop(str(get_path(event, "response", "id")), None)
        if call is None:
            return
        call.item(event)
        call.end(Ending.EXHAUSTED)
        if getattr(call.surface, "is_apart", False):
            return
        message = getattr(call.surface, "message", None)
        for item in as_list(get_path(event, "response", "output")):
            self._items.pop(str(get_path(item, "id")), None)
        if message is not None and message["parts"]:
            self._items[str(get_path(event, "response", "id"))] = message

    def _add_received(self, item: object) -> None:
        if get_path(item, "role") == "assistant" or get_path(item, "type") == "function_call":
            return  # `response.done` has it whole
        name = str(get_path(item, "id"))
        if name in self._items:
            return
        sound = self._sounds.pop(name, None)
        unnamed = next((each for each in self._items if each.startswith("unnamed ")), None)
        if sound is None and unnamed is not None:
            renamed = [(name if key == unnamed else key, self._items[key]) for key in self._items]
            self._items = dict(renamed)
        else:
            self._items[name] = message_of_item(item, sound)

    def _note(self, kind: str, event: Mapping[str, Any]) -> None:
        if kind in ("session.created", "session.updated"):
            session = event.get("session")
            self._session = session if isinstance(session, Mapping) else {}
        elif kind == "input_audio_buffer.committed":
            self._commit(str(event.get("item_id")))
        elif kind == "conversation.item.deleted":
            self._items.pop(str(event.get("item_id")), None)
        elif kind.startswith(_TRANSCRIBED):
            self._transcribe(kind.removeprefix(_TRANSCRIBED), event)
        elif kind == "error":
            self._fail(event.get("error"))

    def _commit(self, item: str) -> None:
        mime_type = _mime_type(self._session, "input")
        self._sounds[item], self._sound = self._sound.part(mime_type), GrowingBlob()
        model = get_path(self._session, "audio", "input", "transcription", "model") or get_path(
            self._session, "input_audio_transcription", "model"
        )
        if not isinstance(model, str):
            return
        call = self._begun(
            Request(
                "generate_content",
                "",
                model=model,
                messages=[{"role": "user", "parts": [self._sounds[item]]}],
                attributes={semconv.OUTPUT_TYPE: "text"},
            ),
            Transcriptions(),
        )
        if call is not None:
            self._transcriptions[item] = call

    def _transcribe(self, what: str, event: Mapping[str, Any]) -> None:
        if what not in ("completed", "failed"):
            return
        call = self._transcriptions.pop(str(event.get("item_id")), None)
        if call is None:
            return
        if what == "failed":
            failure = failure_in_body(event.get("error") or "the transcription failed")
            call.end(Ending.RAISED, failure)
        else:
            usage = _named_as_elsewhere(event.get("usage"))
            call.end(Ending.RETURNED, {"text": event.get("transcript"), "usage": usage})

    def _fail(self, error: object) -> None:
        """An error belongs to the request that it names; else to the oldest that has no name."""
        named = text_or_none(get_path(error, "event_id"))
        for each in list(self._waiting):
            if each[0] == named:
                self._waiting.remove(each)
                each[1].end(Ending.RAISED, failure_in_body(error))
                return

    # -- the end ------------------------------------------------------------------------------

    def end(self, how: Ending, value: Any = None) -> None:
        """The connection ends, and with it all calls in progress."""
        while self._waiting:
            self._waiting.popleft()[1].end(how, value)
        for calls in (self._calls, self._transcriptions):
            while calls:
                calls.popitem()[1].end(how, value)


def _mime_type(session: Mapping[str, object], side: str) -> str | None:
    """The kind of sound: ``audio/pcm``, or ``pcm16`` in the first version of the API."""
    kind = get_path(session, "audio", side, "format", "type") or session.get(f"{side}_audio_format")
    if not isinstance(kind, str):
        return None
    return kind if "/" in kind else f"audio/{'pcm' if kind == 'pcm16' else kind}"

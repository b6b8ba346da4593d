"""The responses API by WebSocket: each ``response.create`` is one call, answered by events.

A program may steer a response while it is made. What it says then is the input of another response,
which the server begins by itself, with the settings of the one before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.core.bounded import BoundedDict
from hilt.genai.coerce import as_list, str_or_empty
from hilt.genai.json_values import get_path
from hilt.genai.outcome import failure_in_body
from hilt.instrumentation.engine import Call
from hilt.instrumentation.observer import Ending
from hilt.providers._connections import Begin
from hilt.providers._http import HttpRequest, set_server
from hilt.providers.openai.responses import Responses, responses_request

__all__ = ["ResponsesConnection"]

_LAST = frozenset(("response.completed", "response.incomplete", "response.failed"))
_NOT_OF_REQUEST = frozenset(("type", "event_id", "stream_id"))
_REMEMBERED_RESPONSES = 100


class ResponsesConnection:
    """The calls of a connection.

    Those of one lane (``stream_id``) are answered one after the other, and lanes at the same time.

    Args:
        begin: Begins a call.
        address: Host and port of the server.
    """

    def __init__(
        self, begin: Begin, address: tuple[str | None, int | None], _model: str | None = None
    ) -> None:
        self._begin = begin
        self._address = address
        self._lanes: dict[str, deque[tuple[Call, dict[str, Any]]]] = {}
        self._settings: BoundedDict[str, dict[str, Any]] = BoundedDict(_REMEMBERED_RESPONSES)
        self._steering: BoundedDict[str, list[Any]] = BoundedDict(_REMEMBERED_RESPONSES)

    def sent(self, event: Mapping[str, Any]) -> None:
        """The program sends an event."""
        kind, previous = event.get("type"), str_or_empty(event.get("previous_response_id"))
        if kind == "response.steer":
            waiting = [*self._steering.get(previous, ()), *_items_of(event.get("input"))]
            self._steering.keep(previous, waiting)
        elif kind == "response.create":
            body = {name: value for name, value in event.items() if name not in _NOT_OF_REQUEST}
            steering = self._steering.pop(previous, None)  # the server puts it before the input
            if steering:
                body["input"] = [*steering, *_items_of(body.get("input"))]
            self._begin_call(_lane_of(event), body)

    def received(self, event: Mapping[str, Any]) -> None:
        """The server has sent an event, which goes on to the program."""
        kind, lane = str_or_empty(event.get("type")), _lane_of(event)
        if kind == "response.steer.failed":
            self._forget_steering(event.get("steer"))
        elif kind == "response.created":
            self._note_response(lane, event.get("response"))
        calls = self._lanes.get(lane)
        if not calls:
            return
        call, _ = calls[0]
        if kind == "error":
            self._leave(lane)
            call.end(Ending.RAISED, failure_in_body(event.get("error") or event))
            return
        call.item(event)
        if kind in _LAST:
            self._leave(lane)
            call.end(Ending.EXHAUSTED)

    def end(self, how: Ending, value: Any = None) -> None:
        """The connection ends, and with it all calls in progress."""
        while self._lanes:
            _, calls = self._lanes.popitem()
            for call, _ in calls:
                call.end(how, value)

    def _begin_call(self, lane: str, body: dict[str, Any]) -> None:
        sent = HttpRequest("post", "/responses", body, True, None, *self._address)
        request = responses_request(sent)
        set_server(request, sent, "openai")
        request.attributes[semconv.OPENAI_API_TYPE] = "responses"
        call = self._begin(request, Responses())
        if call is not None:
            call.open_stream()
            self._lanes.setdefault(lane, deque()).append((call, body))

    def _leave(self, lane: str) -> None:
        """The first call of a lane ends; a lane without calls is forgotten."""
        self._lanes[lane].popleft()
        if not self._lanes[lane]:
            del self._lanes[lane]

    def _note_response(self, lane: str, response: object) -> None:
        """Note the settings of a response; begin the call of one that the server begins itself."""
        previous = str_or_empty(get_path(response, "previous_response_id"))
        if not self._lanes.get(lane):
            steering, settings = self._steering.pop(previous, None), self._settings.get(previous)
            if not steering or settings is None:
                return
            body = {**settings, "input": steering, "previous_response_id": previous}
            self._begin_call(lane, body)
        if self._lanes.get(lane):
            _, body = self._lanes[lane][0]
            # The input may be large, and a response that follows has one of its own.
            settings = {name: value for name, value in body.items() if name != "input"}
            self._settings.keep(str_or_empty(get_path(response, "id")), settings)

    def _forget_steering(self, steer: object) -> None:
        """Forget what the server refused; the program may send it again, in a request."""
        previous = str_or_empty(get_path(steer, "previous_response_id"))
        refused = _items_of(get_path(steer, "input"))
        waiting = [each for each in self._steering.pop(previous, ()) if each not in refused]
        if waiting:
            self._steering.keep(previous, waiting)


def _lane_of(event: Mapping[str, Any]) -> str:
    return str_or_empty(event.get("stream_id"))


def _items_of(value: object) -> list[Any]:
    return [{"role": "user", "content": value}] if isinstance(value, str) else [*as_list(value)]

"""The responses API by WebSocket: each ``response.create`` is one call, answered by events."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import str_or_empty
from hilt.genai.outcome import failure_in_body
from hilt.instrumentation.engine import Call
from hilt.instrumentation.observer import Ending
from hilt.providers._connections import Begin
from hilt.providers._http import HttpRequest, set_server
from hilt.providers.openai.responses import Responses, responses_request

__all__ = ["ResponsesConnection"]

_LAST = frozenset(("response.completed", "response.incomplete", "response.failed"))


class ResponsesConnection:
    """The calls of a connection, which are answered one after the other.

    Args:
        begin: Begins a call.
        address: Host and port of the server.
    """

    def __init__(
        self, begin: Begin, address: tuple[str | None, int | None], _model: str | None = None
    ) -> None:
        self._begin = begin
        self._address = address
        self._calls: deque[Call] = deque()

    def sent(self, event: Mapping[str, Any]) -> None:
        """The program sends an event."""
        if event.get("type") != "response.create":
            return
        body = {name: value for name, value in event.items() if name not in ("type", "event_id")}
        sent = HttpRequest("post", "/responses", body, True, None, *self._address)
        request = responses_request(sent)
        set_server(request, sent, "openai")
        request.attributes[semconv.OPENAI_API_TYPE] = "responses"
        call = self._begin(request, Responses())
        if call is not None:
            call.open_stream()
            self._calls.append(call)

    def received(self, event: Mapping[str, Any]) -> None:
        """The server has sent an event, which goes on to the program."""
        if not self._calls:
            return
        call, kind = self._calls[0], str_or_empty(event.get("type"))
        if kind == "error":
            self._calls.popleft()
            call.end(Ending.RAISED, failure_in_body(event.get("error") or event))
            return
        call.item(event)
        if kind in _LAST:
            self._calls.popleft()
            call.end(Ending.EXHAUSTED)

    def end(self, how: Ending, value: Any = None) -> None:
        """The connection ends, and with it all calls in progress."""
        while self._calls:
            self._calls.popleft().end(how, value)

"""The embedded provider: a loopback server that answers like OpenAI, Anthropic, Gemini, Cohere."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from hilt.core.exceptions import ConfigurationError
from hilt.testing.provider import (
    anthropic_messages,
    cohere,
    gemini,
    openai_chat,
    openai_embeddings,
    openai_responses,
)
from hilt.testing.provider.answers import Answer, Asked, Json, Reply, Tokens, ToolCall
from hilt.testing.provider.defaults import default_answer
from hilt.testing.provider.endpoint import Ids, Surface, Writing
from hilt.testing.provider.faults import NO_FAULT, Fault
from hilt.testing.provider.server import HTTPAnswer, HTTPRequest, HTTPServer, json_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType
__all__ = ["Provider", "SeenRequest"]

_SURFACES = (
    openai_chat.CHAT,
    openai_chat.COMPLETIONS,
    openai_responses.RESPONSES,
    openai_embeddings.EMBEDDINGS,
    anthropic_messages.MESSAGES,
    gemini.CONTENT,
    gemini.STREAM_CONTENT,
    gemini.EMBED,
    gemini.BATCH_EMBED,
    cohere.CHAT_V2,
    cohere.EMBED_V2,
    cohere.RERANK,
)
_MODELS = re.compile(r".*/models")
_RESPONSE = re.compile(r".*/responses/(?P<id>[^/]+)")
_KEPT = 1000


@dataclass
class SeenRequest:
    """A request that the provider received.

    Args:
        method: ``POST``, mostly.
        path: Its path.
        query: What followed the question mark.
        headers: Its headers, names in small letters.
        body: Its body.
        asked: What was asked, or None where the path is unknown.
        status: What was answered.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    asked: Asked | None = None
    status: int = 0

    @property
    def json(self) -> Any:
        """The body as JSON, or None."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None


@dataclass
class _Script:
    reply: Callable[[Asked], Reply]
    left: int | None


@dataclass
class Provider:
    """A provider on this machine, for tests and demos.

    It speaks OpenAI chat completions, legacy completions, responses (also in the background, to
    be retrieved) and embeddings, Anthropic messages, Gemini content and embeddings, and Cohere
    chat, embeddings and reranking, plain and streamed, on one loopback port:

        with Provider() as provider:
            provider.answer("Paris.")
            client = OpenAI(base_url=provider.openai_url, api_key="test")

    Requests are answered by what was scripted with `answer`, one after the other; then by the
    functions given to `answer_with`, the newest first; then by the fallback.

    Args:
        fallback: Answers what nothing else does; by default with something sensible.
        host: The address to listen on.
        port: The port; any free one for 0.
        chunk_delay: Seconds before each event of a stream.
        seed: With one, the ids of the answers are the same in every run.
    """

    fallback: Callable[[Asked], Answer] = default_answer
    host: str = "127.0.0.1"
    port: int = 0
    chunk_delay: float = 0.0
    seed: int | None = None
    requests: list[SeenRequest] = field(default_factory=list, init=False)
    """What was received, in order."""
    stopping: threading.Event = field(default_factory=threading.Event, init=False, repr=False)

    def __post_init__(self) -> None:
        self._ids = Ids(self.seed)
        self._scripts: list[_Script] = []
        self._functions: list[Callable[[Asked], Reply]] = []
        self._faults: list[tuple[Fault, list[int | None]]] = []
        self._responses: dict[str, Json] = {}
        self._lock = threading.Lock()
        self._server: HTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The root URL: what Anthropic, Gemini, Cohere and Azure clients take."""
        return f"http://{self.host}:{self.port}"

    @property
    def openai_url(self) -> str:
        """The ``base_url`` of OpenAI clients."""
        return f"{self.url}/v1"

    def start(self) -> Provider:
        """Begin to listen.

        Raises:
            ConfigurationError: If the port cannot be had.
        """
        try:
            self._server = HTTPServer(self.host, self.port, self)
        except OSError as error:
            raise ConfigurationError(f"port {self.port}: cannot listen there: {error}") from error
        self.port = self._server.server_address[1]
        self.stopping.clear()
        self._thread = self._server.run()
        return self

    def stop(self) -> None:
        """Stop listening and end all connections; a second call does nothing."""
        server, self._server = self._server, None
        if server is not None and self._thread is not None:
            self.stopping.set()
            server.close()
            self._thread.join()

    def __enter__(self) -> Provider:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def answer(
        self,
        text: str | Answer | None = None,
        *,
        tool_calls: Iterable[ToolCall | tuple[str, Mapping[str, Any]]] = (),
        reasoning: str | None = None,
        finish_reason: str | None = None,
        chunks: Sequence[str] | None = None,
        tokens: Tokens | None = None,
        model: str | None = None,
        times: int | None = 1,
    ) -> None:
        """Script the next answer.

        Args:
            text: What it says, or a whole `Answer`, which makes the other arguments moot.
            tool_calls: Tools that it calls: a `ToolCall`, or name and arguments.
            reasoning: The model's reasoning.
            finish_reason: See `Answer`.
            chunks: How a stream cuts the text.
            tokens: What the usage says.
            model: The model that answers.
            times: For how many requests; None for all that follow.
        """
        made = text if isinstance(text, Answer) else None
        whole = made or Answer(
            "".join(chunks) if text is None and chunks else _plain(text),
            tool_calls=[_tool_call(call) for call in tool_calls],
            reasoning=reasoning,
            finish_reason=finish_reason,
            chunks=chunks,
            tokens=tokens,
            model=model,
        )
        with self._lock:
            self._scripts.append(_Script(lambda _asked: whole, times))

    def answer_with(self, function: Callable[[Asked], Reply]) -> Callable[[Asked], Reply]:
        """Answer by a function of the request; where it gives None, the next one is asked.

        Can be used as a decorator. The function runs in the server's threads.
        """
        with self._lock:
            self._functions.insert(0, function)
        return function

    def fail(self, fault: Fault | None = None, **fields: Any) -> None:
        """Let the next answer go wrong: `fail(status=429, retry_after=1)`; see `Fault`.

        Faults are used in the order in which they were given.
        """
        whole = fault or Fault(**fields)
        with self._lock:
            self._faults.append((whole, [whole.times]))

    def reset(self) -> None:
        """Forget scripts, functions, faults and the requests seen."""
        with self._lock:
            self._scripts.clear()
            self._functions.clear()
            self._faults.clear()
            self.requests.clear()

    def handle(self, request: HTTPRequest) -> tuple[HTTPAnswer, Fault]:
        """The answer to a request, and what shall go wrong with it; the server calls this."""
        seen = SeenRequest(
            request.method, request.path, request.query, request.headers, request.body
        )
        fault = self._take_fault(request.path)
        found = _surface_of(request.path) if request.method == "POST" else None
        if found is None:
            answer = self._unknown(request, fault)
        else:
            answer = self._answered(seen, *found, fault)
        seen.status = answer.status
        with self._lock:
            self.requests.append(seen)
        return answer, fault

    def _answered(
        self,
        seen: SeenRequest,
        surface: Surface,
        match: re.Match[str],
        fault: Fault,
    ) -> HTTPAnswer:
        request_id = self._ids.new("req_")
        headers = {surface.request_id_header: request_id}
        body = seen.json
        if not isinstance(body, dict):
            error = surface.error(400, "The body is not a JSON object.", request_id)
            return _json_answer(400, error, headers)
        seen.asked = asked = surface.read(body, match)
        if fault.status is not None:
            error = surface.error(fault.status, fault.message, request_id)
            return _json_answer(fault.status, error, {**headers, **fault.headers})
        return self._written(surface, asked, self._reply(asked), headers, request_id)

    def _written(
        self,
        surface: Surface,
        asked: Asked,
        answer: Answer,
        headers: dict[str, str],
        request_id: str,
    ) -> HTTPAnswer:
        headers = {**headers, **answer.headers}
        if answer.status >= 400:  # noqa: PLR2004
            error = answer.error or surface.error(answer.status, answer.text or "", request_id)
            return _json_answer(answer.status, error, headers)
        writing = Writing(asked, answer, self._ids, int(time.time()))
        if not asked.stream or surface.stream is None:
            whole = surface.whole(writing)
            if asked.api == "openai.responses":
                whole = self._kept(whole)
            return _json_answer(200, whole, headers)
        headers = {**headers, "content-type": "text/event-stream; charset=utf-8"}
        return HTTPAnswer(200, headers, events=surface.stream(writing))

    def _kept(self, response: Json) -> Json:
        """Keep a response to be retrieved; one in the background is only begun for now."""
        with self._lock:
            self._responses[response["id"]] = response
            while len(self._responses) > _KEPT:
                del self._responses[next(iter(self._responses))]
        if not response["background"]:
            return response
        return {**response, "status": "queued", "output": [], "usage": None}

    def _reply(self, asked: Asked) -> Answer:
        for reply in self._replies():
            said = reply(asked)
            if said is not None:
                return said if isinstance(said, Answer) else Answer(said)
        return self.fallback(asked)

    def _replies(self) -> list[Callable[[Asked], Reply]]:
        with self._lock:
            scripted = self._take_script()
            return [scripted] if scripted else list(self._functions)

    def _take_script(self) -> Callable[[Asked], Reply] | None:
        if not self._scripts:
            return None
        first = self._scripts[0]
        if first.left is not None:
            first.left -= 1
            if first.left <= 0:
                self._scripts.pop(0)
        return first.reply

    def _take_fault(self, path: str) -> Fault:
        with self._lock:
            found = next((each for each in self._faults if each[0].path in path), None)
            if found is None:
                return NO_FAULT
            fault, left = found
            if left[0] is not None:
                left[0] -= 1
                if left[0] <= 0:
                    self._faults.remove(found)
            return fault

    def _unknown(self, request: HTTPRequest, fault: Fault) -> HTTPAnswer:
        if fault.status is not None:
            error = openai_chat.openai_error(fault.status, fault.message, "")
            return _json_answer(fault.status, error, fault.headers)
        if request.method == "GET" and _MODELS.fullmatch(request.path):
            model: Json = {"id": "embedded", "object": "model", "created": 0, "owned_by": "hilt"}
            return _json_answer(200, {"object": "list", "data": [model]}, {})
        asked_for = _RESPONSE.fullmatch(request.path)
        if request.method == "GET" and asked_for and asked_for["id"] in self._responses:
            return _json_answer(200, self._responses[asked_for["id"]], {})
        message = f"The embedded provider does not know {request.method} {request.path}."
        return _json_answer(404, openai_chat.openai_error(404, message, ""), {})


def _surface_of(path: str) -> tuple[Surface, re.Match[str]] | None:
    for surface in _SURFACES:
        if match := surface.path.fullmatch(path):
            return surface, match
    return None


def _json_answer(status: int, value: Json, headers: Mapping[str, str]) -> HTTPAnswer:
    return HTTPAnswer(status, {"content-type": "application/json", **headers}, json_body(value))


def _plain(text: str | Answer | None) -> str | None:
    return text if isinstance(text, str) else None


def _tool_call(call: ToolCall | tuple[str, Mapping[str, Any]]) -> ToolCall:
    return call if isinstance(call, ToolCall) else ToolCall(*call)

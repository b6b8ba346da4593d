"""The embedded provider: a loopback server that answers like OpenAI, Anthropic, Gemini, Cohere."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from hilt.core.arguments import seconds_checked
from hilt.core.exceptions import ConfigurationError
from hilt.testing.newest import Newest
from hilt.testing.provider import (
    anthropic_messages,
    cohere,
    gemini,
    openai_chat,
    openai_embeddings,
    openai_responses,
)
from hilt.testing.provider.answer_arguments import answer_of, times_checked
from hilt.testing.provider.answers import Answer, Json, ParsedRequest, Reply, Tokens, ToolCall
from hilt.testing.provider.defaults import default_answer
from hilt.testing.provider.endpoint import Endpoint, Exchange, Ids
from hilt.testing.provider.faults import NO_FAULT, Fault, fault_of
from hilt.testing.provider.server import HTTPAnswer, HTTPRequest, HTTPServer, json_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

__all__ = ["Provider", "ReceivedRequest", "SeenRequest"]

_ENDPOINTS = (
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
_HIGHEST_PORT = 65_535
_MAX_RESPONSES = 1000
_MAX_RESPONSES_SIZE = 1 << 26
_MAX_REQUESTS = 10_000
_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError, RecursionError)


@dataclass
class ReceivedRequest:
    """A request that the provider received.

    Args:
        method: The HTTP method.
        path: Its path.
        query: Its query string, without the question mark.
        headers: Its headers, with their names in lower case.
        body: Its body.
        parsed: The request as one of the APIs has it; None if no API has its path.
        status: The status of the answer.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    parsed: ParsedRequest | None = None
    status: int = 0

    @property
    def json(self) -> Any:
        """The body as JSON, or None."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError):
            return None


SeenRequest = ReceivedRequest
"""The former name of `ReceivedRequest`."""


@dataclass(kw_only=True)
class _Planned:
    """What is planned for a number of requests; None for all that follow."""

    remaining: int | None

    def is_used_up(self) -> bool:
        """Count one more use; whether it was the last one."""
        if self.remaining is not None:
            self.remaining -= 1
        return self.remaining is not None and self.remaining <= 0


@dataclass
class _Script(_Planned):
    reply: Callable[[ParsedRequest], Reply]


@dataclass(eq=False)
class _PlannedFault(_Planned):
    fault: Fault


@dataclass
class Provider:
    """A provider on this machine, for tests and demos.

    It serves the APIs of OpenAI (chat completions, legacy completions, embeddings, and responses,
    which may run in the background), Anthropic (messages), Gemini (content, embeddings) and Cohere
    (chat, embeddings, reranking) on one loopback port, with and without streaming:

        with Provider() as provider:
            provider.answer("Paris.")
            client = OpenAI(base_url=provider.openai_url, api_key="test")

    The answers given to `answer` are used first, one after the other; then the functions given to
    `answer_with`, the newest first; then the fallback.

    Args:
        fallback: Answers all other requests; by default it repeats what the user wrote.
        host: The address to listen on.
        port: The port to listen on; 0 for any free one.
        chunk_delay: The delay before each event of a stream, in seconds.
        seed: If given, the ids of the answers are the same in every run.
    """

    fallback: Callable[[ParsedRequest], Answer] = default_answer
    host: str = "127.0.0.1"
    port: int = 0
    chunk_delay: float = 0.0
    seed: int | None = None
    requests: Newest[ReceivedRequest] = field(
        default_factory=lambda: Newest(_MAX_REQUESTS), init=False
    )
    """The requests that were received, in order: the newest 10,000 or 64 MiB at least."""
    stopping: threading.Event = field(default_factory=threading.Event, init=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.port, int) or not 0 <= self.port <= _HIGHEST_PORT:
            raise ConfigurationError(
                f"port: {self.port!r} is no port; expected 0 (any free one) to {_HIGHEST_PORT}"
            )
        if not isinstance(self.host, str):
            raise ConfigurationError(f"host: {self.host!r} is not text; expected 127.0.0.1 or ::1")
        self.chunk_delay = seconds_checked("chunk_delay", self.chunk_delay)
        _check_function("fallback", self.fallback)
        self._ids = Ids(self.seed)
        self._scripts: list[_Script] = []
        self._functions: list[Callable[[ParsedRequest], Reply]] = []
        self._faults: list[_PlannedFault] = []
        self._responses: dict[str, bytes] = {}
        self._responses_size = 0
        self._lock = threading.Lock()
        self._server: HTTPServer | None = None

    @property
    def url(self) -> str:
        """The root URL, for the clients of Anthropic, Gemini, Cohere and Azure."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def openai_url(self) -> str:
        """The ``base_url`` of OpenAI clients."""
        return f"{self.url}/v1"

    def start(self) -> Provider:
        """Start to listen.

        Raises:
            ConfigurationError: If the port cannot be used.
        """
        try:
            self._server = HTTPServer(self.host, self.port, self)
        except OSError as error:
            place = f"port {self.port}: cannot listen on it at {self.host}"
            raise ConfigurationError(f"{place}: {error}") from error
        self.port = self._server.server_address[1]
        self.stopping.clear()
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop listening and end all connections; a second call does nothing."""
        server, self._server = self._server, None
        if server is not None:
            self.stopping.set()
            server.stop()

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
            text: Its text; or a whole `Answer`, in place of all other arguments but ``times``.
            tool_calls: Its tool calls: a `ToolCall`, or name and arguments.
            reasoning: The model's reasoning.
            finish_reason: See `Answer`.
            chunks: The pieces in which a stream sends the text.
            tokens: The token counts in the usage.
            model: The model that answers.
            times: For how many requests; None for all that follow.
        """
        times_checked(times)
        answer = answer_of(
            text,
            tool_calls=tool_calls,
            reasoning=reasoning,
            finish_reason=finish_reason,
            chunks=chunks,
            tokens=tokens,
            model=model,
        )
        with self._lock:
            self._scripts.append(_Script(lambda _request: answer, remaining=times))

    def answer_with(
        self, function: Callable[[ParsedRequest], Reply]
    ) -> Callable[[ParsedRequest], Reply]:
        """Answer with the result of a function; if that is None, the next function is called.

        Can be used as a decorator. The function runs in the server's threads.
        """
        _check_function("answer_with", function)
        with self._lock:
            self._functions.insert(0, function)
        return function

    def fail(self, fault: Fault | None = None, **fields: Any) -> None:
        """Make the next request fail: `fail(status=429, retry_after=1)`; see `Fault`.

        Faults are used in the order in which they were given.
        """
        fault = fault_of(fault, fields)
        with self._lock:
            self._faults.append(_PlannedFault(fault, remaining=fault.times))

    def reset(self) -> None:
        """Forget the scripted answers, functions and faults, and the requests received."""
        with self._lock:
            self._scripts.clear()
            self._functions.clear()
            self._faults.clear()
            self.requests.clear()

    def handle(self, request: HTTPRequest) -> tuple[HTTPAnswer, Fault]:
        """The answer to a request, and the fault to apply to it; the server calls this."""
        received = ReceivedRequest(
            request.method, request.path, request.query, request.headers, request.body
        )
        fault = self._take_fault(request.path)
        matched = _endpoint_of(request.path) if request.method == "POST" else None
        if matched is None:
            answer = self._answer_elsewhere(request, fault)
        else:
            answer = self._answer(received, *matched, fault)
        received.status = answer.status
        with self._lock:
            self.requests.keep(received, len(request.body))
        return answer, fault

    def _answer(
        self,
        received: ReceivedRequest,
        endpoint: Endpoint,
        match: re.Match[str],
        fault: Fault,
    ) -> HTTPAnswer:
        request_id = self._ids.new("req_")
        headers = {endpoint.request_id_header: request_id}
        body = received.json
        if not isinstance(body, dict):
            error = endpoint.error(400, "The body is not a JSON object.", request_id)
            return _json_answer(400, error, headers)
        try:
            received.parsed = parsed = endpoint.read(body, match)
            if not isinstance(parsed.model, str):
                raise TypeError(f"the model is {parsed.model!r}")
        except _UNREADABLE as reason:
            error = endpoint.error(400, f"The body is no such request: {reason!r}", request_id)
            return _json_answer(400, error, headers)
        if fault.status is not None:
            error = endpoint.error(fault.status, fault.message, request_id)
            return _json_answer(fault.status, error, {**headers, **fault.headers})
        return self._write(endpoint, parsed, self._reply(parsed), headers, request_id)

    def _write(
        self,
        endpoint: Endpoint,
        request: ParsedRequest,
        answer: Answer,
        headers: dict[str, str],
        request_id: str,
    ) -> HTTPAnswer:
        headers = {**headers, **answer.headers}
        if answer.status >= 400:  # noqa: PLR2004
            error = answer.error or endpoint.error(answer.status, answer.text or "", request_id)
            return _json_answer(answer.status, error, headers)
        exchange = Exchange(request, answer, self._ids, int(time.time()))
        if not request.stream or endpoint.stream is None:
            try:
                whole = endpoint.whole(exchange)
            except _UNREADABLE as reason:
                error = endpoint.error(400, f"It cannot be answered: {reason!r}", request_id)
                return _json_answer(400, error, headers)
            if request.api == "openai.responses":
                whole = self._store_response(whole)
            return _json_answer(200, whole, headers)
        headers = {**headers, "content-type": "text/event-stream; charset=utf-8"}
        return HTTPAnswer(200, headers, events=endpoint.stream(exchange))

    def _store_response(self, response: Json) -> Json:
        """Store a response to be retrieved, and return what is sent for now."""
        body = json_body(response)
        with self._lock:
            self._responses[response["id"]] = body
            self._responses_size += len(body)
            while len(self._responses) > _MAX_RESPONSES or (
                self._responses_size > _MAX_RESPONSES_SIZE and len(self._responses) > 1
            ):
                self._responses_size -= len(self._responses.pop(next(iter(self._responses))))
        if not response["background"]:
            return response
        return {**response, "status": "queued", "output": [], "usage": None}

    def _reply(self, request: ParsedRequest) -> Answer:
        for function in self._next_functions():
            reply = function(request)
            if reply is not None:
                return reply if isinstance(reply, Answer) else Answer(reply)
        return self.fallback(request)

    def _next_functions(self) -> list[Callable[[ParsedRequest], Reply]]:
        with self._lock:
            scripted = self._take_script()
            return [scripted] if scripted else list(self._functions)

    def _take_script(self) -> Callable[[ParsedRequest], Reply] | None:
        if not self._scripts:
            return None
        script = self._scripts[0]
        if script.is_used_up():
            self._scripts.pop(0)
        return script.reply

    def _take_fault(self, path: str) -> Fault:
        with self._lock:
            planned = next((each for each in self._faults if each.fault.path in path), None)
            if planned is None:
                return NO_FAULT
            if planned.is_used_up():
                self._faults.remove(planned)
            return planned.fault

    def _answer_elsewhere(self, request: HTTPRequest, fault: Fault) -> HTTPAnswer:
        if fault.status is not None:
            error = openai_chat.openai_error(fault.status, fault.message, "")
            return _json_answer(fault.status, error, fault.headers)
        reads = request.method in ("GET", "HEAD")
        if reads and _MODELS.fullmatch(request.path):
            model: Json = {"id": "embedded", "object": "model", "created": 0, "owned_by": "hilt"}
            return _json_answer(200, {"object": "list", "data": [model]}, {})
        match = _RESPONSE.fullmatch(request.path)
        stored = self._responses.get(match["id"]) if reads and match else None
        if stored is not None:
            return HTTPAnswer(200, {"content-type": "application/json"}, stored)
        message = f"The embedded provider has no {request.method} {request.path}."
        return _json_answer(404, openai_chat.openai_error(404, message, ""), {})


def _endpoint_of(path: str) -> tuple[Endpoint, re.Match[str]] | None:
    for endpoint in _ENDPOINTS:
        if match := endpoint.path.fullmatch(path):
            return endpoint, match
    return None


def _json_answer(status: int, value: Json, headers: Mapping[str, str]) -> HTTPAnswer:
    return HTTPAnswer(status, {"content-type": "application/json", **headers}, json_body(value))


def _check_function(name: str, function: object) -> None:
    if not callable(function):
        raise ConfigurationError(f"{name}: {function!r} is not a function of a request")

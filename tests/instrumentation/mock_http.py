"""In-process transports: what an SDK sends is answered by a function, with nothing on a socket."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

__all__ = ["Wire", "http_of", "openai_client", "sse"]


def http_of(package: str) -> ModuleType:
    """The HTTP library that an SDK uses: ``httpx``, or ``httpx2`` from openai 3 on."""
    base = importlib.import_module(f"{package}._base_client")
    return getattr(base, "httpx2", None) or base.httpx


def sse(events: Iterable[Any], done: bool = True) -> bytes:
    """A server-sent event stream of JSON events; an event's ``type`` is its name."""
    lines = []
    for event in events:
        name = f"event: {event['type']}\n" if "type" in event else ""
        lines.append(f"{name}data: {json.dumps(event)}\n\n")
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()


class Wire:
    """Answers requests by their method and path, and keeps them.

    An answer is JSON, ``bytes`` of an event stream, or a function of the request that gives the
    library's own response. A list of answers is used up one by one.
    """

    def __init__(self, answers: dict[str, Any], package: str = "openai") -> None:
        self.http = http_of(package)
        self.answers = answers
        self.requests: list[Any] = []

    def client(self, is_async: bool = False) -> Any:
        """A client of the HTTP library that is answered from here."""
        cls = self.http.AsyncClient if is_async else self.http.Client
        return cls(
            transport=self.http.MockTransport(self._answer_async if is_async else self._answer)
        )

    async def _answer_async(self, request: Any) -> Any:
        await request.aread()
        return self._answer(request)

    def _answer(self, request: Any) -> Any:
        request.read()
        self.requests.append(request)
        answer = self.answers[f"{request.method} {request.url.path}"]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, self.http.Response):
            return answer
        headers = {"x-request-id": "req_1"}
        if isinstance(answer, bytes):
            headers["content-type"] = "text/event-stream"
            stream = _Body(self.http, answer)
            return self.http.Response(200, headers=headers, stream=stream)
        return self.http.Response(200, json=answer, headers=headers)


def _Body(http: ModuleType, data: bytes) -> Any:  # noqa: N802 # makes one
    """A body that is not read yet, as one from a socket."""

    class Body(http.SyncByteStream, http.AsyncByteStream):  # type: ignore[name-defined,misc]
        def __iter__(self) -> Iterator[bytes]:
            yield from data.splitlines(keepends=True)

        async def __aiter__(self) -> Any:
            for line in data.splitlines(keepends=True):
                yield line

    return Body()


def openai_client(answers: dict[str, Any], is_async: bool = False, **options: Any) -> Any:
    """An OpenAI client, and as ``.wire`` what it is answered from."""
    import openai

    wire = Wire({f"{key.split()[0]} /v1{key.split()[1]}": value for key, value in answers.items()})
    cls = openai.AsyncOpenAI if is_async else openai.OpenAI
    options = {
        "api_key": "test",
        "max_retries": 0,
        "base_url": "https://api.openai.com/v1",
        **options,
    }
    client = cls(http_client=wire.client(is_async), **options)
    client.wire = wire
    return client


Answers = dict[str, Callable[[Any], Any] | Any]
"""Answers by method and path below ``/v1``."""

"""A client of the program's own, which the wire observer logs: httpx."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from tests.instrumentation.shapes import Shapes

ASK: dict[str, Any] = {
    "model": "gpt-4o-mini",
    "messages": [{"role": "user", "content": "Hello"}],
}


class _Client:
    """Sends chat completions, as a program without an SDK does."""

    def __init__(self, url: str, timeout: float) -> None:
        import httpx

        self.http = httpx.Client(base_url=url, timeout=timeout)

    def create(self) -> Any:
        """The whole answer."""
        response = self.http.post("/v1/chat/completions", json=ASK)
        response.raise_for_status()
        return response.json()

    def stream(self) -> Any:
        """The chunks of an answer."""
        body = {**ASK, "stream": True}
        request = self.http.build_request("POST", "/v1/chat/completions", json=body)
        response = self.http.send(request, stream=True)
        response.raise_for_status()
        return _Stream(response)


class _Stream:
    def __init__(self, response: Any) -> None:
        self.response = response
        self._chunks = self._read()

    def _read(self) -> Iterator[Any]:
        for line in self.response.iter_lines():
            if line.startswith("data: {"):
                yield json.loads(line[6:])

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._chunks)

    def close(self) -> None:
        self.response.close()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _AsyncClient:
    """The same with an async client."""

    def __init__(self, url: str, timeout: float) -> None:
        import httpx

        self.http = httpx.AsyncClient(base_url=url, timeout=timeout)

    async def create(self) -> Any:
        """The whole answer."""
        response = await self.http.post("/v1/chat/completions", json=ASK)
        response.raise_for_status()
        return response.json()

    async def stream(self) -> Any:
        """The chunks of an answer."""
        body = {**ASK, "stream": True}
        request = self.http.build_request("POST", "/v1/chat/completions", json=body)
        response = await self.http.send(request, stream=True)
        response.raise_for_status()
        return _AsyncStream(response)


class _AsyncStream:
    def __init__(self, response: Any) -> None:
        self.response = response
        self._chunks = self._read()

    async def _read(self) -> AsyncIterator[Any]:
        async for line in self.response.aiter_lines():
            if line.startswith("data: {"):
                yield json.loads(line[6:])

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        return await self._chunks.__anext__()

    async def close(self) -> None:
        await self.response.aclose()

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A client of the provider at a URL."""
    return (_AsyncClient if is_async else _Client)(url, timeout)


def text(item: Any) -> str:
    """The text of an answer or a chunk."""
    if not item["choices"]:
        return ""
    choice = item["choices"][0]
    return (choice.get("message") or choice["delta"]).get("content") or ""


SHAPES = Shapes(
    name="wire",
    package="httpx",
    client=client,
    create=lambda client: client.create(),
    stream=lambda client: client.stream(),
    text=text,
    retries=False,
    options={"providers": [], "wire_hosts": ["127.0.0.1"]},
    # What cannot be read is the program's: it has the bytes by then.
    skip=frozenset(["malformed event"]),
)

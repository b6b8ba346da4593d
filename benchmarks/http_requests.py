"""What HILT adds to a request that no adapter observes: counted, or logged by the wire observer.

    uv run --extra all python benchmarks/http_requests.py [--pairs 9]

The function of the HTTP library that sends a request is replaced by one that sends nothing, so what
is measured is the way to it. With and without HILT alternate, and the median of the differences is
reported: processor time, in microseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import logging
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from httpx._transports import default

import hilt

MODEL_HOST, OTHER_HOST = "https://api.openai.com", "https://db.example.com"
CALL, LIST = "/v1/chat/completions", "/v1/models"
ANSWER = {
    "id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "It is sunny in Paris."}}],
    "usage": {"prompt_tokens": 20, "completion_tokens": 6, "total_tokens": 26},
}  # fmt: skip
BODY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Weather in Paris?"}]}
_TEXT = json.dumps(ANSWER).encode()


def _answer(_self: Any, _request: Any) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "application/json"}, content=_TEXT)


def _nothing(_self: Any, _request: Any) -> None:
    """Send nothing."""


async def _nothing_async(_self: Any, _request: Any) -> None:
    """Send nothing."""


def _no_line(
    _self: Any,
    _method: str,
    _url: str,
    skip_host: bool = False,  # as the original has them
    skip_accept_encoding: bool = False,
) -> None:
    """Send nothing."""


@contextmanager
def _replaced(*pairs: tuple[Any, Any]) -> Iterator[None]:
    """Give functions the code of others."""
    kept = [(function, function.__code__) for function, _ in pairs]
    for function, by in pairs:
        function.__globals__.update(httpx=httpx, _TEXT=_TEXT)
        function.__code__ = by.__code__
    try:
        yield
    finally:
        for function, code in kept:
            function.__code__ = code


def _sync(url: str) -> Callable[[int], float]:
    transport, request = default.HTTPTransport(), httpx.Request("POST", url)

    def run(times: int) -> float:
        begun = time.process_time()
        for _ in range(times):
            transport.handle_request(request)
        return time.process_time() - begun

    return run


def _asynchronous(url: str) -> Callable[[int], float]:
    transport, request = default.AsyncHTTPTransport(), httpx.Request("POST", url)

    async def send(times: int) -> float:
        begun = time.process_time()
        for _ in range(times):
            await transport.handle_async_request(request)
        return time.process_time() - begun

    return lambda times: asyncio.run(send(times))


def _standard_library(url: str) -> Callable[[int], float]:
    parts = httpx.URL(url)
    connection = http.client.HTTPConnection(parts.host)

    def run(times: int) -> float:
        begun = time.process_time()
        for _ in range(times):
            connection.putrequest("POST", parts.path)
        return time.process_time() - begun

    return run


def _whole_call() -> Callable[[int], float]:
    client = httpx.Client()

    def run(times: int) -> float:
        begun = time.process_time()
        for _ in range(times):
            client.post(MODEL_HOST + CALL, json=BODY).json()
        return time.process_time() - begun

    return run


SENT = {
    "httpx, another host": (_sync(OTHER_HOST + "/v1/x?q=1"), 3000),
    "httpx async, another host": (_asynchronous(OTHER_HOST + "/v1/x?q=1"), 3000),
    "http.client, another host": (_standard_library(OTHER_HOST + "/x?y"), 3000),
    "httpx, a list of models": (_sync(MODEL_HOST + LIST), 3000),
}
WHOLE = {"httpx, a chat call that is logged": (_whole_call(), 200)}
MODES: dict[str, dict[str, Any]] = {"counted": {}, "wire=True": {"wire": True}}


def added(run: Callable[[int], float], times: int, pairs: int, options: dict[str, Any]) -> float:
    """The microseconds that a request takes longer: the median of pairs."""
    differences = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(pairs):
            bare = run(times)
            hilt.instrument(filepath=Path(folder) / "log.jsonl", providers=["openai"], **options)
            run(times // 10)
            differences.append(run(times) - bare)
            hilt.uninstrument()
    return statistics.median(differences) / times * 1e6


def main() -> None:
    """Print a line for each kind of request."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=9, help="how often each is measured")
    pairs = parser.parse_args().pairs
    logging.disable()
    for mode, options in MODES.items():
        with _replaced(
            (default.HTTPTransport.handle_request, _nothing),
            (default.AsyncHTTPTransport.handle_async_request, _nothing_async),
            (http.client.HTTPConnection.putrequest, _no_line),
        ):
            show(mode, SENT, pairs, options)
    with _replaced((default.HTTPTransport.handle_request, _answer)):
        show("wire=True", WHOLE, pairs, {"wire": True})


def show(mode: str, sent: dict[str, Any], pairs: int, options: dict[str, Any]) -> None:
    """Print what each kind of request costs more."""
    for name, (run, times) in sent.items():
        print(f"{mode:10} {name:36} {added(run, times, pairs, options):8.1f} us")


if __name__ == "__main__":
    main()

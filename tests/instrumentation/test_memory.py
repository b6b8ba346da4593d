"""Memory and sockets: what HILT keeps, and what it must not open."""

from __future__ import annotations

import gc
import socket
import tracemalloc
from typing import Any

import pytest

import hilt
from hilt.core.event import Event
from hilt.instrumentation import http_bodies
from hilt.io.session import Session
from tests.instrumentation.mock_http import http_of, openai_client, sse
from tests.instrumentation.test_patching import ANSWER, ASK

CHUNKS = [
    {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o",
     "choices": [{"index": 0, "delta": {"content": "word " * 20}, "finish_reason": None}]}
] * 10  # fmt: skip


class Nowhere:
    """A sink that keeps nothing."""

    name = destination = "nowhere"
    dropped = 0
    count = 0

    def open(self) -> None:
        """Nothing to open."""

    def write(self, lines: bytes, count: int) -> None:
        """Count."""
        self.count += count

    def flush(self, timeout: float | None = None) -> bool:
        """Nothing to wait for."""
        return True

    def read(self) -> Any:
        """Nothing to read."""
        return iter(list[Event]())

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def nowhere() -> Any:
    """HILT with a sink that keeps nothing."""
    sink = Nowhere()
    hilt.instrument(session=Session(sink), providers=["openai"])
    yield sink
    hilt.uninstrument()


def kept_after(act: Any, times: int) -> int:
    """How many bytes more are in use after so many times, once warm."""
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(times):
        act(number)
    gc.collect()
    return tracemalloc.get_traced_memory()[0] - before


@pytest.fixture
def traced() -> Any:
    """Memory is traced."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.slow
def test_calls_leave_memory_flat(nowhere: Nowhere, traced: None) -> None:
    """10,000 calls of different conversations, after twice as many to fill what is bounded."""
    client = openai_client({"POST /chat/completions": ANSWER})

    def call(number: int) -> None:
        messages = [{"role": "user", "content": f"Question {number}"}]
        client.chat.completions.create(model="gpt-4o", messages=messages)
        client.wire.requests.clear()

    kept_after(call, 10_000)
    kept_after(call, 10_000)  # ids that were derived the first time are of their own from now on
    grown = kept_after(call, 10_000)

    assert nowhere.count == 60_000
    assert grown < 1_000_000, f"{grown} bytes more after 10,000 calls"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_abandoned_streams_leave_memory_flat(nowhere: Nowhere, traced: None) -> None:
    """1,000 streams that were left after a chunk leave nothing, and each has its ending."""
    client = openai_client({"POST /chat/completions": sse(CHUNKS)})

    def leave(_: int) -> None:
        next(iter(client.chat.completions.create(**ASK, stream=True)))
        client.wire.requests.clear()

    kept_after(leave, 200)
    before = nowhere.count
    grown = kept_after(leave, 1_000)

    assert nowhere.count - before == 3_000  # prompt, chunk, completion
    assert grown < 300_000, f"{grown} bytes more after 1,000 streams"


KIB, MIB = 2**10, 2**20


def test_long_body_is_kept_up_to_a_limit(nowhere: Nowhere, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a body that the caller streams past, no more than 64 MiB are ever kept: here 1 MiB."""
    assert http_bodies._LIMIT == 64 * MIB
    monkeypatch.setattr(http_bodies, "_LIMIT", MIB)
    http = http_of("openai")

    def speech(_: Any) -> Any:
        return http.Response(200, content=(bytes(64 * KIB) for _ in range(256)))

    client = openai_client({"POST /audio/speech": speech})
    create = client.audio.speech.with_streaming_response.create
    with create(model="tts-1", input="Hello", voice="alloy") as answer:
        tracemalloc.start()
        received = sum(len(piece) for piece in answer.iter_bytes())
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert (received, nowhere.count) == (16 * MIB, 2)
    assert used < 8 * MIB


def test_nothing_but_the_sdk_uses_the_network(
    instrumented: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every socket refused, calls over an in-process transport are logged and priced (T40)."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    log = instrumented()
    openai_client({"POST /chat/completions": ANSWER}).chat.completions.create(**ASK)

    assert log.actions == ["prompt", "completion"]
    assert log.ending["metrics"]["cost_usd"] > 0
    assert log.internal_errors == 0

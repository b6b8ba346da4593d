"""The wire observer in each HTTP library: the call is in the log, and the program sees the same."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

import pytest

import hilt
from hilt.testing.provider import Provider
from tests.conftest import Log
from tests.providers.wire_calls.clients import CLIENTS, STREAMING, outcome

BODY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}
STREAM = {**BODY, "stream": True, "stream_options": {"include_usage": True}}
PATH = "/v1/chat/completions"
METRICS = {"tokens": {"prompt": 5, "completion": 5, "total": 10}, "cost_usd": 3.75e-06}


@pytest.fixture
def log() -> Log:
    """A log, and nothing that is instrumented."""
    return Log()


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider whose answers have the same ids in every run."""
    with Provider(seed=1) as provider:
        yield provider


@pytest.fixture
def observe(log: Log) -> Iterator[Any]:
    """Starts the observer; this machine is named as a host."""
    yield lambda **more: hilt.instrument(
        session=log.session, providers=[], wire_hosts=["127.0.0.1"], **more
    )
    hilt.uninstrument()


def both(use: Any, log: Log, observe: Any, prepare: Any = None) -> tuple[Any, Any]:
    """What a program sees without the observer, and with it."""
    results = []
    for observed in (False, True):
        if observed:
            observe()
        if prepare is not None:
            prepare()
        results.append(use())
    assert log.internal_errors == 0
    return results[0], results[1]


def metrics(log: Log) -> Any:
    """The metrics of the only ending, without the kinds of tokens that are none."""
    found = log.ending["metrics"]
    tokens = {name: count for name, count in found["tokens"].items() if count}
    return {**found, "tokens": tokens}


@pytest.mark.parametrize("name", CLIENTS)
def test_whole_answer(name, provider, log, observe):
    """Prompt, completion, usage and cost are those of an adapter's call."""
    observe()
    status, body = CLIENTS[name](provider.url + PATH, "whole", json=BODY)

    assert (status, json.loads(body)["object"]) == (200, "chat.completion")
    assert log.actions == ["prompt", "completion"]
    assert log.ending["content"]["text"] == "You said: Hello"
    assert log.ending["extensions"]["outcome"] == "completed"
    assert metrics(log) == METRICS
    assert log.ending["provenance"]["sdk"].startswith("tests")


ARN = "arn:aws:bedrock:us-east-1:12:inference-profile/us.anthropic.claude-3-haiku-v1:0"


@pytest.mark.parametrize("operation", ["converse", "invoke"])
@pytest.mark.parametrize("name", CLIENTS)
def test_encoded_model(name, operation, provider, log, observe):
    """A model in the path is logged by its name, with slashes and colons."""
    observe()
    body = {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
    CLIENTS[name](f"{provider.url}/model/{quote(ARN, safe='')}/{operation}", "whole", json=body)

    assert log.one("prompt")["extensions"]["model"] == ARN
    assert log.one("prompt")["content"]["text"] == "Hello"


@pytest.mark.parametrize("how", STREAMING)
@pytest.mark.parametrize("name", CLIENTS)
def test_stream(name, how, provider, log, observe):
    """However the program reads it, each delta is a chunk, and the bytes are the same."""
    provider.answer(chunks=["You ", "said: ", "Hello"], times=None)

    def use() -> Any:
        return CLIENTS[name](provider.url + PATH, how, json=STREAM)

    (_, bare), (status, observed) = both(use, log, observe)

    assert status == 200
    assert [_texts(bare), observed[-14:]] == [_texts(observed), b"data: [DONE]\n\n"]
    assert [each.content.text for each in log.of("completion_chunk")] == [
        "You ", "said: ", "Hello",
    ]  # fmt: skip
    assert log.ending["content"]["text"] == "You said: Hello"
    assert log.ending["extensions"]["outcome"] == "completed"
    assert log.ending["metrics"]["tokens"]["total"] > 0


def _texts(body: bytes) -> list[Any]:
    """The choices of each event: the ids of answers differ."""
    events = [line[6:] for line in body.splitlines() if line.startswith(b"data: {")]
    return [json.loads(each)["choices"] for each in events]


@pytest.mark.parametrize("name", CLIENTS)
def test_stream_left_early(name, provider, log, observe):
    """What the program does not read is not read, and the ending says that it left."""
    provider.answer(chunks=["a"] * 50, times=None)
    provider.chunk_delay = 0.01

    def use() -> Any:
        return CLIENTS[name](provider.url + PATH, "left", json=STREAM)

    bare, observed = both(use, log, observe)

    assert bare[:12] == observed[:12]
    assert log.ending["extensions"]["outcome"] == "closed"
    assert len(log.of("completion_chunk")) < 50


FAULTS = {
    "429": {"status": 429, "retry_after": 3},
    "500": {"status": 500},
    "reset before a byte": {"reset_after": 0},
    "truncated": {"truncate_to": 20},
}
ENDINGS = {
    "429": ("rate_limit", "failed", 429),
    "500": ("server_error", "failed", 500),
    "reset before a byte": ("connection", "failed", 503),
    "truncated": ("connection", "failed", 503),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", CLIENTS)
def test_failure(name, fault, provider, log, observe):
    """A status or a broken connection is a failed call, and the exception is the same."""

    def use() -> Any:
        return outcome(CLIENTS[name], provider.url + PATH, "whole", json=BODY)

    bare, observed = both(use, log, observe, lambda: provider.fail(**FAULTS[fault]))

    assert bare[0] == observed[0]
    extensions = log.ending["extensions"]
    assert (extensions["error_code"], extensions["outcome"], extensions["status_code"]) == (
        ENDINGS[fault]
    )
    if fault == "429":
        assert log.ending["content"]["text"] == "The embedded provider was set to fail."
        assert extensions["retry_after_s"] == 3


@pytest.mark.parametrize("name", CLIENTS)
def test_stream_that_breaks(name, provider, log, observe):
    """What had come is kept, and the program gets the library's own exception."""
    provider.answer(chunks=["a", "b", "c", "d"], times=None)

    def use() -> Any:
        return outcome(CLIENTS[name], provider.url + PATH, "lines", json=STREAM)

    bare, observed = both(use, log, observe, lambda: provider.fail(reset_after=3))

    assert bare == observed
    assert isinstance(observed[0], type)
    assert log.ending["extensions"]["outcome"] == "failed"
    assert log.ending["extensions"]["error_code"] == "connection"


@pytest.mark.parametrize("name", CLIENTS)
def test_time_out(name, provider, log, observe):
    """A program that waits no longer has a call that timed out."""

    def use() -> Any:
        if name == "aiohttp":
            timeout: Any = {"timeout": _aiohttp_timeout()}
        else:
            timeout = {"timeout": 0.1} if name.startswith(("httpx", "urllib3")) else None
        if timeout is None:
            pytest.skip("the helper sets it")
        return outcome(CLIENTS[name], provider.url + PATH, "lines", json=BODY, **timeout)

    bare, observed = both(use, log, observe, lambda: provider.fail(first_byte_delay=0.4))

    assert bare == observed
    assert log.ending["extensions"]["outcome"] == "timeout"


def _aiohttp_timeout() -> Any:
    import aiohttp

    return aiohttp.ClientTimeout(total=0.1)


class _Compressed(BaseHTTPRequestHandler):
    """Answers with a compressed body, whole or in chunks."""

    protocol_version = "HTTP/1.1"
    encoding = "gzip"
    body = json.dumps({
        "id": "c1", "object": "chat.completion", "model": "gpt-4o-mini",
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": "Bonjour " * 100}}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10},
    }).encode()  # fmt: skip

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["content-length"]))
        body = self.body
        for _ in self.encoding.split(","):
            body = gzip.compress(body, mtime=0)
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-encoding", self.encoding)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def compressed(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a server whose answers are compressed, with gzip unless a test says how."""
    handler = type("Handler", (_Compressed,), {"encoding": getattr(request, "param", "gzip")})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("how", ["whole", "lines", "raw"])
@pytest.mark.parametrize("name", CLIENTS)
def test_compressed_answer(name, how, compressed, log, observe):
    """The bytes that the program gets are the same, and the log has the text."""

    def use() -> Any:
        return CLIENTS[name](compressed + PATH, how, json=BODY)

    bare, observed = both(use, log, observe)

    assert bare == observed
    assert log.ending["content"]["text"] == "Bonjour " * 100


@pytest.mark.parametrize(
    ("compressed", "outcome", "text"),
    [("gzip, gzip", "completed", "Bonjour " * 100), ("unknown", "closed", None)],
    indirect=["compressed"],
)
@pytest.mark.parametrize("name", ["httpx", "httpx2"])
def test_compressed_answer_that_is_passed_on(name, compressed, outcome, text, log, observe):
    """It has its text if httpx can decode it, and is not read as garbage if it cannot."""
    library = pytest.importorskip(name)

    def use() -> Any:
        with (
            library.Client(timeout=5) as client,
            client.stream("POST", compressed + PATH, json=BODY) as response,
        ):
            return b"".join(response.iter_raw())

    bare, observed = both(use, log, observe)

    assert bare == observed
    assert log.ending.get("content", {}).get("text") == text
    assert log.ending["extensions"]["outcome"] == outcome

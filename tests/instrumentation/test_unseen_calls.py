"""The counter of unseen calls: what nobody observes is counted and said, and nothing else."""

from __future__ import annotations

import asyncio
import contextvars
import http.client
import os
import pickle
import socket
import ssl
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

import hilt
from hilt import _in_force
from hilt.core.event import Event
from hilt.instrumentation.enclosing_calls import logged_here
from hilt.instrumentation.engine import Call
from hilt.instrumentation.http_functions import FUNCTIONS
from hilt.instrumentation.unseen_calls import UnseenCall, UnseenCalls
from hilt.testing.provider import Provider
from tests.conftest import Log

aiohttp = pytest.importorskip("aiohttp")
openai = pytest.importorskip("openai")
requests = pytest.importorskip("requests")
urllib3 = pytest.importorskip("urllib3")

BODY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}
PATH = "/v1/chat/completions"
CHAT = UnseenCall("127.0.0.1", PATH, __package__)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider on this machine."""
    with Provider() as provider:
        yield provider


@pytest.fixture
def log() -> Log:
    """A log, and nothing that is instrumented."""
    return Log()


@pytest.fixture
def counter(log: Log) -> Iterator[UnseenCalls]:
    """A counter that takes this machine for a model host."""
    counter = UnseenCalls(log.session.append, hosts=["127.0.0.1"])
    counter.start()
    yield counter
    counter.stop()


async def _aiohttp(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.post(url, json=BODY) as response:
        await response.read()


async def _httpx_async(url: str) -> None:
    async with httpx.AsyncClient() as client:
        await client.post(url, json=BODY)


def _http_client(url: str) -> None:
    host, _, path = url.partition("://")[2].partition("/")
    connection = http.client.HTTPConnection(host)
    connection.request("POST", f"/{path}", body=b"{}")
    connection.getresponse().read()
    connection.close()


def _urllib3(url: str) -> None:
    with urllib3.PoolManager() as pool:
        pool.request("POST", url, json=BODY)


def _urllib(url: str) -> None:
    request = urllib.request.Request(url, data=b'{"model": "m", "messages": []}')
    with urllib.request.urlopen(request) as response:
        response.read()


SENDING: dict[str, Callable[[str], Any]] = {
    "httpx": lambda url: httpx.post(url, json=BODY),
    "httpx.AsyncClient": lambda url: asyncio.run(_httpx_async(url)),
    "requests": lambda url: requests.post(url, json=BODY, timeout=5).close(),
    "urllib3": _urllib3,
    "urllib": _urllib,
    "http.client": _http_client,
    "aiohttp": lambda url: asyncio.run(_aiohttp(url)),
}


@pytest.mark.parametrize("send", SENDING.values(), ids=SENDING)
def test_request_of_a_client_is_counted(send, provider, counter):
    """Every HTTP library is looked at once, and the query is cut off."""
    send(f"{provider.url}{PATH}?api-version=secret")
    send(f"{provider.url}{PATH}")

    assert counter.counts == {CHAT: 2}
    assert len(provider.requests) == 2


def test_what_is_said_of_it(provider, counter, log, caplog):
    """One warning and one event at the first request, and one event with the others."""
    for _ in range(3):
        httpx.post(provider.url + PATH, json=BODY)
    counter.stop()

    text = f"POST 127.0.0.1{PATH} by {__package__}"
    assert [record.getMessage() for record in caplog.records if record.name == "hilt"] == [
        f"{text} is not logged: no adapter observes it; see docs/unseen_calls.md"
    ]
    unseen = {"host": "127.0.0.1", "path": PATH, "package": __package__}
    assert [
        (each.action, each.session_id, each.actor.id, each.content.text, each.extensions)
        for each in log.events
    ] == [
        ("system", "conv_unseen_calls", "hilt", f"Not logged: {text}",
         {"unseen_call": {**unseen, "requests": 1}}),
        ("system", "conv_unseen_calls", "hilt", f"Not logged: {text}, 2 times more",
         {"unseen_call": {**unseen, "requests": 2}}),
    ]  # fmt: skip


def test_event_without_content(provider, log):
    """With ``capture_content=False`` no event has content; the fields say the same."""
    counter = UnseenCalls(log.session.append, capture_content=False, hosts=["127.0.0.1"])
    counter.start()
    httpx.post(provider.url + PATH, json=BODY)
    counter.stop()

    (event,) = log.events
    assert event.content is None
    assert event.extensions["unseen_call"]["path"] == PATH


@pytest.mark.parametrize("stream", [False, True])
def test_observed_call_is_not_counted(stream, provider, counter, log):
    """A call of an SDK that has an adapter is in the log."""
    hilt.instrument(session=log.session, providers=["openai"])
    with openai.OpenAI(api_key="test", base_url=provider.openai_url) as client:
        answer = client.chat.completions.create(**BODY, stream=stream)
        chunks = list(answer) if stream else []
    hilt.uninstrument()

    assert bool(chunks) is stream
    assert len(log.of("prompt")) == 1
    assert counter.counts == {}


def test_observed_async_call_is_not_counted(provider, counter, log):
    """The same for asyncio, with calls side by side."""

    async def ask() -> None:
        async with openai.AsyncOpenAI(api_key="test", base_url=provider.openai_url) as client:
            await asyncio.gather(*(client.chat.completions.create(**BODY) for _ in range(5)))

    hilt.instrument(session=log.session, providers=["openai"])
    asyncio.run(ask())
    hilt.uninstrument()

    assert len(log.of("prompt")) == 5
    assert counter.counts == {}


def test_attempts_of_an_observed_call_are_not_counted(provider, counter, log):
    """What an SDK sends again belongs to the same call."""
    provider.fail(status=500, times=2)
    hilt.instrument(session=log.session, providers=["openai"])
    with openai.OpenAI(api_key="test", base_url=provider.openai_url, max_retries=2) as client:
        client.chat.completions.create(**BODY)
    hilt.uninstrument()

    assert len(provider.requests) == 3
    assert counter.counts == {}


def test_call_of_an_sdk_that_is_not_observed(provider, counter):
    """It is counted with the name of the SDK."""
    with openai.OpenAI(api_key="test", base_url=provider.openai_url) as client:
        client.chat.completions.create(**BODY)
        client.models.with_raw_response.list()

    assert counter.counts == {UnseenCall("127.0.0.1", PATH, "openai"): 1}


def test_call_that_is_logged_by_hand_is_not_counted(provider, counter):
    """The helpers of `hilt.integrations` log what they send."""
    with logged_here():
        httpx.post(provider.url + PATH, json=BODY)

    assert counter.counts == {}


def test_thread_that_outlives_the_call_that_started_it(provider, counter, log, monkeypatch):
    """A call that is over observes nothing any more, whoever has its context."""
    contexts = []

    def end(call: Call, *args: Any) -> None:
        contexts.append(contextvars.copy_context())
        original(call, *args)

    original = Call.end
    monkeypatch.setattr(Call, "end", end)
    hilt.instrument(session=log.session, providers=["openai"])
    provider.fail(status=400)
    with (
        openai.OpenAI(api_key="test", base_url=provider.openai_url) as client,
        pytest.raises(openai.BadRequestError),
    ):
        client.chat.completions.create(**BODY)
    contexts[0].run(httpx.post, provider.url + PATH, json=BODY)
    hilt.uninstrument()

    assert counter.counts == {CHAT: 1}


def test_request_of_a_pool_is_nobodys(provider, counter):
    """Azure's async client sends with requests from a pool that does not have its context."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(requests.post, provider.url + PATH, json=BODY, timeout=5).result().close()

    assert counter.counts == {}


def test_threads_count_together(provider, counter):
    """No request is lost where many threads send at once."""

    def send() -> None:
        with httpx.Client() as client:
            for _ in range(20):
                client.post(provider.url + PATH, json=BODY)

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counter.counts == {CHAT: 100}


def test_package_that_is_left_out(provider, log):
    """What ``providers=[...]`` leaves out is what the program wants."""
    counter = UnseenCalls(log.session.append, excluded=["openai"], hosts=["127.0.0.1"])
    counter.start()
    with openai.OpenAI(api_key="test", base_url=provider.openai_url) as client:
        client.chat.completions.create(**BODY)
    counter.stop()

    assert counter.counts == {}


def test_tls_connection_of_its_own(counter, log):
    """Of a socket of the program's own, only the host is known."""
    context = ssl.create_default_context()
    context.wrap_socket(socket.socket(), server_hostname="127.0.0.1").close()

    assert counter.counts == {UnseenCall("127.0.0.1", None, __package__): 1}
    assert log.one("system")["content"]["text"] == (
        f"Not logged: a TLS connection to 127.0.0.1 by {__package__}"
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_forked_child_counts_its_own(provider, counter, log):
    """A child writes nothing of what its parent counted."""
    httpx.post(provider.url + PATH, json=BODY)
    httpx.post(provider.url + PATH, json=BODY)
    counter._renew()  # as in a child
    counter.write_totals()

    assert [each.extensions["unseen_call"]["requests"] for each in log.events] == [1]


def test_totals_are_written_once(provider, counter, log):
    """However often a program flushes, each request is in one event."""
    for more in (3, 0, 2):
        for _ in range(more):
            httpx.post(provider.url + PATH, json=BODY)
        counter.write_totals()

    requests = [each.extensions["unseen_call"]["requests"] for each in log.events]
    assert requests == [1, 2, 2]


def test_everything_is_given_back(log):
    """After `stop`, each function has its own code and no attribute more."""
    before = [_function(each) for each in FUNCTIONS]
    codes = [each and (each.__code__, dict(vars(each))) for each in before]
    counter = UnseenCalls(log.session.append)
    counter.start()
    patched = [each and each.__code__ for each in before]
    counter.stop()

    assert [_function(each) for each in FUNCTIONS] == before
    assert [each and (each.__code__, dict(vars(each))) for each in before] == codes
    assert all(code is not own[0] for code, own in zip(patched, codes, strict=True) if own)


def _function(each: Any) -> Any:
    """The function that is patched; None without the library."""
    module = pytest.importorskip(each.module) if not each.module.startswith("httpx2") else None
    owner, _, name = each.path.partition(".")
    return None if module is None else vars(getattr(module, owner))[name]


def test_classes_stay_what_they_are(counter):
    """Nothing of a library is replaced, so what was pickled or compared still is."""
    request = httpx.Request("POST", "https://api.openai.com/v1/chat/completions")

    assert pickle.loads(pickle.dumps(request)).url == request.url
    assert httpx.HTTPTransport.handle_request.__qualname__ == "HTTPTransport.handle_request"
    assert isinstance(ssl.create_default_context(), ssl.SSLContext)


def test_mock_in_place_of_a_function_is_not_counted(counter, monkeypatch):
    """A mock sends nothing."""
    sent = httpx.Response(200, json={})
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda *_: sent)

    httpx.post("http://127.0.0.1" + PATH, json=BODY)

    assert counter.counts == {}


def test_only_so_many_hosts_are_counted() -> None:
    """A program that sends to more has been told enough; those that are known go on counting."""
    written: list[Event] = []
    counter = UnseenCalls(written.append)
    for _ in range(3):
        for number in range(120):
            counter._count(UnseenCall(f"{number}.example", PATH, None))

    assert counter.counts == {UnseenCall(f"{n}.example", PATH, None): 3 for n in range(100)}
    assert len(written) == 100


def test_error_of_the_counter_reaches_nobody(provider, counter, log, monkeypatch):
    """The request goes on."""
    monkeypatch.setattr(counter, "_write", None)

    assert httpx.post(provider.url + PATH, json=BODY).status_code == 200
    assert log.internal_errors == 1


@pytest.mark.parametrize(
    ("arguments", "variable", "counts"),
    [
        ({}, None, True),
        ({}, "false", False),
        ({"unseen_calls": False}, None, False),
        ({"providers": []}, None, False),
    ],
)
def test_instrument_counts(arguments, variable, counts, log, monkeypatch):
    """It is on, unless an argument or a variable says no, or nothing is observed anyway."""
    if variable is not None:
        monkeypatch.setenv("HILT_UNSEEN_CALLS", variable)

    hilt.instrument(session=log.session, **{"providers": ["openai"], **arguments})
    counter = _in_force.state.unseen_calls
    hilt.uninstrument()

    assert (counter is not None) is counts
    assert _in_force.state.unseen_calls is None

"""Calls that begin inside a call: one request below a method is the same call, all else another."""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import openai
import pytest

import hilt
from hilt._context import ACTIVE
from hilt.genai.values import Target
from hilt.instrumentation.enclosing_calls import ENCLOSING, EnclosingCall, logged_here
from hilt.instrumentation.instrumentors import OpenAIInstrumentor
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.wrapping import observing
from hilt.integrations.openai import alog_chat_completion, log_chat_completion, log_chat_streaming
from tests.conftest import Log
from tests.instrumentation.mock_http import Wire, openai_client, sse
from tests.instrumentation.test_patching import ANSWER

ANSWERS: dict[str, Any] = {"POST /chat/completions": ANSWER}
CHUNK = {
    "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o",
    "choices": [{"index": 0, "delta": {"content": "Hello!"}, "finish_reason": "stop"}],
}  # fmt: skip


def _ask(client: Any, text: str) -> Any:
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.create(model="gpt-4o", messages=messages)


def _hooked(event: str, hook: Callable[[Any], Any], *, is_async: bool = False) -> Any:
    """A client whose HTTP client has an event hook."""
    http = Wire(ANSWERS).client(is_async)
    http.event_hooks = {event: [hook]}
    cls = openai.AsyncOpenAI if is_async else openai.OpenAI
    return cls(api_key="sk-test", base_url="http://localhost", http_client=http)


def _prompts(log: Log) -> list[str]:
    return [event.to_dict()["content"]["text"] for event in log.of("prompt")]


@pytest.mark.parametrize("event", ["request", "response"])
def test_call_of_an_event_hook_is_logged(log: Log, event: str) -> None:
    """A guardrail asks a model while the request is on its way."""
    judge = openai_client(ANSWERS)
    _ask(_hooked(event, lambda _: _ask(judge, "Allowed?")), "Hello")

    assert _prompts(log) == ["Hello", "Allowed?"]
    assert log.actions == ["prompt", "prompt", "completion", "completion"]


def test_call_of_an_event_hook_by_the_same_client_is_logged(log: Log) -> None:
    """The hook uses the client that it belongs to."""
    asked: list[int] = []

    def hook(_: Any) -> None:
        if not asked:
            asked.append(1)
            _ask(client, "Allowed?")

    client = _hooked("request", hook)
    _ask(client, "Hello")

    assert _prompts(log) == ["Hello", "Allowed?"]
    assert len(log.endings) == 2


def test_request_for_no_model_in_a_hook_leaves_no_trace_in_the_call(log: Log) -> None:
    """Its response is not taken for that of the call."""
    answers = {"GET /models": lambda _: other.http.Response(404, json={})}
    other = Wire(answers)
    client = openai.OpenAI(api_key="k", base_url="http://localhost", http_client=other.client())

    def hook(_: Any) -> None:
        with pytest.raises(openai.NotFoundError):
            client.models.list()

    seen: list[Any] = []
    _ask(_hooked("request", lambda each: (hook(each), seen.append(ACTIVE.get().http))), "Hello")

    assert seen == [None]
    assert log.ending["extensions"]["status_code"] == 200


def test_worker_that_is_started_in_a_call_is_logged(log: Log) -> None:
    """A task inherits the context of the call that started it, for life."""
    tasks: list[asyncio.Task[None]] = []

    async def main() -> None:
        queue: asyncio.Queue[str | None] = asyncio.Queue()

        async def worker() -> None:
            client = openai_client(ANSWERS, is_async=True)
            while (text := await queue.get()) is not None:
                await _ask(client, text)

        async def hook(_: Any) -> None:
            tasks.append(asyncio.create_task(worker()))

        await _ask(_hooked("request", hook, is_async=True), "first")
        for text in ("second", "third", None):
            queue.put_nowait(text)
        await tasks[0]

    asyncio.run(main())

    assert _prompts(log) == ["first", "second", "third"]
    assert len(log.endings) == 3


def test_thread_that_is_started_in_a_call_is_logged(log: Log) -> None:
    """A thread that was given a copy of the context, as by ``asyncio.to_thread``."""
    over = threading.Event()
    threads: list[threading.Thread] = []

    def work() -> None:
        assert over.wait(5)
        _ask(openai_client(ANSWERS), "second")

    def hook(_: Any) -> None:
        context = contextvars.copy_context()
        threads.append(threading.Thread(target=context.run, args=(work,)))
        threads[0].start()

    _ask(_hooked("request", hook), "first")
    over.set()
    threads[0].join()

    assert _prompts(log) == ["first", "second"]


@pytest.mark.skipif(os.name == "nt", reason="signals of a process")
def test_call_of_a_signal_handler_is_logged(log: Log) -> None:
    """A handler runs in the middle of whatever the main thread does, with the same client."""
    before = signal.getsignal(signal.SIGUSR1)
    handled: list[Any] = []

    def hook(_: Any) -> None:
        if not handled:
            signal.raise_signal(signal.SIGUSR1)

    def handler(*_: Any) -> None:
        handled.append(1)
        _ask(client, "in the handler")

    client = _hooked("request", hook)
    signal.signal(signal.SIGUSR1, handler)
    try:
        _ask(client, "Hello")
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert _prompts(log) == ["Hello", "in the handler"]


def test_calls_between_the_chunks_of_a_stream_are_logged(log: Log) -> None:
    """A stream that is being read is no call that others are part of."""
    chunks = openai_client({"POST /chat/completions": sse([CHUNK])})
    stream = chunks.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "streamed"}], stream=True
    )
    for _ in stream:
        _ask(openai_client(ANSWERS), "meanwhile")

    assert _prompts(log) == ["streamed", "meanwhile"]
    assert len(log.endings) == 2


def test_two_engines_log_a_call_once(log: Log) -> None:
    """An instrumentor of OpenTelemetry's kind beside `hilt.instrument`, hooks included."""
    instrumentor = OpenAIInstrumentor()
    instrumentor.instrument()
    try:
        _ask(_hooked("request", lambda _: _ask(openai_client(ANSWERS), "inner")), "outer")
    finally:
        instrumentor.uninstrument()

    assert sorted(_prompts(log)) == ["inner", "outer"]


# -- helpers that log by hand -------------------------------------------------------------------


@pytest.mark.parametrize("log_call", [log_chat_completion, log_chat_streaming])
def test_helper_logs_its_own_call_once_and_a_hook_logs_its_own(log: Log, log_call: Any) -> None:
    """What is born below the helper's request is another call."""
    judge = openai_client(ANSWERS)
    client = _hooked("request", lambda _: _ask(judge, "Allowed?"))
    if log_call is log_chat_streaming:
        client = openai.OpenAI(
            api_key="k",
            base_url="http://localhost",
            http_client=_with_hook(sse([CHUNK]), lambda _: _ask(judge, "Allowed?")),
        )
    log_call(log.session, user_message="Hello", model="gpt-4o", client=client)

    assert _prompts(log) == ["Hello", "Allowed?"]
    assert len(log.endings) == 2


def _with_hook(answer: Any, hook: Callable[[Any], Any]) -> Any:
    http = Wire({"POST /chat/completions": answer}).client()
    http.event_hooks = {"request": [hook]}
    return http


def test_asynchronous_helper_logs_its_own_call_once(log: Log) -> None:
    """The same for a coroutine."""
    judge = openai_client(ANSWERS, is_async=True)

    async def hook(_: Any) -> None:
        await _ask(judge, "Allowed?")

    client = _hooked("request", hook, is_async=True)
    asyncio.run(
        alog_chat_completion(log.session, user_message="Hello", model="gpt-4o", client=client)
    )

    assert _prompts(log) == ["Hello", "Allowed?"]


def test_block_that_is_left_in_another_context_changes_nothing_there() -> None:
    """As of a generator that another task closes: what that is about to send stays its own."""
    block, other = logged_here(), EnclosingCall()
    entered = contextvars.copy_context()
    entered.run(block.__enter__)
    token = ENCLOSING.set(other)
    try:
        block.__exit__(None, None, None)

        assert ENCLOSING.get() is other
        left = entered[ENCLOSING]
        assert left is not None
        assert left.over
    finally:
        ENCLOSING.reset(token)


def test_block_that_is_left_includes_nothing() -> None:
    """What inherited its context may call what it likes."""
    engine: Any = SimpleNamespace(provider=SimpleNamespace(name="openai"), enabled=True)
    with logged_here():
        inherited = contextvars.copy_context()

    assert ENCLOSING.get() is None
    assert inherited.run(lambda: ENCLOSING.get().includes(engine)) is False  # type: ignore[union-attr]


# -- what an enclosing call includes ------------------------------------------------------------


def _engine(name: str) -> Any:
    return SimpleNamespace(provider=SimpleNamespace(name=name), enabled=True)


def _fail() -> None:
    raise OSError("no connection")


def _enclosing_litellm() -> EnclosingCall:
    call: Any = SimpleNamespace(engine=_engine("litellm"), end=lambda *_: None)
    return EnclosingCall(call)


def test_request_is_included_once() -> None:
    """The second one is another call."""
    openai_engine, enclosing = _engine("openai"), _enclosing_litellm()
    first = enclosing.includes(openai_engine)
    enclosing.make(openai_engine, lambda: None)

    assert (first, enclosing.includes(openai_engine)) == (True, False)


def test_request_that_failed_may_be_made_again() -> None:
    """A library tries another model when one fails."""
    openai_engine, enclosing = _engine("openai"), _enclosing_litellm()
    assert enclosing.includes(openai_engine)
    with pytest.raises(OSError, match="no connection"):
        enclosing.make(openai_engine, _fail)

    assert enclosing.includes(openai_engine)


def test_functions_of_the_library_call_one_another() -> None:
    """``acompletion`` calls ``completion``, and that the SDK."""
    litellm, openai_engine, enclosing = _engine("litellm"), _engine("openai"), _enclosing_litellm()
    assert enclosing.includes(litellm)
    made = enclosing.make(litellm, lambda: enclosing.includes(openai_engine))

    assert made is True


def test_what_begins_below_the_request_is_another_call() -> None:
    """An event hook of the SDK's HTTP client, whichever SDK it uses."""
    openai_engine, enclosing = _engine("openai"), _enclosing_litellm()
    assert enclosing.includes(openai_engine)
    engines = (openai_engine, _engine("anthropic"), _engine("litellm"))
    below = enclosing.make(openai_engine, lambda: [enclosing.includes(each) for each in engines])

    assert below == [False, False, False]


def test_second_engine_of_the_same_sdk_is_included() -> None:
    """Both observe the same function."""
    first, second, enclosing = _engine("openai"), _engine("openai"), _enclosing_litellm()
    assert enclosing.includes(first)

    assert enclosing.make(first, lambda: enclosing.includes(second)) is True


def test_nothing_is_included_after_the_end() -> None:
    """The call has ended."""
    enclosing = _enclosing_litellm()
    enclosing.end(Ending.RETURNED)

    assert enclosing.includes(_engine("openai")) is False


def test_attempts_of_one_function_are_one_call() -> None:
    """An SDK whose function calls itself to try again."""
    begun: list[Any] = []
    engine = _engine("cohere")

    def begin(_: Any) -> Any:
        begun.append(1)
        return SimpleNamespace(
            engine=engine, end=lambda *_: None, is_retried_by=lambda kwargs: kwargs.get("retries")
        )

    def function(retries: int = 0) -> str:
        return "answer" if retries else request(retries=1)

    request = observing(
        engine, Target("m", "f"), function, begin, lambda _, result: result, is_method=False
    )

    assert (request(), begun) == ("answer", [1])


def test_uninstrumented_engine_is_no_twin(instrumented: Any) -> None:
    """A task that was started in a call of an engine that is gone is logged by the next one."""
    log = instrumented()
    contexts: list[contextvars.Context] = []
    _ask(_hooked("request", lambda _: contexts.append(contextvars.copy_context())), "first")
    hilt.uninstrument()
    log = instrumented()
    contexts[0].run(_ask, openai_client(ANSWERS), "second")

    assert _prompts(log) == ["second"]


def test_function_of_another_sdk_within_a_call_does_not_make_it() -> None:
    """The SDK that sends the request does, also when it sends a second one after a failure."""
    library, sdk = (SimpleNamespace(provider=SimpleNamespace(name=name)) for name in ("a", "b"))
    enclosing = EnclosingCall(SimpleNamespace(engine=library))  # type: ignore[arg-type]
    engines: Any = (library, sdk)

    assert enclosing.includes(engines[0])
    assert enclosing.make(engines[0], lambda: 1) == 1
    assert not enclosing.is_made
    assert enclosing.includes(engines[1])
    assert enclosing.make(engines[1], lambda: 2) == 2
    assert enclosing.is_made
    assert not enclosing.includes(engines[1])

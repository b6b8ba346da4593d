"""LiteLLM's custom providers: each request that a handler sends is logged once; needs litellm."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hilt.instrumentation.enclosing_calls import ENCLOSING
from hilt.instrumentation.unseen_calls import UnseenCalls
from hilt.testing.provider import Provider
from tests.conftest import Log

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # no network at import
litellm = pytest.importorskip("litellm")
openai = pytest.importorskip("openai")

KEY = "sk-test-0123456789abcdef"
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

Row = tuple[str, str, str, bool]


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that repeats what it is told."""
    with Provider(seed=7) as running:
        yield running


@pytest.fixture
def client(provider: Provider) -> Iterator[Any]:
    """A client of OpenAI's SDK."""
    with openai.OpenAI(base_url=provider.openai_url, api_key=KEY, max_retries=0) as made:
        yield made


def _ask(client: Any, text: str, model: str = "gpt-4o-mini", **options: Any) -> Any:
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.create(model=model, messages=messages, **options)


def _filled(answer: Any, into: Any) -> Any:
    into.choices[0].message.content = answer.choices[0].message.content
    into.usage = litellm.Usage(**answer.usage.model_dump(exclude_none=True))
    return into


class Handler(litellm.CustomLLM):  # type: ignore[misc,name-defined]
    """A provider of the program's own: functions answer for it."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        super().__init__()
        self._answer = answer

    def completion(self, *_: Any, **kwargs: Any) -> Any:
        """LiteLLM's method."""
        return self._answer(kwargs["messages"][-1]["content"], kwargs["model_response"])

    async def acompletion(self, *_: Any, **kwargs: Any) -> Any:
        """LiteLLM's method."""
        return await self._answer(kwargs["messages"][-1]["content"], kwargs["model_response"])

    def streaming(self, *_: Any, **kwargs: Any) -> Any:
        """LiteLLM's method."""
        return self._answer(kwargs["messages"][-1]["content"], kwargs["model_response"])

    async def astreaming(self, *_: Any, **kwargs: Any) -> Any:
        """LiteLLM's method."""
        async for item in self._answer(kwargs["messages"][-1]["content"], None):
            yield item


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """The arguments of a call that a function answers."""

    def made(answer: Callable[..., Any], model: str = "mine") -> dict[str, Any]:
        handlers = [{"provider": "own", "custom_handler": Handler(answer)}]
        monkeypatch.setattr(litellm, "custom_provider_map", handlers)
        litellm.utils.custom_llm_setup()
        messages = [{"role": "user", "content": "Good morning"}]
        return {"model": f"own/{model}", "messages": messages}

    return made


def _rows(log: Log) -> list[Row]:
    """Of each call: the question, who answered, with which model, and whether it has a cost."""
    prompts = {each.event_id: each.to_dict()["content"]["text"] for each in log.of("prompt")}
    rows = []
    for event in log.endings:
        ending = event.to_dict()
        question = prompts[ending["extensions"]["reply_to"]]
        model = str(ending["provenance"].get("response_model")).partition("-20")[0]
        has_cost = "cost_usd" in ending.get("metrics", {})
        rows.append((question, ending["provenance"]["provider"], model, has_cost))
    return rows


MORNING = ("Good morning", "openai", "gpt-4o-mini", True)


def test_request_of_an_sdk_is_the_call(log: Log, client: Any, own: Any) -> None:
    """Once, with the provider, the usage and the cost of the SDK."""
    litellm.completion(**own(lambda text, into: _filled(_ask(client, text), into)))

    assert _rows(log) == [MORNING]
    assert log.ending["provenance"]["server"].startswith("127.0.0.1")


def test_second_request_is_a_call_of_its_own(log: Log, client: Any, own: Any) -> None:
    """Each has its own numbers."""

    def answer(text: str, into: Any) -> Any:
        _ask(client, f"Hard? {text}", "gpt-4o")
        return _filled(_ask(client, text), into)

    litellm.completion(**own(answer))

    assert _rows(log) == [("Hard? Good morning", "openai", "gpt-4o", True), MORNING]


def test_request_that_failed_is_a_call_of_its_own(
    log: Log, provider: Provider, client: Any, own: Any
) -> None:
    """The handler tries again by itself."""
    provider.fail(status=500)

    def answer(text: str, into: Any) -> Any:
        with pytest.raises(openai.InternalServerError):
            _ask(client, text)
        return _filled(_ask(client, text), into)

    litellm.completion(**own(answer))

    assert [event.extensions["outcome"] for event in log.endings] == ["failed", "completed"]
    assert log.one("completion")["extensions"]["status_code"] == 200


def test_handler_that_fails_has_the_error_of_the_sdk(
    log: Log, provider: Provider, client: Any, own: Any
) -> None:
    """LiteLLM makes an error of its own of it."""
    provider.fail(status=429)
    with pytest.raises(Exception, match="429"):
        litellm.completion(**own(lambda text, into: _filled(_ask(client, text), into)))

    facts = log.ending["extensions"]
    assert (facts["error_code"], facts["status_code"]) == ("rate_limit", 429)
    assert len(log.of("prompt")) == 1


def test_request_by_litellm_is_the_call(log: Log, provider: Provider, own: Any) -> None:
    """A handler that sends the question on to another of LiteLLM's providers."""

    def answer(text: str, _: Any) -> Any:
        messages = [{"role": "user", "content": text}]
        options = {"api_base": provider.openai_url, "api_key": KEY}
        return litellm.completion(model="openai/gpt-4o-mini", messages=messages, **options)

    litellm.completion(**own(answer))

    assert _rows(log) == [MORNING]


def test_request_in_a_thread_is_the_call(log: Log, client: Any, own: Any) -> None:
    """A thread that knows nothing of the context."""

    def answer(text: str, into: Any) -> Any:
        with ThreadPoolExecutor(1) as threads:
            return _filled(threads.submit(_ask, client, text).result(), into)

    litellm.completion(**own(answer))

    assert _rows(log) == [MORNING]


def test_asynchronous_handler(log: Log, provider: Provider, own: Any) -> None:
    """``acompletion`` goes by way of ``completion`` to the handler."""

    async def answer(text: str, into: Any) -> Any:
        async with openai.AsyncOpenAI(base_url=provider.openai_url, api_key=KEY) as client:
            return _filled(await _ask(client, text), into)

    asyncio.run(litellm.acompletion(**own(answer)))

    assert _rows(log) == [MORNING]


def _chunk(text: str, *, is_last: bool) -> dict[str, Any]:
    reason = "stop" if is_last else ""
    fields = {"is_finished": is_last, "finish_reason": reason, "tool_use": None, "usage": None}
    return {"text": text, "index": 0, **fields}


def _chunks(stream: Any) -> Iterator[dict[str, Any]]:
    for chunk in stream:
        if chunk.choices:
            choice = chunk.choices[0]
            is_last = bool(choice.finish_reason)
            yield _chunk(choice.delta.content or "", is_last=is_last)


COUNTED = {"stream": True, "stream_options": {"include_usage": True}}


def test_stream(log: Log, client: Any, own: Any) -> None:
    """The handler sends its request when the stream is read."""
    arguments = own(lambda text, _: _chunks(_ask(client, text, **COUNTED)))
    list(litellm.completion(**arguments, stream=True))

    assert _rows(log) == [MORNING]
    assert log.ending["content"]["text"] == "You said: Good morning"


def test_asynchronous_stream(log: Log, provider: Provider, own: Any) -> None:
    """The same for a coroutine."""

    async def answer(text: str, _: Any) -> Any:
        async with openai.AsyncOpenAI(base_url=provider.openai_url, api_key=KEY) as client:
            async for chunk in await _ask(client, text, **COUNTED):
                for item in _chunks([chunk]):
                    yield item

    async def main() -> None:
        async for _ in await litellm.acompletion(**own(answer), stream=True):
            pass

    asyncio.run(main())

    assert _rows(log) == [MORNING]


def test_what_begins_between_the_chunks_is_logged(log: Log, client: Any, own: Any) -> None:
    """The call is in progress only while its stream is advanced."""
    arguments = own(lambda text, _: _chunks(_ask(client, text, **COUNTED)))
    stream = litellm.completion(**arguments, stream=True)
    next(stream)
    _ask(client, "Good morning", "gpt-4o")
    list(stream)

    assert sorted(_rows(log)) == sorted([("Good morning", "openai", "gpt-4o", True), MORNING])


def _by_hand(_: str, into: Any) -> Any:
    """An answer out of a request of the handler's own."""
    into.choices[0].message.content = "Hello"
    into.usage = litellm.Usage(prompt_tokens=1000, completion_tokens=100, total_tokens=1100)
    return into


def test_answer_by_other_means_has_an_assumed_price(log: Log, own: Any) -> None:
    """LiteLLM lists the model; nobody knows who has sold it."""
    litellm.completion(**own(_by_hand, model="gpt-4o-mini"))

    assert log.ending["metrics"]["cost_usd"] == pytest.approx(0.00021)
    assert log.ending["provenance"]["price_assumed"] is True


def test_answer_of_a_model_that_nobody_knows_has_no_cost(log: Log, own: Any) -> None:
    """And says why."""
    litellm.completion(**own(_by_hand))

    assert "cost_usd" not in log.ending["metrics"]
    assert log.ending["extensions"]["cost_unknown"] == "no prices for provider own"


@pytest.mark.parametrize("library", ["httpx", "requests"])
def test_http_requests_beyond_the_first_are_unseen(
    log: Log, provider: Provider, own: Any, library: str
) -> None:
    """The first is the call; the second is said to be missing."""
    post = pytest.importorskip(library).post
    counter = UnseenCalls(log.session.append, hosts=["127.0.0.1"])

    def answer(text: str, into: Any) -> Any:
        body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}
        for _ in range(2):
            post(f"{provider.openai_url}/chat/completions", json=body)
        return _by_hand(text, into)

    counter.start()
    try:
        litellm.completion(**own(answer, model="gpt-4o-mini"))
    finally:
        counter.stop()

    assert list(counter.counts.values()) == [1]
    assert log.one("completion")["metrics"]["cost_usd"] == pytest.approx(0.00021)


def test_http_requests_that_are_logged_are_calls(
    instrumented: Any, provider: Provider, own: Any
) -> None:
    """With ``wire=True`` each has its own numbers, and one of them is the call."""
    log = instrumented(wire=True, wire_hosts=["127.0.0.1"])
    post = pytest.importorskip("httpx").post

    def answer(text: str, into: Any) -> Any:
        for asked, model in ((f"Hard? {text}", "gpt-4o"), (text, "gpt-4o-mini")):
            body = {"model": model, "messages": [{"role": "user", "content": asked}]}
            post(f"{provider.openai_url}/chat/completions", json=body)
        return _by_hand(text, into)

    litellm.completion(**own(answer))

    assert _rows(log) == [("Hard? Good morning", "openai", "gpt-4o", True), MORNING]


def test_http_request_to_a_known_host_names_the_provider(log: Log, own: Any) -> None:
    """It is the provider's own price."""

    def answer(text: str, into: Any) -> Any:
        enclosing: Any = ENCLOSING.get()
        assert enclosing.takes_http_request("api.openai.com")
        return _by_hand(text, into)

    litellm.completion(**own(answer, model="gpt-4o-mini"))

    assert _rows(log) == [("Good morning", "openai", "None", True)]
    assert "price_assumed" not in log.ending["provenance"]


# -- LiteLLM's own ways to try again ---------------------------------------------------------------


def _options(provider: Provider, **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Hello"}]
    options = {"api_base": provider.openai_url, "api_key": KEY, "messages": messages}
    return {**options, "model": "openai/gpt-4o", **more}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # LiteLLM's worker
@pytest.mark.parametrize("is_async", [False, True])
def test_each_model_of_the_fallbacks_is_a_call(
    log: Log, provider: Provider, is_async: bool
) -> None:
    """The one that failed, and the one that answered."""
    provider.fail(status=400)
    options = _options(provider, fallbacks=["openai/gpt-4o-mini"], max_retries=0)
    if is_async:
        asyncio.run(litellm.acompletion(**options))
    else:
        litellm.completion(**options)

    models = [(each.extensions["model"], each.extensions["outcome"]) for each in log.endings]
    assert models == [("gpt-4o", "failed"), ("gpt-4o-mini", "completed")]
    assert len(log.of("prompt")) == len(provider.requests) == 2


def test_retries_of_the_sdk_are_attempts_of_one_call(log: Log, provider: Provider) -> None:
    """LiteLLM hands ``max_retries`` on to the SDK."""
    provider.fail(status=500, times=2)
    with pytest.raises(litellm.InternalServerError):
        litellm.completion(**_options(provider, max_retries=1))

    assert log.actions == ["prompt", "system"]
    assert log.ending["extensions"]["attempts"] == len(provider.requests) == 2


def test_retries_of_litellm_are_calls(log: Log, provider: Provider) -> None:
    """``num_retries`` calls the function again, each time with the attempts of the SDK."""
    provider.fail(status=500, times=9)
    with pytest.raises(litellm.InternalServerError):
        litellm.completion(**_options(provider, num_retries=1))

    attempts = [event.extensions["attempts"] for event in log.endings]
    assert len(log.of("prompt")) == len(attempts) > 1
    assert sum(attempts) == len(provider.requests)

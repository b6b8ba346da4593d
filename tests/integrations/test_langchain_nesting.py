"""Each request on the wire is one set of events, whatever LangChain does above the SDK."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytest.importorskip("langchain_openai")

import openai
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableLambda, RunnableParallel

import hilt
from hilt.instrumentation import framework_calls
from hilt.integrations.langchain import HILTCallbackHandler
from hilt.testing.provider import Provider
from tests.instrumentation.mock_http import openai_client
from tests.instrumentation.test_patching import ANSWER
from tests.integrations.conftest import Logged
from tests.integrations.langchain_programs import chat_model, run_async

# LangChain's own, of `generate` for several prompts without streaming.
pytestmark = pytest.mark.filterwarnings("ignore:Unexpected type for token usage")

Row = tuple[str, str, str]


class OwnModel(BaseChatModel):
    """A chat model of one's own, which a function answers for."""

    answer: Any

    @property
    def _llm_type(self) -> str:
        return "own"

    def _generate(
        self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        text = self.answer(messages[-1].content)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


class Judging(BaseCallbackHandler):
    """A handler of one's own, which asks a model about each call."""

    run_inline = True

    def __init__(self, ask: Callable[[str], str]) -> None:
        self._ask = ask

    def on_chat_model_start(self, *_: Any, **__: Any) -> None:
        """Ask before the model."""
        self._ask("Allowed?")

    def on_llm_end(self, *_: Any, **__: Any) -> None:
        """Ask after it."""
        self._ask("Good?")


@pytest.fixture
def both(logged: Logged) -> Iterator[Logged]:
    """`hilt.instrument` and handlers write to one log."""
    hilt.instrument(session=logged.session, providers=["openai"])
    yield logged
    hilt.uninstrument()


@pytest.fixture
def ask(provider: Provider) -> Iterator[Callable[..., str]]:
    """A function that asks the SDK, and gives the text of the answer."""
    with openai.OpenAI(base_url=provider.openai_url, api_key="k", max_retries=0) as client:

        def asked(text: str, model: str = "gpt-4o-mini") -> str:
            messages: Any = [{"role": "user", "content": text}]
            answer = client.chat.completions.create(model=model, messages=messages)
            return str(answer.choices[0].message.content)

        yield asked


def _calls(logged: Logged) -> list[Row]:
    """Of each call: what was asked, what was answered, and the model that answered."""
    prompts = {each["event_id"]: each for each in logged.all("prompt")}
    endings = [each for each in logged.dicts if each["action"] in ("completion", "system")]
    return [
        (
            prompts[each["extensions"]["reply_to"]]["content"]["text"],
            each["content"]["text"],
            each["provenance"]["response_model"].partition("-20")[0],
        )
        for each in endings
        if each["extensions"].get("reply_to") in prompts
    ]


def _said(*texts: str, model: str = "gpt-4o-mini") -> list[Row]:
    return [(text, f"You said: {text}", model) for text in texts]


def _own(answer: Callable[[str], str]) -> Any:
    return OwnModel(answer=answer)


def _options(way: str) -> dict[str, Any]:
    return {"config": _config()} if "batch" in way else _config()


def _config() -> Any:
    return {"callbacks": [HILTCallbackHandler()]}


@pytest.mark.parametrize("way", ["generate", "agenerate", "batch", "abatch"])
def test_several_prompts_at_once_are_a_call_each(
    both: Logged, provider: Provider, way: str
) -> None:
    """Each prompt has its own answer, once, with its own usage."""
    texts = ["a", "b b", "c c c"]
    batch = texts if way in ("batch", "abatch") else [[HumanMessage(text)] for text in texts]
    if way.startswith("a"):
        run_async(provider, lambda model: getattr(model, way)(batch, **_options(way)))
    else:
        getattr(chat_model(provider), way)(batch, **_options(way))

    assert sorted(_calls(both)) == sorted(_said(*texts))
    counts = [each["metrics"]["tokens"]["prompt"] for each in _completions(both)]
    assert len(set(counts)) == len(texts)


def _completions(logged: Logged) -> list[dict[str, Any]]:
    return logged.all("completion")


def test_the_same_prompt_several_times_has_the_ids_of_its_answers(
    both: Logged, provider: Provider
) -> None:
    """Requests of one text are told apart by the ids of their answers."""
    model = chat_model(provider, callbacks=[HILTCallbackHandler()])
    result = model.generate([[HumanMessage("same")] for _ in range(3)])

    ids = [each[0].message.response_metadata["id"] for each in result.generations]  # type: ignore[union-attr]
    assert [each["provenance"]["response_id"] for each in _completions(both)] == ids


def test_embedding_of_a_semantic_cache_is_no_completion(both: Logged, provider: Provider) -> None:
    """It is a call of its own, before the model's."""
    from langchain_core.caches import BaseCache

    with openai.OpenAI(base_url=provider.openai_url, api_key="k") as client:

        class Semantic(BaseCache):
            def lookup(self, prompt: str, llm_string: str) -> None:
                client.embeddings.create(model="text-embedding-3-small", input=prompt)

            def update(self, prompt: str, llm_string: str, return_val: Any) -> None:
                """Keep nothing."""

            def clear(self, **kwargs: Any) -> None:
                """Nothing is kept."""

        chat_model(provider, cache=Semantic()).invoke("Hi", config=_config())

    assert [each["action"] for each in both.dicts if each["action"] != "prompt"] == [
        "embedding",
        "completion",
    ]
    assert _calls(both) == _said("Hi")


def test_model_of_ones_own_that_asks_twice_is_two_calls(both: Logged, ask: Any) -> None:
    """The request that has the question is the one that was reported."""
    model = _own(lambda text: (ask(f"Hard? {text}"), ask(text, "gpt-4o"))[1])
    model.invoke("Prove it", config=_config())

    assert _calls(both) == [*_said("Hard? Prove it"), *_said("Prove it", model="gpt-4o")]
    assert all(each["metrics"]["cost_usd"] > 0 for each in _completions(both))


def test_two_requests_of_other_texts_keep_their_own_numbers(both: Logged, ask: Any) -> None:
    """The first stands for the call that was reported, with its own answer."""
    model = _own(lambda text: (ask(f"First {text}", "gpt-4o"), ask(f"Then {text}"))[1])
    model.invoke("it", config=_config())

    assert _calls(both) == [*_said("Then it"), ("it", "You said: First it", "gpt-4o")]


def test_wrapper_around_an_sdk_keeps_its_provider_and_cost(both: Logged, ask: Any) -> None:
    """The question is put in other words, and the answer changed."""
    _own(lambda text: ask(f"In French: {text}").upper()).invoke("Hi", config=_config())

    completion = both.only("completion")
    assert _calls(both) == [("Hi", "YOU SAID: IN FRENCH: HI", "gpt-4o-mini")]
    assert completion["provenance"]["provider"] == "openai"
    assert completion["metrics"]["cost_usd"] > 0


def test_attempt_that_failed_is_a_call_of_its_own(
    both: Logged, provider: Provider, ask: Any
) -> None:
    """A model of one's own that tries again sends two requests."""
    provider.fail(status=500)

    def answer(text: str) -> str:
        with pytest.raises(openai.InternalServerError):
            ask(text)
        return str(ask(text))

    _own(answer).invoke("Hi", config=_config())

    endings = both.all("system") + both.all("completion")
    assert [each["extensions"]["outcome"] for each in endings] == ["failed", "completed"]
    assert [each["content"]["text"] for each in both.all("prompt")] == ["Hi", "Hi"]
    assert both.only("completion")["extensions"]["status_code"] == 200


@pytest.mark.parametrize("instrument", [True, False])
def test_model_around_a_model_of_langchains_is_one_call(
    logged: Logged, provider: Provider, instrument: bool
) -> None:
    """The handler is told of both."""
    if instrument:
        hilt.instrument(session=logged.session, providers=["openai"])
    try:
        handler = HILTCallbackHandler(logged.session)
        inner = chat_model(provider, callbacks=[handler])
        config: Any = {"callbacks": [handler]}
        _own(lambda text: str(inner.invoke(text).content)).invoke("Hi", config=config)
    finally:
        hilt.uninstrument()

    assert _calls(logged) == _said("Hi")
    assert logged.only("completion")["provenance"]["provider"] == "openai"


@pytest.mark.parametrize("judge_first", [True, False])
def test_calls_of_another_callback_handler_are_calls_of_their_own(
    both: Logged, provider: Provider, ask: Any, judge_first: bool
) -> None:
    """Whether it stands before HILT's or after it."""
    callbacks: list[Any] = [HILTCallbackHandler()]
    callbacks.insert(0 if judge_first else 1, Judging(ask))
    chat_model(provider).invoke("Hi", config={"callbacks": callbacks})

    assert sorted(_calls(both)) == sorted(_said("Hi", "Allowed?", "Good?"))


def test_parallel_models_and_streams_are_calls_of_their_own(
    both: Logged, provider: Provider, ask: Any
) -> None:
    """A stream that waits to be read takes no other request for its own."""
    RunnableParallel(a=chat_model(provider), b=RunnableLambda(lambda x: ask(f"{x} b"))).invoke(
        "x", config=_config()
    )
    first = chat_model(provider).stream("first", config=_config())
    second = chat_model(provider).stream("second", config=_config())
    next(first)
    next(second)
    ask("own")
    list(second)
    list(first)

    asked = [asked for asked, _, _ in _calls(both)]
    assert sorted(map(str, asked)) == ["first", "own", "second", "x", "x b"]


def test_asynchronous_calls_between_chunks_are_logged(both: Logged, provider: Provider) -> None:
    """In the task that reads the stream."""

    async def main() -> None:
        async with openai.AsyncOpenAI(base_url=provider.openai_url, api_key="k") as client:
            async for _ in chat_model(provider).astream("streamed", config=_config()):
                await client.chat.completions.create(
                    model="gpt-4o-mini", messages=[{"role": "user", "content": "between"}]
                )

    asyncio.run(main())

    asked = {asked for asked, _, _ in _calls(both)}
    assert asked == {"streamed", "between"}
    assert len(both.all("prompt")) == len(provider.requests)


@pytest.mark.parametrize("instrument", [True, False])
def test_two_handlers_of_one_log_write_once(
    logged: Logged, provider: Provider, instrument: bool
) -> None:
    """One at the model, one at the chain."""
    if instrument:
        hilt.instrument(session=logged.session, providers=["openai"])
    try:
        model = chat_model(provider, callbacks=[HILTCallbackHandler(logged.session)])
        chain: Any = RunnableLambda(lambda text: text) | model
        chain.invoke("Hi", config={"callbacks": [HILTCallbackHandler(logged.session)]})
    finally:
        hilt.uninstrument()

    assert _calls(logged) == _said("Hi")


def test_two_handlers_of_two_logs_write_each(logged: Logged, provider: Provider) -> None:
    """Each log has the call."""
    other = Logged()
    handlers = [HILTCallbackHandler(logged.session), HILTCallbackHandler(other.session)]
    chat_model(provider).invoke("Hi", config={"callbacks": handlers})

    assert _calls(logged) == _calls(other) == _said("Hi")


def test_sdk_call_in_a_node_has_the_usage_of_its_own(both: Logged, ask: Any) -> None:
    """A node of a chain that calls the SDK by itself."""
    chain: Any = RunnableLambda(ask) | RunnableLambda(ask)
    chain.invoke("x", config=_config())

    assert _calls(both) == _said("x", "You said: x")


# -- requests from threads that know nothing of the context ----------------------------------------


def _in_threads(*asked: Callable[[], str]) -> list[str]:
    with ThreadPoolExecutor(len(asked)) as threads:
        return [each.result() for each in [threads.submit(function) for function in asked]]


@pytest.mark.parametrize("words", ["{}", "In French: {}"])
def test_request_in_a_thread_is_the_call(both: Logged, ask: Any, words: str) -> None:
    """Once, with the provider and the cost of the SDK."""
    own = _own(lambda text: _in_threads(lambda: ask(words.format(text)))[0].upper())
    own.invoke("Good morning", config=_config())

    answer = f"You said: {words.format('Good morning')}".upper()
    assert _calls(both) == [("Good morning", answer, "gpt-4o-mini")]
    assert both.only("completion")["provenance"]["provider"] == "openai"
    assert both.only("completion")["metrics"]["cost_usd"] > 0


def test_several_requests_in_threads_are_a_call_each(both: Logged, ask: Any) -> None:
    """The one that has the question is the one that was reported, whichever came first."""

    def answer(text: str) -> str:
        _in_threads(lambda: ask(f"Hard? {text}"))
        return _in_threads(lambda: ask(text, "gpt-4o"), lambda: ask("Unrelated"))[0]

    _own(answer).invoke("Prove it now", config=_config())

    texts = sorted([*_said("Hard? Prove it now", "Unrelated")])
    assert sorted(_calls(both)) == sorted([*texts, *_said("Prove it now", model="gpt-4o")])
    assert all(each["metrics"]["cost_usd"] > 0 for each in _completions(both))


def test_request_in_the_context_comes_before_one_of_another_thread(both: Logged, ask: Any) -> None:
    """What another part of the program asks meanwhile, in the same words, is logged."""
    own = _own(lambda text: (_in_threads(lambda: ask(text, "gpt-4o")), ask(text))[1])
    own.invoke("Good morning", config=_config())

    expected = [*_said("Good morning", model="gpt-4o"), *_said("Good morning")]
    assert sorted(_calls(both)) == sorted(expected)


def test_request_that_nobody_waits_for_is_logged(both: Logged, ask: Any) -> None:
    """The framework's call has ended when it is answered."""
    goes_on = threading.Event()
    threads: list[threading.Thread] = []

    def late() -> None:
        client = openai_client({"POST /chat/completions": lambda _: goes_on.wait(5) and ANSWER})
        client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "Good morning"}]
        )

    def answer(text: str) -> str:
        threads.append(threading.Thread(target=late))
        threads[0].start()
        while not framework_calls._distant_calls():
            threads[0].join(0.001)
        return text

    _own(answer).invoke("Good morning", config=_config())
    goes_on.set()
    threads[0].join()

    assert [each["content"]["text"] for each in both.all("prompt")] == ["Good morning"] * 2
    assert len(_completions(both)) == 2


def test_the_same_prompt_in_threads_of_several_users(both: Logged, ask: Any) -> None:
    """Each is one call with its own answer."""
    own = _own(lambda text: _in_threads(lambda: ask(text))[0])
    _in_threads(*[lambda: str(own.invoke("Good morning", config=_config()))] * 4)

    assert _calls(both) == _said("Good morning") * 4
    ids = [each["provenance"]["response_id"] for each in _completions(both)]
    assert len(set(ids)) == 4


def test_a_call_whose_request_comes_after_another_call_has_ended(both: Logged, ask: Any) -> None:
    """The first request was taken for the call that began first; then they were exchanged."""
    is_first, begun, ended = iter((True, False)), threading.Event(), threading.Event()

    def answer(text: str) -> str:
        if next(is_first):
            begun.set()
            ended.wait(60)
        return str(_in_threads(lambda: ask(text))[0])

    own = _own(answer)

    def second() -> None:
        begun.wait(60)
        try:
            own.invoke("Good morning", config=_config())
        finally:
            ended.set()

    _in_threads(lambda: str(own.invoke("Good morning", config=_config())), second)

    assert _calls(both) == _said("Good morning") * 2
    assert len({each["provenance"]["response_id"] for each in _completions(both)}) == 2

"""The callback handler: its arguments, conversations, and that it does no harm."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytest.importorskip("langchain_openai")

from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda

import hilt
from hilt.core.exceptions import ConfigurationError, SessionError
from hilt.integrations.langchain import HILTCallbackHandler
from hilt.io.session import Session
from hilt.testing import MemorySink
from hilt.testing.provider import ParsedRequest, Provider
from tests.integrations.langchain_programs import retrieval_chain, weather


def test_content_can_be_left_out(logged: Any, model: Any) -> None:
    """Without content there is no text anywhere in the log."""
    handler = HILTCallbackHandler(logged.session, capture_content=False)
    chain = ChatPromptTemplate.from_template("{input} secret") | model

    chain.invoke({"input": "Very"}, config={"callbacks": [handler]})
    weather.invoke({"city": "secret"}, config={"callbacks": [handler]})

    assert logged.actions == [
        "system",
        "prompt",
        "completion",
        "system",
        "tool_call",
        "tool_result",
    ]
    assert not any(b"secret" in line for line in logged.sink.lines)


def test_chunks_can_be_left_out(logged: Any, model: Any) -> None:
    """Without chunks, a stream is its final completion."""
    handler = HILTCallbackHandler(logged.session, capture_chunks=False)

    list(model.stream("Hi there", config={"callbacks": [handler]}))

    assert logged.actions == ["prompt", "completion"]


@pytest.mark.parametrize("name", ["session_id", "thread_id", "conversation_id"])
def test_runs_own_session_is_preferred(logged: Any, model: Any, handler: Any, name: str) -> None:
    """An id in a run's config goes before the handler's."""
    config = {"callbacks": [handler], "metadata": {name: "mine"}}

    model.invoke("Hi", config=config)

    assert {each["session_id"] for each in logged.dicts} == {"mine"}


def test_conversation_around_a_run_has_all_of_it(logged: Any, model: Any) -> None:
    """Its chain, retriever and tool as well as its call, whatever the handler and the config say."""
    handler = HILTCallbackHandler(logged.session, session_id="of-the-handler")
    config: Any = {"callbacks": [handler], "metadata": {"thread_id": "of-the-run"}}
    with hilt.conversation("order-42", user="alice"):
        retrieval_chain(model).invoke("What is alpha?", config=config)
        weather.invoke({"city": "Paris"}, config=config)

    assert {each["session_id"] for each in logged.dicts} == {"order-42"}
    assert {"retrieval", "tool_result", "completion", "system"}.issubset(logged.actions)


def test_without_any_id_the_history_decides(logged: Any, model: Any) -> None:
    """Without an id, two that begin alike are two, whichever handler logs them."""
    for _ in range(2):
        handler = HILTCallbackHandler(logged.session)
        model.invoke("Hi", config={"callbacks": [handler]})

    assert len({each["session_id"] for each in logged.dicts}) == 2


def test_chain_without_an_id_is_one_conversation(logged: Any, model: Any) -> None:
    """Without an id, everything of one run belongs together."""
    handler = HILTCallbackHandler(logged.session)

    retrieval_chain(model).invoke("What is alpha?", config={"callbacks": [handler]})

    assert len({each["session_id"] for each in logged.dicts}) == 1


@pytest.mark.parametrize("wrong", ["", 7])
def test_wrong_session_id_is_refused(logged: Any, wrong: Any) -> None:
    """An id is text that is not empty."""
    with pytest.raises(ConfigurationError, match="session_id"):
        HILTCallbackHandler(logged.session, session_id=wrong)


def test_wrong_session_is_refused() -> None:
    """A path is not a session."""
    with pytest.raises(SessionError, match="session"):
        HILTCallbackHandler("log.jsonl")


# -- doing no harm ----------------------------------------------------------------------------


class _Broken(MemorySink):
    """A sink that breaks its promise never to raise."""

    def write(self, lines: bytes, count: int) -> None:
        raise RuntimeError("no disk")


def test_error_of_ours_never_reaches_a_run(
    provider: Provider, model: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A session that raises at every event changes no chain, stream, tool or agent."""
    with Session(_Broken()) as session:
        handler = HILTCallbackHandler(session)
        config: Any = {"callbacks": [handler]}
        provider.answer("A letter.")
        provider.answer(chunks=["Hel", "lo"])

        answer = retrieval_chain(model).invoke("What is alpha?", config=config)
        streamed = [chunk.content for chunk in model.stream("Hi", config=config)]
        called = weather.invoke({"city": "Rome"}, config=config)

    assert answer == "A letter."
    assert "".join(map(str, streamed)) == "Hello"
    assert called == "Sunny in Rome"
    assert len(handler._runs) == 0
    assert not any("Error in HILTCallbackHandler" in each.message for each in caplog.records)


@pytest.mark.slow
def test_memory_stays_flat_over_many_runs(logged: Any) -> None:
    """A thousand runs of chains, models and tools leave nothing behind."""
    from langchain_core.language_models.fake_chat_models import FakeListChatModel

    handler = HILTCallbackHandler(logged.session)
    chain = RunnableLambda(str) | FakeListChatModel(responses=["Yes."])
    config: Any = {"callbacks": [handler]}

    for number in range(500):
        chain.invoke(f"q{number}", config)
        weather.invoke({"city": "Rome"}, config)
    logged.sink.clear()
    gc.collect()

    assert len(handler._runs) == 0
    assert len(handler._engine.pending) == 0
    kept = [each for each in gc.get_objects() if type(each).__name__ in ("Run", "Step")]
    assert kept == []


def test_requests_are_the_same_with_the_handler(
    provider: Provider, model: Any, handler: Any
) -> None:
    """The same bytes go to the provider with and without the handler."""
    model.invoke("Hi")
    model.invoke("Hi", config={"callbacks": [handler]})

    bare, watched = provider.requests
    assert bare.body == watched.body


def test_answers_of_a_function_reach_each_thread(provider: Provider, model: Any) -> None:
    """Calls at once, each with a handler of its own, keep their sessions apart."""

    @provider.answer_with
    def _(request: ParsedRequest) -> str:
        return f"echo {request.text}"

    def talk(number: int) -> list[str | None]:
        sink = MemorySink()
        with Session(sink) as session:
            handler = HILTCallbackHandler(session)
            model.invoke(str(number), config={"callbacks": [handler]})
        return [event.content.text if event.content else None for event in sink.events]

    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(talk, range(8)))

    assert texts == [[str(number), f"echo {number}"] for number in range(8)]

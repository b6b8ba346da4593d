"""Calls of LangChain's models, alone and with `hilt.instrument` in force."""

from __future__ import annotations

import asyncio
import gc
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

pytest.importorskip("langchain_openai")

import openai
from langchain_core.language_models.fake import FakeListLLM
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.outputs import Generation, LLMResult
from langchain_openai import ChatOpenAI
from pydantic import ValidationError, create_model

from hilt.core.exceptions import ConfigurationError
from hilt.integrations.langchain import HILTCallbackHandler
from hilt.integrations.langchain_adapter import LangChainAnswers
from hilt.testing.provider import Provider, Tokens
from tests.integrations.langchain_programs import (
    all_steps_ended,
    chat_model,
    events_of_calls,
    make_agent,
    run_async,
    weather,
)

_DEMO = "demo"


def test_chat_model_is_logged_whole(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """A call is a prompt and a completion with tokens, cost, ids, tags and metadata."""
    provider.answer("Hello.", tokens=Tokens(prompt=5, completion=87), model="gpt-4o-mini")

    answer = model.invoke(
        "Hi", config={"callbacks": [handler], "tags": ["t1"], "metadata": {"tenant": "x"}}
    )

    prompt, completion = logged.dicts
    origin = {
        "provider": "openai",
        "operation": "chat",
        "request_model": "gpt-4o-mini",
        "sdk": prompt["provenance"]["sdk"],
        "trace_id": prompt["provenance"]["trace_id"],
        "span_id": prompt["provenance"]["span_id"],
        "framework": "langchain",
        "run_id": prompt["provenance"]["run_id"],
        "tags": ["t1"],
        "metadata": {"tenant": "x"},
    }
    assert answer.content == "Hello."
    assert prompt == {
        "hilt_version": "1.0.0",
        "event_id": prompt["event_id"],
        "timestamp": prompt["timestamp"],
        "session_id": _DEMO,
        "actor": {"type": "human", "id": "user"},
        "action": "prompt",
        "content": {
            "text": "Hi",
            "messages": [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}],
        },
        "provenance": origin,
        "extensions": {"model": "gpt-4o-mini"},
    }
    assert completion == {
        "hilt_version": "1.0.0",
        "event_id": completion["event_id"],
        "timestamp": completion["timestamp"],
        "session_id": _DEMO,
        "actor": {"type": "agent", "id": "openai"},
        "action": "completion",
        "content": {"text": "Hello."},
        "metrics": {
            "tokens": {
                **completion["metrics"]["tokens"],
                "prompt": 5,
                "completion": 87,
                "total": 92,
            },
            "cost_usd": pytest.approx(5 * 0.15e-6 + 87 * 0.6e-6),
        },
        "provenance": {
            **origin,
            "response_model": "gpt-4o-mini",
            "response_id": answer.response_metadata["id"],
            "service_tier": "default",
            "usage": completion["provenance"]["usage"],
            "price_version": completion["provenance"]["price_version"],
        },
        "extensions": {
            "reply_to": prompt["event_id"],
            "model": "gpt-4o-mini",
            "latency_ms": completion["extensions"]["latency_ms"],
            "status_code": 200,
            "outcome": "completed",
            "finish_reason": "stop",
        },
    }
    assert prompt["provenance"]["sdk"].startswith("langchain-core ")


def test_stream_gives_chunks_and_then_the_whole(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """Each chunk is an event; the completion has the text, usage and cost."""
    provider.answer(chunks=["Hel", "lo"], tokens=Tokens(prompt=5, completion=2))

    chunks = list(model.stream("Hi", config={"callbacks": [handler]}))

    text = "".join(str(chunk.content) for chunk in chunks)
    completion = logged.only("completion")
    assert text == "Hello"
    assert logged.outline == [
        ("prompt", "Hi", None),
        ("completion_chunk", "Hel", "prompt"),
        ("completion_chunk", "lo", "prompt"),
        ("completion", "Hello", "prompt"),
    ]
    assert completion["metrics"]["tokens"]["total"] == 7
    assert completion["metrics"]["cost_usd"] > 0
    assert completion["extensions"]["time_to_first_chunk_ms"] > 0


def test_stream_left_early_is_closed(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """A stream that is left has one ending, with what had arrived."""
    provider.answer(chunks=["one ", "two ", "three"])
    stream = model.stream("Count", config={"callbacks": [handler]})

    for chunk in stream:
        if chunk.content == "two ":
            break
    stream.close()

    ending = logged.only("completion")
    assert ending["content"]["text"] == "one two "
    assert ending["extensions"]["outcome"] == "closed"
    assert ending["extensions"]["partial"] is True


def test_error_is_logged_and_raised(
    logged: Any, provider: Provider, model: Any, handler: Any
) -> None:
    """A rate limit is a system event, and LangChain's exception comes out."""
    provider.fail(status=429)

    with pytest.raises(openai.RateLimitError):
        model.invoke("Hi", config={"callbacks": [handler]})

    prompt, system = logged.dicts
    assert system["extensions"]["reply_to"] == prompt["event_id"]
    assert system["extensions"]["error_code"] == "rate_limit"
    assert system["extensions"]["status_code"] == 429


def test_retries_are_calls_of_their_own(
    logged: Any,
    provider: Provider,
    model: Any,
    handler: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What LangChain tries again is logged with each attempt's ending."""
    provider.fail(status=500)
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _seconds: None)

    model.with_retry(stop_after_attempt=2).invoke("Hi", config={"callbacks": [handler]})

    assert events_of_calls(logged) == [
        ("prompt", "Hi", None),
        ("system", logged.all("system")[1]["content"]["text"], "prompt"),
        ("prompt", "Hi", None),
        ("completion", "You said: Hi", "prompt"),
    ]
    assert logged.all("prompt")[1]["provenance"]["tags"] == ["retry:attempt:2"]
    assert all_steps_ended(logged)


def test_async_stream_is_logged(logged: Any, provider: Provider, handler: Any) -> None:
    """An asynchronous stream gives its chunks and the whole."""
    provider.answer(chunks=["Hel", "lo"])

    async def main(model: ChatOpenAI) -> None:
        async for _ in model.astream("Hi", config={"callbacks": [handler]}):
            pass

    run_async(provider, main)

    assert logged.actions == ["prompt", "completion_chunk", "completion_chunk", "completion"]


def test_async_stream_that_is_left_last_is_closed(
    logged: Any, provider: Provider, handler: Any
) -> None:
    """The end of `asyncio.run` cancels the closing of its generator before that begins."""
    provider.answer(chunks=["Hel", "lo"])

    async def main(model: ChatOpenAI) -> None:
        async for chunk in model.astream("Hi", config={"callbacks": [handler]}):
            if chunk.content:
                break

    run_async(provider, main)
    gc.collect()  # Python 3.13 leaves the generator in a cycle

    ending = logged.only("completion")
    assert ending["extensions"]["outcome"] == "closed"
    assert ending["content"]["text"] == "Hel"


def test_batch_is_logged_run_by_run(logged: Any, model: Any, handler: Any) -> None:
    """Each call of a batch has its own prompt and ending."""
    model.batch(["a", "b", "c"], config={"callbacks": [handler], "max_concurrency": 3})

    assert sorted(events_of_calls(logged)) == sorted(
        [("prompt", text, None) for text in "abc"]
        + [("completion", f"You said: {text}", "prompt") for text in "abc"]
    )


def test_provider_comes_from_the_metadata(logged: Any, handler: Any) -> None:
    """LangChain's metadata names the provider better than the parameters of the model."""
    FakeListChatModel(responses=["Yes."]).invoke("Hi", config={"callbacks": [handler]})

    assert logged.only("prompt")["provenance"]["provider"] == "fakelistchatmodel"


def test_answer_that_cannot_be_read_ends_the_call(
    logged: Any, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result of a form that is not known is a completion without content."""
    handler = HILTCallbackHandler(logged.session)
    monkeypatch.setattr(LangChainAnswers, "response", lambda _self, _body: 1 / 0)

    answer = model.invoke("Hi", config={"callbacks": [handler]})

    assert answer.content == "You said: Hi"
    assert logged.outline == [("prompt", "Hi", None), ("completion", None, "prompt")]


# -- with instrument() ------------------------------------------------------------------------


@pytest.fixture
def automatic(instrumented: Any) -> Any:
    """A second log, of `hilt.instrument`."""
    return instrumented(providers=["openai"])


def test_call_is_logged_once_and_enriched(
    logged: Any, provider: Provider, handler: Any, automatic: Any
) -> None:
    """The handler's events have what the SDK knows: attempts, server, request id, raw usage."""
    provider.fail(status=500, retry_after=0.01)

    chat_model(provider, max_retries=2).invoke("Hi", config={"callbacks": [handler]})

    completion = logged.only("completion")
    assert automatic.events == []
    assert logged.actions == ["prompt", "completion"]
    assert completion["extensions"]["attempts"] == 2
    assert completion["provenance"]["sdk"].startswith("openai ")
    assert completion["provenance"]["request_id"].startswith("req_")
    assert completion["provenance"]["server"] == provider.url.removeprefix("http://")
    assert completion["provenance"]["framework"] == "langchain"


def test_error_is_logged_once_and_enriched(
    logged: Any, provider: Provider, model: Any, handler: Any, automatic: Any
) -> None:
    """A failure has the SDK's own error type, and is logged once."""
    provider.fail(status=429)

    with pytest.raises(openai.RateLimitError):
        model.invoke("Hi", config={"callbacks": [handler]})

    assert automatic.events == []
    assert logged.actions == ["prompt", "system"]
    assert logged.only("system")["extensions"]["error_type"] == "openai.RateLimitError"
    assert logged.only("system")["extensions"]["attempts"] == 1


def test_answer_that_does_not_fit_its_schema_was_paid_for(
    logged: Any, provider: Provider, model: Any, handler: Any, automatic: Any
) -> None:
    """LangChain raises after the SDK had the answer: the log has both, once."""
    provider.answer('{"town": 1}', tokens=Tokens(prompt=1000, completion=100), model="gpt-4o-mini")
    schema = create_model("Answer", city=(str, ...))
    asked = model.with_structured_output(schema, method="json_schema")

    with pytest.raises(ValidationError) as raised:
        asked.invoke("Hi", config={"callbacks": [handler]})

    assert automatic.events == []
    (ending,) = (each for each in logged.dicts if "metrics" in each)
    assert ending["action"] == "system"
    assert ending["content"] == {"text": str(raised.value), "partial_text": '{"town": 1}'}
    assert ending["metrics"]["tokens"]["total"] == 1100
    assert ending["metrics"]["cost_usd"] == pytest.approx((1000 * 0.15 + 100 * 0.6) / 1e6)
    facts = ending["extensions"]
    assert (facts["outcome"], facts["finish_reason"], facts["status_code"]) == (
        "failed", "stop", 200,
    )  # fmt: skip


def test_own_call_between_chunks_is_logged(
    logged: Any, provider: Provider, model: Any, handler: Any, automatic: Any
) -> None:
    """A call that the user makes while a LangChain stream is open is a call of its own."""
    provider.answer(chunks=["Hel", "lo"], tokens=Tokens(prompt=5, completion=2))
    stream = model.stream("Hi", config={"callbacks": [handler]})

    next(stream)
    with openai.OpenAI(base_url=provider.openai_url, api_key="k") as client:
        client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Mine"}]
        )
    list(stream)

    assert [event.content.text for event in automatic.events] == ["Mine", "You said: Mine"]
    assert logged.actions == ["prompt", "completion_chunk", "completion_chunk", "completion"]
    assert logged.only("completion")["provenance"]["usage"].keys() >= {"prompt_tokens"}
    assert "input_tokens" not in logged.only("completion")["provenance"]["usage"]


def test_own_call_during_a_stream_that_no_instrumentor_observes_is_logged(
    logged: Any, provider: Provider, handler: Any, automatic: Any
) -> None:
    """After the first chunk, no call of an SDK is taken for that of the stream."""
    stream = FakeListChatModel(responses=["Yes."]).stream("Hi", config={"callbacks": [handler]})

    next(stream)
    with openai.OpenAI(base_url=provider.openai_url, api_key="k") as client:
        client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Mine"}]
        )
    list(stream)

    assert [event.content.text for event in automatic.events] == ["Mine", "You said: Mine"]
    assert logged.only("completion")["content"]["text"] == "Yes."


def test_calls_without_the_handler_are_automatic(
    logged: Any, model: Any, handler: Any, automatic: Any
) -> None:
    """A model that the handler does not watch is logged by the SDK's instrumentor."""
    model.invoke("Hi", config={"callbacks": [handler]})
    model.invoke("Unwatched")

    assert logged.actions == ["prompt", "completion"]
    assert [event.content.text for event in automatic.events] == [
        "Unwatched",
        "You said: Unwatched",
    ]


def test_agent_is_logged_once(
    logged: Any, provider: Provider, model: Any, handler: Any, automatic: Any
) -> None:
    """Every model call of an agent's loop is logged once."""
    pytest.importorskip("langgraph")
    provider.answer(tool_calls=[("weather", {"city": "Rome"})])
    provider.answer("Sunny.")

    make_agent(model, [weather]).invoke(
        {"messages": [{"role": "user", "content": "Weather?"}]}, config={"callbacks": [handler]}
    )

    assert automatic.events == []
    assert [action for action, _, _ in events_of_calls(logged)] == [
        "prompt",
        "completion",
        "tool_call",
        "tool_result",
        "completion",
    ]


def test_tasks_with_instrument_are_logged_once(
    logged: Any, provider: Provider, handler: Any, automatic: Any
) -> None:
    """Asynchronous calls at once are each matched with the SDK's own."""

    async def main(model: ChatOpenAI) -> None:
        config: Any = {"callbacks": [handler]}
        await asyncio.gather(*(model.ainvoke(f"q{number}", config) for number in range(10)))

    run_async(provider, main)

    assert automatic.events == []
    assert sorted(logged.actions) == ["completion"] * 10 + ["prompt"] * 10


# -- models that complete text, and retries ---------------------------------------------------


def test_model_that_completes_text_is_logged(logged: Any, handler: Any) -> None:
    """Its prompt is a text, and so is its answer."""
    FakeListLLM(responses=["Hello."]).invoke("Hi", config={"callbacks": [handler]})

    assert logged.outline == [("prompt", "Hi", None), ("completion", "Hello.", "prompt")]


def test_attempts_that_langchain_makes_are_counted(logged: Any, handler: Any) -> None:
    """Another one is made after the one that failed; of a run that is not known, none is."""
    run_id, unknown = uuid4(), uuid4()
    handler.on_llm_start({"name": "m"}, ["Hi"], run_id=run_id)
    for attempt, run in ((1, run_id), (2, run_id), (None, run_id), (7, unknown)):
        handler.on_retry(SimpleNamespace(attempt_number=attempt), run_id=run)
    handler.on_llm_end(LLMResult(generations=[[Generation(text="Hello.")]]), run_id=run_id)

    assert logged.only("completion")["extensions"]["attempts"] == 3


@pytest.mark.parametrize("error", [GeneratorExit(), ValueError("No.")])
def test_ending_of_a_model_counts_once(logged: Any, handler: Any, error: BaseException) -> None:
    """What comes after it is of nothing, and so is what nobody has begun."""
    run_id = uuid4()
    handler.on_llm_error(error, run_id=run_id)
    handler.on_llm_new_token("x", run_id=run_id)
    assert logged.dicts == []
    handler.on_llm_start({"name": "m"}, ["Hi"], run_id=run_id)
    for _ in range(2):
        handler.on_llm_error(error, run_id=run_id)
    handler.on_llm_end(LLMResult(generations=[[Generation(text="Hello.")]]), run_id=run_id)

    _, ending = logged.dicts
    closed = isinstance(error, GeneratorExit)
    assert ending["extensions"]["outcome"] == ("closed" if closed else "failed")
    assert ending["action"] == ("completion" if closed else "system")


def test_tracer_provider_that_is_none_is_refused() -> None:
    """With what is expected."""
    with pytest.raises(ConfigurationError, match=r"tracer_provider: 7 gives no tracers; expected"):
        HILTCallbackHandler(tracer_provider=7)  # type: ignore[arg-type]

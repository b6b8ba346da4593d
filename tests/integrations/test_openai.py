"""OpenAI by hand: calls that are made and logged in one step."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError, SessionError
from hilt.core.ids_and_times import conversation_id_of
from hilt.integrations.openai import (
    alog_chat_completion,
    alog_chat_streaming,
    iter_chat_streaming,
    log_chat_completion,
    log_chat_streaming,
)
from hilt.io.session import Session
from hilt.testing import MemorySink
from hilt.testing.provider import Provider, Tokens

openai = pytest.importorskip("openai")
_TOKENS = Tokens(prompt=5, completion=87)


@pytest.fixture
def client(provider: Provider) -> Iterator[Any]:
    """A client of the embedded provider that tries once."""
    with openai.OpenAI(base_url=provider.openai_url, api_key="k", max_retries=0) as made:
        yield made


@contextlib.asynccontextmanager
async def _async_client(provider: Provider) -> Any:
    async with openai.AsyncOpenAI(base_url=provider.openai_url, api_key="k", max_retries=0) as made:
        yield made


def test_chat_is_logged_whole(logged: Any, provider: Provider, client: Any) -> None:
    """A call is a prompt and a completion with tokens, cost, latency and status."""
    provider.answer("A language.", tokens=_TOKENS, model="gpt-4o-mini")

    answer = log_chat_completion(
        logged.session,
        user_message="What is Python?",
        system_prompt="Be brief.",
        session_id="demo",
        client=client,
        temperature=0.5,
    )

    prompt, completion = logged.dicts
    address = provider.url.removeprefix("http://")
    origin = {
        "provider": "openai",
        "operation": "chat",
        "request_model": "gpt-4o-mini",
        "server": address,
    }
    conversation = conversation_id_of("demo")
    assert answer.choices[0].message.content == "A language."
    assert prompt == {
        "hilt_version": "1.0.0",
        "event_id": prompt["event_id"],
        "timestamp": prompt["timestamp"],
        "session_id": conversation,
        "actor": {"type": "human", "id": "user"},
        "action": "prompt",
        "content": {
            "text": "What is Python?",
            "messages": [
                {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
                {"role": "user", "parts": [{"type": "text", "content": "What is Python?"}]},
            ],
        },
        "provenance": origin,
        "extensions": {"model": "gpt-4o-mini", "parameters": {"temperature": 0.5}},
    }
    assert completion == {
        "hilt_version": "1.0.0",
        "event_id": completion["event_id"],
        "timestamp": completion["timestamp"],
        "session_id": conversation,
        "actor": {"type": "agent", "id": "openai"},
        "action": "completion",
        "content": {"text": "A language."},
        "metrics": {
            "tokens": completion["metrics"]["tokens"],
            "cost_usd": pytest.approx(5 * 0.15e-6 + 87 * 0.6e-6),
        },
        "provenance": {
            **origin,
            "response_model": "gpt-4o-mini",
            "response_id": answer.id,
            "service_tier": answer.service_tier,
            "usage": completion["provenance"]["usage"],
            "price_version": completion["provenance"]["price_version"],
            "price_assumed": True,
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
    assert completion["metrics"]["tokens"].items() >= {
        ("prompt", 5),
        ("completion", 87),
        ("total", 92),
    }
    assert completion["extensions"]["latency_ms"] > 0


def test_session_id_is_the_same_everywhere(logged: Any, client: Any) -> None:
    """A simple id always becomes the same conversation, and a ``conv_`` id stays."""
    for given in ("order-42", "order-42", "conv_0123456789abcdef"):
        log_chat_completion(logged.session, user_message="Hi", session_id=given, client=client)

    ids = [event.session_id for event in logged.events]
    assert ids[:4] == [conversation_id_of("order-42")] * 4
    assert ids[4:] == ["conv_0123456789abcdef"] * 2


def test_tool_calls_follow_the_completion(logged: Any, provider: Provider, client: Any) -> None:
    """Each tool that the answer calls is an event that replies to the completion."""
    provider.answer(tool_calls=[("weather", {"city": "Rome"})])
    tool = {"type": "function", "function": {"name": "weather", "parameters": {}}}

    log_chat_completion(logged.session, user_message="Rome?", client=client, tools=[tool])

    prompt, completion, call = logged.dicts
    assert prompt["content"]["tools"] == [tool]
    assert call["action"] == "tool_call"
    assert call["content"]["tool"]["arguments"] == {"city": "Rome"}
    assert call["extensions"]["reply_to"] == completion["event_id"]


def test_stream_gives_chunks_and_then_the_whole(
    logged: Any, provider: Provider, client: Any
) -> None:
    """Every delta is an event as it comes; the completion has it all, with usage and cost."""
    provider.answer(chunks=["Qu", "bits", "."], tokens=_TOKENS, model="gpt-4o-mini")
    shown: list[str] = []

    text = log_chat_streaming(
        logged.session, user_message="Explain", client=client, on_chunk=shown.append
    )

    completion = logged.only("completion")
    assert text == "Qubits."
    assert shown == ["Qu", "bits", "."]
    assert logged.outline == [
        ("prompt", "Explain", None),
        ("completion_chunk", "Qu", "prompt"),
        ("completion_chunk", "bits", "prompt"),
        ("completion_chunk", ".", "prompt"),
        ("completion", "Qubits.", "prompt"),
    ]
    assert [each["extensions"]["chunk_index"] for each in logged.all("completion_chunk")] == [
        0,
        1,
        2,
    ]
    assert completion["metrics"]["tokens"]["total"] == 92
    assert completion["metrics"]["cost_usd"] > 0
    assert completion["extensions"]["time_to_first_chunk_ms"] > 0


def test_chunks_are_logged_as_they_come(logged: Any, provider: Provider, client: Any) -> None:
    """What the caller has seen of a stream is in the log already."""
    provider.answer(chunks=["a", "b", "c"])
    stream = iter_chat_streaming(logged.session, user_message="Go", client=client)

    seen = [len(logged.all("completion_chunk")) for _ in stream]

    assert seen == [1, 2, 3]


def test_stream_left_early_is_closed(logged: Any, provider: Provider, client: Any) -> None:
    """A stream that is left has one ending, with what had arrived."""
    provider.answer(chunks=["one ", "two ", "three"])
    stream: Any = iter_chat_streaming(logged.session, user_message="Count", client=client)

    next(stream)
    stream.close()

    ending = logged.only("completion")
    assert logged.actions == ["prompt", "completion_chunk", "completion"]
    assert ending["content"]["text"] == "one "
    assert ending["extensions"]["outcome"] == "closed"
    assert ending["extensions"]["partial"] is True


def test_stream_that_breaks_keeps_what_arrived(
    logged: Any, provider: Provider, client: Any
) -> None:
    """A connection that breaks is a system event with the partial text, and is raised."""
    provider.answer(chunks=["one ", "two ", "three"])
    provider.fail(reset_after=2)

    with pytest.raises(Exception, match=r"(?i)connection|peer|reset"):
        log_chat_streaming(logged.session, user_message="Count", client=client)

    ending = logged.only("system")
    assert ending["extensions"]["error_code"] == "connection"
    assert ending["content"]["partial_text"] == "one "
    assert ending["extensions"]["partial"] is True


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (429, "rate_limit", "RateLimitError"),
        (401, "authentication", "AuthenticationError"),
        (500, "server_error", "InternalServerError"),
    ],
)
def test_error_is_logged_and_raised(
    logged: Any, provider: Provider, client: Any, status: int, code: str, error: str
) -> None:
    """An error of the API is a system event, and the SDK's own exception comes out."""
    provider.fail(status=status, message="Not now.")

    with pytest.raises(getattr(openai, error)):
        log_chat_completion(logged.session, user_message="Hi", client=client)

    prompt, system = logged.dicts
    assert system["action"] == "system"
    assert "Not now." in system["content"]["text"]
    facts = system["extensions"]
    assert facts["latency_ms"] > 0
    assert facts == {
        "reply_to": prompt["event_id"],
        "model": "gpt-4o-mini",
        "latency_ms": facts["latency_ms"],
        "attempts": 1,
        "status_code": status,
        "outcome": "failed",
        "error_code": code,
        "error_type": f"openai.{error}",
        "error_provider_code": facts["error_provider_code"],
    }


def test_stream_that_is_refused_is_logged(logged: Any, provider: Provider, client: Any) -> None:
    """A stream that never begins is a system event as well."""
    provider.fail(status=429)

    with pytest.raises(openai.RateLimitError):
        log_chat_streaming(logged.session, user_message="Hi", client=client)

    assert logged.actions == ["prompt", "system"]


def test_async_chat_is_logged(logged: Any, provider: Provider) -> None:
    """The asynchronous kin writes the same events."""
    provider.answer("Hello.")

    async def main() -> Any:
        async with _async_client(provider) as client:
            return await alog_chat_completion(logged.session, user_message="Hi", client=client)

    answer = asyncio.run(main())

    assert answer.choices[0].message.content == "Hello."
    assert logged.outline == [("prompt", "Hi", None), ("completion", "Hello.", "prompt")]


def test_async_stream_is_logged(logged: Any, provider: Provider) -> None:
    """An asynchronous stream yields its texts, and is logged chunk by chunk."""
    provider.answer(chunks=["Hel", "lo"])

    async def main() -> list[str]:
        async with _async_client(provider) as client:
            stream = alog_chat_streaming(logged.session, user_message="Hi", client=client)
            return [text async for text in stream]

    assert asyncio.run(main()) == ["Hel", "lo"]
    assert logged.actions == ["prompt", "completion_chunk", "completion_chunk", "completion"]


def test_async_stream_left_early_is_closed(logged: Any, provider: Provider) -> None:
    """An asynchronous stream that is closed has one ending."""
    provider.answer(chunks=["Hel", "lo"])

    async def main() -> None:
        async with _async_client(provider) as client:
            stream: Any = alog_chat_streaming(logged.session, user_message="Hi", client=client)
            await anext(stream)
            await stream.aclose()

    asyncio.run(main())

    assert logged.actions == ["prompt", "completion_chunk", "completion"]
    assert logged.only("completion")["extensions"]["outcome"] == "closed"


def test_cancelled_call_is_logged(logged: Any, provider: Provider) -> None:
    """A task that is cancelled while the model thinks leaves a system event with 499."""
    provider.fail(first_byte_delay=30)

    async def main() -> None:
        async with _async_client(provider) as client:
            asked = alog_chat_completion(logged.session, user_message="Hi", client=client)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asked, 0.1)

    asyncio.run(main())

    ending = logged.only("system")["extensions"]
    assert (ending["outcome"], ending["error_code"], ending["status_code"]) == (
        "cancelled",
        "cancelled",
        499,
    )


def test_async_error_is_logged_and_raised(logged: Any, provider: Provider) -> None:
    """The asynchronous kin raises the SDK's exception after it was logged."""
    provider.fail(status=429, times=2)

    async def main() -> None:
        async with _async_client(provider) as client:
            with pytest.raises(openai.RateLimitError):
                await alog_chat_completion(logged.session, user_message="Hi", client=client)
            with pytest.raises(openai.RateLimitError):
                await anext(
                    aiter(alog_chat_streaming(logged.session, user_message="Hi", client=client))
                )

    asyncio.run(main())

    assert logged.actions == ["prompt", "system"] * 2


def test_nothing_is_logged_twice(
    logged: Any, provider: Provider, client: Any, instrumented: Any
) -> None:
    """With `hilt.instrument` on, a call made by hand is in the session given, and only there."""
    provider.answer("Once.", times=None)
    automatic = instrumented(providers=["openai"])

    log_chat_completion(logged.session, user_message="Hi", client=client)
    log_chat_streaming(logged.session, user_message="Hi", client=client)

    assert automatic.events == []
    assert logged.actions == ["prompt", "completion", "prompt", "completion_chunk", "completion"]


def test_own_call_between_chunks_is_logged(
    logged: Any, provider: Provider, client: Any, instrumented: Any
) -> None:
    """A call that the user makes while a stream by hand is open is observed as ever."""
    provider.answer(chunks=["a", "b"])
    automatic = instrumented(providers=["openai"])
    stream = iter_chat_streaming(logged.session, user_message="Hi", client=client)

    next(stream)
    client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Mine"}]
    )
    list(stream)

    assert automatic.actions == ["prompt", "completion"]
    assert automatic.events[0].content.text == "Mine"


def test_client_comes_from_the_environment(
    logged: Any, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a client, one is made as the SDK makes it."""
    monkeypatch.setenv("OPENAI_BASE_URL", provider.openai_url)
    monkeypatch.setenv("OPENAI_API_KEY", "k")

    log_chat_completion(logged.session, user_message="Hi")

    assert logged.actions == ["prompt", "completion"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"user_message": 3}, "user_message: 3 is not text"),
        ({"system_prompt": []}, r"system_prompt: \[\] is not text"),
        ({"session_id": ""}, "session_id: ''; expected text that is not empty"),
        ({"client": object()}, "client: a object cannot be used; expected an openai.OpenAI"),
    ],
)
def test_wrong_argument_is_refused(logged: Any, client: Any, wrong: Any, said: str) -> None:
    """A wrong argument is said before anything is sent or logged."""
    with pytest.raises(ConfigurationError, match=said):
        log_chat_completion(logged.session, **{"user_message": "Hi", "client": client, **wrong})

    assert logged.events == []


def test_async_client_is_refused_by_the_sync_function(logged: Any, provider: Provider) -> None:
    """An asynchronous client would give a coroutine where an answer is expected."""

    async def main() -> None:
        async with _async_client(provider) as client:
            with pytest.raises(ConfigurationError, match="expected an openai"):
                log_chat_completion(logged.session, user_message="Hi", client=client)

    asyncio.run(main())


def test_session_must_be_one(client: Any) -> None:
    """What is no session is refused, and the way out is said."""
    with pytest.raises(SessionError, match=r"is not a hilt.Session; open one: Session\(path\)"):
        log_chat_completion("log.jsonl", user_message="Hi", client=client)


def test_sessions_processors_see_the_events(client: Any) -> None:
    """Events made by hand go through the session's processors."""
    sink = MemorySink()

    with Session(sink, processors=[_without_prompts]) as session:
        log_chat_completion(session, user_message="Hi", client=client)

    assert [event.action for event in sink.events] == ["completion"]


def _without_prompts(event: Event) -> Event | None:
    return None if event.action == "prompt" else event

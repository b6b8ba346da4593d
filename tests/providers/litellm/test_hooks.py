"""LiteLLM is logged once, whatever it calls, and stays what it is; needs litellm installed."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest

import hilt
from hilt.providers.litellm import hooks
from hilt.testing.provider import Provider
from tests.conftest import Log

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # no network at import
litellm = pytest.importorskip("litellm")
completion = litellm.completion  # imported by name before anything is instrumented

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

KEY = "sk-canary-0123456789abcdef"
MESSAGES = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that says two words."""
    with Provider(seed=7) as running:
        running.answer(chunks=["One ", "two"], times=None)
        yield running


def _options(provider: Provider, **more: Any) -> dict[str, Any]:
    options = {"model": "openai/gpt-4o-mini", "messages": MESSAGES, "api_key": KEY}
    return {**options, "api_base": provider.openai_url, **more}


def test_logged_once_with_every_sdk_instrumented(provider: Provider, log: Log) -> None:
    """The SDK below is instrumented as well, and the log has one prompt and one completion."""
    answer = completion(**_options(provider))

    assert answer.choices[0].message.content == "One two"
    assert log.actions == ["prompt", "completion"]
    assert log.ending["provenance"]["provider"] == "openai"
    assert log.ending["metrics"]["cost_usd"] > 0


def test_stream_logged_once(provider: Provider, log: Log) -> None:
    """The SDK's stream below is read after the call returned, and not logged again."""
    stream = completion(**_options(provider, stream=True))
    assert isinstance(stream, litellm.CustomStreamWrapper)
    list(stream)

    assert log.actions == ["prompt", "completion"]
    assert log.ending["content"]["text"] == "One two"
    assert len(log.of("completion_chunk")) == 2
    assert "metrics" not in log.ending  # the provider was not asked to count


def test_usage_that_the_caller_is_not_given(provider: Provider, log: Log) -> None:
    """Anthropic counts in every stream; LiteLLM gives it only to who asks for it."""
    options = _options(provider, model="anthropic/claude-haiku-4-5", stream=True)
    options["api_base"] = provider.url
    if getattr(completion(**options), "chunks", None) != []:
        pytest.skip("this release keeps no chunks")
    stream = completion(**options)
    given = [getattr(chunk, "usage", None) for chunk in stream]
    tokens, cost = log.endings[-1].metrics.tokens, log.endings[-1].metrics.cost_usd

    list(completion(**options, stream_options={"include_usage": True}))

    assert given == [None] * len(given)
    assert tokens["completion"] > 0
    assert log.endings[-1].metrics.tokens == tokens
    assert log.endings[-1].metrics.cost_usd == cost > 0


def test_usage_that_cannot_be_read(
    provider: Provider, instrumented: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream ends as it does without HILT, and the call is logged."""

    def broken(_: object) -> None:
        raise RuntimeError("sabotage")

    log = instrumented()
    monkeypatch.setattr(hooks, "kept_usage", broken)
    chunks = list(completion(**_options(provider, stream=True)))

    assert "".join(each.choices[0].delta.content or "" for each in chunks) == "One two"
    assert log.ending["content"]["text"] == "One two"
    assert log.internal_errors > 0


def test_async_stream_closed(provider: Provider, log: Log) -> None:
    """Closing an asynchronous stream is one ending, and what came by then is kept."""
    if not hasattr(litellm.CustomStreamWrapper, "aclose"):
        pytest.skip("this release cannot close its streams")

    async def act() -> None:
        stream = await litellm.acompletion(**_options(provider, stream=True))
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        await stream.aclose()

    asyncio.run(act())
    gc.collect()

    assert log.actions == ["prompt", "completion"]
    assert log.ending["extensions"]["outcome"] == "closed"
    assert log.ending["content"]["text"] == "One "


def test_stream_dropped(provider: Provider, log: Log) -> None:
    """A stream that is dropped is abandoned once LiteLLM lets it go: with a later call."""
    stream = completion(**_options(provider, stream=True))
    next(stream)
    next(stream)
    del stream
    for _ in range(50):
        completion(**_options(provider))
        gc.collect()
        outcomes = [event.extensions["outcome"] for event in log.endings]
        if "abandoned" in outcomes:
            break

    assert outcomes.count("abandoned") == 1
    assert len(log.endings) == len(log.of("prompt"))


def test_key_is_not_logged(provider: Provider, log: Log) -> None:
    """A key among the arguments is nowhere in the log, also when the call fails."""
    headers = {"x-secret": "canary-header"}
    completion(**_options(provider, extra_headers=headers))
    provider.fail(status=401, message=f"Incorrect API key provided: {KEY}")
    with pytest.raises(litellm.AuthenticationError):
        completion(**_options(provider, max_retries=0))

    written = "".join(event.to_json() for event in log.events)
    assert log.actions == ["prompt", "completion", "prompt", "system"]
    assert KEY not in written
    assert "canary-header" not in written


def test_refused_connection_is_no_server_error(log: Log) -> None:
    """LiteLLM makes a 500 of a connection that never was; the log says connection."""
    with pytest.raises(litellm.InternalServerError):
        completion(
            model="openai/gpt-4o-mini",
            messages=MESSAGES,
            api_key=KEY,
            api_base="http://127.0.0.1:9/v1",
            max_retries=0,
        )

    facts = log.ending["extensions"]
    assert (facts["error_code"], facts["status_code"]) == ("connection", 503)


def test_uninstrument_restores_the_functions(provider: Provider, instrumented: Any) -> None:
    """The function in the closure of LiteLLM's decorator has its own code again."""
    function = litellm.main.completion
    place = function.__code__.co_freevars.index("original_function")
    behind = function.__closure__[place].cell_contents
    code = behind.__code__
    instrumented(providers=["litellm"])
    assert behind.__code__ is not code
    hilt.uninstrument()

    assert behind.__code__ is code
    assert function.__closure__[place].cell_contents is behind
    assert litellm.completion is completion

"""Faults: errors, delays, and broken answers."""

from __future__ import annotations

import json

import httpx
import openai
import pytest

from hilt.core.exceptions import ConfigurationError
from hilt.testing.provider.faults import Fault, fault_of

CALL = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "a b c d e f"}]}


def test_status_and_retry_after(client, provider):
    """An error has the status, the message and the wait that it was given."""
    provider.fail(status=429, message="Slow down.", retry_after=7)

    with pytest.raises(openai.RateLimitError, match=r"Slow down\.") as caught:
        client.chat.completions.create(**CALL)

    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.code == "rate_limit_exceeded"
    assert client.chat.completions.create(**CALL).choices


def test_sdk_tries_again(client, provider):
    """An SDK that retries sees two failures and then the answer."""
    provider.fail(status=500, retry_after=0.01, times=2)

    answer = client.with_options(max_retries=2).chat.completions.create(**CALL)

    assert answer.choices
    assert [request.status for request in provider.requests] == [500, 500, 200]


def test_reset_before_the_first_byte(client, provider):
    """A connection that is reset is a connection error."""
    provider.fail(reset_after=0)

    with pytest.raises(openai.APIConnectionError):
        client.chat.completions.create(**CALL)


def test_reset_in_the_stream(client, provider):
    """A stream that is reset breaks after what had arrived."""
    provider.fail(reset_after=3)
    chunks = []

    with pytest.raises(Exception) as caught:  # noqa: PT012 - the loop is what breaks
        for chunk in client.chat.completions.create(**CALL, stream=True):
            chunks.append(chunk)  # noqa: PERF402 - what came before the break is wanted

    assert "Error" in type(caught.value).__name__
    assert len(chunks) <= 3


def test_early_end(client, provider):
    """A stream that ends early just ends."""
    provider.fail(end_after=4)

    chunks = list(client.chat.completions.create(**CALL, stream=True))

    assert len(chunks) == 4
    assert chunks[-1].choices[0].finish_reason is None


def test_malformed_event(client, provider):
    """An event that is not JSON breaks the stream where it stands."""
    provider.fail(malformed_after=2)
    chunks = []

    with pytest.raises(json.JSONDecodeError):  # noqa: PT012 - the loop is what breaks
        for chunk in client.chat.completions.create(**CALL, stream=True):
            chunks.append(chunk)  # noqa: PERF402 - what came before the break is wanted

    assert len(chunks) == 2


def test_truncated_body(provider):
    """A body that stops early is noticed by the client."""
    provider.fail(truncate_to=10)

    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{provider.openai_url}/chat/completions", json=CALL)


def test_slow_first_byte(client, provider):
    """A client that does not wait that long times out."""
    provider.fail(first_byte_delay=30)

    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.2).chat.completions.create(**CALL)


def test_fault_for_one_path(client, provider):
    """A fault may be for some paths only."""
    provider.fail(status=500, path="/embeddings")

    assert client.chat.completions.create(**CALL).choices
    with pytest.raises(openai.InternalServerError):
        client.embeddings.create(model="m", input="a")


def test_a_fault_is_given_whole_or_by_its_fields():
    """Not as both, and nothing else is one."""
    fault = Fault(status=503)
    assert fault_of(fault, {}) is fault
    assert fault_of(None, {"status": 503, "retry_after": 1.5}) == Fault(status=503, retry_after=1.5)
    assert Fault(status=503, retry_after=1.5).headers == {"retry-after": "1.5"}
    assert fault.headers == {}
    with pytest.raises(ConfigurationError, match=r"fail: 503 is no fault; expected fail\(status="):
        fault_of(503, {})
    with pytest.raises(ConfigurationError, match="fail: a Fault is given, so put status, times"):
        fault_of(fault, {"status": 500, "times": 2})

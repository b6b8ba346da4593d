"""A provider in place of those whose API key is not set."""

from __future__ import annotations

import os

import openai
import pytest

from hilt.testing.provider import stand_in

KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY")
URLS = ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch):
    """An environment without keys and addresses."""
    for name in (*KEYS, *URLS):
        monkeypatch.delenv(name, raising=False)


def test_every_provider_without_a_key_is_replaced():
    """The environment leads all SDKs to the embedded provider, until the block ends."""
    before = dict(os.environ)

    with stand_in() as provider:
        assert provider is not None
        addresses = [os.environ[name] for name in URLS]
        keys = [os.environ.get(name) for name in KEYS]

    assert addresses == [provider.openai_url, provider.url, provider.url]
    assert keys == ["not-needed", "not-needed", "not-needed", None]
    assert dict(os.environ) == before


def test_sdk_calls_the_embedded_provider():
    """A client that is made without arguments just works."""
    with stand_in("openai"), openai.OpenAI() as client:
        answer = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}]
        )

    assert answer.choices[0].message.content == "You said: Hi"


def test_provider_with_a_key_is_left_alone(monkeypatch):
    """A key that is set is not replaced, and neither is the address."""
    monkeypatch.setenv("GOOGLE_API_KEY", "mine")

    with stand_in("gemini", "openai") as provider:
        assert provider is not None
        assert "GOOGLE_GEMINI_BASE_URL" not in os.environ
        assert "ANTHROPIC_BASE_URL" not in os.environ
        assert os.environ["OPENAI_BASE_URL"] == provider.openai_url


def test_nothing_starts_if_every_key_is_set(monkeypatch):
    """With all keys there is no embedded provider, and the environment is as it was."""
    monkeypatch.setenv("OPENAI_API_KEY", "mine")
    before = dict(os.environ)

    with stand_in("openai") as provider:
        assert provider is None
        assert dict(os.environ) == before


def test_environment_comes_back_after_an_error():
    """An error in the block leaves nothing behind."""
    before = dict(os.environ)

    with pytest.raises(LookupError), stand_in():
        raise LookupError

    assert dict(os.environ) == before

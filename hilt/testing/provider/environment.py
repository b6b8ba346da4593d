"""An embedded provider for SDKs without an API key, set in their environment variables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hilt.testing.provider.provider import Provider

__all__ = ["stand_in"]

_KEYS = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
}


@contextmanager
def stand_in(*names: str) -> Iterator[Provider | None]:
    """Answer in place of every provider whose API key is not set.

    Examples and demos then run for everyone, and with a key they call the real provider:

        with stand_in():
            client = OpenAI()  # calls OpenAI if OPENAI_API_KEY is set

    Args:
        names: The providers: ``openai``, ``anthropic``, ``gemini``; all of them if none is given.

    Yields:
        The embedded provider, or None if every key is set.
    """
    missing = [
        name
        for name in names or _KEYS
        if not any(os.environ.get(variable) for variable in _KEYS[name])
    ]
    if not missing:
        yield None
        return
    before = dict(os.environ)
    with Provider() as provider:
        addresses = {
            "openai": {"OPENAI_BASE_URL": provider.openai_url},
            "anthropic": {"ANTHROPIC_BASE_URL": provider.url},
            "gemini": {"GOOGLE_GEMINI_BASE_URL": provider.url},
        }
        for name in missing:
            os.environ.update(addresses[name])
            os.environ[_KEYS[name][0]] = "not-needed"
        try:
            yield provider
        finally:
            for variable in {*os.environ, *before}:
                if variable in before:
                    os.environ[variable] = before[variable]
                else:
                    del os.environ[variable]

"""A provider on this machine, and the real clients that talk to it."""

from __future__ import annotations

import anthropic
import httpx
import openai
import pytest
from google import genai

from hilt.testing.provider import Provider


@pytest.fixture
def provider():
    """A fresh provider with fixed ids."""
    with Provider(seed=1) as running:
        yield running


@pytest.fixture
def client(provider):
    """A real OpenAI client that does not try again."""
    with openai.OpenAI(base_url=provider.openai_url, api_key="test", max_retries=0) as made:
        yield made


@pytest.fixture
def claude(provider):
    """A real Anthropic client."""
    with anthropic.Anthropic(base_url=provider.url, api_key="test", max_retries=0) as made:
        yield made


@pytest.fixture
def gemini(provider):
    """A real Gemini client."""
    with genai.Client(api_key="test", http_options={"base_url": provider.url}) as made:
        yield made


@pytest.fixture
def command(provider):
    """A real Cohere client."""
    cohere = pytest.importorskip("cohere")
    with httpx.Client() as transport:
        yield cohere.ClientV2(api_key="test", base_url=provider.url, httpx_client=transport)

"""How adapters find a request's surface by its path, whatever stands behind it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.values import Arguments, Request, Surface
from hilt.providers._http import HttpRequest
from hilt.providers.registry import PROVIDERS

BODY = {"model": "a-model", "messages": [{"role": "user", "content": "Hello"}], "input": "Hello"}


def arguments(name: str, path: str) -> Arguments:
    """What the patched function of an SDK is called with for a path."""
    target = PROVIDERS[name].load().targets[0]
    if name == "ollama":
        return Arguments(target, None, (dict, "POST", path), {"json": BODY})
    if name == "cohere":
        return Arguments(target, None, (HttpRequest("post", path, BODY),), {})
    if name == "ai21":
        return Arguments(target, None, (path, BODY), {})
    options = SimpleNamespace(url=path, method="post", json_data=BODY)
    return Arguments(target, None, (dict, options), {})


def read(name: str, path: str) -> tuple[Request, type[Surface]]:
    """The request of a path, and what reads its answer."""
    found = PROVIDERS[name].load().request(arguments(name, path))
    assert found is not None
    return found[0], type(found[1])


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("openai", "/chat/completions"),
        ("openai", "/responses"),
        ("openai", "/responses/compact"),
        ("openai", "/responses/resp_1/cancel"),
        ("openai", "/embeddings"),
        ("anthropic", "/v1/messages"),
        ("groq", "/openai/v1/chat/completions"),
        ("together", "/chat/completions"),
        ("writer", "/v1/chat"),
        ("cerebras", "/v1/chat/completions"),
        ("cohere", "v2/chat"),
        ("ollama", "/api/chat"),
        ("ai21", "chat/completions"),
    ],
)
@pytest.mark.parametrize("query", ["?beta=true", "?", "?next=/v1/files?a=b"])
def test_query_changes_nothing(name: str, path: str, query: str) -> None:
    """A path with a query is the same call as without: no adapter looks at it."""
    assert read(name, path + query) == read(name, path)


@pytest.mark.parametrize("path", ["/files?then=/responses", "/models", "/v1/files"])
def test_other_paths_are_no_calls(path: str) -> None:
    """What calls no model is passed over, also where a query names one that does."""
    call: Any = arguments("openai", path)

    assert PROVIDERS["openai"].load().request(call) is None

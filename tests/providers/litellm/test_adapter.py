"""Which arguments of LiteLLM's functions are read, and what its errors say; no SDK is needed."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Arguments, Target
from hilt.providers.litellm.adapter import LiteLLM


def test_arguments_that_are_read() -> None:
    """Keys, headers and what else is among the arguments is not in what the call asks for."""
    targets = {target.path: target for target in LiteLLM.targets}
    kwargs: dict[str, Any] = {
        "messages": [{"role": "user", "content": "Hello"}],
        "api_key": "SECRET",
        "extra_headers": {"x": "SECRET"},
        "metadata": {"token": "SECRET"},
        "temperature": 0.5,
        "api_base": "https://user:SECRET@example.com/v1",
    }
    target = targets["completion.original_function"]
    found = LiteLLM().request(Arguments(target, None, ("gemini/gemini-x",), kwargs))

    assert found is not None
    request, _ = found
    assert (request.provider, request.model) == ("gcp.gemini", "gemini-x")
    assert request.server_address == "example.com"
    assert "SECRET" not in repr(request)


def test_one_shot_messages_are_left_alone() -> None:
    """What can be read only once is the SDK's to read."""
    messages = iter([{"role": "user", "content": "Hello"}])
    target = LiteLLM.targets[0]
    found = LiteLLM().request(Arguments(target, None, ("gpt-4o-mini", messages), {}))

    assert found is not None
    assert list(messages) == [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize(
    ("function", "operation", "surface"),
    [
        ("completion", "chat", "chat.completions"),
        ("acompletion", "chat", "chat.completions"),
        ("text_completion", "text_completion", "completions"),
        ("atext_completion", "text_completion", "completions"),
        ("aembedding", "embeddings", "embeddings"),
        ("arerank", "rerank", "rerank"),
        ("aresponses", "chat", "responses"),
    ],
)
def test_functions(function: str, operation: str, surface: str) -> None:
    """The async version of each is read like the function itself."""
    target = Target("litellm.main", f"{function}.original_function")
    found = LiteLLM().request(Arguments(target, None, (), {"model": "openai/m", "stream": True}))

    assert found is not None
    assert (found[0].operation, found[1].name) == (operation, surface)
    assert (found[0].provider, found[0].model, found[0].stream) == ("openai", "m", True)


def test_other_functions_are_not_observed() -> None:
    """An image is none of LiteLLM's functions that HILT knows."""
    target = Target("litellm.main", "image_generation.original_function")

    assert LiteLLM().request(Arguments(target, None, (), {})) is None


# -- errors -----------------------------------------------------------------------------------


class Timeout(Exception):  # noqa: N818 # LiteLLM's name
    """As LiteLLM's."""

    status_code = 408


class InternalServerError(Exception):
    """As LiteLLM's."""

    status_code = 500


class RateLimitError(Exception):
    """As LiteLLM's."""

    status_code = 429


class ReadTimeout(Exception):  # noqa: N818 # httpx's name
    """As httpx's."""


class ConnectError(Exception):
    """As httpx's."""


def caused(error: Exception, cause: Exception | None) -> Exception:
    """An error and what it was made of."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "cause", "expected"),
    [
        (Timeout("slow"), ReadTimeout("slow"), ("timeout", "timeout", 408)),
        (Timeout("slow"), None, ("timeout", "failed", 408)),
        (InternalServerError("no"), ConnectError("no"), ("connection", "failed", 503)),
        (InternalServerError("no"), None, ("server_error", "failed", 500)),
        (RateLimitError("no"), ConnectError("no"), ("rate_limit", "failed", 429)),
    ],
)
def test_errors_without_an_answer(
    error: Exception, cause: Exception | None, expected: tuple[str, str, int]
) -> None:
    """LiteLLM gives a status to everything; what the error was made of says what happened."""
    failure = LiteLLM().failure(caused(error, cause))

    assert (failure.error_code, failure.outcome, failure.status_code) == expected


def test_retry_after() -> None:
    """LiteLLM keeps the headers of the answer."""
    error = RateLimitError("no")
    error.litellm_response_headers = {"retry-after": "7"}  # type: ignore[attr-defined]

    assert LiteLLM().failure(error).retry_after == 7.0

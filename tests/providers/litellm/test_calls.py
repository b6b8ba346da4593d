"""LiteLLM's functions: their arguments as requests, and what reads their answers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.values import Arguments, Request, Response, Target, Usage
from hilt.providers._chat_messages import message_of
from hilt.providers._embeddings import input_message
from hilt.providers.litellm.calls import FUNCTIONS, kept_usage

HELLO = [{"role": "user", "content": "Hello"}]
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def read(name: str, *args: Any, **kwargs: Any) -> Request:
    """The request of a call."""
    target = Target("litellm.main", f"{name}.original_function")
    return FUNCTIONS[name].read(Arguments(target, None, args, kwargs))


@pytest.mark.parametrize("positional", [True, False])
def test_chat(positional: bool) -> None:
    """The messages, wherever they stand, and the parameters; keys are not read."""
    options = {"temperature": 0.5, "api_key": "SECRET"}
    if positional:
        request = read("completion", "gpt-4o", HELLO, **options)
    else:
        request = read("completion", model="gpt-4o", messages=HELLO, **options)

    assert request == Request(
        "chat",
        "",
        messages=HELLO,
        read=message_of,
        attributes={"gen_ai.request.temperature": 0.5},
    )


def test_text() -> None:
    """Each prompt is an input."""
    assert read("text_completion", ["Once", "Twice"], max_tokens=9) == Request(
        "text_completion",
        "",
        messages=["Once", "Twice"],
        read=input_message,
        attributes={"gen_ai.request.max_tokens": 9},
    )


def test_embedding() -> None:
    """Inputs and dimensions."""
    assert read("embedding", "m", ["One."], 256) == Request(
        "embeddings",
        "",
        messages=["One."],
        read=input_message,
        attributes={"gen_ai.embeddings.dimension.count": 256},
    )


def test_rerank() -> None:
    """Query, documents and how many to return."""
    request = read("rerank", "m", "Which?", ["One."], top_n=1)

    assert request.messages == [{"role": "user", "parts": [{"type": "text", "content": "Which?"}]}]
    assert (request.documents, request.attributes) == (["One."], {"gen_ai.retrieval.top_k": 1})


def test_responses() -> None:
    """The input, and what else the responses API has."""
    request = read("responses", "Hi", "gpt-4o", instructions="Be brief.")

    assert (request.operation, request.model) == ("chat", "gpt-4o")
    assert request.messages == [{"role": "user", "content": "Hi"}]
    assert request.instructions == [{"type": "text", "content": "Be brief."}]


def test_model_is_an_argument_of_each() -> None:
    """Where it stands."""
    assert {name: function.model_index for name, function in FUNCTIONS.items()} == {
        "completion": 0, "text_completion": 1, "responses": 1, "embedding": 0, "rerank": 0,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["completion", "text_completion"])
@pytest.mark.parametrize(
    ("sent", "usage"),
    [
        (USAGE, Usage(3, 2, 5)),
        ({**USAGE, "cache_creation_input_tokens": 7}, Usage(3, 2, 5, cache_write_tokens=7)),
        ({**USAGE, "cache_creation_input_tokens": 0}, Usage(3, 2, 5)),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, None),
        (None, None),
    ],
)
def test_counts(name: str, sent: Any, usage: Usage | None) -> None:
    """LiteLLM adds zeros where the provider sent nothing, and keeps cache writes elsewhere."""
    response = FUNCTIONS[name].surface.response({"usage": sent})

    assert (response.usage, response.raw_usage) == (usage, sent if usage else None)


@pytest.mark.parametrize(
    ("model", "searches"),
    [
        ("gemini-2.5-flash", 1),
        ("gemini/gemini-2.0-flash", 1),
        ("gemini-3-pro-preview", 2),
        ("grok-4", 2),
        (None, 2),
    ],
)
def test_searches_are_those_that_are_paid(model: str | None, searches: int) -> None:
    """Of Gemini before 3 a prompt, however many queries it took; also in the end of a stream."""
    usage = {**USAGE, "prompt_tokens_details": {"web_search_requests": 2}}
    surface = FUNCTIONS["completion"].surface
    response = surface.response({"model": model, "usage": usage})
    delta = surface.delta({"model": model, "choices": [], "usage": usage})

    assert response.raw_usage == usage
    for each in (response, delta.response if delta else None):
        assert each is not None
        assert each.usage == Usage(3, 2, 5, units={"web_searches": searches})


def test_ranked_documents() -> None:
    """They have Cohere's shape."""
    body = {"id": "r1", "results": [{"index": 1, "relevance_score": 0.9}]}

    assert FUNCTIONS["rerank"].surface.response(body) == Response(
        id="r1", documents=[{"index": 1, "score": 0.9}]
    )


BEGUN = {"prompt_tokens": 8, "completion_tokens": 1, "total_tokens": 9}
ENDED = {"prompt_tokens": 0, "completion_tokens": 7, "total_tokens": 7}


@pytest.mark.parametrize(
    ("sent", "usage"),
    [
        ([], None),
        ([None, USAGE], USAGE),
        ([{**USAGE, "completion_tokens": 1, "total_tokens": 4}, USAGE, None], USAGE),
        ([BEGUN, None, ENDED], {"prompt_tokens": 8, "completion_tokens": 7}),
    ],
)
def test_usage_that_a_stream_keeps(sent: list[Any], usage: dict[str, int] | None) -> None:
    """The last counts, or the pieces together, without a total that is one of a piece."""
    chunks = [object(), *(SimpleNamespace(usage=each) for each in sent)]

    assert kept_usage(chunks) == usage

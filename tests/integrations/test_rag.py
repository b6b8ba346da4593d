"""A question, what was found for it and the answer, logged by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hilt.core.exceptions import ConfigurationError
from hilt.core.ids_and_times import conversation_id_of
from hilt.integrations.openai import alog_rag_interaction, log_rag_interaction
from hilt.testing.provider import Provider

_DOCUMENTS = [{"id": "doc-1", "text": "Alpha doc"}, {"id": "doc-2", "text": "Beta doc"}]


def test_answer_at_hand_is_logged_with_links_scores_and_cost(logged: Any) -> None:
    """Prompt, retrieval and completion are one conversation, each a reply to the prompt."""
    returned = log_rag_interaction(
        logged.session,
        user_message="What is alpha?",
        answer="Alpha is a letter.",
        retrieved_documents=_DOCUMENTS,
        scores=[0.91, 0.5],
        prompt_tokens=40,
        completion_tokens=12,
        session_id="rag",
        latency_ms=120,
    )

    prompt, retrieval, completion = logged.dicts
    assert [event.event_id for event in returned] == [each["event_id"] for each in logged.dicts]
    assert logged.outline == [
        ("prompt", "What is alpha?", None),
        ("retrieval", None, "prompt"),
        ("completion", "Alpha is a letter.", "prompt"),
    ]
    assert {each["session_id"] for each in logged.dicts} == {conversation_id_of("rag")}
    assert retrieval == {
        "hilt_version": "1.0.0",
        "event_id": retrieval["event_id"],
        "timestamp": retrieval["timestamp"],
        "session_id": prompt["session_id"],
        "actor": {"type": "tool", "id": "retrieval"},
        "action": "retrieval",
        "content": {
            "documents": [
                {"id": "doc-1", "text": "Alpha doc", "score": 0.91},
                {"id": "doc-2", "text": "Beta doc", "score": 0.5},
            ]
        },
        "extensions": {"reply_to": prompt["event_id"], "documents": 2, "score": 0.91},
    }
    assert completion["metrics"] == {
        "tokens": {"prompt": 40, "completion": 12, "total": 52},
        "cost_usd": pytest.approx(40 * 0.15e-6 + 12 * 0.6e-6),
    }
    assert completion["extensions"]["latency_ms"] == 120


def test_what_was_not_measured_is_not_said(logged: Any) -> None:
    """Without counts there is no cost, and without a time no latency."""
    log_rag_interaction(
        logged.session, user_message="Q", answer="A", retrieved_documents=["bare text"]
    )

    completion = logged.only("completion")
    assert "metrics" not in completion
    assert "latency_ms" not in completion["extensions"]
    assert completion["extensions"]["cost_unknown"] == "the provider sent no usage"
    assert logged.only("retrieval")["content"]["documents"] == [{"text": "bare text"}]


def test_model_is_asked_with_the_documents(logged: Any, provider: Provider) -> None:
    """Without an answer the model is asked, and sees the documents."""
    openai = pytest.importorskip("openai")
    provider.answer("A letter.")

    with openai.OpenAI(base_url=provider.openai_url, api_key="k") as client:
        log_rag_interaction(
            logged.session, user_message="Alpha?", retrieved_documents=_DOCUMENTS, client=client
        )

    system, user = provider.requests[0].json["messages"]
    assert "Alpha doc\n\nBeta doc" in system["content"]
    assert user["content"] == "Alpha?"
    assert logged.actions == ["prompt", "retrieval", "completion"]
    assert logged.only("completion")["metrics"]["cost_usd"] > 0


def test_refused_call_is_logged_and_raised(logged: Any, provider: Provider) -> None:
    """An error while the model is asked ends the story with a system event."""
    openai = pytest.importorskip("openai")
    provider.fail(status=429)

    with (
        openai.OpenAI(base_url=provider.openai_url, api_key="k", max_retries=0) as client,
        pytest.raises(openai.RateLimitError),
    ):
        log_rag_interaction(
            logged.session, user_message="Alpha?", retrieved_documents=_DOCUMENTS, client=client
        )

    assert logged.actions == ["prompt", "retrieval", "system"]
    assert logged.only("system")["extensions"]["error_code"] == "rate_limit"


def test_async_kin_is_logged_and_raises(logged: Any, provider: Provider) -> None:
    """The asynchronous kin writes the same events, for an answer and for an error."""
    openai = pytest.importorskip("openai")
    provider.fail(status=429)

    async def main() -> None:
        async with openai.AsyncOpenAI(
            base_url=provider.openai_url, api_key="k", max_retries=0
        ) as client:
            asked = {"user_message": "Q", "retrieved_documents": _DOCUMENTS, "client": client}
            with pytest.raises(openai.RateLimitError):
                await alog_rag_interaction(logged.session, **asked)
            await alog_rag_interaction(logged.session, **asked)

    asyncio.run(main())

    first, second = logged.actions[:3], logged.actions[3:]
    assert first == ["prompt", "retrieval", "system"]
    assert second == ["prompt", "retrieval", "completion"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"scores": [0.5]}, "scores: 1 for 2 documents; give one for each"),
        ({"scores": [0.5, "high"]}, r"scores\[1\]: 'high' is not a number"),
        ({"scores": 0.5}, "scores: 0.5 is not a list"),
        ({"retrieved_documents": "text"}, "retrieved_documents: 'text' is not a list"),
        ({"retrieved_documents": [3]}, r"retrieved_documents\[0\]: 3 is not a document; give"),
        ({"answer": 3}, "answer: 3 is not text; None asks the model"),
        ({"prompt_tokens": "5"}, "prompt_tokens: '5' is not a number of tokens"),
        ({"user_message": None}, "user_message: None is not text"),
    ],
)
def test_wrong_argument_is_refused(logged: Any, wrong: Any, said: str) -> None:
    """A wrong argument is said before anything is logged."""
    right = {"user_message": "Q", "answer": "A", "retrieved_documents": _DOCUMENTS}

    with pytest.raises(ConfigurationError, match=said):
        log_rag_interaction(logged.session, **{**right, **wrong})

    assert logged.events == []

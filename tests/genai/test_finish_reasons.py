"""Tests for what finish reasons mean."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.finish_reasons import finish_reason_of, judge, outcome_of
from hilt.genai.outcome import ERROR_CODES
from hilt.genai.values import Failure, Response

OUTCOMES = {
    "completed": (
        "stop end_turn FinishReason.STOP STOP COMPLETE eos FINISHED tool_use tool_calls pause_turn"
        " load STOP_CRITERIA_MET SUCCESS requires_action"
    ),
    "length": (
        "max_tokens MAX_TOKENS LENGTH model_length ERROR_LIMIT model_context_window_exceeded"
        " incomplete continuation requires_continuation budget_exceeded"
    ),
    "filtered": (
        "content_filter CONTENT_FILTERED SAFETY RECITATION PROHIBITED_CONTENT BLOCKLIST SPII"
        " LANGUAGE IMAGE_SAFETY guardrail_intervened refusal ERROR_TOXIC sensitive MODEL_ARMOR"
        " ESCALATION"
    ),
    "failed": (
        "error ERROR TIMEOUT OTHER MALFORMED_FUNCTION_CALL UNEXPECTED_TOOL_CALL NO_IMAGE"
        " malformed_model_output malformed_tool_use insufficient_system_resource network_error"
        " TOO_MANY_TOOL_CALLS MISSING_THOUGHT_SIGNATURE PUP_LIMITED_DISABLED"
    ),
    "cancelled": "USER_CANCEL abort",
}
REASONS = [(reason, outcome) for outcome, text in OUTCOMES.items() for reason in text.split()]
TEXT = {"type": "text", "content": "Half"}


def answer(reason: str, *parts: dict[str, Any]) -> Response:
    """An answer that ended for a reason."""
    response = Response()
    response.add_choice({"role": "assistant", "parts": list(parts)}, reason)
    return response


@pytest.mark.parametrize(("reason", "outcome"), REASONS)
def test_every_provider_s_reasons_have_their_outcome(reason: str, outcome: str) -> None:
    """And a code of the contract, where they mean a failure."""
    response = answer(reason, TEXT)

    assert judge(response) == outcome_of([reason]) == outcome
    assert (response.failure is not None) == (outcome in ("failed", "cancelled"))
    assert response.failure is None or response.failure.error_code in ERROR_CODES


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("end_turn", "stop"),
        ("MAX_TOKENS", "length"),
        ("tool_use", "tool_call"),
        ("SAFETY", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "error"),
        ("something new", "something new"),
    ],
)
def test_reasons_have_the_conventions_names(reason: str, name: str) -> None:
    """One that the conventions have no name for stays as it is."""
    assert finish_reason_of(reason) == name


def test_an_unknown_reason_with_content_is_complete() -> None:
    """What came is an answer, and the reason stands beside it."""
    response = answer("something new", TEXT)

    assert (judge(response), response.failure) == ("completed", None)


@pytest.mark.parametrize("parts", [[], [{"type": "text", "content": ""}]])
def test_an_unknown_reason_without_content_is_a_failure(parts: list[dict[str, Any]]) -> None:
    """Nothing shows that such an answer is complete."""
    response = answer("something new", *parts)

    assert judge(response) == "failed"
    assert response.failure is not None
    assert (response.failure.error_code, response.failure.provider_code) == (
        "unknown",
        "something new",
    )


def test_an_answer_without_a_reason_is_complete() -> None:
    """Some APIs have none."""
    assert judge(Response()) == outcome_of([]) == "completed"


@pytest.mark.parametrize("reason", ["stop", "pause_turn", "load"])
def test_an_empty_answer_may_be_complete(reason: str) -> None:
    """The model had nothing to say, or nothing to do."""
    assert judge(answer(reason)) == "completed"


def test_what_the_adapter_says_counts_more() -> None:
    """It knows what its provider means by a reason."""
    response = answer("error", TEXT)
    response.outcome = "filtered"

    assert judge(response) == "filtered"


def test_outcome_is_that_of_the_first_choice() -> None:
    """Whatever became of the others."""
    assert outcome_of(["length", "stop"]) == "length"
    assert outcome_of(["stop", "length"]) == "completed"


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("NETWORK_ERROR", Failure(
            "server_error", "NETWORK_ERROR",
            "the answer ended, with the finish reason 'NETWORK_ERROR'",
            provider_code="NETWORK_ERROR")),
        ("abort", Failure(
            "cancelled", "abort", "the answer ended, with the finish reason 'abort'", 499,
            "cancelled", provider_code="abort")),
        ("new", Failure(
            "unknown", "new", "the answer is empty, with the finish reason 'new'",
            provider_code="new")),
    ],
)  # fmt: skip
def test_failure_that_a_reason_means(reason: str, failure: Failure) -> None:
    """It says which reason that was; only what was cancelled has a status."""
    response = answer(reason)

    assert judge(response) == failure.outcome
    assert response.failure == failure


@pytest.mark.parametrize(
    ("choices", "outcome"),
    [
        ([[], [TEXT]], "failed"),
        ([[TEXT], []], "completed"),
        ([[{"type": "tool_call", "name": "f"}]], "completed"),
        ([[{"type": "text"}, TEXT]], "completed"),
        ([], "completed"),
    ],
)
def test_answer_is_empty_if_its_first_choice_is(
    choices: list[list[dict[str, Any]]], outcome: str
) -> None:
    """Anything in it is an answer; and where no choice came, nothing was left empty."""
    response = Response(finish_reasons=["new"])
    response.messages = [{"role": "assistant", "parts": parts} for parts in choices]

    assert judge(response) == outcome
    assert (response.failure is not None) == (outcome == "failed")


def test_failure_that_the_answer_reports_counts_most() -> None:
    """Whatever reason stands beside it, and whatever outcome the adapter found."""
    reported = Failure("timeout", "Expired", outcome="timeout")
    response = Response(failure=reported, outcome="filtered", finish_reasons=["abort"])

    assert judge(response) == "timeout"
    assert response.failure is reported

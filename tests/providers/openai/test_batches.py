"""Why a request of a batch was not answered."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Failure
from hilt.providers.openai.batches import _failure_of, _failure_of_answer, _kind_of


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        ({"code": "batch_expired", "message": "Late."},
         Failure("timeout", "batch_expired", "Late.", 408, "timeout",
                 provider_code="batch_expired")),
        ({"code": "batch_cancelled"},
         Failure("cancelled", "batch_cancelled", "", 499, "cancelled",
                 provider_code="batch_cancelled")),
        ({"code": "odd", "message": "No."},
         Failure("unknown", "odd", "No.", provider_code="odd")),
        ({"message": None}, Failure("unknown", "error", "", provider_code="error")),
        ("odd", Failure("unknown", "error", "", provider_code="error")),
    ],
)  # fmt: skip
def test_request_that_was_not_made(error: object, failure: Failure) -> None:
    """By its code; a message may be missing."""
    assert _failure_of(error) == failure


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"body": {"error": {"code": "c", "type": "t", "message": "m"}}, "request_id": "r"},
         ("c", "m", "c", "r")),
        ({"body": {"error": {"type": "t"}}}, ("t", "", "t", None)),
        ({"body": {"error": {"code": 7}}}, ("7", "", "7", None)),
        ({}, ("error", "", None, None)),
    ],
)  # fmt: skip
def test_request_that_was_refused(answer: Any, expected: tuple[Any, ...]) -> None:
    """By its status, with the code or else the type of the error."""
    found = _failure_of_answer(429, answer)

    assert (found.error_code, found.status_code) == ("rate_limit", 429)
    assert (found.error_type, found.message, found.provider_code, found.request_id) == expected


@pytest.mark.parametrize(
    ("body", "operation"),
    [
        ({"object": "response"}, "chat"),
        ({"object": "chat.completion"}, "chat"),
        ({"object": "list", "data": []}, "embeddings"),
        ({"results": []}, "moderation"),
        ({"data": []}, "generate_content"),
        ({}, "chat"),
        (None, "chat"),
    ],
)
def test_kind_of_an_answer(body: object, operation: str) -> None:
    """By what it says it is, and else by what it has."""
    assert _kind_of(body)[0] == operation

"""Tests for why a foreign call failed."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Failure
from hilt_otel_exporters.dialects.failures import failure_of
from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import record


def failure(
    error_type: str | None = None,
    *,
    raised: str | None = None,
    text: str = "",
    status: str = "ERROR",
    fields: dict[str, Any] | None = None,
    error_text: str | None = None,
) -> Failure | None:
    """What a span says of its failure: by an error type, by an exception or by its status."""
    event = {"exception.type": raised, "exception.message": text}
    span = record(
        {},
        status=status,
        status_text="" if raised else text,
        events=[SpanEvent("exception", 0, event)] if raised else [],
    )
    named = {} if error_type is None else {"error.type": error_type}
    return failure_of(span, {**named, **(fields or {})}, error_text)


@pytest.mark.parametrize(
    ("error_type", "raised", "expected"),
    [
        ("RateLimitError", "openai.RateLimitError", None),
        ("openai.RateLimitError", None, None),
        ("overloaded_error", "anthropic.OverloadedError", "overloaded_error"),
    ],
)
def test_code_of_the_provider(error_type: str, raised: str | None, expected: str | None) -> None:
    """The name of the exception's class is none."""
    found = failure(error_type, raised=raised)

    assert found is not None
    assert found.provider_code == expected


@pytest.mark.parametrize(
    ("error_type", "raised", "text", "expected"),
    [
        ("429", None, "", ("rate_limit", 429, "429")),
        ("openai.RateLimitError", None, "Error code: 429 - x", ("rate_limit", 429, "openai.RateLimitError")),
        ("RateLimitError", "openai.RateLimitError", "", ("rate_limit", None, "openai.RateLimitError")),
        (None, "Exception", "TimeoutError('too slow')", ("timeout", None, "TimeoutError")),
        (None, "my.Error", "HTTP 503", ("overloaded", 503, "my.Error")),
        ("<class 'a.b.ServiceError'>", None, "", ("unknown", None, "a.b.ServiceError")),
        ("overloaded_error", None, "", ("overloaded", None, "overloaded_error")),
        (None, "asyncio.CancelledError", "", ("cancelled", None, "asyncio.CancelledError")),
        ("ValidationException", None, "", ("invalid_request", None, "ValidationException")),
        (None, "pydantic_core.ValidationError", "", ("unknown", None, "pydantic_core.ValidationError")),
        (None, "ResponseValidationError", "", ("unknown", None, "ResponseValidationError")),
        (None, None, "", ("unknown", None, "error")),
        (None, None, "invalid API key", ("authentication", None, "error")),
    ],
)  # fmt: skip
def test_failure_is_read_from_wherever_it_is(
    error_type: str | None,
    raised: str | None,
    text: str,
    expected: tuple[str, int | None, str],
) -> None:
    """Error types qualified, bare, printed or missing give a code, a status and a class."""
    found = failure(error_type, raised=raised, text=text)

    assert found is not None
    assert (found.error_code, found.status_code, found.error_type) == expected


def test_whole_failure() -> None:
    """Message, status and request id; the name that the provider has for it is kept."""
    fields = {"http.response.status_code": 529, "gen_ai.response.request_id": "req-1"}
    found = failure("overloaded_error", raised="my.APIError", text="busy", fields=fields)

    assert found == Failure(
        error_code="overloaded",
        error_type="my.APIError",
        message="busy",
        status_code=529,
        provider_code="overloaded_error",
        request_id="req-1",
    )


@pytest.mark.parametrize(
    ("error_type", "status", "fails"),
    [
        (None, "UNSET", False),
        ("ValueError", "UNSET", True),
        ("ValueError", "OK", False),
        ("_OTHER", "ERROR", False),
        (None, "ERROR", True),
    ],
)
def test_what_is_a_failure(error_type: str | None, status: str, fails: bool) -> None:
    """A status of OK says that none is; ``_OTHER`` is how a stream ends that was left."""
    assert (failure(error_type, status=status) is not None) is fails


def test_emitter_may_have_a_text_of_its_own() -> None:
    """It is the message where the span has none, and makes a failure by itself."""
    found = failure(status="UNSET", error_text="Error code: 401 - no")
    other = failure(text="from the status", error_text="of its own")

    assert found is not None
    assert (found.error_code, found.message) == ("authentication", "Error code: 401 - no")
    assert other is not None
    assert other.message == "from the status"


def test_traceback_is_no_part_of_a_message() -> None:
    """Some append it to the text."""
    found = failure(text="bad\n\nTraceback (most recent call last):\n  File ...")

    assert found is not None
    assert found.message == "bad"


def test_credential_in_an_error_is_removed() -> None:
    """A key that an error message quotes does not get into the log."""
    found = failure(text="bad key sk-abcdefghij0123456789")

    assert found is not None
    assert "abcdefghij" not in found.message


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [("httpx.ReadTimeout", "timeout"), ("asyncio.CancelledError", "cancelled"), ("E.x", "failed")],
)
def test_outcome_goes_by_the_code(raised: str, outcome: str) -> None:
    """A call that timed out or was cancelled has an outcome of its own."""
    found = failure(raised=raised)

    assert found is not None
    assert found.outcome == outcome


@pytest.mark.parametrize(
    ("http", "text", "status"),
    [(200, "Error code: 429 - slow down", 429), (200, "no answer", None), (503, "", 503)],
)
def test_what_was_answered_is_not_the_status_of_a_failure(
    http: int, text: str, status: int | None
) -> None:
    """An outer span may have 200 beside the refusal."""
    found = failure(text=text, fields={"http.response.status_code": http})

    assert found is not None
    assert found.status_code == status


@pytest.mark.parametrize(("status", "fails"), [("UNSET", True), ("OK", False)])
def test_a_refusal_is_a_failure_unless_the_span_says_otherwise(status: str, fails: bool) -> None:
    """Some set the HTTP status alone."""
    found = failure(status=status, fields={"http.response.status_code": 429})

    assert (found is not None) == fails

"""What Google's exceptions and error responses say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.providers._speakeasy import SpeakeasyErrorResponse
from hilt.providers.gemini.errors import failure_of, retry_delay

INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "12s"}
ERROR = {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"reason": "x"}, INFO]}


class APIError(Exception):
    """As google-genai's."""

    def __init__(self, details: Any) -> None:
        super().__init__("429 RESOURCE_EXHAUSTED")
        self.code, self.details = 429, details


@pytest.mark.parametrize("details", [ERROR, {"error": ERROR}, [{"error": ERROR}]])
def test_error_of_the_sdk(details: Any) -> None:
    """Google's own name for it, and when to try again, however deep they stand."""
    failure = failure_of(APIError(details))

    assert (failure.error_code, failure.status_code, failure.provider_code) == (
        "rate_limit", 429, "RESOURCE_EXHAUSTED",
    )  # fmt: skip
    assert failure.retry_after == 12.0


@pytest.mark.parametrize(
    ("status", "name"),
    [(400, "BadRequestError"), (429, "RateLimitError"), (418, "APIStatusError"),
     (503, "InternalServerError")],
)  # fmt: skip
def test_error_response_of_an_interaction(status: int, name: str) -> None:
    """It has the type of the exception that the SDK is about to raise."""
    http = SimpleNamespace(status_code=status, headers={})
    body = b'{"error": {"status": "SOME_NAME"}}'
    failure = failure_of(SpeakeasyErrorResponse(http, body))

    assert failure.error_type == f"google.genai.lib.compat_errors.{name}"
    assert (failure.status_code, failure.provider_code) == (status, "SOME_NAME")


@pytest.mark.parametrize(
    "details",
    [
        None,
        "text",
        {"details": []},
        {"details": [{"retryDelay": "soon"}]},
        {"details": [{"retryDelay": "1.x s"}]},
    ],
)
def test_no_retry_delay(details: Any) -> None:
    """What is no duration is not one."""
    assert retry_delay(details) is None

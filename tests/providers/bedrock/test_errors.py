"""What botocore's exceptions say."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.providers.bedrock.errors import failure_of


class ClientError(Exception):
    """As botocore's."""

    def __init__(self, code: Any = None, status: int | None = None, **metadata: Any) -> None:
        super().__init__(f"An error occurred ({code})")
        metadata = {**({} if status is None else {"HTTPStatusCode": status}), **metadata}
        self.response = {"Error": {"Code": code}, "ResponseMetadata": metadata}


class EventStreamError(ClientError):
    """As botocore's, for an error in a stream."""


class NoCredentialsError(Exception):
    """As botocore's."""


class ResponseStreamingError(Exception):
    """As botocore's."""


@pytest.mark.parametrize(
    ("error", "error_code", "status"),
    [
        (ClientError("ThrottlingException", 429), "rate_limit", 429),
        (ClientError("ThrottlingException"), "rate_limit", 429),
        (ClientError("ExpiredTokenException", 403), "authentication", 403),
        (ClientError("AccessDeniedException", 403), "permission_denied", 403),
        (ClientError("ValidationException", 400), "invalid_request", 400),
        (ClientError("ModelTimeoutException", 408), "timeout", 408),
        (ClientError("NewException", 503), "overloaded", 503),
        (ClientError("NewException"), "unknown", None),
        (EventStreamError("modelStreamErrorException", 400), "server_error", 424),
        (EventStreamError("newException", 400), "unknown", None),
    ],
)
def test_code_of_the_service(error: ClientError, error_code: str, status: int | None) -> None:
    """It decides; in a stream, the status that botocore makes up does not count."""
    failure = failure_of(error)

    assert (failure.error_code, failure.status_code, failure.outcome) == (
        error_code, status, "failed",
    )  # fmt: skip
    assert failure.provider_code == error.response["Error"]["Code"]


def test_attempts() -> None:
    """The SDK counts its retries."""
    assert failure_of(ClientError("ThrottlingException", 429, RetryAttempts=3)).attempts == 4
    assert failure_of(ClientError("ThrottlingException", 429)).attempts is None


def test_caller_without_credentials() -> None:
    """Nothing was sent, so there is no status."""
    failure = failure_of(NoCredentialsError("Unable to locate credentials"))

    assert (failure.error_code, failure.status_code, failure.outcome) == (
        "authentication", None, "failed",
    )  # fmt: skip


def test_connection_that_broke_in_a_stream() -> None:
    """It is a connection's failure."""
    failure = failure_of(ResponseStreamingError("Connection broken"))

    assert (failure.error_code, failure.status_code) == ("connection", 503)

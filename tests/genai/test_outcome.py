"""Tests for endings: finish reasons, outcomes, error codes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from hilt.genai.outcome import (
    ERROR_CODES,
    error_code_of_status,
    failure_in_body,
    failure_of,
    qualified_name,
    without_secrets,
)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "invalid_request"), (401, "authentication"), (403, "permission_denied"),
        (404, "not_found"), (408, "timeout"), (418, "invalid_request"), (429, "rate_limit"),
        (500, "server_error"), (502, "server_error"), (503, "overloaded"), (529, "overloaded"),
        (None, "unknown"),
    ],
)  # fmt: skip
def test_error_codes(status: int | None, code: str) -> None:
    """Every status has a code of the contract."""
    assert error_code_of_status(status) == code
    assert code in ERROR_CODES


class StatusError(Exception):
    """An SDK's exception with a status."""

    def __init__(self, **fields: Any) -> None:
        super().__init__("it failed")
        self.__dict__.update(fields)


class ReadTimeout(Exception):  # noqa: N818 # as httpx names it
    """As httpx names it."""


def chained_by(error: Exception, cause: BaseException) -> Exception:
    """An exception with a cause: httpx-aiohttp calls a refused connection a time-out."""
    error.__cause__ = cause
    return error


def chained(cause: BaseException) -> Exception:
    """An SDK's exception with a cause."""
    error = Exception("Connection error.")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code", "status", "outcome"),
    [
        (StatusError(status_code=429), "rate_limit", 429, "failed"),
        (StatusError(http_status=401), "authentication", 401, "failed"),
        (StatusError(status_code=408), "timeout", 408, "failed"),
        (StatusError(response={"ResponseMetadata": {"HTTPStatusCode": 400}}), "invalid_request", 400, "failed"),
        (StatusError(code="not a number"), "unknown", None, "failed"),
        (TimeoutError("slow"), "timeout", 408, "timeout"),
        (chained(ReadTimeout()), "timeout", 408, "timeout"),
        (chained(ConnectionResetError()), "connection", 503, "failed"),
        (chained(chained_by(ReadTimeout(), ConnectionRefusedError())), "connection", 503, "failed"),
        (asyncio.CancelledError(), "cancelled", 499, "cancelled"),
        (KeyboardInterrupt(), "cancelled", 499, "cancelled"),
        (json.JSONDecodeError("Expecting value", "", 0), "unknown", None, "failed"),
    ],
)  # fmt: skip
def test_failures(error: BaseException, code: str, status: int | None, outcome: str) -> None:
    """What an exception of any SDK says."""
    failure = failure_of(error)

    assert (failure.error_code, failure.status_code, failure.outcome) == (code, status, outcome)
    assert failure.error_type


def test_retry_after_and_request_id_come_from_the_headers() -> None:
    """Where the SDK has no field for them."""

    class Response:
        headers = {"retry-after": "2.5", "x-request-id": "req_1"}  # noqa: RUF012 # a stand-in

    failure = failure_of(StatusError(status_code=429, response=Response()))

    assert (failure.retry_after, failure.request_id) == (2.5, "req_1")


def test_names_leave_private_modules_out() -> None:
    """As the SDKs' own documentation names them."""
    assert qualified_name(ValueError()) == "ValueError"
    assert qualified_name(type("Odd", (Exception,), {"__module__": "_private"})()) == "Odd"
    assert qualified_name(json.JSONDecodeError("", "", 0)) == "json.decoder.JSONDecodeError"


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefghijklmnop1234", "AIzaSyA1234567890abcdefghijkl", "gsk_abcdefghijklmnop1234",
        "https://example.com/v1?key=verysecretvalue", "Bearer abcdef.ghijkl",
    ],
)  # fmt: skip
def test_messages_lose_their_secrets(secret: str) -> None:
    """Providers repeat keys in their errors; a log does not."""
    shown = without_secrets(f"Wrong: {secret} here")

    assert secret.rpartition("=")[2].rpartition(" ")[2] not in shown
    assert "[redacted]" in shown


def test_long_messages_are_cut() -> None:
    """An error that repeats a whole prompt does not fill the log."""
    assert len(without_secrets("x" * 10_000)) < 2_100


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        ({"code": 502, "message": "upstream"}, "server_error", 502),
        ({"code": "429", "message": "slow down"}, "rate_limit", 429),
        ({"code": "rate_limit_exceeded"}, "rate_limit", None),
        ({"type": "overloaded_error", "message": "busy"}, "overloaded", None),
        ({"status": "RESOURCE_EXHAUSTED"}, "rate_limit", None),
        ("over_capacity", "overloaded", None),
        ("something else", "unknown", None),
    ],
)
def test_errors_in_a_body(error: Any, code: str, status: int | None) -> None:
    """By their status, or by the name that the provider gives them."""
    failure = failure_in_body(error)

    assert failure is not None
    assert (failure.error_code, failure.status_code) == (code, status)
    assert failure.error_code in ERROR_CODES


@pytest.mark.parametrize("name", ["trio.Cancelled", "greenlet.GreenletExit"])
def test_what_trio_and_gevent_raise_is_a_cancellation(name: str) -> None:
    """Neither is a class of the standard library's, and nothing but its name says what it is."""
    module, _, cls = name.rpartition(".")
    error = type(cls, (BaseException,), {"__module__": module})()

    failure = failure_of(error)

    assert (failure.error_code, failure.outcome, failure.status_code) == (
        "cancelled",
        "cancelled",
        499,
    )


def test_credentials_of_the_environment_are_in_no_message(monkeypatch):
    """Whoever reports the error: an SDK, a framework or a span of another library."""
    monkeypatch.setenv("GATEWAY_API_KEY", "no.prefix~at~all")

    assert failure_of(ValueError("<no.prefix~at~all>")).message == "<[redacted]>"
    assert failure_in_body("<no.prefix~at~all>").message == "<[redacted]>"

"""Tests for endings: finish reasons, outcomes, error codes."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
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
from hilt.genai.values import Failure


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


def beside(handled: BaseException, error: Exception | None = None) -> Exception:
    """An exception that was raised while another was handled, and not because of it."""
    error = error or ValueError("no number")
    error.__context__ = handled
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
        (beside(TimeoutError()), "unknown", None, "failed"),
        (beside(ConnectionResetError(), chained_by(ValueError(), KeyError())), "unknown", None, "failed"),
        (chained(chained(chained(TimeoutError()))), "timeout", 408, "timeout"),
        (chained(chained(chained(chained(TimeoutError())))), "unknown", None, "failed"),
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


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (402, "permission_denied"), (405, "invalid_request"), (409, "invalid_request"),
        (413, "invalid_request"), (422, "invalid_request"), (424, "invalid_request"),
        (499, "cancelled"), (504, "timeout"), (501, "server_error"), (599, "server_error"),
        (498, "overloaded"), (497, "invalid_request"), (300, "invalid_request"),
    ],
)  # fmt: skip
def test_error_codes_of_rare_statuses(status: int, code: str) -> None:
    """What is not known by its number is a fault of the server from 500 up, else of the request."""
    assert error_code_of_status(status) == code


@pytest.mark.parametrize(
    ("fields", "code", "status"),
    [
        ({"status_code": 400}, "invalid_request", 400),
        ({"status_code": 399}, "unknown", 399),
        ({"status_code": 200}, "unknown", 200),
        ({"status_code": 599}, "server_error", 599),
        ({"status_code": 100}, "unknown", 100),
        ({"status_code": 99}, "unknown", None),
        ({"status_code": 600}, "unknown", None),
        ({"status_code": True, "status": 429}, "rate_limit", 429),
        ({"status_code": "429", "code": 401}, "authentication", 401),
        ({"response": SimpleNamespace(status_code=403)}, "permission_denied", 403),
        ({"response": {"ResponseMetadata": None}}, "unknown", None),
        ({"response": {}}, "unknown", None),
        ({"response": None, "status": 404}, "not_found", 404),
    ],
)
def test_status_that_an_exception_carries(
    fields: dict[str, Any], code: str, status: int | None
) -> None:
    """In the first field that has one; an answer that was no error says nothing of the cause."""
    failure = failure_of(StatusError(**fields))

    assert (failure.error_code, failure.status_code) == (code, status)


class Headers:
    """As of an HTTP library."""

    def __init__(self, **values: object) -> None:
        self._values = {name.replace("_", "-"): value for name, value in values.items()}

    def get(self, name: str) -> object:
        """A header."""
        return self._values.get(name)


@pytest.mark.parametrize(
    ("fields", "retry_after", "request_id"),
    [
        ({}, None, None),
        ({"response": SimpleNamespace(headers=None)}, None, None),
        ({"response": SimpleNamespace(headers=Headers(retry_after="3"))}, 3.0, None),
        ({"response": SimpleNamespace(headers=Headers(retry_after=3))}, None, None),
        (
            {"response": SimpleNamespace(headers=Headers(
                retry_after="Wed, 21 Oct 2026 07:28:00 GMT", request_id="r"))},
            None, "r",
        ),
        (
            {"response": SimpleNamespace(headers=Headers(x_request_id=b"no", x_amzn_requestid="a"))},
            None, "a",
        ),
        ({"response": {"ResponseMetadata": {"HTTPHeaders": {
            "retry-after": "1", "x-amzn-requestid": "b"}}}}, 1.0, "b"),
        ({"response": {"ResponseMetadata": None}}, None, None),
        (
            {"request_id": "own", "response": SimpleNamespace(headers=Headers(request_id="r"))},
            None, "own",
        ),
        (
            {"request_id": 5, "response": SimpleNamespace(headers=Headers(request_id="r"))},
            None, "r",
        ),
    ],
)  # fmt: skip
def test_what_the_headers_of_an_error_say(
    fields: dict[str, Any], retry_after: float | None, request_id: str | None
) -> None:
    """A date is no number of seconds, and the SDK's own field comes first."""
    failure = failure_of(StatusError(**fields))

    assert (failure.retry_after, failure.request_id) == (retry_after, request_id)


def causes(*names: str) -> Exception:
    """An exception with a chain of causes, each of a class with a name."""
    error = first = Exception("it failed")
    for name in names:
        error.__cause__ = cause = type(name, (Exception,), {})()
        error = cause
    return first


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (causes(), "unknown"),
        (causes("Odd", "ConnectError"), "connection"),
        (causes("ReadTimeout", "Odd"), "timeout"),
        (causes("ConnectError", "PoolTimedOut"), "timeout"),
        (causes("Odd", "Odd", "SSLError"), "connection"),
        (causes("Odd", "Odd", "Odd", "SSLError"), "unknown"),
        (OSError("no route"), "connection"),
        (OSError(causes("Odd")), "connection"),
        (OSError(TimeoutError("read timed out")), "timeout"),  # as requests' ConnectionError
        (ValueError(OSError(TimeoutError())), "timeout"),
        (ValueError(OSError()), "connection"),
        (GeneratorExit(), "cancelled"),
        (SystemExit(), "cancelled"),
        (type("Cancelled", (Exception,), {"__module__": "other"})(), "unknown"),
        (type("Mine", (type("Cancelled", (Exception,), {"__module__": "trio._core"}),), {})(),
         "cancelled"),
    ],
)  # fmt: skip
def test_cause_knows_best(error: BaseException, code: str) -> None:
    """The first one, of the few that are looked at; and what a class is derived from."""
    assert failure_of(error).error_code == code


def test_whole_failure_of_an_exception() -> None:
    """Everything that a log says of it."""
    response = SimpleNamespace(headers={"retry-after": "2", "request-id": "r1"})

    assert failure_of(StatusError(status_code=504, response=response)) == Failure(
        "timeout", f"{StatusError.__module__}.StatusError", "it failed", 504, "failed",
        retry_after=2.0, request_id="r1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        ({"code": 502, "type": "upstream", "message": "m"},
         Failure("server_error", "upstream", "m", 502, provider_code="502")),
        ({"code": "rate_limit_exceeded"},
         Failure("rate_limit", "rate_limit_exceeded", "{'code': 'rate_limit_exceeded'}",
                 provider_code="rate_limit_exceeded")),
        ({"status": 404, "message": "m"}, Failure("not_found", "error", "m", 404)),
        ({"status": "NOT_FOUND", "type": 5, "message": "m"}, Failure("not_found", "5", "m")),
        ({"code": 0, "message": "overloaded"},
         Failure("overloaded", "error", "overloaded", provider_code="0")),
        ({"code": "odd", "type": "api_error", "message": "m"},
         Failure("server_error", "api_error", "m", provider_code="odd")),
        ({"code": True, "message": "m"}, Failure("unknown", "True", "m", provider_code="True")),
        (["m"], Failure("unknown", "error", "['m']")),
    ],
)  # fmt: skip
def test_whole_failure_of_a_body(error: object, failure: Failure) -> None:
    """By its status, else by the first of its names that means something."""
    assert failure_in_body(error) == failure


@pytest.mark.parametrize(
    ("code", "status"),
    [(400, 400), (399, None), (599, 599), (600, None), ("400", 400), ("4000", None), ("40", None),
     ("x400", None), (400.0, None)],
)  # fmt: skip
def test_code_that_is_a_status(code: object, status: int | None) -> None:
    """Of an error, with three digits."""
    failure = failure_in_body({"code": code})

    assert failure is not None
    assert failure.status_code == status


@pytest.mark.parametrize("nothing", [None, "", {}, []])
def test_body_without_an_error(nothing: object) -> None:
    """It reports none."""
    assert failure_in_body(nothing) is None


@pytest.mark.parametrize(("length", "shown"), [(2000, 2000), (2001, 2003)])
def test_longest_message(length: int, shown: int) -> None:
    """What is cut ends in an ellipsis."""
    message = without_secrets("x" * length)

    assert len(message) == shown
    assert message.endswith("...") is (length > 2000)


def test_names_of_classes() -> None:
    """With the package, without what is private in between."""
    nested = type("Odd", (Exception,), {"__module__": "sdk._base.errors", "__qualname__": "A.Odd"})

    assert qualified_name(nested()) == "sdk.errors.A.Odd"

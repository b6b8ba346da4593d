"""Failed requests: whether they were carried out, and whether to try again."""

from __future__ import annotations

import json

import pytest
import requests
from google.auth.exceptions import OAuthError, RefreshError, TransportError
from urllib3.exceptions import MaxRetryError, NewConnectionError

from hilt.io.sheets.errors import _from_iam, from_auth_error, from_network_error, from_response


def response(status: int, body: object = None, **headers: str) -> requests.Response:
    """An answer of the service."""
    made = requests.Response()
    made.status_code = status
    made._content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    made.headers.update(headers)
    return made


@pytest.mark.parametrize(
    ("status", "kind", "answered"),
    [
        (400, "refused", True),
        (401, "retryable", True),
        (403, "refused", True),
        (404, "refused", True),
        (408, "unknown", False),
        (409, "retryable", True),
        (429, "retryable", True),
        (500, "unknown", True),
        (502, "unknown", False),
        (503, "unknown", True),
        (504, "unknown", False),
    ],
)
def test_status_decides_what_is_known_of_the_request(status, kind, answered):
    """Refusals are final, quotas pass, and behind a gateway the service may be at work."""
    error = from_response(response(status, {"error": {"message": "m"}}))

    assert (error.kind, error.answered, error.code, error.message) == (kind, answered, status, "m")


def test_reasons_and_times_are_read():
    """A 403 with a quota's reason is a quota; Retry-After is in seconds, or a date."""
    details = [{"@type": "Help"}, {"reason": "RATE_LIMIT_EXCEEDED"}]
    body = {"error": {"message": "m", "details": details}}
    error = from_response(response(403, body, **{"Retry-After": "7"}))

    assert (error.kind, error.reason, error.retry_after) == ("retryable", "RATE_LIMIT_EXCEEDED", 7)
    dated = from_response(response(429, body, **{"Retry-After": "Sat, 28 Nov 2026 04:00:00 GMT"}))
    assert dated.retry_after is None


@pytest.mark.parametrize("body", ["<html>", [], {"error": "x"}, {"error": {}}, {"error": {"message": "m", "details": [1]}}])  # fmt: skip
def test_body_of_any_shape_is_an_error_with_its_status(body):
    """Gateways answer with pages."""
    assert from_response(response(502, body)).message == "HTTP 502"


def test_only_an_answer_of_the_token_endpoint_is_a_refusal_of_the_key():
    """A page, or no answer, is tried again."""
    refused = RefreshError("no", {"error": "invalid_grant"})
    page = RefreshError("<html>", "<html>")

    assert (from_auth_error(refused).kind, from_auth_error(refused).code) == ("refused", 401)
    assert from_auth_error(page).kind == "retryable"
    unread = OAuthError("no", '{"error": "invalid_grant", "error_description": "expired"}')
    assert (from_auth_error(unread).kind, from_auth_error(unread).reason) == (
        "refused",
        "invalid_grant",
    )
    assert from_auth_error(TransportError("down")).kind == "retryable"


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize(("code", "kind"), [(403, "refused"), (404, "refused"), (503, "retryable")])
def test_error_of_googles_apis_is_read_at_the_token_endpoint(code, kind, as_text):
    """Identity services answer in that shape; google-auth reads it, or passes on the text."""
    answer = {"error": {"code": code, "message": "no", "status": "X"}}
    error = from_auth_error(RefreshError("no", json.dumps(answer) if as_text else answer))

    assert error.kind == kind


def test_what_was_never_sent_can_be_sent_again():
    """Without a connection nothing was carried out; after one nobody knows."""
    refused = NewConnectionError(None, "refused")  # type: ignore[arg-type]
    never = requests.ConnectionError(MaxRetryError(None, "/", refused))  # type: ignore[arg-type]

    assert from_network_error(never).kind == "retryable"
    assert from_network_error(requests.ConnectTimeout()).kind == "retryable"
    lost = from_network_error(requests.ConnectionError("reset"))
    assert (lost.kind, lost.answered) == ("unknown", False)
    begun = from_network_error(requests.exceptions.ChunkedEncodingError())
    assert (begun.kind, begun.answered) == ("unknown", True)


@pytest.mark.parametrize(
    "error",
    [None, "denied", [], {}, {"message": "m"}, {"code": 403}, {"message": "m", "code": "x"},
     {"message": "m", "code": None}, {"message": "m", "code": 500}],
)  # fmt: skip
def test_only_a_refusal_of_iam_is_one(error):
    """Whatever else its answer is; the code may be text."""
    assert _from_iam(error) is None
    found = _from_iam({"message": "m", "code": "403"})
    assert (found.message, found.kind, found.code, found.reason) == (
        "m", "refused", 403, "IAM_PERMISSION_DENIED",
    )  # fmt: skip

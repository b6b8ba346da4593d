"""A request to Google that failed, and what the failure says about the request's outcome.

requests and google-auth are imported when something has failed, not before.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from google.auth.exceptions import GoogleAuthError
    from requests import RequestException, Response

__all__ = ["CallError", "from_auth_error", "from_network_error", "from_response"]

Kind = Literal["refused", "retryable", "unknown"]

_SERVER_ERRORS = frozenset({408, 500, 502, 503, 504})
# From a gateway that got no answer itself: the service may still be at work.
_GATEWAY_ERRORS = frozenset({408, 502, 504})
_RETRYABLE = frozenset({401, 409, 429})
"""401 comes after google-auth has renewed the token and tried again."""
_QUOTA_REASONS = frozenset({"RATE_LIMIT_EXCEEDED", "rateLimitExceeded", "userRateLimitExceeded"})
_IAM_REFUSALS = frozenset({403, 404})
_KEY_ERRORS = frozenset(
    {
        "access_denied",
        "deleted_client",
        "disabled_client",
        "invalid_client",
        "invalid_grant",
        "invalid_scope",
        "invalid_target",
        "unauthorized_client",
    }
)


class CallError(Exception):
    """A request that failed.

    Args:
        message: What happened, in the service's words.
        code: The HTTP status, or None if there was none.
        kind: ``refused``: the same request will be refused again. ``retryable``: it was not
            carried out, and may succeed later. ``unknown``: it may have been carried out.
        answered: Whether the service has answered, so that it is no longer at work.
        retry_after: How many seconds the service asks to wait.
        reason: Google's reason, for example ``SERVICE_DISABLED``, or the error code of the token
            endpoint, for example ``invalid_grant``.
        status: Google's name for the status, for example ``FAILED_PRECONDITION``.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: Kind,
        code: int | None = None,
        answered: bool = True,
        retry_after: float | None = None,
        reason: str = "",
        status: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind: Kind = kind
        self.code = code
        self.answered = answered
        self.retry_after = retry_after
        self.reason = reason
        self.status = status


def from_response(response: Response) -> CallError:
    """The error for an HTTP status of 400 or more."""
    code = response.status_code
    message, status, reasons = _error_body(response)
    kind: Kind = "refused"
    if code in _SERVER_ERRORS:
        kind = "unknown"
    elif code in _RETRYABLE or _QUOTA_REASONS.intersection(reasons):
        kind = "retryable"
    return CallError(
        message or f"HTTP {code}",
        kind=kind,
        code=code,
        answered=code not in _GATEWAY_ERRORS,
        retry_after=_seconds(response.headers.get("Retry-After")),
        reason=next(iter(reasons), ""),
        status=status,
    )


def from_auth_error(error: GoogleAuthError) -> CallError:
    """The error for a failure of google-auth.

    google-auth's own `retryable` is not used: it takes a gateway's error page for a refusal.
    """
    what = _what_failed(error.args[1] if len(error.args) > 1 else None)
    if isinstance(what, str) and what in _KEY_ERRORS:
        return CallError(str(error.args[0]), kind="refused", code=401, reason=what)
    return _from_iam(what) or CallError(str(error), kind="retryable")


def from_network_error(error: RequestException) -> CallError:
    """The error for a request without a complete answer."""
    import requests
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    cause = error.args[0] if error.args else None
    never_sent = isinstance(error, requests.ConnectTimeout) or (
        isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
    )
    if never_sent:
        return CallError(f"no connection: {error}", kind="retryable")
    # If the answer has begun, the work is done.
    began = isinstance(error, (requests.exceptions.ChunkedEncodingError, requests.JSONDecodeError))
    return CallError(f"{type(error).__name__}: {error}", kind="unknown", answered=began)


def _what_failed(answer: object) -> object:
    """The ``error`` of an answer, already parsed by google-auth or not: a code, or a dict."""
    try:
        read = json.loads(answer) if isinstance(answer, (str, bytes)) else answer
    except ValueError:
        return None
    return read.get("error") if isinstance(read, dict) else None


def _from_iam(error: object) -> CallError | None:
    """The error for a service account that may not be impersonated."""
    if not isinstance(error, dict):
        return None
    try:
        message, code = str(error["message"]), int(error["code"])
    except (KeyError, TypeError, ValueError):
        return None
    if code not in _IAM_REFUSALS:
        return None
    return CallError(message, kind="refused", code=code, reason="IAM_PERMISSION_DENIED")


def _error_body(response: Response) -> tuple[str, str, list[str]]:
    """The message, status and reasons of an error in the shape of Google's APIs."""
    try:
        error = response.json()["error"]
        each = [*error.get("details", []), *error.get("errors", [])]
        reasons = [str(one.get("reason", "")) for one in each]
        status = str(error.get("status", ""))
        return str(error["message"]), status, [reason for reason in reasons if reason]
    except (KeyError, TypeError, ValueError, AttributeError):
        return "", "", []


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        # A date: rare, and never sent by Sheets; the usual wait will do.
        return None

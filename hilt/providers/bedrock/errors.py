"""What botocore's exceptions say: the service's own code is in every error."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai import outcome
from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path
from hilt.genai.outcome import error_code_of_status
from hilt.genai.values import Failure

__all__ = ["failure_of"]

_CODES: Mapping[str, tuple[str, int | None]] = {
    "throttlingexception": ("rate_limit", 429),
    "throttling": ("rate_limit", 429),
    "toomanyrequestsexception": ("rate_limit", 429),
    "servicequotaexceededexception": ("rate_limit", None),
    "unrecognizedclientexception": ("authentication", None),
    "expiredtokenexception": ("authentication", None),
    "invalidsignatureexception": ("authentication", None),
    "incompletesignatureexception": ("authentication", None),
    "invalidclienttokenid": ("authentication", None),
    "missingauthenticationtokenexception": ("authentication", None),
    "accessdeniedexception": ("permission_denied", 403),
    "resourcenotfoundexception": ("not_found", 404),
    "validationexception": ("invalid_request", 400),
    "modelnotreadyexception": ("overloaded", 429),
    "serviceunavailableexception": ("overloaded", 503),
    "modeltimeoutexception": ("timeout", 408),
    "modelerrorexception": ("server_error", 424),
    "modelstreamerrorexception": ("server_error", 424),
    "internalserverexception": ("server_error", 500),
}
"""The service's codes: HILT's, and the status that each has where none was sent."""

_WITHOUT_CREDENTIALS = frozenset(
    (
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "TokenRetrievalError",
        "SSOTokenLoadError",
        "UnauthorizedSSOTokenError",
        "NoAuthTokenError",
    )
)
"""Errors of a caller who has no credentials: nothing was sent."""


def failure_of(error: BaseException) -> Failure:
    """Why a call raised."""
    failure = outcome.failure_of(error)
    response, name = getattr(error, "response", None), type(error).__name__
    code = get_path(response, "Error", "Code")
    retries = count_or_none(get_path(response, "ResponseMetadata", "RetryAttempts"))
    if retries is not None:
        failure.attempts = retries + 1
    if isinstance(code, str):
        _set_code(failure, code)
    elif name in _WITHOUT_CREDENTIALS:
        failure.error_code, failure.outcome = "authentication", "failed"
        failure.status_code = None
    elif failure.error_code == "unknown" and name == "ResponseStreamingError":
        failure.error_code, failure.status_code = "connection", 503
    return failure


def _set_code(failure: Failure, code: str) -> None:
    failure.provider_code = code
    error_code, status = _CODES.get(code.lower(), (None, None))
    if failure.error_type.endswith("EventStreamError"):
        failure.status_code = status  # botocore makes one up for what comes in a stream
    elif failure.status_code is None:
        failure.status_code = status
    failure.error_code = error_code or error_code_of_status(failure.status_code)
    failure.outcome = "failed"

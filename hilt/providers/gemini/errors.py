"""What Google's exceptions and error responses say."""

from __future__ import annotations

from hilt.genai.coerce import list_or_empty
from hilt.genai.json_values import get_path, json_or_text
from hilt.genai.values import Failure
from hilt.providers._http import stainless_failure
from hilt.providers._speakeasy import SpeakeasyErrorResponse

__all__ = ["failure_of", "retry_delay"]

_ERRORS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}
_SERVER_ERROR = 500


def failure_of(error: BaseException) -> Failure:
    """Why a call raised; the provider's code is a name such as ``RESOURCE_EXHAUSTED``."""
    failure = stainless_failure(error)
    if isinstance(error, SpeakeasyErrorResponse):
        failure.error_type = _error_type_of(error.status_code)
    details = json_or_text(getattr(error, "details", None) or getattr(error, "body", None))
    if isinstance(details, list) and details:
        details = details[0]
    details = get_path(details, "error") or details
    status = get_path(details, "status")
    if isinstance(status, str):
        failure.provider_code = status
    if failure.retry_after is None:
        failure.retry_after = retry_delay(details)
    return failure


def _error_type_of(status: int) -> str:
    """The class of the exception that the interactions' client raises for a status."""
    other = "InternalServerError" if status >= _SERVER_ERROR else "APIStatusError"
    return f"google.genai.lib.compat_errors.{_ERRORS.get(status, other)}"


def retry_delay(details: object) -> float | None:
    """The seconds of a ``google.rpc.RetryInfo``, ``"retryDelay": "12s"``."""
    for each in list_or_empty(get_path(details, "details")):
        delay = get_path(each, "retryDelay")
        if isinstance(delay, str) and delay.endswith("s"):
            try:
                return float(delay[:-1])
            except ValueError:
                return None
    return None

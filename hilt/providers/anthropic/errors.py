"""Errors as Anthropic's API has them in a body: in an answer, a stream, or a batch's results."""

from __future__ import annotations

from hilt.genai.coerce import str_or_empty, str_or_none
from hilt.genai.json_values import get_path
from hilt.genai.outcome import error_code_of_status, failure_in_body, without_secrets
from hilt.genai.values import Failure

__all__ = ["STATUSES", "failure_of_error"]

STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The status that goes with a type of error (https://platform.claude.com/docs/en/api/errors)."""


def failure_of_error(body: object, kind: str = "error", status: int | None = None) -> Failure:
    """The failure in ``{"type": "error", "error": {"type", "message"}}``.

    Args:
        body: The whole, or the inner error alone.
        kind: What it is called if it has no type.
        status: The status of an error whose type is not known.
    """
    error = get_path(body, "error") or body
    code = str_or_empty(get_path(error, "type"))
    status = STATUSES.get(code, status)
    if status is None:
        failure = failure_in_body(error) or Failure("unknown", kind)
    else:
        message = without_secrets(str(get_path(error, "message") or ""))
        failure = Failure(error_code_of_status(status), str(code or kind), message, status)
    failure.provider_code = code or None
    failure.request_id = str_or_none(get_path(body, "request_id"))
    return failure

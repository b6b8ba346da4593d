"""Why a call failed: from an exception or the body of an error to the codes of the contract."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from hilt.core.credentials import without_credentials
from hilt.core.known_credentials import environment_credentials, note_credentials
from hilt.genai.values import Failure

__all__ = [
    "ERROR_CODES",
    "error_code_of_status",
    "failure_in_body",
    "failure_of",
    "failure_of_text",
    "qualified_name",
    "without_secrets",
]

ERROR_CODES = (
    "rate_limit",
    "authentication",
    "permission_denied",
    "not_found",
    "invalid_request",
    "timeout",
    "connection",
    "overloaded",
    "server_error",
    "cancelled",
    "unknown",
)
"""Every ``extensions.error_code``."""

_BY_STATUS = {
    400: "invalid_request",
    401: "authentication",
    402: "permission_denied",
    403: "permission_denied",
    404: "not_found",
    405: "invalid_request",
    408: "timeout",
    409: "invalid_request",
    413: "invalid_request",
    422: "invalid_request",
    424: "invalid_request",
    429: "rate_limit",
    498: "overloaded",  # Groq, where its flexible tier has no capacity
    499: "cancelled",
    503: "overloaded",
    504: "timeout",
    529: "overloaded",
}
_BY_NAME = {
    **dict.fromkeys(("rate_limit_exceeded", "rate_limit_error", "insufficient_quota",
                     "resource_exhausted", "too_many_requests"), "rate_limit"),
    **dict.fromkeys(("authentication_error", "invalid_api_key", "unauthenticated"),
                    "authentication"),
    **dict.fromkeys(("permission_error", "permission_denied", "billing_error"),
                    "permission_denied"),
    **dict.fromkeys(("not_found_error", "not_found", "model_not_found"), "not_found"),
    **dict.fromkeys(("invalid_request_error", "invalid_request", "invalid_argument",
                     "invalid_prompt", "context_length_exceeded"), "invalid_request"),
    **dict.fromkeys(("over_capacity", "overloaded_error", "overloaded", "unavailable",
                     "service_unavailable", "capacity_exceeded"), "overloaded"),
    **dict.fromkeys(("timeout", "timeout_error", "deadline_exceeded", "gateway_timeout"),
                    "timeout"),
    **dict.fromkeys(("server_error", "internal_error", "internal_server_error", "api_error",
                     "internal", "bad_gateway"), "server_error"),
}  # fmt: skip
_DEFAULT_STATUS = {"timeout": 408, "connection": 503, "cancelled": 499}
_TIMEOUT_NAME = re.compile(r"time_?d?_?out", re.IGNORECASE)
_CONNECTION_NAME = re.compile(
    r"connect|network|ssl|dns|protocol|read_?error|write_?error|transport|incompleteread|brokenpipe|payload",
    re.IGNORECASE,
)
_CANCELLED = (asyncio.CancelledError, KeyboardInterrupt, GeneratorExit, SystemExit)
_CANCELLED_NAMES = frozenset({
    ("trio", "Cancelled"),
    ("gevent", "GreenletExit"),
    ("greenlet", "GreenletExit"),
})  # fmt: skip
_MESSAGE_LIMIT = 2000
_DIGITS = re.compile("[0-9]{3}")


def qualified_name(error: BaseException) -> str:
    """The exception's class with its package, ``openai.RateLimitError``; builtins without.

    Private modules are left out, as the SDKs' own documentation does.
    """
    cls = type(error)
    module = ".".join(name for name in cls.__module__.split(".") if not name.startswith("_"))
    return cls.__qualname__ if module in ("builtins", "") else f"{module}.{cls.__qualname__}"


def error_code_of_status(status: int | None) -> str:
    """The error code for an HTTP status."""
    if status is None:
        return "unknown"
    code = _BY_STATUS.get(status)
    if code is not None:
        return code
    return "server_error" if status >= 500 else "invalid_request"  # noqa: PLR2004


def failure_of(error: BaseException) -> Failure:
    """The failure that an exception of any SDK means; adapters add what is their SDK's own."""
    note_credentials(error)
    status = status_of(error)
    refused = status is not None and status >= 400  # noqa: PLR2004 # else the answer was no good
    code = error_code_of_status(status) if refused else _code_of_class(error)
    outcome = {"timeout": "timeout", "cancelled": "cancelled"}.get(code, "failed")
    if outcome == "timeout" and status is not None:
        outcome = "failed"  # a status of the server; the caller did not run out of time
    return Failure(
        error_code=code,
        error_type=qualified_name(error),
        message=without_secrets(str(error)),
        status_code=status if status is not None else _DEFAULT_STATUS.get(code),
        outcome=outcome,
        retry_after=_retry_after(error),
        request_id=_request_id(error),
    )


def failure_in_body(error: object) -> Failure | None:
    """The failure in an answer of status 200, as gateways send it (OpenRouter, Azure).

    Args:
        error: The value of its ``error``: ``{"code", "message"}``, or a text.
    """
    if not error:
        return None
    details = error if isinstance(error, Mapping) else {"message": error}
    code = details.get("code")
    status = _status_in(code) or _status_in(details.get("status"))
    names = (code, details.get("type"), details.get("status"), details.get("message"))
    return Failure(
        error_code=_code_of_names(names) if status is None else error_code_of_status(status),
        error_type=str(details.get("type") or code or "error"),
        message=without_secrets(str(details.get("message") or error)),
        status_code=status,
        provider_code=None if code is None else str(code),
    )


def failure_of_text(text: str | bytes) -> Failure:
    """The failure that a text in place of a JSON answer is, such as the page of a proxy."""
    if isinstance(text, bytes):
        text = text[: 4 * _MESSAGE_LIMIT].decode(errors="replace")
    message = without_secrets(f"the answer is not JSON: {text}")
    return Failure(error_code="unknown", error_type="invalid_response", message=message)


def _code_of_names(names: tuple[object, ...]) -> str:
    """The error code for the name that a provider gives an error, where it sends no status."""
    for name in names:
        code = _BY_NAME.get(name.lower()) if isinstance(name, str) else None
        if code is not None:
            return code
    return "unknown"


def _status_in(code: object) -> int | None:
    number = int(code) if isinstance(code, str) and _DIGITS.fullmatch(code) else code
    return number if type(number) is int and 400 <= number <= 599 else None  # noqa: PLR2004


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an exception carries."""
    for value in _statuses(error):
        if type(value) is int and 100 <= value <= 599:  # noqa: PLR2004
            return value
    return None


def without_secrets(message: str) -> str:
    """An error message without keys and tokens, and not longer than a log wants it."""
    message = without_credentials(message[: 4 * _MESSAGE_LIMIT], environment_credentials())
    return message if len(message) <= _MESSAGE_LIMIT else f"{message[:_MESSAGE_LIMIT]}..."


def _statuses(error: BaseException) -> list[Any]:
    response = getattr(error, "response", None)
    statuses = [
        getattr(error, name, None) for name in ("status_code", "http_status", "code", "status")
    ]
    if isinstance(response, dict):  # botocore
        statuses.append((response.get("ResponseMetadata") or {}).get("HTTPStatusCode"))
    else:
        statuses.append(getattr(response, "status_code", None))
    return statuses


def _code_of_class(error: BaseException) -> str:
    if isinstance(error, _CANCELLED) or _is_cancellation(type(error)):
        return "cancelled"
    # The first cause knows best: httpx-aiohttp calls a refused connection a time-out.
    for each in reversed(_causes(error)):
        if isinstance(each, TimeoutError) or _TIMEOUT_NAME.search(type(each).__name__):
            return "timeout"
        if isinstance(each, OSError) or _CONNECTION_NAME.search(type(each).__name__):
            return "connection"
    return "unknown"


def _is_cancellation(cls: type[BaseException]) -> bool:
    """Whether trio or gevent raises it in what they cancel; anyio raises its backend's."""
    names = ((each.__module__.partition(".")[0], each.__name__) for each in cls.__mro__)
    return any(name in _CANCELLED_NAMES for name in names)


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 4:  # noqa: PLR2004
        chain.append(current)
        current = current.__cause__ or _wrapped(current)
    return chain


def _wrapped(error: BaseException) -> BaseException | None:
    """What an exception was made of, as those of requests are, without being its cause."""
    inner = error.args[0] if error.args else None
    return inner if isinstance(inner, BaseException) else None


def _header(error: BaseException, *names: str) -> str | None:
    response = getattr(error, "response", None)
    headers = getattr(response, "headers", None)
    if isinstance(response, dict):
        headers = (response.get("ResponseMetadata") or {}).get("HTTPHeaders")
    get = getattr(headers, "get", None)
    if get is None:
        return None
    for name in names:
        value = get(name)
        if isinstance(value, str):
            return value
    return None


def _request_id(error: BaseException) -> str | None:
    own = getattr(error, "request_id", None)
    if isinstance(own, str):
        return own
    return _header(error, "x-request-id", "request-id", "x-amzn-requestid")


def _retry_after(error: BaseException) -> float | None:
    text = _header(error, "retry-after")
    try:
        return float(text) if text else None
    except ValueError:
        return None  # a date

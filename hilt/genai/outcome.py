"""How a call ended: finish reasons, outcomes, and the code of an error."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hilt.core.credentials import without_credentials
from hilt.genai.values import Failure

__all__ = [
    "ERROR_CODES",
    "error_code_of_status",
    "failure_in_body",
    "failure_of",
    "finish_reason_of",
    "outcome_of",
    "qualified_name",
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

_FINISH_REASONS = {
    **dict.fromkeys(("stop", "end_turn", "stop_sequence", "complete", "completed", "eos"), "stop"),
    **dict.fromkeys(("finish", "stop_sequence_reached", "end", "done"), "stop"),
    **dict.fromkeys(
        (
            "length",
            "max_tokens",
            "max_output_tokens",
            "max_tokens_reached",
            "max_completion_tokens",
            "model_context_window_exceeded",
            "error_limit",
            "model_length",
            "token_limit",
        ),
        "length",
    ),
    **dict.fromkeys(
        (
            "content_filter",
            "content_filtered",
            "safety",
            "recitation",
            "blocklist",
            "prohibited_content",
            "spii",
            "image_safety",
            "guardrail_intervened",
            "refusal",
            "error_toxic",
            "language",
            "image_prohibited_content",
            "image_recitation",
            "model_armor",
        ),
        "content_filter",
    ),
    **dict.fromkeys(
        ("tool_call", "tool_calls", "tool_use", "tool-calls", "function_call", "requires_action"),
        "tool_call",
    ),
}
_OUTCOMES = {"length": "length", "content_filter": "filtered"}

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
    499: "cancelled",
    503: "overloaded",
    504: "timeout",
    529: "overloaded",
}
_DEFAULT_STATUS = {"timeout": 408, "connection": 503, "cancelled": 499}
_TIMEOUT_NAME = re.compile(r"time_?d?_?out", re.IGNORECASE)
_CONNECTION_NAME = re.compile(
    r"connect|network|ssl|dns|protocol|read_?error|write_?error|transport|incompleteread|brokenpipe|payload",
    re.IGNORECASE,
)
_CANCELLED = (asyncio.CancelledError, KeyboardInterrupt, GeneratorExit, SystemExit)
_MESSAGE_LIMIT = 2000
_DIGITS = re.compile("[0-9]{3}")


def finish_reason_of(reason: str) -> str:
    """The conventions' name of a finish reason, or the provider's own where none fits."""
    name = reason.rpartition(".")[2].lower()
    return _FINISH_REASONS.get(name, reason)


def outcome_of(finish_reasons: Sequence[str]) -> str:
    """``completed``, ``length`` or ``filtered``, from the reason of the first choice."""
    if not finish_reasons or finish_reasons[0] == "stop":
        return "completed"
    return _OUTCOMES.get(finish_reason_of(finish_reasons[0]), "completed")


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
    return Failure(
        error_code=error_code_of_status(status),
        error_type=str(details.get("type") or code or "error"),
        message=without_secrets(str(details.get("message") or error)),
        status_code=status,
        provider_code=None if code is None else str(code),
    )


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
    message = without_credentials(message[: 4 * _MESSAGE_LIMIT])
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
    if isinstance(error, _CANCELLED):
        return "cancelled"
    for each in _causes(error):
        if isinstance(each, TimeoutError) or _TIMEOUT_NAME.search(type(each).__name__):
            return "timeout"
    for each in _causes(error):
        if isinstance(each, OSError) or _CONNECTION_NAME.search(type(each).__name__):
            return "connection"
    return "unknown"


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 4:  # noqa: PLR2004
        chain.append(current)
        current = current.__cause__
    return chain


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

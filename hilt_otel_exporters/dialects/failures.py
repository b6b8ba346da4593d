"""Why a foreign call failed: from its span's status, attributes and exception event."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.outcome import error_code_of_status, without_secrets
from hilt.genai.values import Failure
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["failure_of"]

_STATUS = re.compile(
    r"(?:[Ee]rror code|[Ss]tatus|status_code|status code|HTTP|statusCode)\D{0,4}(\d{3})\b"
    r"|^\s*(\d{3})\b(?= [A-Z])|\b([45]\d\d) [A-Z_]{4,}\b"
)
_CLASS_IN_TEXT = re.compile(r"^\W*([A-Za-z_][\w.]*(?:Error|Exception|Timeout|Cancelled))\b\s*[:(]")
_CLASS_WITHIN = re.compile(r"\b([A-Z]\w{2,60}(?:Error|Exception|Timeout))\b")
_LONGEST_CAUSE = 4096
_FIRST_ERROR_STATUS = 400
_CODES = (
    ("rate_?limit|too_?many|resource_?exhausted|quota|throttl", "rate_limit"),
    ("authenticat|unauthori[sz]ed|invalid_?api_?key", "authentication"),
    ("permission|forbidden|access_?denied", "permission_denied"),
    ("not_?found", "not_found"),
    ("time_?d?_?out|deadline", "timeout"),
    ("cancel|abort|generatorexit|keyboardinterrupt", "cancelled"),
    ("overloaded|unavailable", "overloaded"),
    ("connection|connect|network", "connection"),
    ("internal_?server|server_?error|api_?internal|bad_?gateway", "server_error"),
    ("bad_?request|invalid_?(request|argument)|unprocessable", "invalid_request"),
    ("validation_?exception", "invalid_request"),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), code) for pattern, code in _CODES)
_BARE = ("Exception", "Error", "APICallError", "AI_APICallError", "")
_OUTCOMES = {"timeout": "timeout", "cancelled": "cancelled"}


def failure_of(
    record: SpanRecord, fields: Mapping[str, Any], error_text: str | None = None
) -> Failure | None:
    """What went wrong; None for a span that did not fail.

    Args:
        record: The span.
        fields: What was read from it, by the conventions' names.
        error_text: What an emitter writes of an error in attributes of its own.
    """
    named = str(fields.get(semconv.ERROR_TYPE) or "")
    failed = record.status == "ERROR" or error_text is not None
    if record.status == "UNSET":
        failed = failed or named != "" or _is_refused(fields)
    if not failed or named == "_OTHER":
        return None
    raised = next((event.attributes for event in record.events if event.name == "exception"), {})
    message = _message(record, raised, error_text)
    error_type = _error_type(record, named, raised, message)
    status = _status(fields, named, message)
    code = _code(error_type, named, status, message)
    return Failure(
        error_code=code,
        error_type=error_type,
        message=without_secrets(message),
        status_code=status,
        outcome=_OUTCOMES.get(code, "failed"),
        provider_code=None if _is_class(named, error_type) else named,
        request_id=fields.get(semconv.OTHER_RESPONSE_REQUEST_ID),
    )


def _is_class(named: str, error_type: str) -> bool:
    """Whether what an emitter calls an error is the exception's class, and no code of the API."""
    return not named or "." in named or named == error_type.rpartition(".")[2]


def _is_refused(fields: Mapping[str, Any]) -> bool:
    status = fields.get(semconv.HTTP_RESPONSE_STATUS_CODE)
    return status is not None and status >= _FIRST_ERROR_STATUS


def _message(record: SpanRecord, raised: Mapping[str, Any], error_text: str | None) -> str:
    text = str(raised.get("exception.message") or "") or record.status_text or error_text or ""
    return re.split(r"\n*Traceback \(most recent call last\)", text, maxsplit=1)[0].strip()


def _error_type(record: SpanRecord, named: str, raised: Mapping[str, Any], message: str) -> str:
    """The exception's class, by the fullest name of it that there is."""
    printed = re.fullmatch(r"<class '([\w.]+)'>", named)
    if printed:
        return printed.group(1)
    if "." in named:
        return named
    recorded = str(raised.get("exception.type") or "")
    if recorded not in _BARE and (not named or recorded.endswith(named) or "." in recorded):
        return recorded
    for text in (message, record.status_text):
        match = _CLASS_IN_TEXT.match(text)
        if match:
            return match.group(1)
    return named or recorded or "error"


def _status(fields: Mapping[str, Any], named: str, message: str) -> int | None:
    """The status of a failure: what an HTTP span says of it was answered is not that."""
    status: int | None = fields.get(semconv.HTTP_RESPONSE_STATUS_CODE)
    if status is not None and status >= _FIRST_ERROR_STATUS:
        return status
    if re.fullmatch(r"[1-5]\d\d", named):
        return int(named)
    match = _STATUS.search(message)
    return int(next(filter(None, match.groups()))) if match else None


def _code(error_type: str, named: str, status: int | None, message: str) -> str:
    if status is not None:
        return error_code_of_status(status)
    for text in (named, error_type.rpartition(".")[2], message[:200].replace(" ", "_")):
        for pattern, code in _PATTERNS:
            if pattern.search(text):
                return code
    for name in _CLASS_WITHIN.findall(message[:_LONGEST_CAUSE]):  # what caused it, further down
        for pattern, code in _PATTERNS:
            if pattern.search(name):
                return code
    return "unknown"

"""Why a foreign call failed: from its span's status, attributes and exception event."""

from __future__ import annotations

import re

from hilt import semconv
from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path
from hilt.genai.outcome import error_code_of_status, without_secrets
from hilt.genai.values import Failure
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["failure_of_record"]

_STATUS = re.compile(
    r"(?:[Ee]rror code|status_code|status code|HTTP|statusCode)\D{0,4}(\d{3})\b"
    r"|^\s*(\d{3})\b(?= [A-Z])|\b([45]\d\d) [A-Z_]{4,}\b"
)
_CLASS_IN_TEXT = re.compile(r"^\W*([A-Za-z_][\w.]*(?:Error|Exception|Timeout|Cancelled))\b\s*[:(]")
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
    ("bad_?request|invalid_?request|unprocessable|invalid_?argument|validation", "invalid_request"),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), code) for pattern, code in _CODES)
_BARE = ("Exception", "Error", "APICallError", "AI_APICallError", "")
_OUTCOMES = {"timeout": "timeout", "cancelled": "cancelled"}


def failure_of_record(record: SpanRecord) -> Failure | None:
    """What went wrong; None for a span that did not fail."""
    said = record.attributes.get(semconv.ERROR_TYPE)
    level = record.attributes.get("langfuse.observation.level")
    failed = record.status == "ERROR" or level == "ERROR"
    failed = failed or (said is not None and record.status == "UNSET")
    if not failed or said == "_OTHER":
        return None
    raised = next((event for event in record.events if event.name == "exception"), None)
    message = _message(record, raised.attributes if raised else {})
    kind = _kind(record, str(said or ""), raised.attributes if raised else {}, message)
    status = _status(record, str(said or ""), message)
    code = _code(kind, str(said or ""), status, message)
    outcome = record.attributes.get(semconv.HILT_OUTCOME)
    return Failure(
        error_code=code,
        error_type=kind,
        message=without_secrets(message),
        status_code=status,
        outcome=str(outcome) if outcome else _OUTCOMES.get(code, "failed"),
        provider_code=str(said) if said and said != kind and "." not in str(said) else None,
        request_id=record.attributes.get("anthropic.request.id"),
    )


def _message(record: SpanRecord, raised: object) -> str:
    text = str(get_path(raised, "exception.message") or "") or record.status_text
    text = text or str(record.attributes.get("langfuse.observation.status_message") or "")
    return re.split(r"\n*Traceback \(most recent call last\)", text, maxsplit=1)[0].strip()


def _kind(record: SpanRecord, said: str, raised: object, message: str) -> str:
    """The exception's class, the most telling name of it that there is."""
    printed = re.fullmatch(r"<class '([\w.]+)'>", said)
    if printed:
        return printed.group(1)
    if "." in said:
        return said
    recorded = str(get_path(raised, "exception.type") or "")
    if recorded not in _BARE and (not said or recorded.endswith(said) or "." in recorded):
        return recorded
    for text in (message, record.status_text):
        found = _CLASS_IN_TEXT.match(text)
        if found:
            return found.group(1)
    return said or recorded or "error"


def _status(record: SpanRecord, said: str, message: str) -> int | None:
    for name in (semconv.HILT_STATUS_CODE, semconv.HTTP_RESPONSE_STATUS_CODE, "http.status_code"):
        status = count_or_none(record.attributes.get(name))
        if status is not None:
            return status
    if re.fullmatch(r"[1-5]\d\d", said):
        return int(said)
    found = _STATUS.search(message)
    return int(next(filter(None, found.groups()))) if found else None


def _code(kind: str, said: str, status: int | None, message: str) -> str:
    if status is not None:
        return error_code_of_status(status)
    for text in (said, kind.rpartition(".")[2], message[:200].replace(" ", "_")):
        for pattern, code in _PATTERNS:
            if pattern.search(text):
                return code
    return "unknown"

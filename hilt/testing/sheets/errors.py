"""The errors that the service answers with, in the shape of Google's APIs."""

from __future__ import annotations

from typing import Any

__all__ = ["ApiError", "error_info", "invalid"]

_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class ApiError(Exception):
    """A request that is refused.

    Args:
        code: The HTTP status.
        message: The message, in Google's words.
        retry_after: Seconds for the ``Retry-After`` header, or None for none.
        details: Google's ``details`` list, for example an ``ErrorInfo``.
        status: Google's name for the status, where it is not the usual one of the code.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        retry_after: float | None = None,
        details: list[dict[str, Any]] | None = None,
        status: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.details = details
        self.status = status or _STATUSES.get(code, "UNKNOWN")

    def to_dict(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "status": self.status,
        }
        if self.details:
            error["details"] = self.details
        return {"error": error}


def invalid(message: str) -> ApiError:
    """A 400, the answer to whatever does not make sense."""
    return ApiError(400, message)


def error_info(reason: str, **metadata: str) -> list[dict[str, Any]]:
    """The ``details`` of an error that has a reason."""
    return [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": "googleapis.com",
            "metadata": {"service": "sheets.googleapis.com", **metadata},
        }
    ]

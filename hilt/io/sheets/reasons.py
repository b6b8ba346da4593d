"""What a failure means for a person, and what to do about it."""

from __future__ import annotations

from hilt.core.exceptions import CredentialsError, HILTError, SinkError
from hilt.io.sheets.credentials import ServiceAccountKey
from hilt.io.sheets.errors import CallError

__all__ = ["explain"]

_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 400, 401, 403, 404


def explain(error: CallError, sheet_id: str, key: ServiceAccountKey) -> HILTError:
    """The error for a person who set this up: what was wrong, and the way out."""
    email, project = key.get("client_email"), key.get("project_id", "")
    sheet = f"sheet_id {sheet_id!r}"
    if error.code == _UNAUTHORIZED:
        return CredentialsError(
            f"Google refuses the key of {email} ({error.message}). It may have been deleted: make "
            "a new one in the Google Cloud console: IAM & Admin > Service accounts > Keys"
        )
    if error.code == _NOT_FOUND:
        return SinkError(
            f"{sheet}: there is no such spreadsheet. The id is the long part of its address: "
            "https://docs.google.com/spreadsheets/d/<sheet_id>/edit"
        )
    if "protected cell" in error.message:
        return SinkError(
            f"{sheet}: the tab is protected. In Google Sheets choose Data > Protect sheets and "
            f"ranges, and allow {email} to edit"
        )
    if error.code == _FORBIDDEN:
        return _forbidden(error, sheet, email, project)
    if error.code == _BAD_REQUEST and "not supported for this document" in error.message:
        return SinkError(
            f"{sheet}: this is an Excel file, not a Google spreadsheet. Open it in Google Sheets "
            "and choose File > Save as Google Sheets; then use the new file's id"
        )
    if error.code == _BAD_REQUEST and "above the limit" in error.message:
        return SinkError(
            f"{sheet}: the spreadsheet is full (10 million cells, empty ones included). Delete "
            "old tabs, or use a new spreadsheet; what waits in the outbox is kept"
        )
    if error.kind == "refused":
        return SinkError(f"{sheet}: Google Sheets refuses the request: {error.message}")
    return SinkError(f"{sheet}: Google Sheets does not answer as it should: {error.message}")


def _forbidden(error: CallError, sheet: str, email: object, project: object) -> SinkError:
    if error.reason == "SERVICE_DISABLED" or "has not been used in project" in error.message:
        return SinkError(
            f"The Google Sheets API is not enabled in the project of {email}. Open "
            "https://console.cloud.google.com/apis/library/sheets.googleapis.com"
            f"?project={project}, click Enable, and wait a minute"
        )
    return SinkError(
        f"{sheet}: not shared with the service account. Open the spreadsheet, click Share (top "
        f"right), enter {email}, choose Editor, and click Send"
    )

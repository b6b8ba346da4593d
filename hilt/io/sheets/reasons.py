"""What a failure means to a person, and the one thing to do about it.

This is decided by statuses, by Google's reasons and by facts that were looked up
(`hilt.io.sheets.diagnosis`). Google's own message, which is in the account's language, is quoted,
but hardly ever interpreted.
"""

from __future__ import annotations

from dataclasses import dataclass

from hilt.core.exceptions import CredentialsError, HILTError, SinkError
from hilt.io.sheets.diagnosis import CLOCK_LEEWAY_S, Diagnosis
from hilt.io.sheets.errors import CallError

__all__ = ["Subject", "explain", "lift_protection"]

_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 400, 401, 403, 404
_CONSOLE = "https://console.cloud.google.com"
_IMPERSONATION = "IAM_PERMISSION_DENIED"


@dataclass(frozen=True, slots=True)
class Subject:
    """What failed requests were about, and who made them.

    Args:
        sheet_id: The spreadsheet.
        account: Who signs in, for example a service account's address.
        project: The account's project in Google Cloud, if that is in the credentials.
        is_person: Whether the credentials are a person's, who signs in with a browser.
    """

    sheet_id: str
    account: str
    project: str = ""
    is_person: bool = False


def explain(error: CallError, subject: Subject, diagnosis: Diagnosis | None = None) -> HILTError:
    """The error for the person who set this up: what is wrong, what to do, and Google's words."""
    facts = diagnosis or Diagnosis()
    kind: type[HILTError] = SinkError
    if error.code == _UNAUTHORIZED:
        kind, text = CredentialsError, _unauthorized(error, subject, facts)
    elif error.code == _FORBIDDEN or error.reason == _IMPERSONATION:
        text = _forbidden(error, subject)
    elif error.code == _NOT_FOUND:
        text = (
            f"sheet_id {subject.sheet_id!r}: there is no such spreadsheet. The id is the long part "
            "of its address: https://docs.google.com/spreadsheets/d/<sheet_id>/edit"
        )
    else:
        text = f"sheet_id {subject.sheet_id!r}: {_other(error, subject, facts)}"
    return kind(f"{text} (Google: {error.message})")


def _unauthorized(error: CallError, subject: Subject, facts: Diagnosis) -> str:
    offset = facts.clock_offset_s
    # The only message that is interpreted: the token endpoint has only one language.
    if abs(offset) > CLOCK_LEEWAY_S or "short-lived token" in error.message:
        by = f" by {abs(offset) / 60:.0f} minutes" if abs(offset) > CLOCK_LEEWAY_S else ""
        return (
            f"The clock of this machine is wrong{by}, so that Google refuses to sign in "
            f"{subject.account}. Set the clock, and let it be kept right (NTP)"
        )
    if subject.is_person:
        return (
            f"Google refuses to sign in {subject.account}: the permission has expired or was "
            "withdrawn. Sign in again: gcloud auth application-default login"
        )
    if error.reason == "disabled_client":
        return (
            f"The account {subject.account} is disabled. Enable it in the Google Cloud console: "
            "IAM & Admin > Service accounts"
        )
    return (
        f"Google refuses the key of {subject.account}. It may have been deleted, or its account "
        "disabled: check the account, or make a new one in the Google Cloud console: IAM & Admin "
        "> Service accounts > Keys"
    )


def _forbidden(error: CallError, subject: Subject) -> str:
    account, project = subject.account, subject.project
    if error.reason == "SERVICE_DISABLED":
        return (
            f"The Google Sheets API is not enabled in the project of {account}. Open "
            f"{_CONSOLE}/apis/library/sheets.googleapis.com?project={project}, click Enable, and "
            "wait a minute"
        )
    by_reason = {
        "BILLING_DISABLED": f"Billing is disabled in the project of {account}. Open "
        f"{_CONSOLE}/billing/enable?project={project}",
        "CONSUMER_SUSPENDED": f"Google has suspended the project of {account}. Open "
        f"{_CONSOLE}/home/dashboard?project={project} and appeal, or use another project",
        "SECURITY_POLICY_VIOLATED": "A policy of your organisation (VPC Service Controls) forbids "
        f"{account} to use the Sheets API from here. Ask the organisation's administrator, with "
        "the identifier in Google's message",
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT": f"The credentials of {account} do not include the scope "
        "https://www.googleapis.com/auth/spreadsheets. Sign in again with it",
        "USER_PROJECT_DENIED": f"{account} may not use the project {project} for the quota. Grant "
        "it the role Service Usage Consumer",
        _IMPERSONATION: f"You may not act as {account}. Grant your account the role Service "
        "Account Token Creator on it",
    }
    if error.reason in by_reason:
        return by_reason[error.reason]
    return (
        f"sheet_id {subject.sheet_id!r}: not shared with {account}. Open the spreadsheet, click "
        f"Share (top right), enter {account}, choose Editor, and click Send"
    )


def _other(error: CallError, subject: Subject, facts: Diagnosis) -> str:
    if error.kind != "refused":
        return "Google Sheets does not answer as it should"
    if error.status == "FAILED_PRECONDITION" or "not supported for this document" in error.message:
        return (
            "this is an Excel file, not a Google spreadsheet. Open it in Google Sheets and choose "
            "File > Save as Google Sheets; then use the new file's id"
        )
    if facts.protected or "protected cell" in error.message:
        return f"the tab is protected. {lift_protection(subject.account)}"
    if facts.is_full or "above the limit" in error.message:
        return (
            "the spreadsheet is full (10 million cells, empty ones included). Delete old tabs, or "
            "use a new spreadsheet; what waits in the outbox is kept"
        )
    return "Google Sheets refuses the request"


def lift_protection(account: str) -> str:
    """What to do about a protection that keeps an account out."""
    return f"In Google Sheets choose Data > Protect sheets and ranges, and allow {account} to edit"

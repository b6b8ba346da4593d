"""The reasons for which the service answers 403 whatever is asked for."""

from __future__ import annotations

from hilt.testing.sheets.errors import ApiError, error_info

__all__ = ["FORBIDDEN_REASONS", "forbidden"]

_MESSAGES = {
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "Request had insufficient authentication scopes.",
    "BILLING_DISABLED": "This API method requires billing to be enabled. Please enable billing on "
    "project #100000000000 by visiting https://console.developers.google.com/billing/enable"
    "?project=100000000000 then retry.",
    "CONSUMER_SUSPENDED": "Permission denied: Consumer 'project_number:100000000000' has been "
    "suspended.",
    "SECURITY_POLICY_VIOLATED": "Request is prohibited by organization's policy. "
    "vpcServiceControlsUniqueIdentifier: dW5pcXVl",
    "SERVICE_DISABLED": "Google Sheets API has not been used in project 100000000000 before or it "
    "is disabled. Enable it by visiting https://console.developers.google.com/apis/api/"
    "sheets.googleapis.com/overview?project=100000000000 then retry. If you enabled this API "
    "recently, wait a few minutes for the action to propagate to our systems and retry.",
    "USER_PROJECT_DENIED": "Caller does not have required permission to use project my-project. "
    "Grant the caller the roles/serviceusage.serviceUsageConsumer role.",
}

FORBIDDEN_REASONS = tuple(_MESSAGES)
"""Every reason that `SheetsEmulator.forbidden_reason` may be."""


def forbidden(reason: str) -> ApiError:
    """The 403 for a reason."""
    details = error_info(reason, consumer="projects/100000000000")
    return ApiError(403, _MESSAGES[reason], details=details)

"""The one door to Google: gspread's HTTP client, and what its failures mean.

gspread, google-auth and requests are imported when a connection is made, not before. One
`Connection` belongs to one thread, as requests' sessions and google-auth's credentials do.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hilt.core.exceptions import CredentialsError, MissingDependencyError
from hilt.io.sheets.pace import Pace

if TYPE_CHECKING:
    from gspread.http_client import HTTPClient
    from requests import Session

__all__ = ["SCOPE", "CallError", "Connection", "read_credentials"]

SCOPE = "https://www.googleapis.com/auth/spreadsheets"
"""Spreadsheets and nothing else."""

_GOOGLE = ("https://sheets.googleapis.com", "https://iamcredentials.googleapis.com")
_SERVER_TROUBLE = frozenset({408, 500, 502, 503, 504})
# Said by a gateway that got no answer itself: the service may still be at work.
_GATEWAY_TROUBLE = frozenset({408, 502, 504})
_KEY_TROUBLE = frozenset(
    {
        "access_denied",
        "deleted_client",
        "disabled_client",
        "invalid_client",
        "invalid_grant",
        "invalid_scope",
        "unauthorized_client",
    }
)
_KEY_FIELDS = ("client_email", "private_key", "token_uri")


class CallError(Exception):
    """A request that failed.

    Args:
        message: What happened, in the service's words.
        code: The HTTP status, or None if there was none.
        kind: ``refused``: it will never work so. ``again``: it did not take place, and may work
            later. ``doubt``: nobody knows whether it took place.
        answered: Whether the service has said something, so that it is no longer at work.
        retry_after: How many seconds the service asks to wait.
        reason: Google's reason, for example ``SERVICE_DISABLED``.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        code: int | None = None,
        answered: bool = True,
        retry_after: float | None = None,
        reason: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.code = code
        self.answered = answered
        self.retry_after = retry_after
        self.reason = reason


def read_credentials(
    path: str | os.PathLike[str] | None, info: Mapping[str, Any] | str | None
) -> dict[str, Any]:
    """A service account's key from its file, or from the JSON itself.

    Raises:
        CredentialsError: If there is none, or it is not such a key; the message says the way out.
    """
    if info is None and path is None:
        raise CredentialsError(
            "Google Sheets: no credentials. Give credentials_path (a service account's key file) "
            "or credentials_json (its content), or set GOOGLE_CREDENTIALS_PATH"
        )
    where = "credentials_json"
    if info is None:
        where = f"credentials_path {str(path)!r}"
        try:
            info = Path(os.fspath(path or "")).expanduser().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CredentialsError(f"{where}: cannot be read: {error}") from error
    return _checked(where, info)


def _checked(where: str, info: Mapping[str, Any] | str) -> dict[str, Any]:
    try:
        key = json.loads(info) if isinstance(info, (str, bytes)) else dict(info)
    except (TypeError, ValueError) as error:
        raise CredentialsError(f"{where}: not JSON: {error}") from error
    if isinstance(key, dict) and ("installed" in key or "web" in key):
        raise CredentialsError(
            f"{where}: this is an OAuth client, not a service account. In the Google Cloud console "
            "choose IAM & Admin > Service accounts > Keys > Add key > JSON"
        )
    missing = [name for name in _KEY_FIELDS if not isinstance(key, dict) or not key.get(name)]
    if missing:
        raise CredentialsError(
            f"{where}: not a service account's key: {', '.join(missing)} missing. In the Google "
            "Cloud console choose IAM & Admin > Service accounts > Keys > Add key > JSON"
        )
    return dict(key)


class Connection:
    """Requests about one spreadsheet.

    Args:
        sheet_id: The spreadsheet.
        key: A service account's key, as `read_credentials` gives it.
        api_root: What stands for ``https://sheets.googleapis.com``, for a proxy or an emulator.
        pace: For its time-outs.

    Raises:
        MissingDependencyError: If gspread or google-auth is not installed.
        CredentialsError: If the key cannot be used.
    """

    def __init__(
        self, sheet_id: str, key: Mapping[str, Any], api_root: str | None, pace: Pace
    ) -> None:
        self.sheet_id = sheet_id
        self._http, self._inner = _client(key, api_root, pace)

    def tabs(self) -> list[dict[str, Any]]:
        """The ``properties`` of every tab.

        Raises:
            CallError: If it fails.
        """
        params: dict[str, Any] = {"fields": "sheets(properties,charts(chartId))"}
        found = self._call("fetch_sheet_metadata", params)
        return [
            {**sheet["properties"], "charts": sheet.get("charts", [])} for sheet in found["sheets"]
        ]

    def values(self, ranges: Sequence[str]) -> list[list[list[Any]]]:
        """The rows of each range, numbers as numbers.

        Raises:
            CallError: If it fails.
        """
        params: dict[str, Any] = {"valueRenderOption": "UNFORMATTED_VALUE"}
        found = self._call("values_batch_get", list(ranges), params)
        return [each.get("values", []) for each in found["valueRanges"]]

    def batch(self, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Carry out requests, all or none.

        Raises:
            CallError: If it fails.
        """
        replies: list[dict[str, Any]] = self._call("batch_update", {"requests": list(requests)})[
            "replies"
        ]
        return replies

    def wait(self, connect_s: float, read_s: float) -> None:
        """From now on, wait so many seconds for a connection and for an answer."""
        self._http.set_timeout((connect_s, read_s))

    def close(self) -> None:
        """Close the connections."""
        self._http.session.close()
        self._inner.close()

    def _call(self, name: str, *args: Any) -> Any:
        import requests
        from google.auth.exceptions import GoogleAuthError
        from gspread.exceptions import APIError

        try:
            return getattr(self._http, name)(self.sheet_id, *args)
        except APIError as error:
            raise _of_status(error.response) from error
        except GoogleAuthError as error:
            raise _of_auth(error) from error
        except requests.RequestException as error:
            raise _of_network(error) from error
        except (KeyError, TypeError, ValueError) as error:
            message = f"an answer that is not what Sheets answers: {error!r}"
            raise CallError(message, kind="doubt") from error


# The client, and the session that fetches tokens.
def _client(key: Mapping[str, Any], api_root: str | None, pace: Pace) -> tuple[HTTPClient, Session]:
    try:
        import requests
        from google.auth.transport.requests import AuthorizedSession, Request
        from google.oauth2.service_account import Credentials
        from gspread.http_client import HTTPClient
    except ImportError as error:
        raise MissingDependencyError(
            "Google Sheets needs gspread and google-auth; install them with: "
            "pip install 'hilt[sheets]'"
        ) from error
    from hilt.io.sheets.reroute import Reroute

    try:
        # google-auth has no types.
        credentials = Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
            dict(key), scopes=[SCOPE]
        )
    except ValueError as error:
        raise CredentialsError(
            f"Google Sheets: the key of {key.get('client_email')} cannot be used: {error}. "
            "Download a new one in the Google Cloud console: IAM & Admin > Service accounts > Keys"
        ) from error
    inner = requests.Session()
    session = AuthorizedSession(  # type: ignore[no-untyped-call]
        credentials,
        refresh_timeout=pace.read_s,
        auth_request=Request(inner),
    )
    if api_root:
        for each in (inner, session):
            for host in _GOOGLE:
                each.mount(f"{host}/", Reroute(host, api_root))
    # `auth` is not looked at when there is a session.
    client = HTTPClient(auth=credentials, session=session)
    client.set_timeout((pace.connect_s, pace.read_s))
    return client, inner


def _of_status(response: Any) -> CallError:
    code = response.status_code
    try:
        error = response.json()["error"]
        message = str(error["message"])
        reasons = [str(each.get("reason", "")) for each in error.get("details", [])]
    except (KeyError, TypeError, ValueError, AttributeError):
        message, reasons = f"HTTP {code}", []
    kind = "refused"
    if code in _SERVER_TROUBLE:
        kind = "doubt"
    elif code in {401, 409, 429} or "RATE_LIMIT_EXCEEDED" in reasons:
        # 401 comes after google-auth has renewed the token and tried again.
        kind = "again"
    return CallError(
        message,
        kind=kind,
        code=code,
        answered=code not in _GATEWAY_TROUBLE,
        retry_after=_seconds(response.headers.get("Retry-After")),
        reason=next(iter(reasons), ""),
    )


def _of_auth(error: Any) -> CallError:
    """What google-auth could not do; its own `retryable` takes a gateway's page for a refusal."""
    said = error.args[1] if len(error.args) > 1 else None
    if isinstance(said, dict) and said.get("error") in _KEY_TROUBLE:
        return CallError(str(error.args[0]), kind="refused", code=401)
    return CallError(str(error), kind="again")


def _of_network(error: Any) -> CallError:
    import requests
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    cause = error.args[0] if error.args else None
    never_sent = isinstance(error, requests.ConnectTimeout) or (
        isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
    )
    if never_sent:
        return CallError(f"no connection: {error}", kind="again")
    # The beginning of an answer says that the work is done.
    began = isinstance(error, (requests.exceptions.ChunkedEncodingError, requests.JSONDecodeError))
    return CallError(f"{type(error).__name__}: {error}", kind="doubt", answered=began)


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        # A date: rare, and never sent by Sheets; the usual wait will do.
        return None

"""The only access to Google: gspread's HTTP client for one spreadsheet.

gspread, google-auth and requests are imported when a connection is made, not before. One
`Connection` belongs to one thread, as requests' sessions and google-auth's credentials do.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hilt.core.exceptions import MissingDependencyError
from hilt.io.sheets.credentials import Account, load
from hilt.io.sheets.errors import (
    CallError,
    from_auth_error,
    from_network_error,
    from_response,
)
from hilt.io.sheets.pace import Pace
from hilt.io.sheets.retry import retried

if TYPE_CHECKING:
    from gspread.http_client import HTTPClient
    from requests import Session

__all__ = ["SCOPE", "Connection", "Json"]

SCOPE = "https://www.googleapis.com/auth/spreadsheets"
"""Access to spreadsheets and nothing else."""

Json = dict[str, Any]
"""An object of the API, in a request or an answer."""

_ADDRESS_LENGTH = 6_000
"""How long the ranges of one request may be, since they are in its address."""

_GOOGLE = (
    "https://sheets.googleapis.com",
    "https://iamcredentials.googleapis.com",
    "https://oauth2.googleapis.com",
    "https://sts.googleapis.com",
)


class Connection:
    """Requests about one spreadsheet.

    Args:
        sheet_id: The spreadsheet.
        account: Who signs in, as `read_credentials` gives it.
        api_root: Replaces ``https://sheets.googleapis.com``, for a proxy or an emulator.
        pace: Has the time-outs and waits.
        attempts: How often a read request is tried.

    Raises:
        MissingDependencyError: If gspread or google-auth is not installed.
        CredentialsError: If the credentials cannot be used.
    """

    def __init__(
        self,
        sheet_id: str,
        account: Account,
        api_root: str | None,
        pace: Pace,
        attempts: int = 1,
    ) -> None:
        self.sheet_id = sheet_id
        self._timeout = (pace.connect_s, pace.read_s)
        self._pace, self._attempts, self._longest_s = pace, attempts, math.inf
        self._http, self._token_session = _client(account, api_root, pace)

    def tabs(self) -> list[Json]:
        """The ``properties`` of every tab, with its ``tables`` and the spreadsheet's ``timeZone``.

        Raises:
            CallError: If it fails.
        """
        params = {
            "fields": "properties.timeZone,sheets(properties,tables(tableId,name,range))",
        }
        answer = self._read("fetch_sheet_metadata", params)
        zone = answer.get("properties", {}).get("timeZone", "")
        return [
            {**sheet["properties"], "tables": sheet.get("tables", []), "timeZone": zone}
            for sheet in answer["sheets"]
        ]

    def metadata(self, keys: Sequence[str]) -> list[Json]:
        """The developer metadata of some keys.

        Raises:
            CallError: If it fails.
        """
        filters = [{"developerMetadataLookup": {"metadataKey": key}} for key in keys]
        answer = self._retried(lambda: self._guarded(lambda: self._search(filters)))
        return [each["developerMetadata"] for each in answer.get("matchedDeveloperMetadata", ())]

    def structure(self) -> list[Json]:
        """Every tab's ``properties`` and ``protectedRanges``.

        Raises:
            CallError: If it fails.
        """
        params = {"fields": "sheets(properties,protectedRanges)"}
        answer = self._read("fetch_sheet_metadata", params)
        sheets: list[Json] = answer["sheets"]
        return sheets

    def clock_offset_s(self) -> float | None:
        """How many seconds this machine's clock is ahead of Google's; None without an answer."""
        from email.utils import parsedate_to_datetime

        import requests

        try:
            answer = self._token_session.head(_GOOGLE[0], timeout=self._timeout)
            return time.time() - parsedate_to_datetime(answer.headers["Date"]).timestamp()
        except (requests.RequestException, KeyError, TypeError, ValueError):
            return None

    def values(self, ranges: Sequence[str], *, as_shown: bool = False) -> list[list[list[Any]]]:
        """The rows of each range: with numbers as numbers, or with the texts that people see.

        Raises:
            CallError: If it fails.
        """
        params = {"valueRenderOption": "FORMATTED_VALUE" if as_shown else "UNFORMATTED_VALUE"}
        answer = self._read("values_batch_get", list(ranges), params)
        return [each.get("values", []) for each in answer["valueRanges"]]

    def values_of(self, ranges: Sequence[str]) -> list[list[list[Any]]]:
        """The rows of any number of ranges, in as few requests as possible.

        Raises:
            CallError: If one fails.
        """
        return [rows for some in _fitting(ranges) for rows in self.values(some)]

    def batch(self, requests: Sequence[Json]) -> list[Json]:
        """Carry out requests, all or none.

        Raises:
            CallError: If it fails.
        """
        replies: list[Json] = self._call("batch_update", {"requests": list(requests)})["replies"]
        return replies

    def set_timeout(self, connect_s: float, read_s: float) -> None:
        """Set how many seconds to wait for a connection and for an answer."""
        self._timeout = (connect_s, read_s)
        self._http.set_timeout(self._timeout)

    def set_attempts(self, attempts: int, longest_s: float) -> None:
        """Set how often each read request is tried, and within how many seconds."""
        self._attempts, self._longest_s = attempts, longest_s

    def close(self) -> None:
        """Close the connections."""
        self._http.session.close()
        self._token_session.close()

    def _search(self, filters: Sequence[Json]) -> Json:
        url = f"{_GOOGLE[0]}/v4/spreadsheets/{self.sheet_id}/developerMetadata:search"
        answer: Json = self._http.request("post", url, json={"dataFilters": list(filters)}).json()
        return answer

    def _read(self, method: str, *args: object) -> Json:
        return self._retried(lambda: self._call(method, *args))

    def _retried(self, call: Callable[[], Json]) -> Json:
        return retried(call, self._pace, self._attempts, self._longest_s)

    def _call(self, method: str, *args: object) -> Json:
        return self._guarded(lambda: getattr(self._http, method)(self.sheet_id, *args))

    def _guarded(self, call: Callable[[], Json]) -> Json:
        """Make a request and return the answer; raise a failure as `CallError`."""
        import requests
        from google.auth.exceptions import GoogleAuthError
        from gspread.exceptions import APIError

        try:
            return call()
        except APIError as error:
            raise from_response(error.response) from error
        except GoogleAuthError as error:
            raise from_auth_error(error) from error
        except requests.RequestException as error:
            raise from_network_error(error) from error
        except (KeyError, TypeError, ValueError) as error:
            message = f"an answer that is not one of Sheets: {error!r}"
            raise CallError(message, kind="unknown") from error


def _fitting(ranges: Sequence[str]) -> Iterator[list[str]]:
    """Ranges in groups that fit into the address of one request each."""
    group: list[str] = []
    length = 0
    for each in ranges:
        size = len("&ranges=") + len(quote(each))
        if group and length + size > _ADDRESS_LENGTH:
            yield group
            group, length = [], 0
        group.append(each)
        length += size
    if group:
        yield group


def _client(account: Account, api_root: str | None, pace: Pace) -> tuple[HTTPClient, Session]:
    """The client, and the session that fetches tokens."""
    try:
        import requests
        from google.auth.transport.requests import AuthorizedSession, Request
        from gspread.http_client import HTTPClient
    except ImportError as error:
        raise MissingDependencyError(
            "Google Sheets needs gspread and google-auth; install them with: "
            "pip install 'hilt[sheets]'"
        ) from error

    credentials = load(account, SCOPE)
    token_session = requests.Session()
    session = AuthorizedSession(  # type: ignore[no-untyped-call]
        credentials,
        refresh_timeout=pace.read_s,
        auth_request=Request(token_session),
    )
    if api_root:
        _reroute(api_root, token_session, session)
    # `auth` is not used when there is a session.
    client = HTTPClient(auth=credentials, session=session)
    client.set_timeout((pace.connect_s, pace.read_s))
    return client, token_session


def _reroute(api_root: str, *sessions: Session) -> None:
    """Make sessions send requests for Google to another address."""
    from hilt.io.sheets.reroute import Reroute

    for session in sessions:
        for host in _GOOGLE:
            session.mount(f"{host}/", Reroute(host, api_root))

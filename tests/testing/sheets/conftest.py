"""A running emulator, and the real gspread pointed at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gspread
import pytest
import requests
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2.service_account import Credentials

from hilt.io.sheets.reroute import Reroute
from hilt.testing.sheets import Limits, SheetsEmulator

SCOPE = "https://www.googleapis.com/auth/spreadsheets"


def client_of(sheets: SheetsEmulator, key: dict[str, Any], scope: str = SCOPE) -> gspread.Client:
    """The real gspread with real google-auth credentials."""
    inner = requests.Session()
    credentials = Credentials.from_service_account_info(key, scopes=[scope])
    session = AuthorizedSession(credentials, auth_request=Request(inner))
    for host in ("https://sheets.googleapis.com", "https://iamcredentials.googleapis.com"):
        for each in (inner, session):
            each.mount(f"{host}/", Reroute(host, sheets.api_root))
    client = gspread.Client(auth=credentials, session=session)
    client.set_timeout((1, 0.5))
    return client


@pytest.fixture
def sheets() -> Iterator[SheetsEmulator]:
    """An emulator with one spreadsheet, ``book``, and no quotas."""
    limits = Limits(None, None, None, None)
    with SheetsEmulator(limits=limits) as emulator:
        emulator.add_book("book")
        yield emulator


@pytest.fixture
def connect(sheets: SheetsEmulator) -> Callable[..., gspread.Client]:
    """Makes clients of the emulator."""
    return lambda **options: client_of(sheets, sheets.service_account(), **options)


@pytest.fixture
def book(connect: Callable[..., gspread.Client]) -> gspread.Spreadsheet:
    """The spreadsheet, as gspread has it."""
    return connect().open_by_key("book")

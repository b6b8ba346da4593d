"""Tokens for every kind of credentials, through google-auth's own loaders."""

from __future__ import annotations

import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials

from hilt.io.sheets.reroute import Reroute
from hilt.testing.sheets import SheetsEmulator
from hilt.testing.sheets.oauth import SPREADSHEETS_SCOPE, TokenError

EMAIL = "ada@example.com"


@pytest.fixture
def request_(sheets):
    """What google-auth fetches tokens with."""
    with requests.Session() as session:
        host = "https://oauth2.googleapis.com"
        session.mount(f"{host}/", Reroute(host, sheets.url))
        yield Request(session)


def test_person_has_a_refresh_token(sheets: SheetsEmulator, request_):
    """As ``gcloud auth application-default login`` leaves it."""
    info = sheets.tokens.user(f"{sheets.url}/token", EMAIL)
    credentials = Credentials.from_authorized_user_info(info)
    credentials.refresh(request_)

    assert sheets.tokens.account(f"Bearer {credentials.token}") == (EMAIL, True)
    wrong = Credentials.from_authorized_user_info({**info, "refresh_token": "x"})
    with pytest.raises(RefreshError, match="revoked"):
        wrong.refresh(request_)


def test_subject_token_is_exchanged(sheets: SheetsEmulator):
    """Workload identity federation: another provider's token for one of Google's."""
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": sheets.tokens.subject(EMAIL),
        "scope": SPREADSHEETS_SCOPE,
    }
    token = sheets.tokens.token(form, "")["access_token"]

    assert sheets.tokens.account(f"Bearer {token}") == (EMAIL, True)
    with pytest.raises(TokenError, match="subject token"):
        sheets.tokens.token({**form, "subject_token": "x"}, "")


def test_account_acts_as_another_only_where_it_may(sheets: SheetsEmulator):
    """Impersonation needs the role Token Creator."""
    form = {"grant_type": "refresh_token"}
    info = sheets.tokens.user("", EMAIL)
    token = sheets.tokens.token({**form, "refresh_token": info["refresh_token"]}, "")
    url = f"{sheets.url}/v1/projects/-/serviceAccounts/bot@p:generateAccessToken"
    call = {"headers": {"Authorization": f"Bearer {token['access_token']}"}, "json": {"scope": [SPREADSHEETS_SCOPE]}}  # fmt: skip
    assert requests.post(url, **call, timeout=5).status_code == 403
    sheets.tokens.allow_impersonation("bot@p", by=EMAIL)
    answer = requests.post(url, **call, timeout=5).json()

    assert sheets.tokens.account(f"Bearer {answer['accessToken']}") == ("bot@p", True)

"""Credentials in every form, and what is wrong with those that do not work."""

from __future__ import annotations

import base64
import json
import sys
import traceback

import pytest

from hilt.core.exceptions import (
    ConfigurationError,
    CredentialsError,
    MissingDependencyError,
    SinkError,
)

from .conftest import EMAIL, prompt_of, put


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("{", "not JSON"),
        ("[]", "not a credentials file"),
        ('{"type": "service_account"}', "client_email, private_key, token_uri missing"),
        ('{"installed": {}}', "this is an OAuth client, not a service account"),
    ],
)
def test_wrong_credentials_are_explained(sink_of, tmp_path, content, message):
    """Unreadable, not JSON, and the wrong kind of file have messages of their own."""
    path = tmp_path / "credentials.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(CredentialsError, match=message):
        sink_of(credentials_json=None, credentials_path=path)


def test_no_credentials_are_explained(sink_of, monkeypatch):
    """The arguments and the variable are named."""
    for name in ("GOOGLE_CREDENTIALS_PATH", "GOOGLE_APPLICATION_CREDENTIALS", "K_SERVICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", "/nowhere")
    with pytest.raises(CredentialsError, match="GOOGLE_CREDENTIALS_PATH"):
        sink_of(credentials_json=None)


def test_broken_private_key_is_explained(sink_of, key):
    """A key that was cut when it was copied is reported."""
    sink = sink_of(credentials_json={**key, "private_key": "-----BEGIN PRIVATE KEY-----\nMII"})
    with pytest.raises(CredentialsError, match="cannot be used"):
        sink.open()


def test_credentials_may_be_text_or_a_file(sheets, sink_of, key, tmp_path):
    """All three ways to give a key work."""
    path = tmp_path / "key.json"
    path.write_text(json.dumps(key))
    for given in ({"credentials_json": json.dumps(key)},
                  {"credentials_json": None, "credentials_path": path}):  # fmt: skip
        sink = sink_of(**given)
        sink.open()
        put(sink, prompt_of("x"))
        assert sink.flush(10)


def test_missing_extra_says_what_to_install(sink_of, monkeypatch):
    """Without gspread there is one line to copy."""
    monkeypatch.setitem(sys.modules, "gspread.http_client", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'hilt\[sheets\]'"):
        sink_of().open()


BOT = "bot@my-project.iam.gserviceaccount.com"
IMPERSONATION = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{BOT}:generateAccessToken"  # fmt: skip


@pytest.fixture
def delivers(sheets, sink_of, monkeypatch):
    """Whether a row arrives, and whose requests brought it."""

    def do(**options: object) -> set[str]:
        sink = sink_of(**{"credentials_json": None, **options})
        sink.open()
        put(sink, prompt_of("x"))
        assert sink.flush(10)
        return {call.account for call in sheets.calls_of("write")}

    return do


def federated(sheets, tmp_path, **more: object) -> dict:
    """What workload identity federation's configuration file holds."""
    token = tmp_path / "subject-token"
    token.write_text(sheets.tokens.subject("principal@pool"))
    return {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {"file": str(token)},
        **more,
    }  # fmt: skip


def test_person_signs_in(sheets, delivers):
    """With what ``gcloud`` leaves."""
    info = sheets.tokens.user("https://oauth2.googleapis.com/token", "ada@example.com")

    assert delivers(credentials_json=info) == {"ada@example.com"}


def test_workload_identity_federation_signs_in(sheets, delivers, tmp_path):
    """With another provider's token, from a configuration file without a secret."""
    path = tmp_path / "federation.json"
    path.write_text(json.dumps(federated(sheets, tmp_path)))

    assert delivers(credentials_path=path) == {"principal@pool"}


def test_federation_may_impersonate_a_service_account(sheets, delivers, tmp_path):
    """The sheet is shared with the service account."""
    sheets.tokens.allow_impersonation(BOT, by="principal@pool")
    info = federated(sheets, tmp_path, service_account_impersonation_url=IMPERSONATION)

    assert delivers(credentials_json=info) == {BOT}


def test_impersonated_service_account_signs_in(sheets, delivers):
    """From a person's own credentials."""
    user = sheets.tokens.user("https://oauth2.googleapis.com/token", "ada@example.com")
    sheets.tokens.allow_impersonation(BOT, by="ada@example.com")
    info = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": IMPERSONATION,
        "source_credentials": user,
    }

    assert delivers(credentials_json=info) == {BOT}


def test_account_that_may_not_be_impersonated_is_explained(sheets, sink_of):
    """The role that is missing is named."""
    user = sheets.tokens.user("https://oauth2.googleapis.com/token", "ada@example.com")
    info = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": IMPERSONATION,
        "source_credentials": user,
    }

    with pytest.raises(SinkError, match=f"not act as {BOT}.*Service Account Token Creator"):
        sink_of(credentials_json=info).open()


def test_application_default_credentials_are_used_where_nothing_is_given(
    sheets, delivers, tmp_path, monkeypatch
):
    """The variable of every Google library, or what ``gcloud`` has left."""
    info = sheets.tokens.user("https://oauth2.googleapis.com/token", "ada@example.com")
    path = tmp_path / "application_default_credentials.json"
    path.write_text(json.dumps(info))
    monkeypatch.delenv("GOOGLE_CREDENTIALS_PATH", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    assert delivers() == {"ada@example.com"}
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))

    assert delivers() == {"ada@example.com"}


def test_key_where_a_path_is_expected_is_taken_and_never_printed(key, delivers, sink_of):
    """People put the JSON into the variable for the path."""
    assert delivers(credentials_path=json.dumps(key)) == {EMAIL}
    with pytest.raises(CredentialsError) as caught:
        sink_of(credentials_json=None, credentials_path=json.dumps(key)[:-3])

    assert "private_key" not in str(caught.value)
    assert "PRIVATE" not in repr(sink_of().account)


@pytest.mark.parametrize("name", ["GOOGLE_CREDENTIALS_PATH", "GOOGLE_APPLICATION_CREDENTIALS"])
def test_key_in_a_variable_for_a_path_is_taken(key, delivers, monkeypatch, name):
    """Google's own library would print it in its error."""
    monkeypatch.setenv("CLOUDSDK_CONFIG", "/nowhere")
    for other in ("GOOGLE_CREDENTIALS_PATH", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, json.dumps(key))

    assert delivers() == {EMAIL}


@pytest.mark.parametrize("name", ["credentials_path", "GOOGLE_APPLICATION_CREDENTIALS"])
@pytest.mark.parametrize("wrap", [str, lambda text: base64.b64encode(text.encode()).decode()])
def test_what_may_be_a_part_of_a_key_is_never_printed(sink_of, key, monkeypatch, name, wrap):
    """Neither in the error nor in what caused it, although it is no JSON."""
    text = wrap(key["private_key"])
    options = {"credentials_json": None, "credentials_path": text}
    if name != "credentials_path":
        monkeypatch.setenv(name, text)
        monkeypatch.setenv("CLOUDSDK_CONFIG", "/nowhere")
        options["credentials_path"] = None
    with pytest.raises(CredentialsError, match="nor the file's content") as caught:
        sink_of(**options)

    printed = "".join(traceback.format_exception(caught.value))
    assert not any(part in printed for part in (text[40:60], text[-60:-40]))


def test_escaped_line_breaks_of_a_key_are_mended(key, delivers):
    """As they come out of many environments."""
    assert delivers(credentials_json={**key, "private_key": key["private_key"].replace("\n", "\\n")})  # fmt: skip


@pytest.mark.parametrize("kind", ["authorized_user", "external_account", "external_account_authorized_user", "impersonated_service_account", "gdch_service_account"])  # fmt: skip
def test_incomplete_or_unknown_credentials_are_named(sink_of, kind):
    """By their type."""
    with pytest.raises(CredentialsError, match=kind):
        sink_of(credentials_json={"type": kind})


@pytest.mark.parametrize(
    "address",
    [
        "book",
        " book ",
        "https://docs.google.com/spreadsheets/d/book/edit#gid=0",
        "https://docs.google.com/spreadsheets/u/1/d/book/edit?usp=sharing",
        "https://docs.google.com/spreadsheets/d/book",
        "docs.google.com/spreadsheets/d/book/",
        "https://drive.google.com/open?id=book",
    ],
)
def test_address_in_any_form_is_the_spreadsheet(sink_of, address):
    """People paste what they have."""
    assert sink_of(sheet_id=address).sheet_id == "book"


@pytest.mark.parametrize(
    "address",
    ["https://docs.google.com/spreadsheets/d/e/2PACX-1v/pubhtml", "2PACX-1vSomething"],
)
def test_published_address_is_explained(sink_of, address):
    """It looks like a spreadsheet's, and nobody can write to it."""
    with pytest.raises(ConfigurationError, match="published to the web"):
        sink_of(sheet_id=address)

"""Credentials in every form, and what is wrong with those that do not work."""

from __future__ import annotations

import json
import sys

import pytest

from hilt.core.exceptions import (
    CredentialsError,
    MissingDependencyError,
)

from .conftest import prompt_of, put


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("{", "not JSON"),
        ("[]", "not a service account's key"),
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
    monkeypatch.delenv("GOOGLE_CREDENTIALS_PATH", raising=False)
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

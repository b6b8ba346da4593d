"""A key is read in whichever way it was passed on."""

from __future__ import annotations

import base64
import json

import pytest

from hilt.io.sheets.key_texts import is_key, json_in, text_in

KEY = {"type": "service_account", "private_key": "-----BEGIN\nMIIE\n-----END\n" * 9}
TEXT = json.dumps(KEY)
CODED = base64.b64encode(TEXT.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"\n{json.dumps(KEY, indent=2)}\n",
        json.dumps(TEXT),
        f"'{TEXT}'",
        CODED,
        "\n".join(CODED[at : at + 76] for at in range(0, len(CODED), 76)),
        base64.urlsafe_b64encode(TEXT.encode()).decode(),
        TEXT.replace("\\n", "\n"),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
    ],
)
def test_key_is_read(text):
    """As it is, in quotes, in base64, with real line breaks, or as an editor has saved it."""
    assert json_in(text) == KEY
    assert is_key(text if isinstance(text, str) else text_in(text))


@pytest.mark.parametrize(
    "text", ["credentials.json", "~/keys/key.json", "", "a" * 200, "C:\\keys\\key.json", "/" * 120]
)
def test_path_is_no_key(text):
    """Also one that could be base64."""
    assert not is_key(text)


@pytest.mark.parametrize("text", ["", "{", "AIzaSy", "aGVsbG8=" * 40, "'{'", b"\x30\x82\x0a"])
def test_other_texts_are_no_json(text):
    """A key that was cut, another kind of key, a certificate."""
    with pytest.raises(ValueError):
        json_in(text)

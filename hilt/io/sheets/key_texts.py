"""Reading keys as people pass them on: in quotes, in base64, escaped twice, or saved by an editor.

A key goes through environment variables, YAML files and secrets of CI systems, each of which may
change it in a way that is easily undone. No text of a key is ever in an error.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import json
import re

__all__ = ["is_key", "json_in", "text_in"]

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-\s]{100,}={0,2}\s*")


def is_key(text: str) -> bool:
    """Whether a text is the content of a credentials file, not a path, judging by its beginning."""
    return _unwrapped(text).lstrip("\"'").lstrip().startswith("{")


def json_in(text: str | bytes) -> object:
    """What the JSON in a text stands for.

    Raises:
        ValueError: If it is not JSON.
    """
    unwrapped = _unwrapped(text_in(text) if isinstance(text, bytes) else text)
    if unwrapped.startswith("'"):
        unwrapped = unwrapped.strip("'")
    # Line breaks inside the private key may be real ones.
    value: object = json.loads(unwrapped, strict=False)
    return json.loads(value, strict=False) if isinstance(value, str) else value


def text_in(data: bytes) -> str:
    """The text of a file, whichever editor or shell has saved it.

    Raises:
        ValueError: If it is no text.
    """
    return data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8-sig")


def _unwrapped(text: str) -> str:
    """A text without blanks around it, and decoded if it was in base64."""
    text = text.strip()
    if _BASE64.fullmatch(text) is None:
        return text
    try:
        decoded = base64.b64decode("".join(text.split()), altchars=b"-_" if "-" in text else None)
        return text_in(decoded).strip()
    except (binascii.Error, ValueError):
        return text

"""Service account keys: from a file or from JSON to something that google-auth can use."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from hilt.core.exceptions import CredentialsError

__all__ = ["ServiceAccountKey", "read_credentials"]

ServiceAccountKey = Mapping[str, object]
"""The content of a service account's key file."""

_KEY_FIELDS = ("client_email", "private_key", "token_uri")
_NEW_KEY = (
    "In the Google Cloud console choose IAM & Admin > Service accounts > Keys > Add key > JSON"
)


def read_credentials(
    path: str | os.PathLike[str] | None, info: ServiceAccountKey | str | None
) -> ServiceAccountKey:
    """A service account's key from its file, or from the JSON itself.

    Raises:
        CredentialsError: If there is none, or it is not such a key; the message says the way out.
    """
    if info is not None:
        return _parse("credentials_json", info)
    if path is None:
        raise CredentialsError(
            "Google Sheets: no credentials. Give credentials_path (a service account's key file) "
            "or credentials_json (its content), or set GOOGLE_CREDENTIALS_PATH"
        )
    source = f"credentials_path {str(path)!r}"
    try:
        text = Path(os.fspath(path)).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialsError(f"{source}: cannot be read: {error}") from error
    return _parse(source, text)


def _parse(source: str, info: ServiceAccountKey | str) -> ServiceAccountKey:
    try:
        key = json.loads(info) if isinstance(info, (str, bytes)) else dict(info)
    except (TypeError, ValueError) as error:
        raise CredentialsError(f"{source}: not JSON: {error}") from error
    if isinstance(key, dict) and ("installed" in key or "web" in key):
        raise CredentialsError(
            f"{source}: this is an OAuth client, not a service account. {_NEW_KEY}"
        )
    missing = [name for name in _KEY_FIELDS if not isinstance(key, dict) or not key.get(name)]
    if missing:
        raise CredentialsError(
            f"{source}: not a service account's key: {', '.join(missing)} missing. {_NEW_KEY}"
        )
    return dict(key)

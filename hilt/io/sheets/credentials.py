"""Credentials: from what a user gives to google-auth's credentials.

Every kind of credentials file that Google issues is accepted, and loaded by google-auth's own class
for it. Nothing of google-auth is imported before a connection is made.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hilt.core.exceptions import CredentialsError
from hilt.io.sheets.key_texts import is_key, json_in, text_in

if TYPE_CHECKING:
    from google.auth.credentials import Credentials as GoogleCredentials

__all__ = ["Account", "CredentialsInfo", "load", "read_credentials"]

CredentialsInfo = Mapping[str, object]
"""The content of a credentials file."""

_REQUIRED: Mapping[str, Sequence[str]] = {
    "service_account": ("client_email", "private_key", "token_uri"),
    "authorized_user": ("client_id", "client_secret", "refresh_token"),
    "external_account": ("audience", "subject_token_type", "token_url", "credential_source"),
    "external_account_authorized_user": ("audience", "refresh_token", "token_url"),
    "impersonated_service_account": ("service_account_impersonation_url", "source_credentials"),
}
_PEOPLE = frozenset({"authorized_user", "external_account_authorized_user"})
_NEW_KEY = (
    "In the Google Cloud console choose IAM & Admin > Service accounts > Keys > Add key > JSON"
)
_LONGEST_PATH = 512
"""The longest path that is printed; the shortest keys are longer."""
_AWS = "urn:ietf:params:aws:token-type:aws4_request"


@dataclass(frozen=True, slots=True)
class Account:
    """Who signs in.

    Args:
        kind: The ``type`` of the credentials file, or ``application_default``.
        name: The name for people, if possible an e-mail address.
        project: The project in Google Cloud, if it is in the credentials.
        info: The content of the file; None for Application Default Credentials.
    """

    kind: str
    name: str
    project: str = ""
    info: CredentialsInfo | None = field(default=None, repr=False)

    @property
    def is_person(self) -> bool:
        """Whether it is a person, who signs in with a browser."""
        return self.kind in _PEOPLE


def read_credentials(
    path: str | os.PathLike[str] | None, info: CredentialsInfo | str | None
) -> Account:
    """Who signs in, from a credentials file, from the JSON itself, or from the environment.

    Raises:
        CredentialsError: If there are none, or they cannot be used; the message says what to do.
    """
    if info is not None:
        return _parse("credentials_json", info)
    if path is None:
        return _application_default()
    text = os.fspath(path)
    if is_key(text):
        # The key itself instead of its path: it is accepted, and never printed.
        return _parse("credentials_path", text)
    if not _may_be_path(text):
        raise CredentialsError(
            f"credentials_path: neither the path of a credentials file nor the file's content, but "
            f"a text of {len(text):,} characters"
        )
    source = f"credentials_path {text!r}"
    try:
        content = text_in(Path(text).expanduser().read_bytes())
    except UnicodeDecodeError:
        raise CredentialsError(f"{source}: not JSON; is it a P12 key? {_NEW_KEY}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CredentialsError(f"{source}: cannot be read: {reason}") from error
    return _parse(source, content)


def load(account: Account, scope: str) -> GoogleCredentials:
    """google-auth's credentials for an account, by the class for its kind.

    Raises:
        CredentialsError: If google-auth does not take them.
    """
    from google.auth.exceptions import GoogleAuthError

    try:
        return _LOADERS[account.kind](dict(account.info or {}), [scope])
    except (GoogleAuthError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise CredentialsError(
            f"Google Sheets: the credentials of {account.name} ({account.kind}) cannot be used: "
            f"{error}. Download or make them again"
        ) from error


def _parse(source: str, info: CredentialsInfo | str) -> Account:
    try:
        content = json_in(info) if isinstance(info, (str, bytes)) else dict(info)
    except (TypeError, ValueError):
        # The error's own text may repeat a part of the key.
        raise CredentialsError(f"{source}: not JSON") from None
    if not isinstance(content, dict):
        raise CredentialsError(f"{source}: not a credentials file: it is no JSON object")
    if "installed" in content or "web" in content:
        raise CredentialsError(
            f"{source}: this is an OAuth client, not a service account. {_NEW_KEY}"
        )
    kind = str(content.get("type", "service_account"))
    if kind not in _REQUIRED:
        raise CredentialsError(
            f"{source}: credentials of the type {kind!r} are not supported; expected one of "
            f"{', '.join(_REQUIRED)}"
        )
    missing = [name for name in _REQUIRED[kind] if not content.get(name)]
    if missing:
        what = "a service account's key" if kind == "service_account" else f"{kind} credentials"
        way_out = _NEW_KEY if kind == "service_account" else "Make the file again"
        raise CredentialsError(f"{source}: not {what}: {', '.join(missing)} missing. {way_out}")
    return _account(kind, content)


def _account(kind: str, content: dict[str, object]) -> Account:
    if isinstance(content.get("private_key"), str):
        # Environment variables and YAML files often hold the line breaks escaped.
        content["private_key"] = str(content["private_key"]).replace("\\n", "\n")
    url = str(content.get("service_account_impersonation_url", ""))
    impersonated = url.rpartition("/")[2].partition(":")[0]
    names = (content.get("client_email"), impersonated, content.get("account"))
    usual = "your Google account" if kind in _PEOPLE else str(content.get("audience", kind))
    name = next((str(each) for each in names if each), usual)
    project = str(content.get("project_id") or content.get("quota_project_id") or "")
    return Account(kind, name, project, content)


def _application_default() -> Account:
    """Application Default Credentials, if there is any sign of them."""
    variable = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    if variable and (is_key(variable) or not _may_be_path(variable)):
        # google-auth takes only a path, and its error repeats anything else.
        return read_credentials(variable, None)
    for path in (variable, _gcloud_path()):
        if path and Path(path).is_file():
            return read_credentials(path, None)
    if variable or _is_on_google_cloud():
        project = os.environ.get("GOOGLE_CLOUD_PROJECT", "")
        return Account("application_default", "the application default credentials", project)
    raise CredentialsError(
        "Google Sheets: no credentials. Give credentials_path (a credentials file) or "
        "credentials_json (its content), set GOOGLE_CREDENTIALS_PATH or "
        "GOOGLE_APPLICATION_CREDENTIALS, or sign in: gcloud auth application-default login "
        "--scopes=https://www.googleapis.com/auth/spreadsheets,"
        "https://www.googleapis.com/auth/cloud-platform"
    )


def _may_be_path(text: str) -> bool:
    """Whether a text may be a path, and so be printed: people give keys in place of paths."""
    return len(text) <= _LONGEST_PATH and not any(each in text for each in "{\n\r")


def _gcloud_path() -> str:
    """Where ``gcloud auth application-default login`` leaves a person's credentials."""
    folder = os.environ.get("CLOUDSDK_CONFIG")
    if not folder:
        base = os.environ.get("APPDATA", "~") if sys.platform == "win32" else "~/.config"
        folder = os.path.join(base, "gcloud")
    return os.path.expanduser(os.path.join(folder, "application_default_credentials.json"))


def _is_on_google_cloud() -> bool:
    """Whether this looks like a machine of Google's, without asking the network."""
    if any(os.environ.get(name) for name in ("K_SERVICE", "GAE_ENV", "GCE_METADATA_HOST")):
        return True
    try:
        return "Google" in Path("/sys/class/dmi/id/product_name").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


Loader = Callable[[dict[str, object], Sequence[str]], "GoogleCredentials"]

# google-auth has hardly any types.
# mypy: disable-error-code="no-untyped-call,no-any-return"


def _service_account(info: dict[str, object], scopes: Sequence[str]) -> GoogleCredentials:
    from google.oauth2.service_account import Credentials

    return Credentials.from_service_account_info(info, scopes=scopes)


def _authorized_user(info: dict[str, object], scopes: Sequence[str]) -> GoogleCredentials:
    from google.oauth2.credentials import Credentials

    return Credentials.from_authorized_user_info(info, scopes=scopes)


def _external_account(info: dict[str, object], scopes: Sequence[str]) -> GoogleCredentials:
    from google.auth import aws, identity_pool, pluggable

    source = info.get("credential_source")
    if info.get("subject_token_type") == _AWS:
        return aws.Credentials.from_info(info, scopes=scopes)
    if isinstance(source, Mapping) and "executable" in source:
        return pluggable.Credentials.from_info(info, scopes=scopes)
    return identity_pool.Credentials.from_info(info, scopes=scopes)


def _external_user(info: dict[str, object], scopes: Sequence[str]) -> GoogleCredentials:
    from google.auth.external_account_authorized_user import Credentials

    return Credentials.from_info(info, scopes=scopes)


def _impersonated(info: dict[str, object], scopes: Sequence[str]) -> GoogleCredentials:
    from google.auth.impersonated_credentials import Credentials

    return Credentials.from_impersonated_service_account_info(info, scopes=scopes)


def _default(_: dict[str, object], scopes: Sequence[str]) -> GoogleCredentials:
    import google.auth

    credentials, _project = google.auth.default(scopes=scopes)
    return credentials


_LOADERS: Mapping[str, Loader] = {
    "application_default": _default,
    "authorized_user": _authorized_user,
    "external_account": _external_account,
    "external_account_authorized_user": _external_user,
    "impersonated_service_account": _impersonated,
    "service_account": _service_account,
}

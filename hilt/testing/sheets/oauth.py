"""The OAuth token endpoint, and the service accounts that may use it.

A service account is made here with a real RSA key; google-auth signs with it, and the endpoint
checks the signature. Needs ``cryptography``.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any

from hilt.testing.sheets.errors import ApiError, error_info

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

__all__ = ["SPREADSHEETS_SCOPE", "TOKEN_PATHS", "TokenError", "TokenServer"]

SPREADSHEETS_SCOPE = "https://www.googleapis.com/auth/spreadsheets"
"""The scope that reads and writes spreadsheets and nothing else."""

TOKEN_PATHS = ("/token", "/v1/token")
"""The paths of Google's token endpoint and of the one of workload identity federation."""

_SUFFICIENT = {SPREADSHEETS_SCOPE, "https://www.googleapis.com/auth/drive"}
_GOOGLE_ENDPOINT = "https://oauth2.googleapis.com/token"
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_LEEWAY_S = 300.0
_LONGEST_S = 3600.0


class TokenError(Exception):
    """A token request that is refused.

    Args:
        error: The OAuth error code, for example ``invalid_grant``.
        description: What is wrong.
    """

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class TokenServer:
    """Makes service accounts, and gives them tokens.

    Args:
        clock: Seconds, for the life of a token.
        lifetime_s: How long a token is good.
    """

    def __init__(self, clock: Callable[[], float], lifetime_s: float = 3600) -> None:
        self._clock = clock
        self.lifetime_s = lifetime_s
        self.clock_offset_s = 0.0
        """How far this machine's clock is behind the service's, which refuses tokens for it."""
        self._keys: dict[str, RSAPublicKey] = {}
        self._disabled: set[str] = set()
        self._refresh_tokens: dict[str, str] = {}
        self._subject_tokens: dict[str, str] = {}
        self._impersonators: dict[str, set[str]] = {}
        self._tokens: dict[str, tuple[str, float, frozenset[str]]] = {}
        self._lock = threading.Lock()

    def credentials(self, token_uri: str, email: str, project: str) -> dict[str, Any]:
        """A new service account's key file, as Google's console gives it."""
        from cryptography.hazmat.primitives import serialization

        key = _private_key()
        self._keys[email] = key.public_key()
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return {
            "type": "service_account",
            "project_id": project,
            "private_key_id": secrets.token_hex(20),
            "private_key": pem.decode(),
            "client_email": email,
            "client_id": "100000000000000000000",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }

    def wall_clock(self) -> float:
        """The time as the service has it, in seconds since the epoch."""
        return time.time() + self.clock_offset_s

    def user(self, token_uri: str, email: str) -> dict[str, Any]:
        """A person's credentials (``authorized_user``), as ``gcloud`` leaves them."""
        refresh_token = secrets.token_urlsafe(24)
        self._refresh_tokens[refresh_token] = email
        return {
            "type": "authorized_user",
            "client_id": "1.apps.googleusercontent.com",
            "client_secret": "secret",
            "refresh_token": refresh_token,
            "token_uri": token_uri,
            "account": email,
        }

    def subject(self, email: str) -> str:
        """A token of another identity provider, which may be exchanged for one of Google's."""
        token = secrets.token_urlsafe(24)
        self._subject_tokens[token] = email
        return token

    def allow_impersonation(self, email: str, by: str) -> None:
        """Let an account act as a service account (the role Token Creator)."""
        self._impersonators.setdefault(email, set()).add(by)

    def disable(self, email: str) -> None:
        """Suspend an account: no new tokens, and the old ones end now."""
        with self._lock:
            self._disabled.add(email)
        self.expire(email)

    def enable(self, email: str) -> None:
        """Let a suspended account in again."""
        with self._lock:
            self._disabled.discard(email)

    def revoke(self, email: str) -> None:
        """Delete a service account's key: no new tokens, and the old ones end now."""
        with self._lock:
            self._keys.pop(email, None)
        self.expire(email)

    def expire(self, email: str | None = None) -> None:
        """End the tokens of one service account, or all."""
        with self._lock:
            self._tokens = {
                token: entry
                for token, entry in self._tokens.items()
                if email is not None and entry[0] != email
            }

    def token(self, form: Mapping[str, str], token_uri: str) -> dict[str, Any]:
        """The answer to a token request.

        Raises:
            TokenError: If the assertion is not a good one.
        """
        grant = form.get("grant_type")
        if grant == "refresh_token":
            email = self._refresh_tokens.get(form.get("refresh_token", ""))
            if email is None:
                raise TokenError("invalid_grant", "Token has been expired or revoked.")
            return self._issue(email, form.get("scope") or SPREADSHEETS_SCOPE)
        if grant == _EXCHANGE_GRANT:
            email = self._subject_tokens.get(form.get("subject_token", ""))
            if email is None:
                raise TokenError("invalid_grant", "Invalid subject token.")
            return self._issue(email, form.get("scope", ""))
        if grant != _JWT_GRANT:
            raise TokenError("unsupported_grant_type", "Invalid grant_type")
        claims = self._claims(form.get("assertion", ""))
        # google-auth names Google's endpoint as the audience, whatever the key's token_uri says.
        if claims.get("aud") not in {token_uri, _GOOGLE_ENDPOINT}:
            raise TokenError("invalid_grant", "Invalid JWT: Failed audience check.")
        self._check_times(claims)
        return self._issue(str(claims["iss"]), str(claims.get("scope", "")))

    def impersonate(
        self, email: str, authorization: str | None, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The answer of ``generateAccessToken``.

        Raises:
            ApiError: If the caller may not act as the service account.
        """
        caller = self._owner(authorization)
        if caller is None or caller not in self._impersonators.get(email, ()):
            raise ApiError(
                403,
                "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may "
                "not exist).",
                details=error_info("IAM_PERMISSION_DENIED"),
            )
        issued = self._issue(email, " ".join(body.get("scope", ())))
        expires = datetime.fromtimestamp(self.wall_clock() + self.lifetime_s, timezone.utc)
        return {
            "accessToken": issued["access_token"],
            "expireTime": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def _issue(self, email: str, scope: str) -> dict[str, Any]:
        if email in self._disabled:
            raise TokenError("disabled_client", "The OAuth client was disabled.")
        scopes = frozenset(scope.split())
        if not scopes:
            raise TokenError("invalid_scope", "Empty or missing scope not allowed.")
        token = f"ya29.{secrets.token_urlsafe(24)}"
        with self._lock:
            self._tokens[token] = (email, self._clock() + self.lifetime_s, scopes)
        return {
            "access_token": token,
            "expires_in": int(self.lifetime_s),
            "token_type": "Bearer",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        }

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self.wall_clock()
        issued, expires = float(claims.get("iat", 0)), float(claims.get("exp", 0))
        reasonable = issued <= now + _LEEWAY_S and now - _LEEWAY_S <= expires
        if not reasonable or not 0 < expires - issued <= _LONGEST_S:
            raise TokenError(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
                "timeframe. Check your iat and exp values in the JWT claim.",
            )

    def _owner(self, authorization: str | None) -> str | None:
        token = (authorization or "").removeprefix("Bearer ")
        with self._lock:
            entry = self._tokens.get(token)
        return None if entry is None or entry[1] <= self._clock() else entry[0]

    def account(self, authorization: str | None) -> tuple[str, bool] | None:
        """Whose token it is and whether its scopes are enough, or None for a bad token."""
        token = (authorization or "").removeprefix("Bearer ")
        with self._lock:
            entry = self._tokens.get(token)
        if entry is None or entry[1] <= self._clock():
            return None
        return entry[0], bool(entry[2] & _SUFFICIENT)

    def _claims(self, assertion: str) -> dict[str, Any]:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        try:
            head, body, signature = assertion.split(".")
            claims: dict[str, Any] = json.loads(_decoded(body))
            key = self._keys.get(str(claims.get("iss")))
            if key is None:
                raise TokenError("invalid_grant", "Invalid grant: account not found")
            signed = f"{head}.{body}".encode()
            key.verify(_decoded(signature), signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise TokenError("invalid_grant", "Invalid JWT Signature.") from None
        except (ValueError, binascii.Error) as error:
            raise TokenError("invalid_grant", "Invalid JWT") from error
        return claims


@cache
def _private_key() -> RSAPrivateKey:
    """One real key a process.

    A small one: google-auth checks it each time that it is read, which takes eight times as long
    with Google's 2048 bits, and what is signed is a test's.
    """
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

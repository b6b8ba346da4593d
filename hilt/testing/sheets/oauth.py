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
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

__all__ = ["SPREADSHEETS_SCOPE", "TokenError", "TokenServer"]

SPREADSHEETS_SCOPE = "https://www.googleapis.com/auth/spreadsheets"
"""The scope that reads and writes spreadsheets and nothing else."""

_ENOUGH = {SPREADSHEETS_SCOPE, "https://www.googleapis.com/auth/drive"}
_GOOGLE_ENDPOINT = "https://oauth2.googleapis.com/token"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


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
        self._keys: dict[str, RSAPublicKey] = {}
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
        if form.get("grant_type") != _GRANT:
            raise TokenError("unsupported_grant_type", "Invalid grant_type")
        claims = self._claims(form.get("assertion", ""))
        # google-auth names Google's endpoint as the audience, whatever the key's token_uri says.
        if claims.get("aud") not in {token_uri, _GOOGLE_ENDPOINT}:
            raise TokenError("invalid_grant", "Invalid JWT: Failed audience check.")
        scopes = frozenset(str(claims.get("scope", "")).split())
        if not scopes:
            raise TokenError("invalid_scope", "Empty or missing scope not allowed.")
        token = f"ya29.{secrets.token_urlsafe(24)}"
        with self._lock:
            self._tokens[token] = (str(claims["iss"]), self._clock() + self.lifetime_s, scopes)
        return {"access_token": token, "expires_in": int(self.lifetime_s), "token_type": "Bearer"}

    def account(self, authorization: str | None) -> tuple[str, bool] | None:
        """Whose token it is and whether its scopes are enough, or None for a bad token."""
        token = (authorization or "").removeprefix("Bearer ")
        with self._lock:
            entry = self._tokens.get(token)
        if entry is None or entry[1] <= self._clock():
            return None
        return entry[0], bool(entry[2] & _ENOUGH)

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
    """One real key a process: making one takes a tenth of a second."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

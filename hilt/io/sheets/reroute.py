"""Requests for Google that go somewhere else: a gateway, or an emulator. Imports requests."""

from __future__ import annotations

from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

__all__ = ["Reroute"]


class Reroute(HTTPAdapter):
    """A transport for ``Session.mount`` that changes where requests go, and nothing else.

    gspread's addresses are constants, so this uses the hook that requests offers.

    Args:
        host: What the addresses begin with: ``https://sheets.googleapis.com``.
        root: What they begin with instead: ``http://127.0.0.1:8080``.
    """

    # The attributes that are kept when google-auth copies a session.
    __attrs__ = [*HTTPAdapter.__attrs__, "host", "root"]  # noqa: RUF012 - as in requests

    def __init__(self, host: str, root: str) -> None:
        self.host = host
        self.root = root.rstrip("/")
        super().__init__()

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        """Send a request to the other place."""
        request.url = (request.url or "").replace(self.host, self.root, 1)
        return super().send(request, *args, **options)

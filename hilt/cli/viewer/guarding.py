"""Who may ask the viewer: this machine's user, from the pages that the viewer made itself.

Any page in the browser can send requests to this machine. So a request must name the host that the
viewer was started with (a foreign name may resolve to this machine), have the token that only the
printed address has, and, where it changes something, come from the viewer's own pages.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from hilt.cli.output import errors, printable

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard"]

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # no-referrer would take the origin from its own forms
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_STATUS_FORBIDDEN = 403
_STATUS_MISDIRECTED = 421


class Guard:
    """Lets an application answer those who may ask, and adds the headers that confine its pages.

    What goes wrong is one line on stderr; nothing is said of a client that sends nonsense or goes
    away.

    Args:
        app: The application.
        hosts: The hosts that it is served as, each with its port.
        token: What a first request has as ``?token=``; later ones have it in a cookie.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str], token: str) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = {f"http://{host}" for host in hosts}
        self._token = token
        # Cookies are shared by all ports of a host.
        self._cookie = f"hilt-view-{next(iter(sorted(hosts))).rpartition(':')[2]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_gone = False

        async def send_confined(message: Message) -> None:
            nonlocal is_gone
            if message["type"] == "http.response.start":
                headers = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                message["headers"] = [*message["headers"], *headers]
            try:
                await send(message)
            except Exception:
                is_gone = True  # a client that did not finish its request gets no answer
                raise

        try:
            response = self._refusal(Request(scope))
            await (response or self._app)(scope, receive, send_confined)
        except ClientDisconnect:
            pass
        except Exception as error:
            if not is_gone:
                what = f"{scope['method']} {scope['path']}"
                errors.print(printable(f"hilt: {what} failed: {type(error).__name__}: {error}"))

    def _refusal(self, request: Request) -> Response | None:
        """The answer to who may not ask; None if they may."""
        if request.headers.get("host") not in self._hosts:
            return PlainTextResponse("This is another host.", _STATUS_MISDIRECTED)
        origin = request.headers.get("origin")
        if origin is not None and origin not in self._origins:
            return PlainTextResponse("Pages of other sites may not ask.", _STATUS_FORBIDDEN)
        if request.method not in ("GET", "HEAD") and origin is None:
            return PlainTextResponse("Only the viewer's own pages may write.", _STATUS_FORBIDDEN)
        if self._is(request.query_params.get("token")) and request.method == "GET":
            return self._welcome(request)
        if not self._is(request.cookies.get(self._cookie)):
            message = "Open the address that `hilt view` printed: it has the token."
            return PlainTextResponse(message, _STATUS_FORBIDDEN)
        return None

    def _is(self, token: str | None) -> bool:
        return token is not None and secrets.compare_digest(token.encode(), self._token.encode())

    def _welcome(self, request: Request) -> Response:
        """Keep the token in a cookie, and take it out of the address."""
        query = [each for each in parse_qsl(request.url.query) if each[0] != "token"]
        # The path alone: two slashes at its beginning would name another host.
        path = "/" + request.url.path.lstrip("/")
        response = RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)
        response.set_cookie(
            self._cookie, self._token, httponly=True, samesite="strict", max_age=7 * 86_400
        )
        return response

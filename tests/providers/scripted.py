"""A loopback server that answers with what a test wrote down, in order."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any

from hilt.testing.threaded_server import ThreadedServer

__all__ = ["Scripted"]


class Scripted:
    """Answers each request with the next of its answers, the last of them again and again.

    Args:
        answers: A dict is JSON; a list is a stream of server-sent events; text is the body as it
            is; a tuple gives the HTTP status, and maybe headers, before any of them.
    """

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, Any]] = []
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # the standard library's name
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                is_form = "form" in self.headers.get("content-type", "")
                sent = body if is_form else json.loads(body) if body else None
                scripted.requests.append((self.path, sent))
                status, headers, payload = scripted.take()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST  # noqa: N815 # as above

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadedServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer as status, headers and body."""
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        status, headers = 200, {}
        if isinstance(answer, tuple):
            status, *rest = answer
            answer = rest[-1]
            headers = dict(rest[0]) if len(rest) > 1 else {}
        kind = "application/json"
        if isinstance(answer, list):
            kind = "text/event-stream"
            answer = "".join(_event(each) for each in answer)
        elif isinstance(answer, dict):
            answer = json.dumps(answer)
        return status, {"content-type": kind, **headers}, answer.encode()

    def __enter__(self) -> Scripted:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop()


def _event(event: Any) -> str:
    if isinstance(event, str):
        return f"data: {event}\n\n"
    name = event.get("event_type") or event.get("type") if isinstance(event, dict) else None
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(event)}\n\n"

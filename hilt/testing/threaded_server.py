"""A server of HTTP in a thread that stops at once.

``serve_forever`` looks at most every few milliseconds whether it is to end, and a suite starts
thousands of servers. This one waits for requests only, and its end is one of them.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ThreadedServer"]


class ThreadedServer(ThreadingHTTPServer):
    """Serves from `start` to `stop`, each connection in a thread of its own."""

    daemon_threads = True
    pause_s = 0.05
    """How long it waits after a connection could not be accepted: all descriptors are in use."""
    timeout = 0.5
    """How long `stop` takes where a server cannot connect to itself, in seconds."""

    _thread: threading.Thread | None = None
    _is_stopping = False

    def __init__(self, address: tuple[str, int], handler: Callable[..., Any]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)

    def start(self) -> None:
        """Answer requests from now on."""
        self._thread = threading.Thread(target=self._serve, name="hilt-server", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Accept no more connections."""
        self._is_stopping = True
        if self._thread is not None:
            host, port, *_ = self.socket.getsockname()
            with contextlib.suppress(OSError):
                socket.create_connection((host, port), self.timeout).close()
            self._thread.join()
        self.server_close()

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next connection."""
        try:
            return super().get_request()
        except OSError:
            time.sleep(self.pause_s)  # It is still there; without a pause this were a busy loop.
            raise

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether a connection is answered."""
        return not self._is_stopping

    def _serve(self) -> None:
        while not self._is_stopping:
            self.handle_request()

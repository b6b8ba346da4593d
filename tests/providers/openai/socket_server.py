"""A WebSocket server of this machine that answers each event by a script."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

server_module = pytest.importorskip("websockets.sync.server")

__all__ = ["SocketServer"]

Script = Callable[[dict[str, Any]], Iterator[Any]]


class SocketServer:
    """What was received, and where the server listens."""

    def __init__(self, port: int, greeting: list[Any]) -> None:
        self.url = f"http://127.0.0.1:{port}/v1"
        self.received: list[Any] = []
        self.greeting = greeting

    @classmethod
    @contextmanager
    def running(cls, greeting: list[Any], script: Script) -> Iterator[SocketServer]:
        """A server that sends a greeting, and what the script gives for each event.

        Bytes and texts are sent as they are; None breaks the connection.
        """

        def handle(socket: Any) -> None:
            for event in greeting:
                socket.send(json.dumps(event))
            for message in socket:
                server.received.append(json.loads(message))
                for event in script(server.received[-1]):
                    if event is None:
                        socket.socket.shutdown(2)
                        return
                    socket.send(event if isinstance(event, (str, bytes)) else json.dumps(event))

        with server_module.serve(handle, "127.0.0.1", 0) as running:
            server = cls(running.socket.getsockname()[1], greeting)
            thread = threading.Thread(target=running.serve_forever)
            thread.start()
            yield server
            running.shutdown()
            thread.join()

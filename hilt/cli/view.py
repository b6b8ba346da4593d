"""``hilt view``: a log in the browser, on this machine."""

from __future__ import annotations

import logging
import secrets
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.filtering import LogFiles, log_of
from hilt.cli.output import errors, results
from hilt.core.exceptions import ConfigurationError, MissingDependencyError

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

    from hilt.cli.viewer.app import Viewer

__all__ = ["view"]

_HOST = "127.0.0.1"


def view(
    logs: LogFiles = None,
    *,
    port: Annotated[
        int,
        typer.Option(
            "--port", "-p", min=0, max=65535, help="The port to listen on; 0 for any free one."
        ),
    ] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    reviewer: Annotated[
        str, typer.Option("--reviewer", help="The name under which feedback is given in the pages.")
    ] = "reviewer",
    read_only: Annotated[bool, typer.Option("--read-only", help="Take no feedback.")] = False,
    utc: Annotated[bool, typer.Option("--utc", help="Use UTC instead of local time.")] = False,
) -> None:
    """Show logs in the browser: calls, conversations and charts, live, until interrupted.

    Only this machine can open the pages, by the address that is printed: it has a token. Feedback
    that is given there becomes feedback events in the log.
    """
    try:
        from hilt.cli.viewer.app import Viewer
    except ImportError as error:
        raise MissingDependencyError(
            f'hilt view needs {error.name}, which is not installed: pip install "hilt[view]"'
        ) from error

    from hilt.io.read.parts import reads_once

    log = log_of(logs)
    if once := next(filter(reads_once, log.paths), None):
        raise ConfigurationError(f"view: {once} can be read once; give a file")
    _serve(Viewer(log, utc=utc, reviewer=None if read_only else reviewer), port, browser=browser)


def _serve(viewer: Viewer, port: int, *, browser: bool) -> None:
    import uvicorn

    from hilt.cli.viewer.app import make_app

    token = secrets.token_urlsafe(24)
    try:
        listening = socket.create_server((_HOST, port), backlog=128)
    except OSError as error:
        raise ConfigurationError(f"--port: {port} cannot be used: {error.strerror}") from error
    with listening:
        port = listening.getsockname()[1]
        hosts = [f"{_HOST}:{port}", f"localhost:{port}"]
        address = f"http://{_HOST}:{port}/?token={token}"
        results.print(address)
        errors.print("Press Ctrl-C to stop.")
        if browser:
            import webbrowser

            webbrowser.open(address)
        uvicorn.Server(server_config(make_app(viewer, hosts, token))).run(sockets=[listening])


def server_config(app: ASGIApp) -> uvicorn.Config:
    """How an application is served: nothing is said of broken requests; it says what fails."""
    import uvicorn

    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # of clients that went away
    return uvicorn.Config(app, http="h11", ws="none", lifespan="off", log_level="critical")

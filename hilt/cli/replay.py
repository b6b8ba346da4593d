"""``hilt replay``: the answers in a log, served to SDKs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.output import errors, print_json, results

if TYPE_CHECKING:
    from hilt.testing.provider import Provider, Recording

__all__ = ["replay"]


def replay(
    context: typer.Context,
    log: Annotated[Path, typer.Argument(help="The log whose answers are served.")],
    *,
    port: Annotated[
        int, typer.Option("--port", "-p", min=0, max=65535, help="The port; 0 for any.")
    ] = 0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Answer only what was asked in just these words.")
    ] = False,
    rotated: Annotated[
        bool, typer.Option("--rotated", help="Read the log's rotated files too.")
    ] = False,
    chunk_delay: Annotated[
        float, typer.Option("--chunk-delay", min=0.0, help="Seconds before each event of a stream.")
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address as JSON.")] = False,
) -> None:
    """Serve the answers of a log to SDKs, until interrupted.

    With a command after --, as in "hilt replay app.jsonl -- pytest", the command runs with the
    SDKs' environment variables set to the replay, and its exit code is given back.
    """
    from hilt.io.read.events import read_events
    from hilt.testing.provider import Provider, Recording

    recording = Recording.of(read_events(log, include_rotated=rotated), strict=strict)
    with Provider(fallback=recording.answer, port=port, chunk_delay=chunk_delay) as provider:
        if context.args:
            raise typer.Exit(_run(context.args, provider))
        _tell(recording, provider, as_json=as_json)
        _wait()


def addresses(provider: Provider) -> dict[str, str]:
    """The environment variables that lead the SDKs to a provider."""
    return {
        "OPENAI_BASE_URL": provider.openai_url,
        "ANTHROPIC_BASE_URL": provider.url,
        "GOOGLE_GEMINI_BASE_URL": provider.url,
        "CO_API_URL": provider.url,
    }


def _run(command: list[str], provider: Provider) -> int:
    keys = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "CO_API_KEY")
    environment = {**dict.fromkeys(keys, "replay"), **os.environ, **addresses(provider)}
    try:
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
    except OSError as error:
        errors.print(f"hilt: {command[0]}: {error.strerror}", markup=False, highlight=False)
        return 2


def _tell(recording: Recording, provider: Provider, *, as_json: bool) -> None:
    models = Counter(call.model for call in recording.calls)
    if as_json:
        print_json(
            {
                "url": provider.url,
                "answers": len(recording.calls),
                "models": models,
                "skipped": recording.skipped,
                "environment": addresses(provider),
            }
        )
        return
    for name, value in addresses(provider).items():
        results.print(f"export {name}={value}", markup=False, highlight=False)
    named = ", ".join(f"{count} of {model}" for model, count in models.most_common())
    errors.print(f"{len(recording.calls)} answers: {named or 'none'}", markup=False)
    for reason, count in recording.skipped.items():
        errors.print(f"{count} calls cannot be served: {reason}", markup=False)
    errors.print("Serving until you press Ctrl-C.")


def _wait() -> None:
    ended = threading.Event()
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with contextlib.suppress(KeyboardInterrupt):
        while not ended.wait(0.5):
            pass

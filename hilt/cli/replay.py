"""``hilt replay``: the answers in a log, served to SDKs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.interrupts import Interrupt, until_interrupted
from hilt.cli.output import counted, errors, print_json, printable, results
from hilt.core.exceptions import NoMatchError

if TYPE_CHECKING:
    from hilt.testing.provider import Provider, Recording

__all__ = ["replay"]


def replay(
    context: typer.Context,
    log: Annotated[Path, typer.Argument(help="The log to take the answers from.")],
    *,
    port: Annotated[
        int,
        typer.Option(
            "--port", "-p", min=0, max=65535, help="The port to listen on; 0 for any free one."
        ),
    ] = 0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Answer only requests that match a logged one exactly.")
    ] = False,
    rotated: Annotated[
        bool, typer.Option("--rotated", help="Also read the rotated files of the log.")
    ] = False,
    chunk_delay: Annotated[
        float,
        typer.Option(
            "--chunk-delay", min=0.0, help="The delay before each event of a stream, in seconds."
        ),
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address as JSON.")] = False,
) -> None:
    """Serve the answers in a log to SDKs until interrupted.

    If a command follows --, as in "hilt replay app.jsonl -- pytest", it is run with the SDKs'
    environment variables set to the replay server, and its exit code is returned.
    """
    from hilt.io.read.events import read_events
    from hilt.io.read.recognition import check_content
    from hilt.testing.provider import Provider, Recording

    check_content(log)
    recording = Recording.of(read_events(log, include_rotated=rotated), strict=strict)
    if not recording.calls and not context.args:
        reasons = (
            f"; {counted(count, 'call')} skipped: {reason}"
            for reason, count in recording.skipped.items()
        )
        raise NoMatchError(f"{log}: has no answers to serve{''.join(reasons)}")
    with Provider(fallback=recording.answer, port=port, chunk_delay=chunk_delay) as provider:
        if context.args:
            raise typer.Exit(_run(context.args, provider))
        _announce(recording, provider, as_json=as_json)
        _wait()


def _run(command: list[str], provider: Provider) -> int:
    from hilt.testing.provider.replaying import KEYS, addresses

    environment = {**dict.fromkeys(KEYS, "replay"), **os.environ, **addresses(provider)}
    try:
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
    except OSError as error:
        errors.print(f"hilt: {command[0]}: {error.strerror}")
        return 2


def _announce(recording: Recording, provider: Provider, *, as_json: bool) -> None:
    from hilt.testing.provider.replaying import addresses

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
        results.print(f"export {name}={value}")
    end = ":" if models else "."
    errors.print(f"Serving {counted(len(recording.calls), 'answer')}{end}")
    for model, count in models.most_common():
        errors.print(f"  {count:,} from {printable(model)}")
    for reason, count in recording.skipped.items():
        errors.print(f"Skipped {counted(count, 'call')}: {printable(reason)}")
    errors.print("Press Ctrl-C to stop.")


def _wait() -> None:
    ended = Interrupt()
    with contextlib.suppress(ValueError):  # only the main thread may set a signal handler
        signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with until_interrupted() as interrupt:
        while not (ended.is_set() or interrupt.wait(0.5)):
            pass
